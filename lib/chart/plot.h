/*
 * plot: what charts with an axis share: ticks, labels below, a legend; and the labels and
 * scales of those made of cells.
 */
#ifndef VENDAS_CHART_PLOT_H
#define VENDAS_CHART_PLOT_H

#include "chart/canvas.h"
#include "chart/figure.h"

struct plot {
    struct area area;
    struct axis axis;
    double slot; /* the width that each label has */
};

/* Draws the ticks and labels of an axis that holds least and most into an area. */
struct plot plot_new(struct canvas *c, struct area area, long long least, long long most);

/* Where the middle of a label's slot and a value lie. */
double plot_x(const struct plot *plot, size_t index);
double plot_y(const struct plot *plot, long long value);

/* Writes a figure above (or below) a place in the plot, its background kept free. */
void plot_value(struct canvas *c, const struct plot *plot, size_t index, long long at,
                long long value);

/* Names the first n series beside their colours; those after the first are dashed lines where
 * dashed. Returns what is left of the area below. */
struct area plot_legend(struct canvas *c, struct area area, size_t n, bool dashed);

/* Writes as many of the labels as stand side by side, the last one (or the first) of them
 * surely; slot pixels to each, the first of which begins at left. */
struct label_row {
    int left, middle;
    double slot;
    bool from_first; /* else from the last */
};
void plot_labels(struct canvas *c, const struct label_row *row);

/* How the values of cells are written into them: all alike, as they fit. */
enum writing { WRITTEN_NOT, WRITTEN_BARE, WRITTEN_SHORT };
const char *plot_cell_text(const struct canvas *c, enum writing writing, long long value);

/* What a scale of colours tells apart: from zero, or least where that is below, to most. */
struct scale {
    long long least, most;
    bool beyond; /* there are values above most; they have its colour */
};

/* The bar of a scale's colours, its ends' values beside it, at the bottom right of an area.
 * Returns what is left above. */
struct area plot_scale(struct canvas *c, struct area area, const struct scale *scale);

/* The colour of a value on that scale. */
int plot_scale_color(const struct canvas *c, long long value, const struct scale *scale);

#endif
