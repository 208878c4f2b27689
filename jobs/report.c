/*
 * report: writes the page of figures, charts and tables that nginx shows under /reports/ to
 * those who may read reports. The last thirty days beside the thirty before them. Service
 * Sales, sql/0055_sales_reports.sql; the figures are those of /v1/reports.
 */
#include <stdlib.h>

#include "buf.h"
#include "db.h"
#include "file.h"
#include "job.h"
#include "log.h"
#include "messages.h"
#include "money.h"
#include "sales/sales_chart.h"
#include "settings.h"

static const char KPIS[] =
    "SELECT total, orders, average_order, units, new_customers, placed, canceled + expired"
    "  FROM sales.kpis($1::date, $2::date)";

static const char PRODUCTS[] =
    "SELECT label, units, revenue"
    "  FROM sales.report($1::date, $2::date, 'product', '{}', NULL, 10)";

static const char STATES[] = "SELECT label, orders, total"
                             "  FROM sales.report($1::date, $2::date, 'state', '{}', NULL, NULL)"
                             " ORDER BY total DESC, label LIMIT 10";

/* When this is, and the first of the twelve months up to it. */
static const char NOW[] =
    "SELECT to_char(now() AT TIME ZONE $1, 'DD/MM/YYYY HH24:MI'),"
    "       to_char(date_trunc('month', now() AT TIME ZONE $1) - interval '11 months',"
    "               'YYYY-MM-DD')";

enum { DAYS = 30 };

enum { TOTAL, ORDERS, AVERAGE_ORDER, UNITS, CUSTOMERS, PLACED, CANCELED };

struct report {
    struct arena *arena;
    struct problem problem;
    enum lang lang;
    struct period now, before, year;
    struct chart by_day, by_month;
    struct rows *kpis, *kpis_before, *products, *states, *made;
};

static const char STYLE[] =
    ":root{color-scheme:light dark;--page:#f3f4f6;--card:#fff;--text:#1f2937;--muted:#5b6472;"
    "--line:#e5e7eb;--accent:#0f766e;--good:#15803d;--bad:#b91c1c}"
    "@media (prefers-color-scheme:dark){:root{--page:#030712;--card:#111827;--text:#f3f4f6;"
    "--muted:#9ca3af;--line:#374151;--accent:#2dd4bf;--good:#4ade80;--bad:#f87171}}"
    "*{box-sizing:border-box}body{margin:0;background:var(--page);color:var(--text);"
    "font:16px/1.5 system-ui,'DejaVu Sans',sans-serif}"
    "main{max-width:1040px;margin:0 auto;padding:24px 16px 48px}"
    "header{margin-bottom:20px}h1{font-size:1.6rem;margin:0}h2{font-size:1.1rem;margin:0 0 "
    "12px}"
    "p{margin:0}.muted{color:var(--muted);font-size:.875rem}"
    ".card{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:16px}"
    ".kpis{display:grid;gap:12px;grid-template-columns:repeat(auto-fit,minmax(260px,1fr))}"
    ".kpis dt{color:var(--muted);font-size:.875rem}"
    ".kpis dd{margin:0}.figure{font-size:1.6rem;font-weight:650}"
    ".good{color:var(--good)}.bad{color:var(--bad)}"
    ".chart{margin:12px 0 0;padding:0;overflow:hidden}.chart img{display:block;width:100%;"
    "height:auto}"
    "details{padding:0 16px 12px}summary,caption{color:var(--muted);font-size:.875rem}"
    ".tables{display:grid;gap:12px;margin-top:12px;"
    "grid-template-columns:repeat(auto-fit,minmax(min(100%,420px),1fr))}"
    "table{border-collapse:collapse;width:100%;font-size:.9375rem}"
    "th{color:var(--muted);font-size:.8125rem;font-weight:500;text-align:left}"
    "th,td{border-bottom:1px solid var(--line);padding:6px 0 6px 12px}"
    "th:first-child,td:first-child{padding-left:0}tr:last-child td{border-bottom:0}"
    ".number{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}";

/* Words ------------------------------------------------------------------------------------ */

static const char *say(const struct report *r, const char *code, const char *argument)
{
    return message_with(r->arena, code, r->lang, argument);
}

static char *money(const struct report *r, long long minor)
{
    return money_format(r->arena, minor, settings()->currency, r->lang);
}

