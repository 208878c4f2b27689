/*
 * Freight rules: what carrying costs, by service and destination, as staff set them up. Service
 * Sales, table sales.freight_rules. How they are applied says lib/sales/freight.h.
 */
#include "sales/configured.h"

static const char LIST[] =
    "SELECT document, to_json(created_at)#>>'{}', id FROM sales.freight_rule_documents"
    " WHERE ($1::text IS NULL OR service = $1)"
    "   AND ($2::timestamptz IS NULL OR (created_at, id) < ($2::timestamptz, $3::uuid))"
    " ORDER BY created_at DESC, id DESC LIMIT $4::int + 1";
static const char READ[] =
    "SELECT document, version FROM sales.freight_rule_documents WHERE id = $1::uuid";
static const char CREATE[] = "SELECT sales.create_freight_rule($1::jsonb, $2::jsonb)";
static const char CHANGE[] =
    "SELECT sales.change_freight_rule($1::jsonb, $2::uuid, $3::jsonb, nullif($4::int, 0))";
static const char END[] =
    "SELECT sales.delete_freight_rule($1::jsonb, $2::uuid, nullif($3::int, 0))";

/* Minor units: within these, and the bounds of a load, no sum overflows (lib/sales/freight.h).
 */
#define MAX_AMOUNT 100000000000
enum { MAX_PER_KG = 100000000 };
#define MAX_LOAD 1000000000000

static const struct field STATE[] = {{"", FIELD_STATE, 0, 0, 0, NULL, NULL}};

#define RULE(REQUIRED)                                                                         \
    {"service", FIELD_TEXT, REQUIRED, 1, 40, NULL, NULL},                                      \
        {"name", FIELD_TEXT, REQUIRED, 1, 60, NULL, NULL},                                     \
        {"states", FIELD_LIST, 0, 0, 27, NULL, STATE},                                         \
        {"cep_from", FIELD_POSTAL_CODE, FIELD_NULLABLE, 0, 0, NULL, NULL},                     \
        {"cep_to", FIELD_POSTAL_CODE, FIELD_NULLABLE, 0, 0, NULL, NULL},                       \
        {"base", FIELD_INTEGER, REQUIRED, 0, MAX_AMOUNT, NULL, NULL},                          \
        {"per_kg", FIELD_INTEGER, 0, 0, MAX_PER_KG, NULL, NULL},                               \
        {"value_bp", FIELD_INTEGER, 0, 0, 10000, NULL, NULL},                                  \
        {"cubic_divisor", FIELD_INTEGER, FIELD_NULLABLE, 1000, 20000, NULL, NULL},             \
        {"max_weight_g", FIELD_INTEGER, FIELD_NULLABLE, 1, MAX_LOAD, NULL, NULL},              \
        {"free_above", FIELD_INTEGER, FIELD_NULLABLE, 1, MAX_AMOUNT, NULL, NULL},              \
        {"days", FIELD_INTEGER, REQUIRED, 0, 120, NULL, NULL},                                 \
    {                                                                                          \
        0                                                                                      \
    }

static const struct field NEW[] = {RULE(FIELD_REQUIRED)};
static const struct field CHANGES[] = {RULE(0)};

static const struct configured RULES = {
    .name = "freight_rules",
    .path = "/v1/freight-rules",
    .filter = "service",
    .fresh = NEW,
    .changes = CHANGES,
    .list = LIST,
    .read = READ,
    .create = CREATE,
    .change = CHANGE,
    .end = END,
};

static void list(struct request *req)
{
    configured_list(req, &RULES);
}

static void create(struct request *req)
{
    configured_create(req, &RULES);
}

static void read_one(struct request *req)
{
    configured_read(req, &RULES);
}

static void change(struct request *req)
{
    configured_change(req, &RULES);
}

static void end(struct request *req)
{
    configured_end(req, &RULES);
}

static const struct route ROUTES[] = {
    {"GET", "/v1/freight-rules", "sales:configure", list},
    {"POST", "/v1/freight-rules", "sales:configure", create},
    {"GET", "/v1/freight-rules/{id}", "sales:configure", read_one},
    {"PATCH", "/v1/freight-rules/{id}", "sales:configure", change},
    {"DELETE", "/v1/freight-rules/{id}", "sales:configure", end},
    {0},
};

int main(int argc, char **argv)
{
    return serve("sales", ROUTES, argc, argv);
}
