#include "sales/report_figures.h"

#include <stdlib.h>
#include <string.h>

#include "chart/figure.h"
#include "db.h"
#include "messages.h"
#include "money.h"
#include "sales/rollup.h"
#include "settings.h"

const struct kpi REPORT_KPIS[KPI_COUNT] = {
    [KPI_TOTAL] = {"kpi_total", CHART_MONEY, 1},
    [KPI_ORDERS] = {"kpi_orders", CHART_COUNT, 1},
    [KPI_AVERAGE_ORDER] = {"kpi_average_order", CHART_MONEY, 1},
    [KPI_UNITS] = {"kpi_units", CHART_COUNT, 1},
    {"kpi_net", CHART_MONEY, 1},
    {"kpi_margin", CHART_MONEY, 1},
    [KPI_NEW_CUSTOMERS] = {"kpi_new_customers", CHART_COUNT, 1},
    [KPI_RETURNING] = {"kpi_returning_orders", CHART_COUNT, 1},
    {"kpi_conversion_rate", CHART_PERCENT, 1},
    {"kpi_cancellation_rate", CHART_PERCENT, -1},
    {"kpi_refunded", CHART_MONEY, -1},
    {"kpi_ship_hours", CHART_DECIMAL, -1},
};

/* $1 to $2 is the period, $3 where its days end that are over, $4 how far the one before it is.
 * The columns are those of REPORT_KPIS. */
static const char KPIS[] =
    "SELECT p.from_day, p.to_day, k.total, k.orders, k.average_order, k.units, k.net,"
    "       k.margin, k.new_customers, k.returning_orders, k.conversion_rate,"
    "       k.cancellation_rate, k.refunded, k.ship_hours"
    "  FROM (VALUES"
    "       (0, $1::date, $2::date),"
    "       (1, $1::date, $3::date),"
    "       (2, $1::date - 7, $3::date - 7),"
    "       (3, ($1::date - $4::interval)::date, ($3::date - $4::interval)::date),"
    "       (4, ($1::date - interval '1 year')::date,"
    "        ($3::date - interval '1 year')::date)) AS p (n, from_day, to_day)"
    " CROSS JOIN LATERAL sales.kpis(p.from_day, p.to_day) AS k"
    " ORDER BY p.n";
enum { NOW, OVER, WEEK, COMPARED };
enum { FROM, TO, FIRST_VALUE };

static const char *const STEPS[PAGE_KINDS] = {"1 day", "7 days", "1 month"};

/* How the comparisons are called, by kind, in the sequence of KPIS; of periods that are over,
 * and of those that are not. */
static const char *const CODES[PAGE_KINDS][2][3] = {
    [PAGE_DAY] = {{"compared_day_week", "compared_day_previous", "compared_year"}},
    [PAGE_WEEK] = {{NULL, "compared_week_previous", "compared_year"},
                   {NULL, "compared_week_running", "compared_year_running"}},
    [PAGE_MONTH] = {{NULL, "compared_month_previous", "compared_year"},
                    {NULL, "compared_month_running", "compared_year_running"}},
};

static void read_values(const struct rows *rows, int row, long long values[KPI_COUNT])
{
    for (int i = 0; i < KPI_COUNT; i++)
        values[i] = db_text(rows, row, FIRST_VALUE + i) ? db_integer(rows, row, FIRST_VALUE + i)
                                                        : CHART_NONE;
}

static void add_comparison(struct report_figures *out, const struct rows *rows, int row)
{
    struct comparison *c = &out->comparisons[out->comparison_count++];
    c->code = CODES[out->kind][out->running][row - WEEK];
    c->then = (struct period){db_text(rows, row, FROM), db_text(rows, row, TO)};
    read_values(rows, row, c->values);
}

bool report_figures_read(struct arena *a, struct problem *p, enum page_kind kind,
                         const struct period *period, enum lang lang,
                         struct report_figures *out)
{
    const char *today = period_today(a);
    *out = (struct report_figures){.kind = kind, .lang = lang, .period = *period};
    out->running = strcmp(today, period->to) < 0;
    out->over = (struct period){period->from, out->running ? today : period->to};
    if (strcmp(out->over.to, period->from) < 0)
        out->over.to = period->from;
    struct rows *rows = NULL;
    if (rollup_catch_up(p))
        rows =
            db_query_planned(a, p, KPIS, period->from, period->to, out->over.to, STEPS[kind]);
    if (!rows)
        return false;
    read_values(rows, NOW, out->values);
    read_values(rows, OVER, out->values_over);
    if (!strcmp(out->over.from, out->over.to))
        return true;
    for (int row = kind == PAGE_DAY ? WEEK : COMPARED; row < db_count(rows); row++)
        add_comparison(out, rows, row);
    return report_changes_read(a, p, &out->over, &out->comparisons[0].then, lang, out->changes,
                               &out->change_count);
}

const char *report_kpi_text(struct arena *a, const struct kpi *kpi, long long value,
                            enum lang lang)
{
    struct chart as = {.unit = kpi->unit, .currency = settings()->currency, .lang = lang};
    return figure_text(a, &as, value);
}

const char *report_kpi_change(struct arena *a, const struct report_figures *figures,
                              size_t which, const struct comparison *with, int *direction,
                              int *news)
{
    const struct kpi *kpi = &REPORT_KPIS[which];
    long long now = figures->values_over[which], then = with->values[which];
    *direction = *news = 0;
    if (now == CHART_NONE || then == CHART_NONE)
        return NULL;
    *direction = (now > then) - (now < then);
    *news = *direction * kpi->better;
    if (kpi->unit != CHART_PERCENT)
        return percent_format(a, llabs(now - then), then, figures->lang);
    struct kpi points = {.unit = CHART_DECIMAL};
    return message_with(a, "percent_points", figures->lang,
                        report_kpi_text(a, &points, llabs(now - then), figures->lang));
}
