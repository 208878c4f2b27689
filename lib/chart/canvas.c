#include "chart/canvas.h"

#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

#include "chart/glyphs.h"
#include "utf8.h"

#define PART_MARK " · " /* between the parts of a subtitle */

enum {
    KNOWN_CHARACTERS = 1024,
    FIRST_BOXES = 64,
    TITLE_LINES = 2,
    EDGE = 4,
    MEASURED_POINTS = 300,
};

/* Pixels of the page below which a picture has one line of title, and no subtitle. */
enum { ROOM_FOR_LINES = 240, ROOM_FOR_SUBTITLE = 150 };

static const char *const FACES[] = {GLYPHS_FAMILY ":regular", GLYPHS_FAMILY ":bold"};

static const struct {
    bool bold;
    double points; /* at 96 to the inch: 0.75 to a pixel */
} FONT[FONTS] = {
    [FONT_TEXT] = {false, 9.75},  [FONT_BOLD] = {true, 9.75},   [FONT_SMALL] = {false, 8.25},
    [FONT_TITLE] = {true, 12.75}, [FONT_FIGURE] = {true, 19.5},
};

/* Parts of a font's size: of capitals, and of lines with accents and descenders. */
static const double CAPITALS = 0.73, HEIGHT = 1.25;

bool canvas_new(struct canvas *c, struct arena *a, const struct chart *chart)
{
    int scale = chart->scale == 2 ? 2 : 1;
    *c = (struct canvas){
        .arena = a,
        .chart = chart,
        .colors = palette_of(chart->theme),
        .width = chart->width * scale,
        .height = chart->height * scale,
        .scale = scale,
    };
    gdFTUseFontConfig(1);
    c->image = gdImageCreateTrueColor(c->width, c->height);
    if (!c->image || !ink_new(&c->ink, c->image))
        return false;
    canvas_box(c, &(struct area){0, 0, c->width, c->height}, c->colors->background);
    canvas_text_width(c, FONT_TEXT, "0");
    return !c->fault;
}

void canvas_free(struct canvas *c)
{
    if (c->image)
        gdImageDestroy(c->image);
    ink_free(&c->ink);
}

int canvas_px(const struct canvas *c, int pixels)
{
    return pixels * c->scale;
}

/* Measures --------------------------------------------------------------------------------- */

static double font_pixels(const struct canvas *c, enum font font)
{
    return FONT[font].points * c->scale * 96 / 72;
}

static int ink_width(struct canvas *c, bool bold, const char *text)
{
    int box[8] = {0};
    char *fault = gdImageStringFT(NULL, box, 0, (char *)FACES[bold], MEASURED_POINTS, 0, 0, 0,
                                  (char *)text);
    if (fault && !c->fault)
        c->fault = fault;
    return fault ? 0 : box[2];
}

/* How far a character moves the pen, in parts of the font's size. libgd only tells of ink, so
 * it is measured between two letters; and slowly, so it is kept as long as the program runs. */
static double advance_of(struct canvas *c, bool bold, const char *bytes, size_t n)
{
    static struct {
        utf8proc_int32_t character;
        double width;
    } known[2][KNOWN_CHARACTERS];
    utf8proc_int32_t character;
    utf8proc_iterate((const utf8proc_uint8_t *)bytes, (utf8proc_ssize_t)n, &character);
    size_t place = (size_t)character % KNOWN_CHARACTERS;
    if (known[bold][place].character != character) {
        char text[UTF8_LONGEST + 3] = "H";
        memcpy(text + 1, bytes, n);
        memcpy(text + 1 + n, "H", 2);
        int width = ink_width(c, bold, text) - ink_width(c, bold, "HH");
        known[bold][place].character = character;
        known[bold][place].width = width * 72.0 / (MEASURED_POINTS * 96.0);
    }
    return known[bold][place].width;
}

/* Of a text as it is shown. */
static int shown_width(struct canvas *c, enum font font, const char *shown)
{
    double width = 0;
    for (const char *s = shown; *s;) {
        size_t n = utf8_char(s, UTF8_LONGEST);
        width += advance_of(c, FONT[font].bold, s, n);
        s += n;
    }
    return (int)(width * font_pixels(c, font) + 1);
}

int canvas_text_width(struct canvas *c, enum font font, const char *text)
{
    return shown_width(c, font, glyphs_shown(c->arena, text));
}

