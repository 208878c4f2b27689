#include "sales/report_charts.h"

#include <stdio.h>
#include <string.h>

#include "brazil.h"
#include "db.h"
#include "messages.h"
#include "money.h"
#include "settings.h"

enum { KEY, LABEL, TOTAL, ORDERS, BEFORE };

#define FIGURES "key, label, total, orders, total_before"

/* By time: all of it. A shorter period before (a month of 30 days) has nothing beside the last
 * days. */
static const char PERIODS[] =
    "SELECT key, label, total, orders,"
    "       CASE WHEN row_number() OVER () <= (SELECT count(*) FROM "
    "sales.period_before($1::date, $2::date, $5) AS b"
    "                        CROSS JOIN LATERAL sales.report_keys(b.from_day, b.to_day, $3))"
    "            THEN total_before END"
    "  FROM sales.report($1::date, $2::date, $3, $4::jsonb, $5, NULL)";

static const char BY_HOUR[] =
    "SELECT " FIGURES " FROM sales.report($1::date, $2::date, 'hour', $3::jsonb, $4, NULL)";

static const char BY_STATE[] =
    "SELECT " FIGURES " FROM sales.report($1::date, $2::date, 'state', $3::jsonb, NULL, NULL)"
    " WHERE total <> 0 ORDER BY total DESC, key";

/* What sold best; freight belongs to none of it, so revenue is what it came to. */
static const char BEST[] = "SELECT key, label, revenue, orders, revenue_before"
                           "  FROM sales.report($1::date, $2::date, $3, $4::jsonb, NULL, 10)";

/* For each gateway, the one with the most first, its periods. */
static const char BY_GATEWAY[] =
    "SELECT g.key, g.key, r.total, r.orders, r.key"
    "  FROM sales.report($1::date, $2::date, 'gateway', $4::jsonb, NULL, 6)"
    "       WITH ORDINALITY AS g"
    " CROSS JOIN LATERAL sales.report($1::date, $2::date, $3,"
    "       $4::jsonb || jsonb_build_object('gateway', g.key), NULL, NULL)"
    "       WITH ORDINALITY AS r"
    " WHERE g.total <> 0"
    " ORDER BY g.ordinality, r.ordinality";

static const char KPI[] = "SELECT to_json(k)->>$3 FROM sales.kpis($1::date, $2::date) AS k";

enum { MOST_COLUMNS = 62, DAYS = 7, HOURS = 24, CHART_WIDTH = 960, CHART_HEIGHT = 420 };

static const char *filter_of(const struct chart_wish *wish)
{
    return wish->filter ? wish->filter : "{}";
}

static const char *group_of(const struct chart_wish *wish)
{
    return wish->group_by ? wish->group_by : "day";
}

static const char *say(struct arena *a, const struct chart_wish *wish, const char *code)
{
    return message_with(a, code, wish->lang, NULL);
}

/* Messages about what goes by time: of days, weeks and months. */
static const char *const SALES_BY[] = {"sales_by_day", "sales_by_week", "sales_by_month"};
static const char *const GATEWAYS_BY[] = {"gateways_by_day", "gateways_by_week",
                                          "gateways_by_month"};
static const char *const HEADINGS[] = {"column_day", "column_week", "column_month"};

static const char *say_by(struct arena *a, const struct chart_wish *wish,
                          const char *const codes[3])
{
    const char *group = group_of(wish);
    return say(a, wish, codes[!strcmp(group, "month") ? 2 : !strcmp(group, "week") ? 1 : 0]);
}

const char *report_label(struct arena *a, const char *group, const char *key, const char *label,
                         enum lang lang)
{
    if (!strcmp(group, "state"))
        return state_name(key) ? state_name(key) : label;
    if (strcmp(group, "gateway") != 0)
        return label;
    return !strcmp(key, "stripe")   ? "Stripe"
           : !strcmp(key, "paypal") ? "PayPal"
           : !strcmp(key, "manual") ? message_with(a, "gateway_manual", lang, NULL)
           : !strcmp(key, "-")      ? message_with(a, "gateway_none", lang, NULL)
                                    : label;
}

