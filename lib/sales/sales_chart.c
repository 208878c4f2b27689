#include "sales/sales_chart.h"

#include <string.h>

#include "db.h"
#include "messages.h"
#include "money.h"
#include "settings.h"

static const char SALES[] =
    "SELECT key, total, orders FROM sales.report_by_period($1::date, $2::date, $3, $4)";

const char *sales_chart_title(struct arena *a, const char *group_by, enum lang lang)
{
    const char *code = !strcmp(group_by, "day")    ? "sales_by_day"
                       : !strcmp(group_by, "week") ? "sales_by_week"
                                                   : "sales_by_month";
    return message_with(a, code, lang, NULL);
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

const char *sales_chart_png(struct arena *a, struct problem *p,
                            const struct sales_chart *wanted, size_t *n)
{
    struct rows *rows = db_query_planned(a, p, SALES, wanted->period.from, wanted->period.to,
                                         wanted->group_by, settings()->timezone);
    if (!rows)
        return NULL;
    int count = db_count(rows);
    const char **labels = arena_alloc(a, (size_t)count * sizeof *labels);
    long long *values = arena_alloc(a, (size_t)count * sizeof *values), total = 0, orders = 0;
    for (int i = 0; i < count; i++) {
        labels[i] = period_label(a, db_text(rows, i, 0), wanted->lang);
        values[i] = db_integer(rows, i, 1);
        total += values[i];
        orders += db_integer(rows, i, 2);
    }
    struct chart chart = {
        .title = sales_chart_title(a, wanted->group_by, wanted->lang),
        .subtitle = subtitle(a, wanted, total, orders),
        .labels = labels,
        .values = values,
        .count = (size_t)count,
        .currency = settings()->currency,
        .nothing = message_with(a, "no_sales", wanted->lang, NULL),
        .width = wanted->width,
        .height = wanted->height,
        .theme = wanted->theme,
        .lang = wanted->lang,
    };
    const char *png = chart_png(a, &chart, n);
    if (!png)
        problem_set(p, 500, "internal_error");
    return png;
}