int canvas_widest(struct canvas *c, enum font font, const char *const *texts, size_t n)
{
    int widest = 0;
    for (size_t i = 0; i < n; i++) {
        int width = canvas_text_width(c, font, texts[i]);
        widest = width > widest ? width : widest;
    }
    return widest;
}

int canvas_text_height(const struct canvas *c, enum font font)
{
    return (int)(font_pixels(c, font) * HEIGHT + 0.5);
}

/* Texts ------------------------------------------------------------------------------------ */

/* The text as it is shown, or as much of it as there is room for; NULL where there is none for
 * a character. */
static const char *shortened(struct canvas *c, enum font font, const char *text, int room)
{
    if (shown_width(c, font, text) <= room)
        return text;
    size_t fits = 0, most = utf8_length(text);
    while (fits + 1 < most) {
        size_t half = (fits + most) / 2;
        if (shown_width(c, font, glyphs_cut(c->arena, text, half)) <= room)
            fits = half;
        else
            most = half;
    }
    return fits ? glyphs_cut(c->arena, text, fits) : NULL;
}

static bool overlap(const struct chart_box *a, const struct chart_box *b)
{
    return a->x < b->x + b->width && b->x < a->x + a->width && a->y < b->y + b->height &&
           b->y < a->y + a->height;
}

static bool is_free(const struct canvas *c, const struct chart_box *box)
{
    if (box->x < 0 || box->y < 0 || box->x + box->width > c->width ||
        box->y + box->height > c->height)
        return false;
    for (size_t i = 0; i < c->box_count; i++)
        if (overlap(&c->boxes[i], box))
            return false;
    return true;
}

static void keep_box(struct canvas *c, const struct chart_box *box)
{
    if (c->box_count == c->box_room) {
        size_t room = c->box_room ? 2 * c->box_room : FIRST_BOXES;
        struct chart_box *boxes = arena_alloc(c->arena, room * sizeof *boxes);
        if (c->box_count)
            memcpy(boxes, c->boxes, c->box_count * sizeof *boxes);
        c->boxes = boxes;
        c->box_room = room;
    }
    c->boxes[c->box_count++] = *box;
}

/* Draws a box's text, or only measures it where image is NULL, and fills in where it is. */
static bool write_text(struct canvas *c, gdImagePtr image, const struct text *t,
                       struct chart_box *box, int x, int base)
{
    int corners[8] = {0};
    char *fault =
        gdImageStringFT(image, corners, t->color, (char *)FACES[FONT[t->font].bold],
                        FONT[t->font].points * c->scale, 0, x, base, (char *)box->text);
    if (fault) {
        c->fault = c->fault ? c->fault : fault;
        return false;
    }
    box->x = corners[6];
    box->y = corners[7];
    box->width = corners[2] - corners[6] + 1;
    box->height = corners[3] - corners[7] + 1;
    return true;
}

bool canvas_text(struct canvas *c, const struct text *t)
{
    int edge = canvas_px(c, EDGE), most = c->width - 2 * edge;
    int room = t->room && t->room < most ? t->room : most;
    const char *whole = glyphs_shown(c->arena, t->text);
    bool figure = t->part == CHART_TICK || t->part == CHART_VALUE;
    const char *text = shortened(c, t->font, whole, room);
    if (!text || !*text || (figure && text != whole))
        return false;
    int width = shown_width(c, t->font, text), x = t->x - width * (int)t->align / 2;
    int base = t->middle + (int)(font_pixels(c, t->font) * CAPITALS / 2 + 0.5);
    x = x + width > c->width - edge ? c->width - edge - width : x;
    x = x < edge ? edge : x;
    struct chart_box box = {.part = t->part, .index = t->index, .text = text};
    if (!write_text(c, NULL, t, &box, x, base))
        return false;
    int over = box.x + box.width - (c->width - edge);
    if (over > 0) {
        x -= over;
        box.x -= over;
    }
    if (!is_free(c, &box) || !write_text(c, c->image, t, &box, x, base))
        return false;
    keep_box(c, &box);
    return true;
}