static char *number(const struct report *r, long long n)
{
    return number_format(r->arena, n, r->lang);
}

static void element(struct buf *b, const char *tag, const char *attributes, const char *text)
{
    buf_printf(b, "<%s%s>", tag, attributes);
    buf_html(b, text);
    buf_printf(b, "</%s>", tag);
}

/* Parts of the page ------------------------------------------------------------------------ */

/* "▲ 12,5% ante os 30 dias anteriores" */
static void write_change(struct buf *b, const struct report *r, int column)
{
    long long now = db_integer(r->kpis, 0, column), was = db_integer(r->kpis_before, 0, column);
    char *percent = percent_format(r->arena, llabs(now - was), was, r->lang);
    if (!percent) {
        element(b, "p", " class=\"muted\"", say(r, "report_new", NULL));
        return;
    }
    const char *mark = now > was ? "▲" : now < was ? "▼" : "=";
    buf_raw(b, "<p class=\"muted\">");
    element(b, "span", now < was ? " class=\"bad\"" : " class=\"good\"",
            arena_printf(r->arena, "%s %s", mark, percent));
    buf_raw(b, " ");
    buf_html(b, say(r, "report_compared", arena_printf(r->arena, "%d", DAYS)));
    buf_raw(b, "</p>");
}

static void write_kpi(struct buf *b, const struct report *r, const char *code,
                      const char *figure)
{
    buf_raw(b, "<div class=\"card\">");
    element(b, "dt", "", say(r, code, NULL));
    buf_raw(b, "<dd>");
    element(b, "p", " class=\"figure\"", figure);
}

static void write_kpis(struct buf *b, const struct report *r)
{
    static const struct {
        const char *code;
        int column;
        bool money;
    } KPI[] = {{"kpi_total", TOTAL, true},
               {"kpi_orders", ORDERS, false},
               {"kpi_average_order", AVERAGE_ORDER, true},
               {"kpi_units", UNITS, false},
               {"kpi_customers", CUSTOMERS, false}};
    buf_raw(b, "<dl class=\"kpis\">");
    for (size_t i = 0; i < sizeof KPI / sizeof *KPI; i++) {
        long long value = db_integer(r->kpis, 0, KPI[i].column);
        write_kpi(b, r, KPI[i].code, KPI[i].money ? money(r, value) : number(r, value));
        write_change(b, r, KPI[i].column);
        buf_raw(b, "</dd></div>");
    }
    write_kpi(b, r, "kpi_canceled", number(r, db_integer(r->kpis, 0, CANCELED)));
    element(b, "p", " class=\"muted\"",
            say(r, "kpi_canceled_hint", number(r, db_integer(r->kpis, 0, PLACED))));
    buf_raw(b, "</dd></div></dl>");
}

/* The picture, and its figures for whoever can't see it. */
static void write_chart(struct buf *b, const struct report *r, const char *group_by,
                        const struct chart *chart)
{
    buf_printf(b,
               "<figure class=\"card chart\"><picture>"
               "<source srcset=\"sales-%s-dark.png\" media=\"(prefers-color-scheme: dark)\">"
               "<img src=\"sales-%s-light.png\" width=\"%d\" height=\"%d\" alt=\"",
               group_by, group_by, chart->width, chart->height);
    buf_html(b, chart->title);
    buf_raw(b, "\"></picture><details>");
    element(b, "summary", "", say(r, "chart_figures", NULL));
    chart_table(b, chart);
    buf_raw(b, "</details></figure>");
}

/* A table of rows of (label, count, amount). */
static void write_table(struct buf *b, const struct report *r, const struct rows *rows,
                        const char *title, const char *const columns[3])
{
    buf_raw(b, "<section class=\"card\">");
    element(b, "h2", "", say(r, title, NULL));
    if (db_count(rows) == 0)
        element(b, "p", " class=\"muted\"", say(r, "report_empty", NULL));
    else {
        buf_raw(b, "<table><thead><tr>");
        for (int i = 0; i < 3; i++)
            element(b, "th", i ? " class=\"number\"" : "", say(r, columns[i], NULL));
        buf_raw(b, "</tr></thead><tbody>");
        for (int i = 0; i < db_count(rows); i++) {
            buf_raw(b, "<tr>");
            element(b, "td", "", db_text(rows, i, 0));
            element(b, "td", " class=\"number\"", number(r, db_integer(rows, i, 1)));
            element(b, "td", " class=\"number\"", money(r, db_integer(rows, i, 2)));
            buf_raw(b, "</tr>");
        }
        buf_raw(b, "</tbody></table>");
    }
    buf_raw(b, "</section>");
}