/* What all charts of money have; the period stands under the title. */
static struct chart money_chart(struct arena *a, const struct chart_wish *wish,
                                enum chart_kind kind, const char *title, const char *heading)
{
    return (struct chart){
        .kind = kind,
        .title = title,
        .subtitle = period_text(a, &wish->period, wish->lang),
        .heading = heading,
        .unit = CHART_MONEY,
        .currency = settings()->currency,
        .nothing = say(a, wish, "no_sales"),
        .lang = wish->lang,
    };
}

static const char *series_name(struct arena *a, const struct chart_wish *wish)
{
    return say(a, wish, "column_total");
}

static const char *before_name(struct arena *a, const struct chart_wish *wish)
{
    return say(a, wish, !strcmp(wish->compare, "year") ? "series_year" : "series_previous");
}

/* Room for so many labels and series of values, all of them not known. */
static long long **make_room(struct arena *a, struct chart *chart, const char ***labels,
                             size_t count, size_t series_count)
{
    struct chart_series *series = arena_alloc(a, (series_count + 1) * sizeof *series);
    long long **values = arena_alloc(a, (series_count + 1) * sizeof *values);
    for (size_t s = 0; s < series_count; s++) {
        values[s] = arena_alloc(a, (count + 1) * sizeof **values);
        for (size_t i = 0; i < count; i++)
            values[s][i] = CHART_NONE;
        series[s].values = values[s];
    }
    *labels = arena_alloc(a, (count + 1) * sizeof **labels);
    chart->labels = *labels;
    chart->count = count;
    chart->series = series;
    chart->series_count = series_count;
    return values;
}

static void name_series(struct chart *chart, size_t s, const char *name)
{
    ((struct chart_series *)chart->series)[s].name = name;
}

/* "01/11/2026 a 24/11/2026 · R$ 12.345,67 · 123 pedidos" */
static const char *summed(struct arena *a, const struct chart_wish *wish,
                          const struct rows *rows)
{
    long long total = 0, orders = 0;
    for (int i = 0; i < db_count(rows); i++) {
        total += db_integer(rows, i, TOTAL);
        orders += db_integer(rows, i, ORDERS);
    }
    return arena_printf(
        a, "%s · %s · %s", period_text(a, &wish->period, wish->lang),
        money_format(a, total, settings()->currency, wish->lang),
        message_with(a, "orders_counted", wish->lang, number_format(a, orders, wish->lang)));
}

/* Sales by time, with those before beside them. */
static bool by_time(struct arena *a, struct problem *p, const struct chart_wish *wish,
                    struct chart *chart)
{
    struct rows *rows = db_query_planned(a, p, PERIODS, wish->period.from, wish->period.to,
                                         group_of(wish), filter_of(wish), wish->compare);
    if (!rows)
        return false;
    const char *today = period_today(a), **labels;
    int count = db_count(rows);
    bool line = !wish->columns && (wish->line || wish->compare || count > MOST_COLUMNS);
    *chart = money_chart(a, wish, line ? CHART_LINE : CHART_BARS, say_by(a, wish, SALES_BY),
                         say_by(a, wish, HEADINGS));
    chart->subtitle = summed(a, wish, rows);
    long long **values = make_room(a, chart, &labels, (size_t)count, wish->compare ? 2 : 1);
    for (int i = 0; i < count; i++) {
        labels[i] = period_label(a, db_text(rows, i, KEY), wish->lang);
        if (strcmp(db_text(rows, i, KEY), today) <= 0)
            values[0][i] = db_integer(rows, i, TOTAL);
        if (wish->compare && db_text(rows, i, BEFORE))
            values[1][i] = db_integer(rows, i, BEFORE);
    }
    name_series(chart, 0, series_name(a, wish));
    if (wish->compare)
        name_series(chart, 1, before_name(a, wish));
    return true;
}

static bool spark(struct arena *a, struct problem *p, const struct chart_wish *wish,
                  struct chart *chart)
{
    if (!by_time(a, p, wish, chart))
        return false;
    chart->kind = CHART_SPARKLINE;
    chart->series_count = 1;
    return true;
}