void canvas_note(struct canvas *c, const struct area *area, const char *text)
{
    /* No line of a tick runs through it. */
    int half = canvas_text_width(c, FONT_TEXT, text ? text : "") / 2 + canvas_px(c, GAP / 2);
    int x = (area->left + area->right) / 2, y = (area->top + area->bottom) / 2;
    int height = canvas_text_height(c, FONT_TEXT) / 2;
    canvas_box(c, &(struct area){x - half, y - height, x + half, y + height},
               c->colors->background);
    canvas_text(c, &(struct text){.part = CHART_NOTE,
                                  .font = FONT_TEXT,
                                  .color = c->colors->muted,
                                  .align = ALIGN_CENTRE,
                                  .x = x,
                                  .middle = y,
                                  .room = area->right - area->left,
                                  .text = text ? text : ""});
}

struct area canvas_foot(struct canvas *c, struct area area, const char *text)
{
    int line = canvas_px(c, LINE_HEIGHT);
    canvas_note(c, &(struct area){area.left, area.bottom - line, area.right, area.bottom},
                text);
    area.bottom -= line + canvas_px(c, GAP) / 2;
    return area;
}

/* Heading ---------------------------------------------------------------------------------- */

/* As many words of a text as one line has room for, rather to the end of a part of it ("·")
 * than within one; all the rest of it in the last line. */
static const char *line_of(struct canvas *c, enum font font, int room, bool last,
                           const char **rest)
{
    const char *text = *rest, *end = NULL, *part = NULL;
    *rest = text + strlen(text);
    if (last || shown_width(c, font, text) <= room)
        return text;
    for (const char *s = strchr(text, ' '); s; s = strchr(s + 1, ' ')) {
        if (shown_width(c, font, arena_memdup(c->arena, text, (size_t)(s - text))) > room)
            break;
        end = s;
        if (!strncmp(s, PART_MARK, strlen(PART_MARK)))
            part = s;
    }
    if (!end)
        return text;
    *rest = part ? part + strlen(PART_MARK) : end + 1;
    return arena_memdup(c->arena, text, (size_t)((part ? part : end) - text));
}

/* Writes a text in some lines, the first one below top, and returns what is below the last. */
static int write_lines(struct canvas *c, struct text text, int lines, int top)
{
    int height = canvas_text_height(c, text.font) + canvas_px(c, 2);
    const char *rest = glyphs_shown(c->arena, text.text ? text.text : "");
    for (int i = 0; i < lines && *rest; i++) {
        text.text = line_of(c, text.font, text.room, i + 1 == lines, &rest);
        text.middle = top + height / 2;
        canvas_text(c, &text);
        top += height;
    }
    return top;
}

struct area canvas_heading(struct canvas *c)
{
    int margin = canvas_px(c, MARGIN), top = margin - canvas_px(c, 4);
    int lines = c->height < canvas_px(c, ROOM_FOR_LINES) ? 1 : TITLE_LINES;
    struct text text = {.part = CHART_TITLE,
                        .font = FONT_TITLE,
                        .color = c->colors->text,
                        .x = margin,
                        .room = c->width - 2 * margin,
                        .text = c->chart->title};
    top = write_lines(c, text, lines, top);
    text.part = CHART_SUBTITLE;
    text.font = FONT_TEXT;
    text.color = c->colors->muted;
    text.text = c->chart->subtitle;
    if (c->height >= canvas_px(c, ROOM_FOR_SUBTITLE))
        top = write_lines(c, text, lines, top + canvas_px(c, 2));
    return (struct area){margin, top + canvas_px(c, GAP), c->width - margin,
                         c->height - margin};
}

void canvas_box(struct canvas *c, const struct area *area, int color)
{
    if (area->right > area->left && area->bottom > area->top)
        gdImageFilledRectangle(c->image, area->left, area->top, area->right - 1,
                               area->bottom - 1, color);
}

/* Figures ---------------------------------------------------------------------------------- */

long long chart_value(const struct chart *chart, size_t series, size_t index)
{
    return series < chart->series_count && index < chart->count
               ? chart->series[series].values[index]
               : CHART_NONE;
}

bool chart_extremes(const struct chart *chart, size_t n, long long *least, long long *most)
{
    bool known = false;
    *least = *most = 0;
    for (size_t s = 0; s < n && s < chart->series_count; s++)
        for (size_t i = 0; i < chart->count; i++) {
            long long value = chart->series[s].values[i];
            if (value == CHART_NONE)
                continue;
            *least = !known || value < *least ? value : *least;
            *most = !known || value > *most ? value : *most;
            known = true;
        }
    return known;
}

bool chart_is_nothing(const struct chart *chart, size_t n)
{
    long long least, most;
    chart_extremes(chart, n, &least, &most);
    return least == 0 && most == 0;
}
