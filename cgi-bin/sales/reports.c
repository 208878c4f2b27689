/*
 * Reports: what was sold, by period, product, region, customer or gateway, and the figures on
 * top of it. Service Sales, view sales.sold_orders; all is defined in sql/0007_reports.sql.
 */
#include "db.h"
#include "request.h"
#include "sales/period.h"
#include "settings.h"

static const char SALES[] = "SELECT sales.report_json($1::date, $2::date, $3, $4, $5)";

static const char KPIS[] =
    "SELECT to_json(r) FROM (SELECT $1::date AS from, $2::date AS to, $4::text AS currency, k.*"
    "                          FROM sales.kpis($1::date, $2::date, $3) AS k) AS r";

static const struct field KPIS_QUERY[] = {
    PERIOD_FIELDS,
    {0},
};

static const struct field SALES_QUERY[] = {
    PERIOD_FIELDS,
    {"group_by", FIELD_CHOICE, 0, 0, 0, "day week month product region customer gateway", NULL},
    {0},
};

static void sales_report(struct request *req)
{
    struct period period;
    struct json_object *query = req_query(req, SALES_QUERY);
    if (!query || !period_read(&req->problem, query, &period))
        return;
    const char *group =
        field_present(query, "group_by") ? field_text(query, "group_by") : "day";
    respond_row(req, 200,
                db_query_planned(req->arena, &req->problem, SALES, period.from, period.to,
                                 group, settings()->timezone, settings()->currency));
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
