/*
 * sales_chart: what was sold over time, as a picture; for the charts endpoint and the report
 * job, so that both show the same.
 */
#ifndef VENDAS_SALES_SALES_CHART_H
#define VENDAS_SALES_SALES_CHART_H

#include "chart.h"
#include "problem.h"
#include "sales/period.h"

struct sales_chart {
    struct period period;
    const char *group_by; /* day, week or month */
    int width, height;    /* pixels, within the bounds of chart.h */
    enum chart_theme theme;
    enum lang lang;
};

/* What the picture of a group (day, week, month) is called. */
const char *sales_chart_title(struct arena *a, const char *group_by, enum lang lang);

/* Draws what buyers paid (freight and taxes included) by period, from sales.report_by_period.
 * The PNG goes with the arena; NULL with the problem filled. */
const char *sales_chart_png(struct arena *a, struct problem *p,
                            const struct sales_chart *wanted, size_t *n);

#endif
