/*
 * The orders of a period, one row each, for spreadsheets and programs. Service Sales, table
 * sales.orders and what hangs on it. The buyer's name is the order's own, in clear; where the
 * goods go is sealed and stays out, but for the state.
 */
#include "buf.h"
#include "request.h"
#include "sales/order.h"
#include "sales/period.h"
#include "sales/report_table.h"
#include "settings.h"

/* What an order is paid by: the payment that brought most, else the last that was tried. */
#define PAID_BY "ORDER BY m.received DESC, m.id DESC"

/* A filter that is not given is NULL: these statements are planned for their values. */
#define CHOSEN                                                                                 \
    " FROM sales.orders o"                                                                     \
    " WHERE o.created_at >= $1::date::timestamp AT TIME ZONE $3"                               \
    "   AND o.created_at < $2::date::timestamp AT TIME ZONE $3"                                \
    "   AND ($4::jsonb IS NULL OR o.status = ANY (ARRAY(SELECT "                               \
    "jsonb_array_elements_text($4))))"                                                         \
    "   AND ($5::text IS NULL OR o.state = $5)"                                                \
    "   AND ($6::text IS NULL OR $6 = (SELECT m.gateway FROM sales.payments m"                 \
    "                                   WHERE m.order_id = o.id " PAID_BY " LIMIT 1))"

static const char ORDERS[] =
    "SELECT o.number, o.created_at, o.paid_at, o.status, o.customer_name, o.state,"
    "       p.gateway, p.method, i.units, o.items_total, o.discount, o.freight, o.tax, o.total,"
    "       coalesce(p.refunded, 0),"
    "       (SELECT string_agg(c->>'code', ' ' ORDER BY n)"
    "          FROM jsonb_array_elements(o.rules->'coupons') WITH ORDINALITY AS c (c, n))"
    "  FROM (SELECT o.*" CHOSEN ") AS o"
    " CROSS JOIN LATERAL (SELECT sum(i.quantity) AS units"
    "                       FROM sales.order_items i WHERE i.order_id = o.id) AS i"
    " CROSS JOIN LATERAL (SELECT (array_agg(m.gateway " PAID_BY "))[1] AS gateway,"
    "                            (array_agg(m.method " PAID_BY "))[1] AS method,"
    "                            sum(m.refunded) AS refunded"
    "                       FROM sales.payments m WHERE m.order_id = o.id) AS p"
    " ORDER BY o.created_at, o.id";

static const char TOTALS[] =
    "WITH chosen AS (SELECT o.*" CHOSEN ")"
    "SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,"
    "       (SELECT coalesce(sum(i.quantity), 0)"
    "          FROM sales.order_items i JOIN chosen c ON c.id = i.order_id),"
    "       coalesce(sum(items_total), 0), coalesce(sum(discount), 0),"
    "       coalesce(sum(freight), 0), coalesce(sum(tax), 0), coalesce(sum(total), 0),"
    "       (SELECT coalesce(sum(m.refunded), 0)"
    "          FROM sales.payments m JOIN chosen c ON c.id = m.order_id),"
    "       NULL"
    "  FROM chosen";

static const struct report_column COLUMNS[] = {
    {"number", REPORT_NUMBER, NULL},
    {"placed_at", REPORT_TIME, "placed"},
    {"paid_at", REPORT_TIME, "paid"},
    {"status", REPORT_TEXT, NULL},
    {"customer", REPORT_TEXT, NULL},
    {"state", REPORT_TEXT, NULL},
    {"gateway", REPORT_TEXT, NULL},
    {"method", REPORT_TEXT, NULL},
    {"units", REPORT_COUNT, NULL},
    {"items", REPORT_MONEY, NULL},
    {"discount", REPORT_MONEY, NULL},
    {"freight", REPORT_MONEY, NULL},
    {"tax", REPORT_MONEY, NULL},
    {"total", REPORT_MONEY, "amount"},
    {"refunded", REPORT_MONEY, NULL},
    {"coupons", REPORT_TEXT, NULL},
    {0},
};

static const struct report_table TABLE = {"orders", COLUMNS, ORDERS, TOTALS};

static const struct field STATUS[] = {{"", FIELD_CHOICE, 0, 0, 0, ORDER_STATUSES, NULL}};

static const struct field QUERY[] = {
    PERIOD_FIELDS,
    REPORT_FORMAT_FIELD,
    {"status", FIELD_LIST, 0, 0, ORDER_STATUS_COUNT, NULL, STATUS},
    {"state", FIELD_STATE, 0, 0, 0, NULL, NULL},
    {"gateway", FIELD_TEXT, 0, 1, 40, NULL, NULL},
    {0},
};

static void orders(struct request *req)
{
    struct period period;
    struct json_object *query = req_query(req, QUERY);
    if (!query || !period_read(&req->problem, query, &period))
        return;
    struct json_object *status = field_value(query, "status");
    struct buf head = buf_new(req->arena);
    buf_printf(&head, "\"from\":\"%s\",\"to\":\"%s\",\"currency\":\"%s\"", period.from,
               period.to, settings()->currency);
    report_respond(req, query, &TABLE, &period, head.data, period.from, period.to,
                   settings()->timezone, status ? field_json(status) : NULL,
                   field_text(query, "state"), field_text(query, "gateway"));
}

static const struct route ROUTES[] = {
    {"GET", "/v1/reports/orders", "reports:read", orders},
    {0},
};

int main(int argc, char **argv)
{
    return serve("sales", ROUTES, argc, argv);
}
