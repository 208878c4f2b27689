/*
 * Tax rules: dated rates by place and goods, as staff set them up. Service Sales, table
 * sales.tax_rules. How they are applied says lib/sales/tax.h.
 */
#include "sales/configured.h"

static const char LIST[] =
    "SELECT document, to_json(created_at)#>>'{}', id FROM sales.tax_rule_documents"
    " WHERE ($1::text IS NULL OR code = $1)"
    "   AND ($2::timestamptz IS NULL OR (created_at, id) < ($2::timestamptz, $3::uuid))"
    " ORDER BY created_at DESC, id DESC LIMIT $4::int + 1";
static const char READ[] =
    "SELECT document, version FROM sales.tax_rule_documents WHERE id = $1::uuid";
static const char CREATE[] = "SELECT sales.create_tax_rule($1::jsonb, $2::jsonb)";
static const char CHANGE[] =
    "SELECT sales.change_tax_rule($1::jsonb, $2::uuid, $3::jsonb, nullif($4::int, 0))";
static const char END[] =
    "SELECT sales.delete_tax_rule($1::jsonb, $2::uuid, nullif($3::int, 0))";

static const struct field STATE[] = {{"", FIELD_STATE, 0, 0, 0, NULL, NULL}};

#define RULE(REQUIRED)                                                                         \
    {"state", FIELD_STATE, FIELD_NULLABLE, 0, 0, NULL, NULL},                                  \
        {"origins", FIELD_LIST, FIELD_NULLABLE, 1, 27, NULL, STATE},                           \
        {"ncm", FIELD_TEXT, FIELD_NULLABLE, 2, 8, NULL, NULL},                                 \
        {"category_id", FIELD_UUID, FIELD_NULLABLE, 0, 0, NULL, NULL},                         \
        {"rate_bp", FIELD_INTEGER, REQUIRED, 0, 10000, NULL, NULL},                            \
        {"base_bp", FIELD_INTEGER, 0, 0, 10000, NULL, NULL},                                   \
        {"less_code", FIELD_TEXT, FIELD_NULLABLE, 1, 40, NULL, NULL},                          \
        {"included", FIELD_BOOLEAN, REQUIRED, 0, 0, NULL, NULL},                               \
        {"valid_from", FIELD_DATE, REQUIRED, 0, 0, NULL, NULL},                                \
        {"valid_to", FIELD_DATE, FIELD_NULLABLE, 0, 0, NULL, NULL},                            \
        {"source", FIELD_TEXT, FIELD_NULLABLE, 1, 500, NULL, NULL},                            \
    {                                                                                          \
        0                                                                                      \
    }

static const struct field NEW[] = {
    {"code", FIELD_TEXT, FIELD_REQUIRED, 1, 40, NULL, NULL},
    RULE(FIELD_REQUIRED),
};

static const struct field CHANGES[] = {
    {"code", FIELD_FIXED, 0, 0, 0, NULL, NULL},
    RULE(0),
};

static const struct configured RULES = {
    .name = "tax_rules",
    .path = "/v1/tax-rules",
    .filter = "code",
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
    {"GET", "/v1/tax-rules", "sales:configure", list},
    {"POST", "/v1/tax-rules", "sales:configure", create},
    {"GET", "/v1/tax-rules/{id}", "sales:configure", read_one},
    {"PATCH", "/v1/tax-rules/{id}", "sales:configure", change},
    {"DELETE", "/v1/tax-rules/{id}", "sales:configure", end},
    {0},
};

int main(int argc, char **argv)
{
    return serve("sales", ROUTES, argc, argv);
}
