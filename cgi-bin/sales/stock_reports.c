/*
 * Reports on stock: what there is and is worth, what runs out, lies too long or is to be
 * ordered, and what is likely to be sold. Service Sales; all is defined in
 * sql/0058_stock_reports.sql.
 */
#include <string.h>

#include "buf.h"
#include "db.h"
#include "request.h"
#include "sales/period.h"
#include "sales/report_table.h"
#include "settings.h"

static const struct report_column LEVEL_COLUMNS[] = {
    {"sku", REPORT_TEXT, NULL},
    {"name", REPORT_TEXT, NULL},
    {"on_hand", REPORT_COUNT, NULL},
    {"reserved", REPORT_COUNT, NULL},
    {"available", REPORT_COUNT, NULL},
    {"sold_ahead", REPORT_COUNT, NULL},
    {0},
};

static const struct report_column VALUE_COLUMNS[] = {
    {"sku", REPORT_TEXT, NULL},
    {"name", REPORT_TEXT, NULL},
    {"on_hand", REPORT_COUNT, NULL},
    {"cost", REPORT_MONEY, NULL},
    {"cost_value", REPORT_MONEY, NULL},
    {"price", REPORT_MONEY, NULL},
    {"price_value", REPORT_MONEY, NULL},
    {"uncosted", REPORT_COUNT, NULL},
    {"uncosted_value", REPORT_MONEY, NULL},
    {0},
};

static const struct report_column LOW_COLUMNS[] = {
    {"sku", REPORT_TEXT, NULL},           {"name", REPORT_TEXT, NULL},
    {"available", REPORT_COUNT, NULL},    {"low_below", REPORT_COUNT, NULL},
    {"sold_28_days", REPORT_COUNT, NULL}, {"days_left", REPORT_DECIMAL, NULL},
    {"runs_out_on", REPORT_DATE, NULL},   {0},
};

static const struct report_column DEAD_COLUMNS[] = {
    {"sku", REPORT_TEXT, NULL},
    {"name", REPORT_TEXT, NULL},
    {"on_hand", REPORT_COUNT, NULL},
    {"last_sold_on", REPORT_DATE, NULL},
    {"unsold_since", REPORT_DATE, NULL},
    {"days", REPORT_COUNT, NULL},
    {"cost", REPORT_MONEY, NULL},
    {"cost_value", REPORT_MONEY, NULL},
    {0},
};

static const struct report_column AGEING_COLUMNS[] = {
    {"sku", REPORT_TEXT, NULL},
    {"name", REPORT_TEXT, NULL},
    {"on_hand", REPORT_COUNT, NULL},
    {"pieces_0_30", REPORT_COUNT, NULL},
    {"pieces_31_60", REPORT_COUNT, NULL},
    {"pieces_61_90", REPORT_COUNT, NULL},
    {"pieces_91_180", REPORT_COUNT, NULL},
    {"pieces_over_180", REPORT_COUNT, NULL},
    {"value_0_30", REPORT_MONEY, NULL},
    {"value_31_60", REPORT_MONEY, NULL},
    {"value_61_90", REPORT_MONEY, NULL},
    {"value_91_180", REPORT_MONEY, NULL},
    {"value_over_180", REPORT_MONEY, NULL},
    {"cost_value", REPORT_MONEY, NULL},
    {0},
};

static const struct report_column REORDER_COLUMNS[] = {
    {"sku", REPORT_TEXT, NULL},
    {"name", REPORT_TEXT, NULL},
    {"weekly", REPORT_DECIMAL, NULL},
    {"demand", REPORT_DECIMAL, NULL},
    {"error", REPORT_DECIMAL, "forecast_error"},
    {"safety", REPORT_DECIMAL, NULL},
    {"available", REPORT_COUNT, NULL},
    {"sold_ahead", REPORT_COUNT, NULL},
    {"announced", REPORT_COUNT, NULL},
    {"quantity", REPORT_COUNT, "to_order"},
    {"cost", REPORT_MONEY, NULL},
    {"order_value", REPORT_MONEY, NULL},
    {0},
};

