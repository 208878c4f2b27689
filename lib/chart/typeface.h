/*
 * typeface: the letters of charts, drawn by FreeType in the fonts that fontconfig finds. Each
 * letter is drawn once in a size and kept as long as the program runs, of which there are at
 * most TYPEFACE_KEPT.
 */
#ifndef VENDAS_CHART_TYPEFACE_H
#define VENDAS_CHART_TYPEFACE_H

#include "chart/raster.h"

/* The family of all texts in charts (Debian's fonts-dejavu-core). */
#define TYPEFACE_FAMILY "DejaVu Sans"

enum { TYPEFACE_KEPT = 1024, TYPEFACE_SCALES = 2 };

enum font { FONT_TEXT, FONT_BOLD, FONT_SMALL, FONT_TITLE, FONT_FIGURE, FONTS };

/* Finds and opens the fonts, the first time; NULL, or what is wrong. All that follows must be
 * asked for after it. */
const char *typeface_open(void);

/* Whether the fonts have a character. */
bool typeface_has(int character);

/* The size of a font in pixels: of the page, times scale (1 to TYPEFACE_SCALES). */
int typeface_size(enum font font, int scale);

/* A text as it lies on its line: how far it moves the pen, and its ink from where the pen was
 * and the base line (right and bottom lie outside). All zero for no ink. */
struct extent {
    int advance, left, top, right, bottom;
};
struct extent typeface_measure(enum font font, int scale, const char *text);

/* Writes a text, all of whose ink lies in the picture, from x on the base line at y. */
void typeface_write(struct brush *brush, enum font font, int scale, int x, int y,
                    const char *text);

#endif
