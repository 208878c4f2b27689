/*
 * Analysis: best and worst sellers, ABC curve, segments of customers, cohorts, what is bought
 * together, and the market's price beside ours. Service Sales, from the rollups and facts of
 * orders: sql/0056 defines each figure, docs/analysis.md says what to do about it.
 */
#include <string.h>

#include "json.h"
#include "messages.h"
#include "request.h"
#include "sales/report_table.h"
#include "sales/rollup.h"
#include "settings.h"

#define MAX_LINES 1000000

/* Reading what is asked for ---------------------------------------------------------------- */

/* A number of the query as a value of a statement, else what stands for it (NULL for NULL). */
static const char *number(struct request *req, struct json_object *query, const char *name,
                          const char *otherwise)
{
    return field_present(query, name)
               ? arena_printf(req->arena, "%lld", field_integer(query, name))
               : otherwise;
}

static const char *choice(struct json_object *query, const char *name, const char *otherwise)
{
    return field_present(query, name) ? field_text(query, name) : otherwise;
}

/* The period as the first members of an answer. */
static char *period_head(struct request *req, const struct period *period)
{
    return arena_printf(req->arena, "\"from\":\"%s\",\"to\":\"%s\",\"currency\":\"%s\"",
                        period->from, period->to, settings()->currency);
}

/* Sellers ---------------------------------------------------------------------------------- */

static const char SELLERS_SQL[] =
    "SELECT product_id, name, place, units, orders, revenue, cost, margin, margin_rate,"
    "       available, since"
    "  FROM sales.sellers($1::date, $2::date, $3, $4, $5, $6::int)";

static const struct report_column SELLERS_COLUMNS[] = {
    {"product_id", REPORT_TEXT, "id"},     {"name", REPORT_TEXT, NULL},
    {"place", REPORT_COUNT, NULL},         {"units", REPORT_COUNT, NULL},
    {"orders", REPORT_COUNT, NULL},        {"revenue", REPORT_MONEY, NULL},
    {"cost", REPORT_MONEY, NULL},          {"margin", REPORT_MONEY, NULL},
    {"margin_rate", REPORT_PERCENT, NULL}, {"available", REPORT_COUNT, NULL},
    {"since", REPORT_DATE, NULL},          {0},
};

static const struct report_table SELLERS = {"sellers", SELLERS_COLUMNS, SELLERS_SQL, NULL};

static const struct field SELLERS_QUERY[] = {
    PERIOD_FIELDS,
    REPORT_FORMAT_FIELD,
    {"order", FIELD_CHOICE, 0, 0, 0, "best worst", NULL},
    {"by", FIELD_CHOICE, 0, 0, 0, "units revenue margin", NULL},
    {"limit", FIELD_INTEGER, 0, 1, MAX_LINES, NULL, NULL},
    {0},
};

static void sellers(struct request *req)
{
    struct period period;
    struct json_object *query = req_query(req, SELLERS_QUERY);
    if (!query || !period_read(&req->problem, query, &period) ||
        !rollup_catch_up(&req->problem))
        return;
    const char *order = choice(query, "order", "best"), *by = choice(query, "by", "units");
    report_respond(req, query, &SELLERS, &period,
                   arena_printf(req->arena, "%s,\"order\":\"%s\",\"by\":\"%s\"",
                                period_head(req, &period), order, by),
                   period.from, period.to, settings()->timezone, order, by,
                   number(req, query, "limit", "20"));
}

/* ABC -------------------------------------------------------------------------------------- */

#define ABC_ROWS " FROM sales.abc($1::date, $2::date, $3::int, $4::int)"

static const char ABC_SQL[] =
    "SELECT product_id, name, place, units, revenue, share, cumulated, class" ABC_ROWS;

static const char ABC_TOTALS[] =
    "SELECT NULL, NULL, NULL, coalesce(sum(units), 0), coalesce(sum(revenue), 0),"
    "       NULL, NULL, NULL" ABC_ROWS;

static const struct report_column ABC_COLUMNS[] = {
    {"product_id", REPORT_TEXT, "id"},
    {"name", REPORT_TEXT, NULL},
    {"place", REPORT_COUNT, NULL},
    {"units", REPORT_COUNT, NULL},
    {"revenue", REPORT_MONEY, NULL},
    {"share", REPORT_PERCENT, NULL},
    {"cumulated", REPORT_PERCENT, NULL},
    {"class", REPORT_TEXT, NULL},
    {0},
};

static const struct report_table ABC = {"abc", ABC_COLUMNS, ABC_SQL, ABC_TOTALS};

static const struct field ABC_QUERY[] = {
    PERIOD_FIELDS,
    REPORT_FORMAT_FIELD,
    {"a", FIELD_INTEGER, 0, 1, 100, NULL, NULL},
    {"b", FIELD_INTEGER, 0, 1, 100, NULL, NULL},
    {0},
};

