/*
 * report_figures: what a page of reports tells in numbers: the key figures of its period
 * (sales.kpis(), docs/kpis.md says what they are), those it is compared with, and what to look
 * at.
 *
 * A day is compared with the same weekday a week before, as shops have a week's rhythm, with
 * the day before it and with that day a year before; a week or month with the one before and
 * the same a year before. Of a period that is not over only the days that are count then, on
 * both sides; on its first day there is nothing to compare.
 */
#ifndef VENDAS_SALES_REPORT_FIGURES_H
#define VENDAS_SALES_REPORT_FIGURES_H

#include "chart.h"
#include "sales/report_changes.h"
#include "sales/report_page.h"

/* A key figure of sales.kpi_line, and the message that says what it is. */
struct kpi {
    const char *code; /* "kpi_total" */
    enum chart_unit unit;
    int better; /* 1: more is, -1: less is, 0: neither */
};

enum { KPI_TOTAL, KPI_ORDERS, KPI_AVERAGE_ORDER, KPI_UNITS, KPI_FIRST_ROW };
enum { KPI_COUNT = 12, COMPARISONS_MOST = 3 };
enum { KPI_NEW_CUSTOMERS = 6, KPI_RETURNING = 7 };

extern const struct kpi REPORT_KPIS[KPI_COUNT];

struct comparison {
    const char *code; /* of the message: "compared_week_previous" */
    struct period then;
    long long values[KPI_COUNT]; /* CHART_NONE: not known */
};

struct report_figures {
    enum page_kind kind;
    enum lang lang;
    struct period period;
    bool running;       /* it is not over */
    struct period over; /* its days that are over; empty on its first one */
    long long values[KPI_COUNT];
    long long values_over[KPI_COUNT];                /* of these days alone; what is compared */
    struct comparison comparisons[COMPARISONS_MOST]; /* the one that the page goes by first */
    size_t comparison_count;
    struct report_change changes[CHANGES_SHOWN];
    size_t change_count;
};

/* Reads them; what goes with the arena. False with the problem filled. */
bool report_figures_read(struct arena *a, struct problem *p, enum page_kind kind,
                         const struct period *period, enum lang lang,
                         struct report_figures *out);

/* A key figure for people: "R$ 1.234,56", "12,5%", "–". */
const char *report_kpi_text(struct arena *a, const struct kpi *kpi, long long value,
                            enum lang lang);

/* How a key figure differs from that of a comparison: "12,5%", of rates "1,2 p.p.", without a
 * sign; NULL where there is nothing to compare. *direction is 1 for more, -1 for less, 0; and
 * *news is that, too, but the other way round where less is better. */
const char *report_kpi_change(struct arena *a, const struct report_figures *figures,
                              size_t which, const struct comparison *with, int *direction,
                              int *news);

#endif