static const struct report_column FORECAST_COLUMNS[] = {
    {"sku", REPORT_TEXT, NULL},
    {"name", REPORT_TEXT, NULL},
    {"week", REPORT_DATE, NULL},
    {"forecast", REPORT_DECIMAL, NULL},
    {"level", REPORT_DECIMAL, "weekly"},
    {"season", REPORT_PERCENT, NULL},
    {"weeks", REPORT_COUNT, "weeks_known"},
    {"error", REPORT_DECIMAL, "forecast_error"},
    {"naive_error", REPORT_DECIMAL, NULL},
    {"relative_error", REPORT_PERCENT, NULL},
    {0},
};

#define LEVEL "sales.stock_report_level($1::text)"
#define VALUE "sales.stock_report_value($1::text, $2)"
#define LOW "sales.stock_report_low($1::int, $2::int, $3)"
#define DEAD "sales.stock_report_dead($1::int, $2, $3)"
#define AGEING "sales.stock_report_ageing($1, $2)"
#define REORDER "sales.stock_report_reorder($1::int, $2::int, $3, $4)"
#define FORECAST "sales.stock_report_forecast($1::int, $2::text, $3)"

/* Sums of a report under its columns, 0 where it has no row; NULL under those that have none.
 */
static const char LEVEL_TOTALS[] =
    "SELECT NULL, NULL, coalesce(sum(on_hand), 0), coalesce(sum(reserved), 0),"
    "       coalesce(sum(available), 0),"
    "       CASE WHEN $1::text IS NULL THEN coalesce(sum(sold_ahead), 0) END FROM " LEVEL;

static const char VALUE_TOTALS[] =
    "SELECT NULL, NULL, coalesce(sum(on_hand), 0), NULL::bigint, coalesce(sum(cost_value), 0),"
    "       NULL::bigint, coalesce(sum(price_value), 0), coalesce(sum(uncosted), 0),"
    "       coalesce(sum(uncosted_value), 0) FROM " VALUE;

static const char DEAD_TOTALS[] =
    "SELECT NULL, NULL, coalesce(sum(on_hand), 0), NULL::date, NULL::date, NULL::bigint,"
    "       NULL::bigint, coalesce(sum(cost_value), 0) FROM " DEAD;

static const char AGEING_TOTALS[] =
    "SELECT NULL, NULL, coalesce(sum(on_hand), 0), coalesce(sum(pieces_30), 0),"
    "       coalesce(sum(pieces_60), 0), coalesce(sum(pieces_90), 0),"
    "       coalesce(sum(pieces_180), 0), coalesce(sum(pieces_older), 0),"
    "       coalesce(sum(value_30), 0), coalesce(sum(value_60), 0),"
    "       coalesce(sum(value_90), 0), coalesce(sum(value_180), 0),"
    "       coalesce(sum(value_older), 0), coalesce(sum(cost_value), 0) FROM " AGEING;

enum { MAX_TAKEN = 4 };

/* A report by its name in the query, and the values of its statements in their order:
 * parameters of the query, or settings. */
static const struct kind {
    const char *name;
    const char *takes[MAX_TAKEN + 1];
    struct report_table table;
} KINDS[] = {
    {"level",
     {"location"},
     {"stock_level", LEVEL_COLUMNS, "SELECT * FROM " LEVEL, LEVEL_TOTALS}},
    {"value",
     {"location", "currency"},
     {"stock_value", VALUE_COLUMNS, "SELECT * FROM " VALUE, VALUE_TOTALS}},
    {"low",
     {"low_below", "lead_days", "zone"},
     {"stock_low", LOW_COLUMNS, "SELECT * FROM " LOW, NULL}},
    {"dead",
     {"days", "currency", "zone"},
     {"stock_dead", DEAD_COLUMNS, "SELECT * FROM " DEAD, DEAD_TOTALS}},
    {"ageing",
     {"currency", "zone"},
     {"stock_ageing", AGEING_COLUMNS, "SELECT * FROM " AGEING, AGEING_TOTALS}},
    {"reorder",
     {"lead_days", "cover_days", "currency", "zone"},
     {"stock_reorder", REORDER_COLUMNS, "SELECT * FROM " REORDER, NULL}},
    {"forecast",
     {"weeks", "sku", "zone"},
     {"stock_forecast", FORECAST_COLUMNS, "SELECT * FROM " FORECAST, NULL}},
};