static void abc(struct request *req)
{
    struct period period;
    struct json_object *query = req_query(req, ABC_QUERY);
    if (!query || !period_read(&req->problem, query, &period))
        return;
    long long a = field_present(query, "a") ? field_integer(query, "a") : 80;
    long long b = field_present(query, "b") ? field_integer(query, "b") : a > 95 ? 100 : 95;
    if (b < a) {
        problem_field(&req->problem, "b", "too_small", arena_printf(req->arena, "%lld", a));
        return;
    }
    if (!rollup_catch_up(&req->problem))
        return;
    report_respond(
        req, query, &ABC, &period,
        arena_printf(req->arena, "%s,\"a\":%lld,\"b\":%lld", period_head(req, &period), a, b),
        period.from, period.to, arena_printf(req->arena, "%lld", a),
        arena_printf(req->arena, "%lld", b));
}

/* Segments --------------------------------------------------------------------------------- */

#define SEGMENT_CHOICES                                                                        \
    "champions loyal promising recent attention sleepy at_risk cannot_lose hibernating lost"

/* What they are called: the code, behind "segment_", is that of sales.segment_of(). */
static const char *const SEGMENT_NAMES[] = {
    "segment_champions",   "segment_loyal",  "segment_promising", "segment_recent",
    "segment_attention",   "segment_sleepy", "segment_at_risk",   "segment_cannot_lose",
    "segment_hibernating", "segment_lost",
};

#define SEGMENTS_ROWS " FROM sales.segments($1::date) WHERE $2::jsonb IS NOT NULL"

static const char SEGMENTS_SQL[] =
    "SELECT segment, $2::jsonb->>segment, customers, share, orders, net, net_share, average,"
    "       days" SEGMENTS_ROWS;

static const char SEGMENTS_TOTALS[] =
    "SELECT NULL, NULL, coalesce(sum(customers), 0), NULL, coalesce(sum(orders), 0),"
    "       coalesce(sum(net), 0), NULL, round(sum(net) / nullif(sum(customers), 0)),"
    "       NULL" SEGMENTS_ROWS;

static const struct report_column SEGMENTS_COLUMNS[] = {
    {"segment", REPORT_TEXT, "id"},       {"name", REPORT_TEXT, "segment"},
    {"customers", REPORT_COUNT, NULL},    {"share", REPORT_PERCENT, NULL},
    {"orders", REPORT_COUNT, NULL},       {"net", REPORT_MONEY, "net_paid"},
    {"net_share", REPORT_PERCENT, NULL},  {"average", REPORT_MONEY, "by_customer"},
    {"days", REPORT_COUNT, "days_since"}, {0},
};

static const struct report_table SEGMENTS = {"segments", SEGMENTS_COLUMNS, SEGMENTS_SQL,
                                             SEGMENTS_TOTALS};

static const struct field SEGMENTS_QUERY[] = {
    {"day", FIELD_DATE, 0, 0, 0, NULL, NULL},
    REPORT_FORMAT_FIELD,
    {0},
};

static const char CUSTOMERS_SQL[] =
    "SELECT user_id, name, segment, $4::jsonb->>segment, last_on, days, orders, net, recency,"
    "       frequency, monetary"
    "  FROM sales.segment_customers($1::date, $2, $3::int)";

static const struct report_column CUSTOMERS_COLUMNS[] = {
    {"customer_id", REPORT_TEXT, "id"},     {"name", REPORT_TEXT, "customer"},
    {"segment", REPORT_TEXT, "segment_id"}, {"segment_name", REPORT_TEXT, "segment"},
    {"last_on", REPORT_DATE, NULL},         {"days", REPORT_COUNT, "days_since"},
    {"orders", REPORT_COUNT, NULL},         {"net", REPORT_MONEY, "net_paid"},
    {"recency", REPORT_COUNT, NULL},        {"frequency", REPORT_COUNT, NULL},
    {"monetary", REPORT_COUNT, NULL},       {0},
};

static const struct report_table CUSTOMERS = {"customers", CUSTOMERS_COLUMNS, CUSTOMERS_SQL,
                                              NULL};

static const struct field CUSTOMERS_QUERY[] = {
    {"day", FIELD_DATE, 0, 0, 0, NULL, NULL},
    REPORT_FORMAT_FIELD,
    {"segment", FIELD_CHOICE, 0, 0, 0, SEGMENT_CHOICES, NULL},
    {"limit", FIELD_INTEGER, 0, 1, MAX_LINES, NULL, NULL},
    {0},
};

