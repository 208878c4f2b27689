#include "chart/plot.h"

#include <math.h>

/* Pixels of the page. */
enum {
    TICK_EVERY = 44,
    NAME_WIDTH = 72, /* that a label has at least before it is shortened */
    SWATCH = 10,
    SWATCH_LINE = 22,
    ABOVE = 24, /* for the figure of what reaches the top */
    SCALE_WIDTH = 96,
    SCALE_HEIGHT = 8,
};

/* Labels ----------------------------------------------------------------------------------- */

/* Every how many labels one is written, so that each has room; one that would leave the picture
 * is moved towards its neighbour. */
static size_t stride_of(struct canvas *c, const struct label_row *row, int cap)
{
    size_t count = c->chart->count, stride = 1;
    int widest = canvas_widest(c, FONT_TEXT, c->chart->labels, count);
    widest = widest < cap ? widest : cap;
    double right = c->width - row->left - row->slot * (double)count;
    double beside = (row->left < right ? row->left : right) + row->slot / 2;
    double moved = widest / 2.0 + canvas_px(c, GAP) - beside;
    double needed = widest + canvas_px(c, GAP) + (moved > 0 ? moved : 0);
    if (row->slot > 0 && needed > row->slot)
        stride = (size_t)fmin(ceil(needed / row->slot), (double)count);
    /* Where they begin with the first, as hours do, they end like the last where that is near.
     */
    for (size_t more = stride; row->from_first && more < 2 * stride; more++)
        if (count % more == 0)
            return more;
    return stride ? stride : 1;
}

void plot_labels(struct canvas *c, const struct label_row *row)
{
    size_t count = c->chart->count;
    int cap = canvas_px(c, NAME_WIDTH), slot = (int)row->slot - canvas_px(c, GAP) / 2;
    cap = slot > cap ? slot : cap;
    size_t stride = stride_of(c, row, cap);
    for (size_t i = 0; i < count; i += stride) {
        size_t index = row->from_first ? i : count - 1 - i;
        canvas_text(c, &(struct text){.part = CHART_LABEL,
                                      .index = index,
                                      .font = FONT_TEXT,
                                      .color = c->colors->muted,
                                      .align = ALIGN_CENTRE,
                                      .x = row->left + (int)(row->slot * ((double)index + 0.5)),
                                      .middle = row->middle,
                                      .room = cap,
                                      .text = c->chart->labels[index]});
    }
}

/* Axis ------------------------------------------------------------------------------------- */

static int widest_tick(struct canvas *c, const struct axis *axis)
{
    int widest = 0;
    for (long long tick = axis->low; tick <= axis->high; tick += axis->step) {
        int width = canvas_text_width(c, FONT_TEXT, axis_text(c->arena, c->chart, axis, tick));
        widest = width > widest ? width : widest;
    }
    return widest;
}

static void draw_ticks(struct canvas *c, const struct plot *plot)
{
    const struct axis *axis = &plot->axis;
    for (long long tick = axis->low; tick <= axis->high; tick += axis->step) {
        int y = (int)plot_y(plot, tick);
        canvas_box(c, &(struct area){plot->area.left, y, plot->area.right, y + c->scale},
                   tick ? c->colors->grid : c->colors->muted);
        canvas_text(c, &(struct text){.part = CHART_TICK,
                                      .font = FONT_TEXT,
                                      .color = c->colors->muted,
                                      .align = ALIGN_RIGHT,
                                      .x = plot->area.left - canvas_px(c, GAP),
                                      .middle = y,
                                      .text = axis_text(c->arena, c->chart, axis, tick)});
    }
}

struct plot plot_new(struct canvas *c, struct area area, long long least, long long most)
{
    struct plot plot = {.area = area};
    plot.area.top += canvas_px(c, ABOVE);
    plot.area.bottom -= canvas_px(c, LINE_HEIGHT + GAP / 2);
    int wanted = (plot.area.bottom - plot.area.top) / canvas_px(c, TICK_EVERY);
    plot.axis = axis_of(c->chart->unit, least, most, wanted < 2 ? 2 : wanted);
    plot.area.left += widest_tick(c, &plot.axis) + canvas_px(c, GAP);
    if (plot.area.right < plot.area.left)
        plot.area.right = plot.area.left;
    plot.slot = c->chart->count
                    ? (double)(plot.area.right - plot.area.left) / (double)c->chart->count
                    : 0;
    draw_ticks(c, &plot);
    plot_labels(
        c, &(struct label_row){.left = plot.area.left,
                               .middle = plot.area.bottom + canvas_px(c, LINE_HEIGHT / 2 + GAP),
                               .slot = plot.slot});
    return plot;
}

double plot_x(const struct plot *plot, size_t index)
{
    return plot->area.left + plot->slot * ((double)index + 0.5);
}

double plot_y(const struct plot *plot, long long value)
{
    int height = plot->area.bottom - plot->area.top;
    return plot->area.bottom - height * axis_part(&plot->axis, value);
}

