#include "chart/canvas.h"

#include <string.h>

#include "chart/glyphs.h"
#include "utf8.h"

#define PART_MARK " · " /* between the parts of a subtitle */

enum { FIRST_BOXES = 64, TITLE_LINES = 2, EDGE = 4 };

/* Pixels of the page below which a picture has one line of title, and no subtitle. */
enum { ROOM_FOR_LINES = 240, ROOM_FOR_SUBTITLE = 150 };

/* Parts of a font's size: of capitals, and of lines with accents and descenders. */
static const double CAPITALS = 0.73, HEIGHT = 1.25;

const char *canvas_new(struct canvas *c, struct arena *a, const struct chart *chart)
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
    const char *fault = typeface_open();
    if (!fault && !raster_new(&c->raster, c->width, c->height, c->colors->background))
        fault = "no memory";
    c->ink = ink_new(a, &c->raster);
    return fault;
}

void canvas_free(struct canvas *c)
{
    raster_free(&c->raster);
}

int canvas_px(const struct canvas *c, int pixels)
{
    return pixels * c->scale;
}

/* Measures --------------------------------------------------------------------------------- */

/* Of a text as it is shown. */
static int shown_width(const struct canvas *c, enum font font, const char *shown)
{
    return typeface_measure(font, c->scale, shown).advance;
}

int canvas_text_width(const struct canvas *c, enum font font, const char *text)
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
    return (int)(typeface_size(font, c->scale) * HEIGHT + 0.5);
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

bool canvas_text(struct canvas *c, const struct text *t)
{
    int edge = canvas_px(c, EDGE), most = c->width - 2 * edge;
    int room = t->room && t->room < most ? t->room : most;
    const char *whole = glyphs_shown(c->arena, t->text);
    bool figure = t->part == CHART_TICK || t->part == CHART_VALUE;
    const char *text = shortened(c, t->font, whole, room);
    if (!text || !*text || (figure && text != whole))
        return false;
    struct extent ink = typeface_measure(t->font, c->scale, text);
    int x = t->x - ink.advance * (int)t->align / 2;
    int base = t->middle + (int)(typeface_size(t->font, c->scale) * CAPITALS / 2 + 0.5);
    int wide = ink.right > ink.advance ? ink.right : ink.advance;
    x = x + wide > c->width - edge ? c->width - edge - wide : x;
    x = x < edge ? edge : x;
    struct chart_box box = {t->part,
                            t->index,
                            text,
                            x + ink.left,
                            base + ink.top,
                            ink.right - ink.left,
                            ink.bottom - ink.top};
    if (box.width == 0 || !is_free(c, &box))
        return false;
    struct brush brush;
    brush_new(&brush, &c->raster, t->color, 1);
    typeface_write(&brush, t->font, c->scale, x, base, text);
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
    raster_box(&c->raster, area->left, area->top, area->right, area->bottom, color);
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