/* The names of segments by their codes, for people. */
static const char *segment_names(struct request *req)
{
    struct json_object *names = json_keep(req->arena, json_object_new_object());
    for (size_t i = 0; i < sizeof SEGMENT_NAMES / sizeof *SEGMENT_NAMES; i++)
        json_object_object_add(names, SEGMENT_NAMES[i] + strlen("segment_"),
                               json_object_new_string(message_with(req->arena, SEGMENT_NAMES[i],
                                                                   req->lang, NULL)));
    return field_json(names);
}

/* The day that segments are as of, as a period. */
static struct period day_asked(struct request *req, struct json_object *query)
{
    const char *on =
        field_present(query, "day") ? field_text(query, "day") : period_today(req->arena);
    return (struct period){on, period_shift(req->arena, on, 1)};
}

static void segments(struct request *req)
{
    struct json_object *query = req_query(req, SEGMENTS_QUERY);
    if (!query || !rollup_catch_up(&req->problem))
        return;
    struct period day = day_asked(req, query);
    report_respond(req, query, &SEGMENTS, &day,
                   arena_printf(req->arena, "\"day\":\"%s\",\"currency\":\"%s\"", day.from,
                                settings()->currency),
                   day.from, segment_names(req));
}

static void customers(struct request *req)
{
    struct json_object *query = req_query(req, CUSTOMERS_QUERY);
    if (!query || !rollup_catch_up(&req->problem))
        return;
    struct period day = day_asked(req, query);
    const char *segment = field_text(query, "segment");
    report_respond(req, query, &CUSTOMERS, &day,
                   arena_printf(req->arena, "\"day\":\"%s\",\"segment\":%s,\"currency\":\"%s\"",
                                day.from,
                                segment ? arena_printf(req->arena, "\"%s\"", segment) : "null",
                                settings()->currency),
                   day.from, segment, number(req, query, "limit", NULL), segment_names(req));
}

/* Cohorts ---------------------------------------------------------------------------------- */

#define EACH_MONTH(M) M(1) M(2) M(3) M(4) M(5) M(6) M(7) M(8) M(9) M(10) M(11) M(12)

#define SHARE(n) ", round(again[" #n "] * 10000.0 / nullif(customers, 0))"
#define MEAN_SHARE(n)                                                                          \
    ", round(sum(again[" #n "]) * 10000.0"                                                     \
    " / nullif(sum(customers) FILTER (WHERE again[" #n "] IS NOT NULL), 0))"

#define COHORTS_ROWS " FROM sales.cohorts($1::date, $2::date, $3::date)"

static const char COHORTS_SQL[] =
    "SELECT to_char(month, 'YYYY-MM'), customers" EACH_MONTH(SHARE) COHORTS_ROWS;

static const char COHORTS_TOTALS[] =
    "SELECT NULL, coalesce(sum(customers), 0)" EACH_MONTH(MEAN_SHARE) COHORTS_ROWS;

static const struct report_column COHORTS_COLUMNS[] = {
    {"month", REPORT_TEXT, NULL},
    {"customers", REPORT_COUNT, "newcomers"},
    {"month_1", REPORT_PERCENT, NULL},
    {"month_2", REPORT_PERCENT, NULL},
    {"month_3", REPORT_PERCENT, NULL},
    {"month_4", REPORT_PERCENT, NULL},
    {"month_5", REPORT_PERCENT, NULL},
    {"month_6", REPORT_PERCENT, NULL},
    {"month_7", REPORT_PERCENT, NULL},
    {"month_8", REPORT_PERCENT, NULL},
    {"month_9", REPORT_PERCENT, NULL},
    {"month_10", REPORT_PERCENT, NULL},
    {"month_11", REPORT_PERCENT, NULL},
    {"month_12", REPORT_PERCENT, NULL},
    {0},
};

static const struct report_table COHORTS = {"cohorts", COHORTS_COLUMNS, COHORTS_SQL,
                                            COHORTS_TOTALS};

static const struct field COHORTS_QUERY[] = {
    PERIOD_FIELDS,
    REPORT_FORMAT_FIELD,
    {0},
};

enum { COHORTS_DEFAULT_DAYS = 365 };

static void cohorts(struct request *req)
{
    struct period period;
    struct json_object *query = req_query(req, COHORTS_QUERY);
    if (!query || !period_read(&req->problem, query, &period) ||
        !rollup_catch_up(&req->problem))
        return;
    if (!field_present(query, "from"))
        period.from = period_shift(req->arena, period.to, -COHORTS_DEFAULT_DAYS);
    report_respond(
        req, query, &COHORTS, &period,
        arena_printf(req->arena, "\"from\":\"%s\",\"to\":\"%s\"", period.from, period.to),
        period.from, period.to, period_today(req->arena));
}

/* Bought together -------------------------------------------------------------------------- */