/* Where a row of an hour of the week ("3-14") belongs: weekday from 0, Monday, and hour. */
static bool hour_of(const struct rows *rows, int row, int *weekday, int *hour)
{
    bool ok = sscanf(db_text(rows, row, KEY), "%d-%d", weekday, hour) == 2;
    *weekday -= 1;
    return ok && *weekday >= 0 && *weekday < DAYS && *hour >= 0 && *hour < HOURS;
}

static void label_hours(struct arena *a, const char **labels)
{
    for (int hour = 0; hour < HOURS; hour++)
        labels[hour] = arena_printf(a, "%dh", hour);
}

/* The hours of a day; those of a longer period are added up. */
static bool clock_hours(struct arena *a, struct problem *p, const struct chart_wish *wish,
                        struct chart *chart)
{
    struct rows *rows = db_query_planned(a, p, BY_HOUR, wish->period.from, wish->period.to,
                                         filter_of(wish), NULL);
    if (!rows)
        return false;
    const char **labels;
    *chart = money_chart(a, wish, CHART_BARS, say(a, wish, "sales_by_clock"),
                         say(a, wish, "column_hour"));
    chart->subtitle = summed(a, wish, rows);
    long long *values = make_room(a, chart, &labels, HOURS, 1)[0];
    label_hours(a, labels);
    name_series(chart, 0, series_name(a, wish));
    for (int hour = 0; hour < HOURS; hour++)
        values[hour] = 0;
    for (int i = 0, weekday, hour; i < db_count(rows); i++)
        if (hour_of(rows, i, &weekday, &hour))
            values[hour] += db_integer(rows, i, TOTAL);
    return true;
}

static bool week_hours(struct arena *a, struct problem *p, const struct chart_wish *wish,
                       struct chart *chart)
{
    struct rows *rows = db_query_planned(a, p, BY_HOUR, wish->period.from, wish->period.to,
                                         filter_of(wish), NULL);
    if (!rows)
        return false;
    const char **labels;
    *chart = money_chart(a, wish, CHART_HEAT, say(a, wish, "sales_by_hour"),
                         say(a, wish, "column_weekday"));
    long long **values = make_room(a, chart, &labels, HOURS, DAYS);
    label_hours(a, labels);
    for (int day = 0; day < DAYS; day++) {
        name_series(chart, (size_t)day, period_weekday_short(day + 1, wish->lang));
        for (int hour = 0; hour < HOURS; hour++)
            values[day][hour] = 0;
    }
    for (int i = 0, weekday, hour; i < db_count(rows); i++)
        if (hour_of(rows, i, &weekday, &hour))
            values[weekday][hour] = db_integer(rows, i, TOTAL);
    return true;
}

/* One bar, or tile, for each row. */
static void list_rows(struct arena *a, const struct chart_wish *wish, const struct rows *rows,
                      int label, struct chart *chart)
{
    const char **labels;
    long long *values = make_room(a, chart, &labels, (size_t)db_count(rows), 1)[0];
    for (int i = 0; i < db_count(rows); i++) {
        labels[i] = db_text(rows, i, label);
        values[i] = db_integer(rows, i, TOTAL);
    }
    name_series(chart, 0, series_name(a, wish));
}

static bool by_state(struct arena *a, struct problem *p, const struct chart_wish *wish,
                     struct chart *chart)
{
    struct rows *rows =
        db_query_planned(a, p, BY_STATE, wish->period.from, wish->period.to, filter_of(wish));
    if (!rows)
        return false;
    *chart = money_chart(a, wish, CHART_STATES, say(a, wish, "sales_by_state"),
                         say(a, wish, "column_state"));
    list_rows(a, wish, rows, KEY, chart);
    return true;
}

static bool best(struct arena *a, struct problem *p, const struct chart_wish *wish,
                 const char *group, const char *title, const char *heading, struct chart *chart)
{
    struct rows *rows = db_query_planned(a, p, BEST, wish->period.from, wish->period.to, group,
                                         filter_of(wish));
    if (!rows)
        return false;
    *chart = money_chart(a, wish, CHART_ROWS, say(a, wish, title), say(a, wish, heading));
    list_rows(a, wish, rows, LABEL, chart);
    name_series(chart, 0, say(a, wish, "column_revenue"));
    return true;
}

static bool best_products(struct arena *a, struct problem *p, const struct chart_wish *wish,
                          struct chart *chart)
{
    return best(a, p, wish, "product", "best_products", "column_product", chart);
}

