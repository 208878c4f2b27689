#include "sales/sales_chart.h"

#include <string.h>

#include "db.h"
#include "messages.h"
#include "money.h"
#include "settings.h"

static const char SALES[] =
    "SELECT key, total, orders FROM sales.report($1::date, $2::date, $3, '{}', NULL, NULL)";

enum { MOST_COLUMNS = 62 };

static const char *const TITLES[] = {"sales_by_day", "sales_by_week", "sales_by_month"};
static const char *const HEADINGS[] = {"column_day", "column_week", "column_month"};

/* The text about what is grouped by, of one for days, weeks and months each. */
static const char *text_of(struct arena *a, const char *const codes[3],
                           const struct sales_chart *wanted)
{
    size_t which = !strcmp(wanted->group_by, "day")    ? 0
                   : !strcmp(wanted->group_by, "week") ? 1
                                                       : 2;
    return message_with(a, codes[which], wanted->lang, NULL);
}

/* "01/11/2026 a 24/11/2026 · R$ 12.345,67 · 123 pedidos" */
static char *subtitle(struct arena *a, const struct sales_chart *wanted, long long total,
                      long long orders)
{
    const char *count = number_format(a, orders, wanted->lang);
    return arena_printf(a, "%s · %s · %s", period_text(a, &wanted->period, wanted->lang),
                        money_format(a, total, settings()->currency, wanted->lang),
                        message_with(a, "orders_counted", wanted->lang, count));
}

bool sales_chart_read(struct arena *a, struct problem *p, const struct sales_chart *wanted,
                      struct chart *chart)
{
    struct rows *rows = db_query_planned(a, p, SALES, wanted->period.from, wanted->period.to,
                                         wanted->group_by);
    if (!rows)
        return false;
    int count = db_count(rows);
    const char **labels = arena_alloc(a, (size_t)count * sizeof *labels);
    long long *values = arena_alloc(a, (size_t)count * sizeof *values), total = 0, orders = 0;
    struct chart_series *series = arena_alloc(a, sizeof *series);
    for (int i = 0; i < count; i++) {
        labels[i] = period_label(a, db_text(rows, i, 0), wanted->lang);
        values[i] = db_integer(rows, i, 1);
        total += values[i];
        orders += db_integer(rows, i, 2);
    }
    *series =
        (struct chart_series){message_with(a, "column_total", wanted->lang, NULL), values};
    *chart = (struct chart){
        .kind = count > MOST_COLUMNS ? CHART_LINE : CHART_BARS,
        .title = text_of(a, TITLES, wanted),
        .subtitle = subtitle(a, wanted, total, orders),
        .heading = text_of(a, HEADINGS, wanted),
        .labels = labels,
        .count = (size_t)count,
        .series = series,
        .series_count = 1,
        .unit = CHART_MONEY,
        .currency = settings()->currency,
        .nothing = message_with(a, "no_sales", wanted->lang, NULL),
        .width = SALES_CHART_WIDTH,
        .height = SALES_CHART_HEIGHT,
        .lang = wanted->lang,
    };
    return true;
}