static const char TOGETHER_SQL[] =
    "SELECT product_id, name, other_id, other_name, orders, support, confidence,"
    "       confidence_back, lift"
    "  FROM sales.bought_together($1::date, $2::date, $3::int, $4, $5::int)";

static const struct report_column TOGETHER_COLUMNS[] = {
    {"product_id", REPORT_TEXT, "id"},    {"name", REPORT_TEXT, "product"},
    {"other_id", REPORT_TEXT, NULL},      {"other_name", REPORT_TEXT, NULL},
    {"orders", REPORT_COUNT, NULL},       {"support", REPORT_PERCENT, NULL},
    {"confidence", REPORT_PERCENT, NULL}, {"confidence_back", REPORT_PERCENT, NULL},
    {"lift", REPORT_DECIMAL, NULL},       {0},
};

static const struct report_table TOGETHER = {"together", TOGETHER_COLUMNS, TOGETHER_SQL, NULL};

static const struct field TOGETHER_QUERY[] = {
    PERIOD_FIELDS,
    REPORT_FORMAT_FIELD,
    {"support", FIELD_INTEGER, 0, 1, 10000, NULL, NULL},
    {"order", FIELD_CHOICE, 0, 0, 0, "lift confidence orders", NULL},
    {"limit", FIELD_INTEGER, 0, 1, MAX_LINES, NULL, NULL},
    {0},
};

static void together(struct request *req)
{
    struct period period;
    struct json_object *query = req_query(req, TOGETHER_QUERY);
    if (!query || !period_read(&req->problem, query, &period) ||
        !rollup_catch_up(&req->problem))
        return;
    const char *support = number(req, query, "support", "10"),
               *order = choice(query, "order", "lift");
    report_respond(req, query, &TOGETHER, &period,
                   arena_printf(req->arena,
                                "\"from\":\"%s\",\"to\":\"%s\",\"support\":%s,\"order\":\"%s\"",
                                period.from, period.to, support, order),
                   period.from, period.to, support, order, number(req, query, "limit", "100"));
}

/* The market ------------------------------------------------------------------------------- */

static const char MARKET_SQL[] =
    "SELECT gtin, sku, name, price, place, sources, cheapest, cheapest_source, average,"
    "       difference, cost, margin, margin_rate, margin_cheapest, seen_at"
    "  FROM sales.market(now() - $1::int * interval '1 day') LIMIT $2::int";

static const struct report_column MARKET_COLUMNS[] = {
    {"gtin", REPORT_TEXT, NULL},
    {"sku", REPORT_TEXT, NULL},
    {"name", REPORT_TEXT, NULL},
    {"price", REPORT_MONEY, "our_price"},
    {"place", REPORT_COUNT, NULL},
    {"sources", REPORT_COUNT, NULL},
    {"cheapest", REPORT_MONEY, NULL},
    {"cheapest_source", REPORT_TEXT, NULL},
    {"average", REPORT_MONEY, "average_price"},
    {"difference", REPORT_PERCENT, "above_cheapest"},
    {"cost", REPORT_MONEY, NULL},
    {"margin", REPORT_MONEY, NULL},
    {"margin_rate", REPORT_PERCENT, NULL},
    {"margin_cheapest", REPORT_MONEY, NULL},
    {"seen_at", REPORT_TIME, NULL},
    {0},
};

static const struct report_table MARKET = {"market", MARKET_COLUMNS, MARKET_SQL, NULL};

static const struct field MARKET_QUERY[] = {
    {"days", FIELD_INTEGER, 0, 1, 3650, NULL, NULL},
    REPORT_FORMAT_FIELD,
    {"limit", FIELD_INTEGER, 0, 1, MAX_LINES, NULL, NULL},
    {0},
};

static void market(struct request *req)
{
    struct json_object *query = req_query(req, MARKET_QUERY);
    if (!query)
        return;
    const char *days = number(req, query, "days", "30");
    report_respond(
        req, query, &MARKET, NULL,
        arena_printf(req->arena, "\"days\":%s,\"currency\":\"%s\"", days, settings()->currency),
        days, number(req, query, "limit", NULL));
}

static const struct route ROUTES[] = {
    {"GET", "/v1/reports/sellers", "reports:read", sellers},
    {"GET", "/v1/reports/abc", "reports:read", abc},
    {"GET", "/v1/reports/segments", "reports:read", segments},
    {"GET", "/v1/reports/customers", "reports:read", customers},
    {"GET", "/v1/reports/cohorts", "reports:read", cohorts},
    {"GET", "/v1/reports/together", "reports:read", together},
    {"GET", "/v1/reports/market", "reports:read", market},
    {0},
};

int main(int argc, char **argv)
{
    return serve("sales", ROUTES, argc, argv);
}
