#include "chart.h"

#include <gd.h>
#include <stdbool.h>
#include <string.h>

#include "log.h"
#include "money.h"

/* The area is drawn so many times larger and then reduced, which smooths its edges. */
enum { SMOOTH = 3, MAX_BARS = 62, MINOR_UNITS = 100 };

/* Pixels and points. */
enum { MARGIN = 20, GAP = 8, TITLE_PT = 14, TEXT_PT = 10, TICK_EVERY = 52 };

static const struct palette {
    int background, text, muted, grid, series, fill;
} PALETTES[] = {
    [CHART_LIGHT] = {0xFFFFFF, 0x1F2937, 0x6B7280, 0xE5E7EB, 0x0F766E, 0xB7DEDA},
    [CHART_DARK] = {0x111827, 0xF3F4F6, 0x9CA3AF, 0x374151, 0x2DD4BF, 0x1D4D50},
};

struct canvas {
    struct arena *arena;
    const struct chart *chart;
    const struct palette *colors;
    gdImagePtr image;
    int left, top, right, bottom; /* of the plot */
    long long tick, highest;      /* highest is what the plot's top stands for */
    const char *fault;            /* the first error of libgd's text */
};

static const char REGULAR[] = "DejaVu Sans:regular", BOLD[] = "DejaVu Sans:bold";

/* Text ------------------------------------------------------------------------------------- */

static int text_width(struct canvas *c, const char *font, int points, const char *text)
{
    int box[8] = {0};
    char *fault = gdImageStringFT(NULL, box, 0, (char *)font, points, 0, 0, 0, (char *)text);
    if (fault && !c->fault)
        c->fault = fault;
    return fault ? 0 : box[2] - box[0];
}

/* align: 0 begins at x, 1 is centred on it, 2 ends there. y is the base line. */
static void draw_text(struct canvas *c, const char *font, int points, int color, int align,
                      int x, int y, const char *text)
{
    int box[8];
    x -= align * text_width(c, font, points, text) / 2;
    gdImageStringFT(c->image, box, color, (char *)font, points, 0, x, y, (char *)text);
}

/* Scales ----------------------------------------------------------------------------------- */

long long chart_tick(long long highest, int wanted)
{
    static const int STEPS[] = {10, 20, 25, 50}; /* tenths */
    long long power = highest > 5 * MINOR_UNITS ? MINOR_UNITS : 10;
    for (;; power *= 10)
        for (size_t i = 0; i < sizeof STEPS / sizeof *STEPS; i++) {
            long long step = power * STEPS[i] / 10;
            bool whole = power < MINOR_UNITS || step % MINOR_UNITS == 0;
            if (whole && (highest + step - 1) / step <= wanted)
                return step;
        }
}

static int x_of(const struct canvas *c, size_t i)
{
    return c->left + (int)((double)(c->right - c->left) * (i + 0.5) / (double)c->chart->count);
}

static int y_of(const struct canvas *c, long long value)
{
    double part = (double)value / (double)c->highest;
    return c->bottom - (int)((c->bottom - c->top) * part + 0.5);
}

static size_t peak_of(const struct chart *chart)
{
    size_t peak = 0;
    for (size_t i = 1; i < chart->count; i++)
        if (chart->values[i] > chart->values[peak])
            peak = i;
    return peak;
}

static char *tick_label(const struct canvas *c, long long value)
{
    return c->tick % MINOR_UNITS
               ? money_format(c->arena, value, c->chart->currency, c->chart->lang)
               : money_short(c->arena, value, c->chart->currency, c->chart->lang);
}

/* Parts ------------------------------------------------------------------------------------ */

/* Room for title, tick labels and labels; what is left is the plot. */
static void lay_out(struct canvas *c)
{
    const struct chart *chart = c->chart;
    long long peak = chart->count ? chart->values[peak_of(chart)] : 0;
    c->top = MARGIN + 68;
    c->bottom = chart->height - MARGIN - 22;
    c->right = chart->width - MARGIN;
    int wanted = (c->bottom - c->top) / TICK_EVERY;
    c->tick = chart_tick(peak > 0 ? peak : MINOR_UNITS, wanted < 2 ? 2 : wanted);
    c->highest = (peak + c->tick - 1) / c->tick * c->tick;
    if (c->highest == 0)
        c->highest = c->tick;
    int widest = 0;
    for (long long value = 0; value <= c->highest; value += c->tick) {
        int width = text_width(c, REGULAR, TEXT_PT, tick_label(c, value));
        widest = width > widest ? width : widest;
    }
    c->left = MARGIN + widest + GAP;
}

static void draw_heading(struct canvas *c)
{
    draw_text(c, BOLD, TITLE_PT, c->colors->text, 0, MARGIN, MARGIN + 15, c->chart->title);
    draw_text(c, REGULAR, TEXT_PT, c->colors->muted, 0, MARGIN, MARGIN + 36,
              c->chart->subtitle);
}

static void draw_ticks(struct canvas *c)
{
    for (long long value = 0; value <= c->highest; value += c->tick) {
        int y = y_of(c, value);
        gdImageLine(c->image, c->left, y, c->right, y,
                    value ? c->colors->grid : c->colors->muted);
        draw_text(c, REGULAR, TEXT_PT, c->colors->muted, 2, c->left - GAP, y + 5,
                  tick_label(c, value));
    }
}

