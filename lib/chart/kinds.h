/*
 * kinds: the kinds of charts, a file each. Each draws all of the canvas's chart, which
 * chart_draw() has checked.
 */
#ifndef VENDAS_CHART_KINDS_H
#define VENDAS_CHART_KINDS_H

#include "chart/canvas.h"

void kind_line(struct canvas *c);
void kind_bars(struct canvas *c);
void kind_stacked(struct canvas *c);
void kind_rows(struct canvas *c);
void kind_cells(struct canvas *c); /* CHART_HEAT and CHART_COHORT */
void kind_states(struct canvas *c);
void kind_sparkline(struct canvas *c);
void kind_gauge(struct canvas *c);

/* One of the series as a line, or the area below it. */
struct curve {
    size_t series;
    double (*x)(const void *place, size_t index), (*y)(const void *place, long long value);
    const void *place;
    double dash;        /* 0: a whole line */
    const double *base; /* the y that its area reaches to; NULL: the line */
};
void kind_curve(struct canvas *c, const struct curve *curve);

#endif