void plot_value(struct canvas *c, const struct plot *plot, size_t index, long long at,
                long long value)
{
    const char *text = figure_text(c->arena, c->chart, value);
    if (canvas_text_width(c, FONT_BOLD, text) > plot->area.right - plot->area.left)
        text = figure_short(c->arena, c->chart, value);
    int half = canvas_text_width(c, FONT_BOLD, text) / 2;
    int height = canvas_text_height(c, FONT_BOLD) / 2, pad = canvas_px(c, 2);
    int x = (int)plot_x(plot, index),
        y = (int)plot_y(plot, at) - canvas_px(c, GAP) - height / 2;
    if (x - half < plot->area.left)
        x = plot->area.left + half;
    if (x + half > c->width - pad)
        x = c->width - pad - half;
    canvas_box(c, &(struct area){x - half - pad, y - height + pad, x + half + pad, y + height},
               c->colors->background);
    canvas_text(c, &(struct text){.part = CHART_VALUE,
                                  .index = index,
                                  .font = FONT_BOLD,
                                  .color = c->colors->text,
                                  .align = ALIGN_CENTRE,
                                  .x = x,
                                  .middle = y,
                                  .text = text});
}

/* Legend ----------------------------------------------------------------------------------- */

static void draw_mark(struct canvas *c, size_t series, bool dashed, int x, int middle)
{
    int size = canvas_px(c, SWATCH), color = c->colors->series[series];
    if (!dashed) {
        canvas_box(c, &(struct area){x, middle - size / 2, x + size, middle + size / 2}, color);
        return;
    }
    struct point line[] = {{x, middle}, {x + canvas_px(c, SWATCH_LINE), middle}};
    ink_line(&c->ink, line, 2, 2 * c->scale, series ? canvas_px(c, 4) : 0);
    ink_fill(&c->ink, color, 1);
}

struct area plot_legend(struct canvas *c, struct area area, size_t n, bool dashed)
{
    int x = area.left, gap = canvas_px(c, GAP), height = canvas_px(c, LINE_HEIGHT);
    int mark = canvas_px(c, dashed ? SWATCH_LINE : SWATCH) + gap;
    int most = (area.right - area.left) / 2 - mark - gap;
    for (size_t i = 0; i < n; i++) {
        const char *name = c->chart->series[i].name ? c->chart->series[i].name : "";
        int width = canvas_text_width(c, FONT_TEXT, name);
        width = width > most ? most : width;
        if (x > area.left && x + mark + width > area.right) {
            x = area.left;
            area.top += height;
        }
        if (canvas_text(c, &(struct text){.part = CHART_SERIES,
                                          .index = i,
                                          .font = FONT_TEXT,
                                          .color = c->colors->text,
                                          .x = x + mark,
                                          .middle = area.top + height / 2,
                                          .room = width,
                                          .text = name}))
            draw_mark(c, i, dashed, x, area.top + height / 2);
        x += mark + width + 2 * gap;
    }
    area.top += n ? height : 0;
    return area;
}

/* Cells ------------------------------------------------------------------------------------ */

const char *plot_cell_text(const struct canvas *c, enum writing writing, long long value)
{
    return writing == WRITTEN_BARE ? figure_bare(c->arena, c->chart, value)
                                   : figure_short(c->arena, c->chart, value);
}

/* Scale ------------------------------------------------------------------------------------ */

/* From zero where nothing is below, so that a dark cell is much and not only more. */
static long long scale_least(const struct scale *scale)
{
    return scale->least > 0 ? 0 : scale->least;
}

int plot_scale_color(const struct canvas *c, long long value, const struct scale *scale)
{
    double least = (double)scale_least(scale), range = (double)scale->most - least;
    double part = range > 0 ? ((double)value - least) / range : 0;
    return palette_at(c->colors, part > 1 ? 1 : part);
}

/* Writes a text that ends at right, and returns where it begins. */
static int scale_text(struct canvas *c, int right, int middle, const char *text)
{
    canvas_text(c, &(struct text){.part = CHART_TICK,
                                  .font = FONT_SMALL,
                                  .color = c->colors->muted,
                                  .align = ALIGN_RIGHT,
                                  .x = right,
                                  .middle = middle,
                                  .text = text});
    return right - canvas_text_width(c, FONT_SMALL, text);
}

struct area plot_scale(struct canvas *c, struct area area, const struct scale *scale)
{
    int gap = canvas_px(c, GAP), half = canvas_px(c, SCALE_HEIGHT) / 2;
    int middle = area.bottom - half, width = canvas_px(c, SCALE_WIDTH);
    const char *most = figure_short(c->arena, c->chart, scale->most);
    if (scale->beyond)
        most = arena_printf(c->arena, "≥ %s", most);
    int right = scale_text(c, area.right, middle, most) - gap, left = right - width;
    for (int x = 0; x < width; x++)
        canvas_box(c, &(struct area){left + x, middle - half, left + x + 1, middle + half},
                   palette_at(c->colors, (double)x / width));
    scale_text(c, left - gap, middle, figure_short(c->arena, c->chart, scale_least(scale)));
    area.bottom -= canvas_px(c, LINE_HEIGHT) + gap / 2;
    return area;
}
