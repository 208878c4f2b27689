#include "sales/report_tables.h"

#include <stdlib.h>
#include <string.h>

#include "chart/figure.h"
#include "db.h"
#include "messages.h"
#include "money.h"
#include "sales/report_charts.h"
#include "sales/report_html.h"
#include "settings.h"

/* What sold best in a period; and of the days of it that are over, what it came to then ($5 to
 * $6) and before ($7 to $8). Goods have no freight: theirs is the revenue. */
static const char BEST[] =
    "SELECT n.key, n.label, n.orders, n.units, n.discount, n.revenue, n.total, n.margin,"
    "       CASE $3 WHEN 'product' THEN o.revenue ELSE o.total END,"
    "       CASE $3 WHEN 'product' THEN b.revenue ELSE b.total END"
    "  FROM sales.report($1::date, $2::date, $3, '{}', NULL, $4::int) AS n"
    "  LEFT JOIN sales.report($5::date, $6::date, $3, '{}', NULL, NULL) AS o ON o.key = n.key"
    "  LEFT JOIN sales.report($7::date, $8::date, $3, '{}', NULL, NULL) AS b ON b.key = n.key"
    " ORDER BY CASE $3 WHEN 'product' THEN n.revenue ELSE n.total END DESC, n.key";

enum { KEY, LABEL, ORDERS, UNITS, DISCOUNT, REVENUE, TOTAL, MARGIN, OVER, BEFORE };

enum { COLUMNS_MOST = 5 /* the last one ends them */ };

/* A column that is shown; what is not money is a count. wide: not on a phone. */
struct shown_column {
    int column;
    const char *head;
    bool money, wide;
};

static const struct best {
    const char *group, *title, *heading, *limit;
    const char *place; /* the class that says where it stands, "" for where there is room */
    struct shown_column columns[COLUMNS_MOST];
} TABLES[] = {
    {"product",
     "best_products",
     "column_product",
     "10",
     "full",
     {{ORDERS, "column_orders", false, true},
      {UNITS, "column_units", false, true},
      {REVENUE, "column_revenue", true, false},
      {MARGIN, "column_margin", true, true}}},
    {"state",
     "best_states",
     "column_state",
     "10",
     "tall",
     {{ORDERS, "column_orders", false, false}, {TOTAL, "column_total", true, false}}},
    {"coupon",
     "best_coupons",
     "column_coupon",
     "8",
     "",
     {{ORDERS, "column_orders", false, false},
      {DISCOUNT, "column_discount", true, true},
      {TOTAL, "column_total", true, false}}},
};

static const char *say(struct buf *b, const struct report_figures *f, const char *code)
{
    return message_with(b->arena, code, f->lang, NULL);
}

static void begin_table(struct buf *b, const struct report_figures *f, const char *title,
                        const char *place)
{
    buf_printf(b, "<section class=\"card %s\">", place);
    html_element(b, "h2", "", say(b, f, title));
}

static void head_cell(struct buf *b, const struct report_figures *f, const char *code,
                      const char *attributes)
{
    html_element(b, "th", arena_printf(b->arena, " scope=\"col\"%s", attributes),
                 say(b, f, code));
}

/* "▲ 12,5%", "novo" for what had not sold before, "–" where nothing is compared. */
static void write_change(struct buf *b, const struct report_figures *f, long long now,
                         long long before)
{
    const char *percent = percent_format(b->arena, llabs(now - before), before, f->lang);
    const char *kind = now > before ? "good" : now < before ? "bad" : "";
    const char *text = f->comparison_count == 0 ? "–"
                       : !percent && now > 0    ? say(b, f, "report_new")
                       : !percent || now == before
                           ? "="
                           : arena_printf(b->arena, "%s %s", now > before ? "▲" : "▼", percent);
    buf_raw(b, "<td class=\"number\">");
    html_element(b, "span",
                 f->comparison_count ? arena_printf(b->arena, " class=\"%s\"", kind) : "",
                 text);
    buf_raw(b, "</td>");
}