/* As many labels as stand side by side, counted from the newest. */
static void draw_labels(struct canvas *c)
{
    size_t count = c->chart->count, stride = 1;
    int widest = 0;
    for (size_t i = 0; i < count; i++) {
        int width = text_width(c, REGULAR, TEXT_PT, c->chart->labels[i]);
        widest = width > widest ? width : widest;
    }
    while (stride < count && (double)(c->right - c->left) * stride / count < widest + 2 * GAP)
        stride++;
    for (size_t i = count; i > 0; i -= stride < i ? stride : i) {
        int x = x_of(c, i - 1),
            half = text_width(c, REGULAR, TEXT_PT, c->chart->labels[i - 1]) / 2;
        if (x + half > c->chart->width - GAP)
            x = c->chart->width - GAP - half;
        draw_text(c, REGULAR, TEXT_PT, c->colors->muted, 1, x, c->bottom + 20,
                  c->chart->labels[i - 1]);
    }
}

static void draw_bars(struct canvas *c)
{
    double slot = (double)(c->right - c->left) / (double)c->chart->count;
    int half = slot > 80 ? 28 : (int)(slot * 0.35);
    for (size_t i = 0; i < c->chart->count; i++) {
        int x = x_of(c, i), y = y_of(c, c->chart->values[i]);
        if (y < c->bottom)
            gdImageFilledRectangle(c->image, x - half, y, x + half, c->bottom - 1,
                                   c->colors->series);
    }
}

static bool draw_area(struct canvas *c)
{
    size_t count = c->chart->count;
    int width = c->right - c->left, height = c->bottom - c->top;
    gdImagePtr large = gdImageCreateTrueColor(width * SMOOTH, height * SMOOTH);
    gdPointPtr points = arena_alloc(c->arena, (count + 2) * sizeof *points);
    if (!large)
        return false;
    for (size_t i = 0; i < count; i++) {
        points[i].x = (x_of(c, i) - c->left) * SMOOTH;
        points[i].y = (y_of(c, c->chart->values[i]) - c->top) * SMOOTH;
    }
    points[count] = (gdPoint){points[count - 1].x, height * SMOOTH};
    points[count + 1] = (gdPoint){points[0].x, height * SMOOTH};
    gdImageCopyResized(large, c->image, 0, 0, c->left, c->top, width * SMOOTH, height * SMOOTH,
                       width, height);
    gdImageFilledPolygon(large, points, (int)count + 2, c->colors->fill);
    gdImageSetThickness(large, 2 * SMOOTH);
    gdImageOpenPolygon(large, points, (int)count, c->colors->series);
    gdImageCopyResampled(c->image, large, c->left, c->top, 0, 0, width, height, width * SMOOTH,
                         height * SMOOTH);
    gdImageDestroy(large);
    return true;
}

/* The highest value, above its place; no line of a tick runs through it. */
static void draw_peak(struct canvas *c)
{
    size_t peak = peak_of(c->chart);
    long long value = c->chart->values[peak];
    char *text = money_format(c->arena, value, c->chart->currency, c->chart->lang);
    int half = text_width(c, BOLD, TEXT_PT, text) / 2, x = x_of(c, peak);
    if (x + half > c->chart->width - GAP)
        x = c->chart->width - GAP - half;
    if (x - half < c->left)
        x = c->left + half;
    int y = y_of(c, value) - GAP;
    gdImageFilledRectangle(c->image, x - half - 2, y - 13, x + half + 2, y + 3,
                           c->colors->background);
    draw_text(c, BOLD, TEXT_PT, c->colors->text, 1, x, y, text);
}

static bool draw_values(struct canvas *c)
{
    const struct chart *chart = c->chart;
    if (chart->count == 0 || chart->values[peak_of(chart)] == 0) {
        draw_text(c, REGULAR, TITLE_PT, c->colors->muted, 1, (c->left + c->right) / 2,
                  (c->top + c->bottom) / 2, chart->nothing);
        return true;
    }
    if (chart->count <= MAX_BARS)
        draw_bars(c);
    else if (!draw_area(c))
        return false;
    draw_peak(c);
    return true;
}

static void release_png(void *png)
{
    gdFree(png);
}

static const char *encode(struct canvas *c, size_t *n)
{
    int size = 0;
    void *png = gdImagePngPtr(c->image, &size);
    if (png)
        arena_defer(c->arena, release_png, png);
    *n = (size_t)size;
    return png;
}

const char *chart_png(struct arena *a, const struct chart *chart, size_t *n)
{
    struct canvas c = {.arena = a, .chart = chart, .colors = &PALETTES[chart->theme]};
    const char *png = NULL;
    gdFTUseFontConfig(1);
    c.image = gdImageCreateTrueColor(chart->width, chart->height);
    if (c.image) {
        gdImageFilledRectangle(c.image, 0, 0, chart->width - 1, chart->height - 1,
                               c.colors->background);
        lay_out(&c);
        draw_heading(&c);
        draw_ticks(&c);
        draw_labels(&c);
        if (!c.fault && draw_values(&c))
            png = encode(&c, n);
        gdImageDestroy(c.image);
    }
    if (!png)
        log_error("a chart could not be drawn", "reason", c.fault ? c.fault : "no memory",
                  NULL);
    return png;
}