static struct buf page(const struct report *r)
{
    static const char *const PRODUCT_COLUMNS[] = {"column_product", "column_units",
                                                  "column_revenue"};
    static const char *const STATE_COLUMNS[] = {"column_state", "column_orders",
                                                "column_total"};
    struct buf b = buf_new(r->arena);
    const char *title = say(r, "report_title", NULL);
    buf_printf(&b,
               "<!doctype html>\n<html lang=\"%s\"><head><meta charset=\"utf-8\">"
               "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">",
               r->lang == LANG_EN ? "en" : "pt-BR");
    element(&b, "title", "", title);
    buf_printf(&b, "<style>%s</style></head><body><main><header>", STYLE);
    element(&b, "h1", "", title);
    element(&b, "p", " class=\"muted\"",
            arena_printf(r->arena, "%s · %s", period_text(r->arena, &r->now, r->lang),
                         say(r, "report_made", db_text(r->made, 0, 0))));
    buf_raw(&b, "</header>");
    write_kpis(&b, r);
    write_chart(&b, r, "day", &r->by_day);
    write_chart(&b, r, "month", &r->by_month);
    buf_raw(&b, "<div class=\"tables\">");
    write_table(&b, r, r->products, "best_products", PRODUCT_COLUMNS);
    write_table(&b, r, r->states, "best_states", STATE_COLUMNS);
    buf_raw(&b, "</div></main></body></html>\n");
    return b;
}

/* Figures ---------------------------------------------------------------------------------- */

static bool read_figures(struct report *r)
{
    struct arena *a = r->arena;
    struct problem *p = &r->problem;
    const char *zone = settings()->timezone;
    r->now.to = period_shift(a, period_today(a), 1);
    r->now.from = r->before.to = period_shift(a, r->now.to, -DAYS);
    r->before.from = period_shift(a, r->before.to, -DAYS);
    r->kpis = db_query(a, p, KPIS, r->now.from, r->now.to);
    r->kpis_before = db_query(a, p, KPIS, r->before.from, r->before.to);
    r->products = db_query(a, p, PRODUCTS, r->now.from, r->now.to);
    r->states = db_query(a, p, STATES, r->now.from, r->now.to);
    r->made = db_query(a, p, NOW, zone);
    if (!p->status)
        r->year = (struct period){db_text(r->made, 0, 1), r->now.to};
    return !p->status;
}

static char *path_of(const struct report *r, const char *name)
{
    return arena_printf(r->arena, "%s/%s", settings()->reports_dir, name);
}

/* Reads a chart and writes its pictures, one for each theme. */
static bool save_chart(struct report *r, const char *group_by, struct period period,
                       struct chart *chart)
{
    struct sales_chart wanted = {.period = period, .group_by = group_by, .lang = r->lang};
    if (!sales_chart_read(r->arena, &r->problem, &wanted, chart))
        return false;
    for (chart->theme = CHART_LIGHT; chart->theme <= CHART_DARK; chart->theme++) {
        struct chart_picture picture;
        const char *name = arena_printf(r->arena, "sales-%s-%s.png", group_by,
                                        chart->theme == CHART_DARK ? "dark" : "light");
        if (!chart_draw(r->arena, chart, &picture) ||
            file_write(path_of(r, name), picture.png, picture.n, 0644))
            return false;
    }
    return true;
}

/* The pictures first, so that the page never shows one that is not there. */
static bool write_report(struct report *r)
{
    if (!read_figures(r) || !save_chart(r, "day", r->now, &r->by_day) ||
        !save_chart(r, "month", r->year, &r->by_month))
        return false;
    struct buf b = page(r);
    return !file_write(path_of(r, "index.html"), b.data, b.len, 0644);
}

int main(void)
{
    if (job_begin("report", "sales"))
        return EXIT_FAILURE;
    struct arena *a = arena_new();
    struct report report = {.arena = a, .problem = problem_none(a), .lang = LANG_PT_BR};
    bool ok = write_report(&report);
    if (ok)
        log_info("report written", NULL);
    else
        log_error("no report written", "code", report.problem.code, NULL);
    arena_free(a);
    db_close();
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
