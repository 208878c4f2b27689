/*
 * chart: pictures of figures over time, as PNG (libgd, fonts found by fontconfig).
 */
#ifndef VENDAS_CHART_H
#define VENDAS_CHART_H

#include <stddef.h>

#include "arena.h"
#include "lang.h"

enum chart_theme { CHART_LIGHT, CHART_DARK };

/* What is drawn. Few values are drawn as bars, many as an area; the highest one is named. */
struct chart {
    const char *title, *subtitle;
    const char *const *labels; /* one for each value, below the axis where there is room */
    const long long *values;   /* minor units; none below zero */
    size_t count;
    const char *currency;
    const char *nothing; /* shown where all values are zero */
    int width, height;   /* pixels */
    enum chart_theme theme;
    enum lang lang;
};

enum {
    CHART_MIN_WIDTH = 320,
    CHART_MAX_WIDTH = 2400,
    CHART_MIN_HEIGHT = 200,
    CHART_MAX_HEIGHT = 1600,
    CHART_DEFAULT_WIDTH = 960,
    CHART_DEFAULT_HEIGHT = 420,
};

/* The picture and its length in *n; it goes with the arena. NULL, and a line in the log, where
 * there is no font or no memory for it. */
const char *chart_png(struct arena *a, const struct chart *chart, size_t *n);

/* The distance between the ticks of an axis that begins at zero and must reach highest: 1, 2,
 * 2.5 or 5 times a power of ten, so that there are at most wanted of them above zero. Minor
 * units, whole currency units where highest is more than a few of those. */
long long chart_tick(long long highest, int wanted);

#endif