static bool best_categories(struct arena *a, struct problem *p, const struct chart_wish *wish,
                            struct chart *chart)
{
    if (!best(a, p, wish, "category", "best_categories", "column_category", chart))
        return false;
    chart->subtitle =
        arena_printf(a, "%s · %s", chart->subtitle, say(a, wish, "report_with_below"));
    return true;
}

static bool by_gateway(struct arena *a, struct problem *p, const struct chart_wish *wish,
                       struct chart *chart)
{
    struct rows *rows = db_query_planned(a, p, BY_GATEWAY, wish->period.from, wish->period.to,
                                         group_of(wish), filter_of(wish));
    if (!rows)
        return false;
    int count = db_count(rows), periods = 0;
    while (periods < count && !strcmp(db_text(rows, periods, KEY), db_text(rows, 0, KEY)))
        periods++;
    const char **labels, *today = period_today(a);
    *chart = money_chart(a, wish, CHART_STACKED, say_by(a, wish, GATEWAYS_BY),
                         say_by(a, wish, HEADINGS));
    long long **values =
        make_room(a, chart, &labels, (size_t)periods, periods ? (size_t)(count / periods) : 0);
    for (int i = 0; i < count; i++) {
        const char *gateway = db_text(rows, i, KEY), *period = db_text(rows, i, BEFORE);
        if (i < periods)
            labels[i] = period_label(a, period, wish->lang);
        if (strcmp(period, today) <= 0)
            values[i / periods][i % periods] = db_integer(rows, i, TOTAL);
        name_series(chart, (size_t)(i / periods),
                    report_label(a, "gateway", gateway, gateway, wish->lang));
    }
    return true;
}

static const struct {
    const char *kpi, *title;
} RATES[] = {
    {"conversion_rate", "kpi_conversion_rate"},
    {"repeat_rate", "kpi_repeat_rate"},
    {"cancellation_rate", "kpi_cancellation_rate"},
    {"refund_rate", "kpi_refund_rate"},
};

static bool rate(struct arena *a, struct problem *p, const struct chart_wish *wish,
                 struct chart *chart)
{
    size_t which = sizeof RATES / sizeof *RATES - 1;
    while (which > 0 && (!wish->kpi || strcmp(RATES[which].kpi, wish->kpi) != 0))
        which--;
    struct rows *rows =
        db_query_planned(a, p, KPI, wish->period.from, wish->period.to, RATES[which].kpi);
    if (!rows)
        return false;
    const char **labels;
    *chart = money_chart(a, wish, CHART_GAUGE, say(a, wish, RATES[which].title),
                         say(a, wish, "column_period"));
    chart->unit = CHART_PERCENT;
    long long *values = make_room(a, chart, &labels, 1, 1)[0];
    labels[0] = period_text(a, &wish->period, wish->lang);
    if (db_text(rows, 0, 0))
        values[0] = db_integer(rows, 0, 0);
    name_series(chart, 0, chart->title);
    return true;
}

static const struct report_chart CHARTS[] = {
    {"sales", by_time, CHART_WIDTH, CHART_HEIGHT},
    {"clock", clock_hours, CHART_WIDTH, CHART_HEIGHT},
    {"hours", week_hours, CHART_WIDTH, CHART_HEIGHT},
    {"states", by_state, 640, 640},
    {"products", best_products, CHART_WIDTH, CHART_HEIGHT},
    {"categories", best_categories, CHART_WIDTH, CHART_HEIGHT},
    {"gateways", by_gateway, CHART_WIDTH, CHART_HEIGHT},
    {"kpi", rate, 360, 280},
    {"spark", spark, 240, 48},
};

const struct report_chart *report_chart_find(const char *name)
{
    for (size_t i = 0; i < sizeof CHARTS / sizeof *CHARTS; i++)
        if (!strcmp(CHARTS[i].name, name))
            return &CHARTS[i];
    return NULL;
}

bool report_chart_read(struct arena *a, struct problem *p, const struct report_chart *which,
                       const struct chart_wish *wish, struct chart *chart)
{
    if (!which->read(a, p, wish, chart))
        return false;
    chart->width = which->width;
    chart->height = which->height;
    return true;
}
