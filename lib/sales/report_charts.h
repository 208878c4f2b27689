/*
 * report_charts: what sales reports tell, as charts by name; for the charts endpoint, pages and
 * letters, so that all of them show the same. The figures are those of sales.report()
 * (sql/0055_sales_reports.sql).
 *
 *     sales       what was sold, by day, week or month
 *     clock       the same by the hour of the day
 *     hours       the same by weekday and hour
 *     states      the same by state
 *     products, categories   what sold best
 *     gateways    by day, week or month, and how it was paid
 *     kpi         a key figure that is a rate
 *     spark       sales by day, as a line without words
 *
 * A chart of another report is one more row in the table of report_charts.c.
 */
#ifndef VENDAS_SALES_REPORT_CHARTS_H
#define VENDAS_SALES_REPORT_CHARTS_H

#include "chart.h"
#include "problem.h"
#include "sales/period.h"

/* What a chart is asked for; all but period may be NULL or 0. */
struct chart_wish {
    struct period period;
    const char *group_by; /* of what goes by time: day (else), week or month */
    const char *filter;   /* what all of it must have, JSON as sales.report() takes it */
    const char *compare;  /* "previous" or "year": shown beside it where the chart can */
    const char *kpi;      /* of kpi: a rate of sales.kpis(), "conversion_rate" */
    bool line, columns;   /* of sales: whichever of both it would be otherwise */
    enum lang lang;
};

struct report_chart {
    const char *name;
    bool (*read)(struct arena *a, struct problem *p, const struct chart_wish *wish,
                 struct chart *chart);
    int width, height; /* where nobody asks for others */
};

/* The chart of that name; NULL where there is none. */
const struct report_chart *report_chart_find(const char *name);

/* Reads its figures into *chart, which can be drawn then and goes with the arena. Size, scale
 * and theme are the caller's to change. Days that are yet to come have no figures. False with
 * the problem filled. */
bool report_chart_read(struct arena *a, struct problem *p, const struct report_chart *which,
                       const struct chart_wish *wish, struct chart *chart);

/* What a key of a report is called where its label is only a code: gateways, states. Else the
 * label. */
const char *report_label(struct arena *a, const char *group, const char *key, const char *label,
                         enum lang lang);

#endif
