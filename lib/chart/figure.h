/*
 * figure: the numbers of charts as people read them, and axes that end at round ones.
 */
#ifndef VENDAS_CHART_FIGURE_H
#define VENDAS_CHART_FIGURE_H

#include "chart.h"

/* A figure to the last digit ("R$ 1.234,56", "12,5%"); "–" for CHART_NONE. */
const char *figure_text(struct arena *a, const struct chart *chart, long long value);

/* The same where there is little room: "R$ 1,23 mil". */
const char *figure_short(struct arena *a, const struct chart *chart, long long value);

/* The same where there is hardly any room, beside a scale that has the unit: of R$ 1.234,56
 * "1,2 mil", of 35,4% "35"; up to three digits. */
const char *figure_bare(struct arena *a, const struct chart *chart, long long value);

/* An axis from low to high, both multiples of step. */
struct axis {
    long long low, high, step;
};

/* The axis that holds zero, least and most (within CHART_HIGHEST, or sums of so many series),
 * with a step of 1, 2 or 5 times a power of ten, at least one of the unit (for more than a few
 * of money's: whole ones), and at most wanted (2 or more) steps. high > low, whatever is given.
 */
struct axis axis_of(enum chart_unit unit, long long least, long long most, int wanted);

/* A tick of an axis: short, with as many decimals as the step needs. */
const char *axis_text(struct arena *a, const struct chart *chart, const struct axis *axis,
                      long long tick);

/* Where a value lies on it: 0 at low, 1 at high. */
double axis_part(const struct axis *axis, long long value);

#endif
