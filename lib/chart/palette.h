/*
 * palette: the colours of charts (0xRRGGBB), in both themes.
 *
 * Series have the colours of Okabe and Ito ("Color Universal Design", 2008), which people with
 * any colour blindness tell apart: those of them that have a contrast of 3:1 with the
 * background (WCAG 2.1, 1.4.11), and where these end, darker ones. Texts have 4.5:1 (1.4.3).
 * Scales go through one hue, from near the background to far from it, so that lightness alone
 * tells more from less. The unit test computes all of this.
 */
#ifndef VENDAS_CHART_PALETTE_H
#define VENDAS_CHART_PALETTE_H

#include "chart.h"

enum { PALETTE_STOPS = 4 };

struct palette {
    int background, text, muted, grid, empty; /* empty: a cell without a figure */
    int series[CHART_MAX_SERIES];
    int scale[PALETTE_STOPS]; /* at equal distances, from the least to the most */
};

const struct palette *palette_of(enum chart_theme theme);

/* The colour of a scale at part, 0 to 1. */
int palette_at(const struct palette *palette, double part);

/* Contrast of two colours by WCAG 2.1, from 1 to 21. */
double palette_contrast(int one, int other);

/* Black or white, whichever is read better on a colour. */
int palette_on(int color);

/* So much of one colour (0 to 1) over another. */
int palette_mix(int over, int under, double opacity);

#endif