static const struct field QUERY[] = {
    {"kind", FIELD_CHOICE, 0, 0, 0, "level value low dead ageing reorder forecast", NULL},
    {"location", FIELD_TEXT, 0, 1, 40, NULL, NULL},
    {"sku", FIELD_TEXT, 0, 1, 64, NULL, NULL},
    {"days", FIELD_INTEGER, 0, 1, 3650, NULL, NULL},
    {"lead_days", FIELD_INTEGER, 0, 0, 365, NULL, NULL},
    {"cover_days", FIELD_INTEGER, 0, 1, 365, NULL, NULL},
    {"weeks", FIELD_INTEGER, 0, 1, 52, NULL, NULL},
    REPORT_FORMAT_FIELD,
    {0},
};

static const char HAS_LOCATION[] = "SELECT FROM sales.location_documents WHERE code = $1";

/* The first, where none is asked for. */
static const struct kind *kind_of(struct json_object *query)
{
    const char *name = field_text(query, "kind");
    const struct kind *kind = KINDS;
    while (name && strcmp(kind->name, name))
        kind++;
    return kind;
}

static bool takes(const struct kind *kind, const char *name)
{
    for (const char *const *taken = kind->takes; *taken; taken++)
        if (!strcmp(*taken, name))
            return true;
    return false;
}

/* Refuses what another kind of report takes, and a location that there is none of. */
static bool query_fits(struct request *req, const struct kind *kind, struct json_object *query)
{
    json_object_object_foreach(query, name, value)
    {
        (void)value;
        if (strcmp(name, "kind") && strcmp(name, "format") && !takes(kind, name))
            problem_field(&req->problem, name, "unknown_parameter", NULL);
    }
    const char *location = field_text(query, "location");
    if (req->problem.status || !location)
        return !req->problem.status;
    struct rows *rows = db_query(req->arena, &req->problem, HAS_LOCATION, location);
    if (rows && db_count(rows) == 0)
        problem_field(&req->problem, "location", "unknown_location", NULL);
    return !req->problem.status;
}

/* A value that a report takes; NULL: it goes without. */
static const char *value_of(struct request *req, struct json_object *query, const char *name)
{
    static const struct {
        const char *name, *value;
    } DEFAULTS[] = {{"days", "90"}, {"lead_days", "14"}, {"cover_days", "28"}, {"weeks", "8"}};

    if (!strcmp(name, "zone"))
        return settings()->timezone;
    if (!strcmp(name, "currency"))
        return settings()->currency;
    if (!strcmp(name, "low_below"))
        return arena_printf(req->arena, "%lld", settings()->stock_low_below);
    for (size_t i = 0; i < sizeof DEFAULTS / sizeof *DEFAULTS; i++)
        if (!strcmp(DEFAULTS[i].name, name) && !field_present(query, name))
            return DEFAULTS[i].value;
    return field_text(query, name);
}

/* A member of the answer's head, as the report took it; numbers have passed the door as such.
 */
static void tell_value(struct buf *head, const char *name, const char *value)
{
    static const char TEXTS[] = "location sku currency";

    if (!value || !strcmp(name, "zone"))
        return;
    buf_printf(head, ",\"%s\":", name);
    if (strstr(TEXTS, name))
        buf_json(head, value);
    else
        buf_raw(head, value);
}

static void stock_report(struct request *req)
{
    struct json_object *query = req_query(req, QUERY);
    const struct kind *kind = query ? kind_of(query) : NULL;
    if (!kind || !query_fits(req, kind, query))
        return;
    const char *values[MAX_TAKEN];
    int count = 0;
    struct buf head = buf_new(req->arena);
    buf_printf(&head, "\"kind\":\"%s\",\"date\":\"%s\"", kind->name, period_today(req->arena));
    for (; kind->takes[count]; count++) {
        values[count] = value_of(req, query, kind->takes[count]);
        tell_value(&head, kind->takes[count], values[count]);
    }
    report_answer(req, query, &kind->table, NULL, buf_text(&head), count, values);
}

static const struct route ROUTES[] = {
    {"GET", "/v1/reports/stock", "reports:read", stock_report},
    {0},
};

int main(int argc, char **argv)
{
    return serve("sales", ROUTES, argc, argv);
}
