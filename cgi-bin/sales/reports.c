/*
 * Sales reports and key figures: what was sold, by period, place, customer or what was sold,
 * compared with what was before. Service Sales, rollups and facts of orders: sql/0053 to 0055.
 */
#include "db.h"
#include "request.h"
#include "sales/report_filter.h"
#include "sales/report_table.h"
#include "sales/rollup.h"
#include "settings.h"

#define FIGURES                                                                                \
    "orders, units, gross, discount, revenue, freight, tax, total, refunded, net, cost,"       \
    " margin, average_order, firsts, orders_before, total_before, change"

static const char LINES[] =
    "SELECT key, label, " FIGURES
    "  FROM sales.report($1::date, $2::date, $5, $3::jsonb, $4, $6::int)";

static const char TOTALS[] =
    "SELECT NULL, NULL, " FIGURES
    "  FROM sales.report($1::date, $2::date, 'all', $3::jsonb, $4, NULL)";

static const char KPIS[] = "SELECT sales.kpi_document($1::date, $2::date, $3, $4)";

static const struct report_column COLUMNS[] = {
    {"key", REPORT_TEXT, NULL},
    {"label", REPORT_TEXT, NULL},
    {"orders", REPORT_COUNT, NULL},
    {"units", REPORT_COUNT, NULL},
    {"gross", REPORT_MONEY, NULL},
    {"discount", REPORT_MONEY, NULL},
    {"revenue", REPORT_MONEY, NULL},
    {"freight", REPORT_MONEY, NULL},
    {"tax", REPORT_MONEY, NULL},
    {"total", REPORT_MONEY, NULL},
    {"refunded", REPORT_MONEY, NULL},
    {"net", REPORT_MONEY, "net_sales"},
    {"cost", REPORT_MONEY, NULL},
    {"margin", REPORT_MONEY, NULL},
    {"average_order", REPORT_MONEY, NULL},
    {"firsts", REPORT_COUNT, NULL},
    {"orders_before", REPORT_COUNT, NULL},
    {"total_before", REPORT_MONEY, NULL},
    {"change", REPORT_PERCENT, "growth"},
    {0},
};

static const struct report_table SALES = {"sales", COLUMNS, LINES, TOTALS};

#define GROUPS                                                                                 \
    "day week month hour product variant category customer state region gateway coupon"

#define MAX_LINES 1000000

static const struct field SALES_QUERY[] = {
    PERIOD_FIELDS,
    REPORT_FORMAT_FIELD,
    {"group_by", FIELD_CHOICE, 0, 0, 0, GROUPS, NULL},
    {"compare", FIELD_CHOICE, 0, 0, 0, "previous year", NULL},
    {"limit", FIELD_INTEGER, 0, 1, MAX_LINES, NULL, NULL},
    REPORT_FILTER_FIELDS,
    {0},
};

static const struct field KPIS_QUERY[] = {
    PERIOD_FIELDS,
    {0},
};

/* What the report is about, as members in front of its rows. */
static const char *head(struct request *req, const struct period *period, const char *group,
                        const char *compare, struct json_object *wanted)
{
    return arena_printf(req->arena,
                        "\"from\":\"%s\",\"to\":\"%s\",\"group_by\":\"%s\",\"compare\":%s,"
                        "\"filters\":%s,\"currency\":\"%s\"",
                        period->from, period->to, group,
                        compare ? arena_printf(req->arena, "\"%s\"", compare) : "null",
                        field_json(wanted), settings()->currency);
}

static void sales_report(struct request *req)
{
    struct period period;
    struct json_object *query = req_query(req, SALES_QUERY);
    if (!query || !period_read(&req->problem, query, &period) ||
        !rollup_catch_up(&req->problem))
        return;
    const char *group =
        field_present(query, "group_by") ? field_text(query, "group_by") : "day";
    const char *compare = field_text(query, "compare");
    const char *limit = field_present(query, "limit")
                            ? arena_printf(req->arena, "%lld", field_integer(query, "limit"))
                            : NULL;
    struct json_object *wanted = report_filter(req->arena, query);
    report_respond(req, query, &SALES, &period, head(req, &period, group, compare, wanted),
                   period.from, period.to, field_json(wanted), compare, group, limit);
}

static void kpis(struct request *req)
{
    struct period period;
    struct json_object *query = req_query(req, KPIS_QUERY);
    if (!query || !period_read(&req->problem, query, &period))
        return;
    respond_row(req, 200,
                db_query(req->arena, &req->problem, KPIS, period.from, period.to,
                         settings()->timezone, settings()->currency));
}

static const struct route ROUTES[] = {
    {"GET", "/v1/reports/sales", "reports:read", sales_report},
    {"GET", "/v1/reports/kpis", "reports:read", kpis},
    {0},
};

int main(int argc, char **argv)
{
    return serve("sales", ROUTES, argc, argv);
}
