/*
 * canvas: what all kinds of charts are drawn on: the picture, its colours, its texts and where
 * they stand. Lengths are pixels of the picture; canvas_px() makes them of those of the page.
 */
#ifndef VENDAS_CHART_CANVAS_H
#define VENDAS_CHART_CANVAS_H

#include "chart.h"
#include "chart/ink.h"
#include "chart/palette.h"
#include "chart/typeface.h"

/* Pixels of the page. */
enum { MARGIN = 16, GAP = 8, LINE_HEIGHT = 18 };

struct area {
    int left, top, right, bottom; /* right and bottom lie outside */
};

struct canvas {
    struct arena *arena;
    const struct chart *chart;
    const struct palette *colors;
    struct raster raster;
    struct ink ink;
    int width, height, scale;
    struct chart_box *boxes;
    size_t box_count, box_room;
};

/* A white (or dark) sheet; NULL, or what is wrong: no memory, or no font. Released by
 * canvas_free, but for the boxes, which are the arena's. */
const char *canvas_new(struct canvas *c, struct arena *a, const struct chart *chart);
void canvas_free(struct canvas *c);

int canvas_px(const struct canvas *c, int pixels);

/* Texts ------------------------------------------------------------------------------------ */

enum align { ALIGN_LEFT, ALIGN_CENTRE, ALIGN_RIGHT };

struct text {
    enum chart_part part;
    size_t index;
    enum font font;
    int color;
    enum align align;
    int x, middle; /* where it begins, is centred or ends; middle of its capitals' height */
    int room; /* the width that it may have, 0: the picture's; figures are never shortened */
    const char *text;
};

/* The width of a text. */
int canvas_text_width(const struct canvas *c, enum font font, const char *text);

/* The height of a font's lines' ink, accents and descenders with it. */
int canvas_text_height(const struct canvas *c, enum font font);

/* Writes a text and notes its box; moved sideways where it would leave the picture. False, and
 * nothing written, where it would lie over another one or has no room. */
bool canvas_text(struct canvas *c, const struct text *text);

/* The widest of n texts; 0 of none. */
int canvas_widest(struct canvas *c, enum font font, const char *const *texts, size_t n);

/* A text of part CHART_NOTE in the middle of an area. */
void canvas_note(struct canvas *c, const struct area *area, const char *text);

/* The same in the last line of an area; returns what is left above. */
struct area canvas_foot(struct canvas *c, struct area area, const char *text);

/* Writes title and subtitle, and returns what is left below them and inside of the margins. */
struct area canvas_heading(struct canvas *c);

/* A rectangle with sharp edges. */
void canvas_box(struct canvas *c, const struct area *area, int color);

/* Figures ---------------------------------------------------------------------------------- */

/* The figure of a series; CHART_NONE where there is none. */
long long chart_value(const struct chart *chart, size_t series, size_t index);

/* The least and the most of the first n series; false where no figure is known. */
bool chart_extremes(const struct chart *chart, size_t n, long long *least, long long *most);

/* Whether the first n series have no figure, or only zeros. */
bool chart_is_nothing(const struct chart *chart, size_t n);

#endif