static void write_row(struct buf *b, const struct report_figures *f, const struct best *table,
                      const struct rows *rows, int row)
{
    buf_raw(b, "\n<tr>");
    html_element(b, "th", " scope=\"row\"",
                 report_label(b->arena, table->group, db_text(rows, row, KEY),
                              db_text(rows, row, LABEL), f->lang));
    for (const struct shown_column *c = table->columns; c->head; c++) {
        struct kpi as = {.unit = c->money ? CHART_MONEY : CHART_COUNT};
        bool known = db_text(rows, row, c->column);
        long long value = known ? db_integer(rows, row, c->column) : CHART_NONE;
        html_element(b, "td", c->wide ? " class=\"number wide\"" : " class=\"number\"",
                     report_kpi_text(b->arena, &as, value, f->lang));
    }
    write_change(b, f, db_integer(rows, row, OVER), db_integer(rows, row, BEFORE));
    buf_raw(b, "</tr>");
}

static bool write_best(struct buf *b, struct problem *p, const struct report_figures *f,
                       const struct best *table)
{
    const struct period *then =
        f->comparison_count ? &f->comparisons[0].then : &f->over /* which is empty */;
    struct rows *rows =
        db_query_planned(b->arena, p, BEST, f->period.from, f->period.to, table->group,
                         table->limit, f->over.from, f->over.to, then->from, then->to);
    if (!rows)
        return false;
    begin_table(b, f, table->title, table->place);
    if (db_count(rows) == 0)
        html_element(b, "p", " class=\"muted\"", say(b, f, "report_empty"));
    else {
        buf_raw(b, "<table><thead><tr>");
        head_cell(b, f, table->heading, "");
        for (const struct shown_column *c = table->columns; c->head; c++)
            head_cell(b, f, c->head, c->wide ? " class=\"number wide\"" : " class=\"number\"");
        head_cell(b, f, "column_change", " class=\"number\"");
        buf_raw(b, "</tr></thead><tbody>");
        for (int i = 0; i < db_count(rows); i++)
            write_row(b, f, table, rows, i);
        buf_raw(b, "</tbody></table>");
    }
    buf_raw(b, "</section>\n");
    return true;
}

/* Orders of customers who had not bought before, and of those who had. */
static void write_customers(struct buf *b, const struct report_figures *f)
{
    static const struct {
        int kpi;
        const char *code;
    } ROWS[] = {{KPI_NEW_CUSTOMERS, "customers_new"}, {KPI_RETURNING, "customers_returning"}};
    begin_table(b, f, "report_customers", "");
    buf_raw(b, "<table><thead><tr>");
    head_cell(b, f, "column_customers", "");
    head_cell(b, f, "column_orders", " class=\"number\"");
    head_cell(b, f, "column_share", " class=\"number\"");
    head_cell(b, f, "column_change", " class=\"number\"");
    buf_raw(b, "</tr></thead><tbody>");
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        long long orders = f->values[ROWS[i].kpi];
        const char *share = percent_format(b->arena, orders, f->values[KPI_ORDERS], f->lang);
        buf_raw(b, "\n<tr>");
        html_element(b, "th", " scope=\"row\"", say(b, f, ROWS[i].code));
        html_element(b, "td", " class=\"number\"", number_format(b->arena, orders, f->lang));
        html_element(b, "td", " class=\"number\"", share ? share : "–");
        write_change(b, f, f->values_over[ROWS[i].kpi],
                     f->comparison_count ? f->comparisons[0].values[ROWS[i].kpi] : 0);
        buf_raw(b, "</tr>");
    }
    buf_raw(b, "</tbody></table></section>\n");
}

bool report_tables_write(struct buf *b, struct problem *p, const struct report_figures *f)
{
    buf_raw(b, "<div class=\"tables\">\n");
    for (size_t i = 0; i < sizeof TABLES / sizeof *TABLES; i++) {
        if (!write_best(b, p, f, &TABLES[i]))
            return false;
        if (!strcmp(TABLES[i].group, "state"))
            write_customers(b, f);
    }
    buf_raw(b, "</div>\n");
    return true;
}
