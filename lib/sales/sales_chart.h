/*
 * sales_chart: what was sold over time, as a chart; for the charts endpoint and the report job,
 * so that both show the same.
 */
#ifndef VENDAS_SALES_SALES_CHART_H
#define VENDAS_SALES_SALES_CHART_H

#include "chart.h"
#include "problem.h"
#include "sales/period.h"

enum {
    SALES_CHART_MIN_WIDTH = 320,
    SALES_CHART_MIN_HEIGHT = 200,
    SALES_CHART_WIDTH = 960, /* where nobody asks for another */
    SALES_CHART_HEIGHT = 420,
};

struct sales_chart {
    struct period period;
    const char *group_by; /* day, week or month */
    enum lang lang;
};

/* What buyers paid (freight and taxes included) by period, from sales.report_by_period: few
 * periods as columns, many as a line. Size, scale and theme of *chart are the caller's to set;
 * all it points to goes with the arena. False with the problem filled. */
bool sales_chart_read(struct arena *a, struct problem *p, const struct sales_chart *wanted,
                      struct chart *chart);

#endif
