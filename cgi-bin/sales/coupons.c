/*
 * Coupons: what buyers write to pay less, as staff set them up; deleting one that was used ends
 * it. Service Sales, table sales.coupons. What they take off says lib/sales/discount.h.
 */
#include "sales/configured.h"

static const char LIST[] =
    "SELECT document, to_json(created_at)#>>'{}', id FROM sales.coupon_documents"
    " WHERE ($1::text IS NULL OR code = upper($1))"
    "   AND ($2::timestamptz IS NULL OR (created_at, id) < ($2::timestamptz, $3::uuid))"
    " ORDER BY created_at DESC, id DESC LIMIT $4::int + 1";
static const char READ[] =
    "SELECT document, version FROM sales.coupon_documents WHERE id = $1::uuid";
static const char CREATE[] = "SELECT sales.create_coupon($1::jsonb, $2::jsonb)";
static const char CHANGE[] =
    "SELECT sales.change_coupon($1::jsonb, $2::uuid, $3::jsonb, nullif($4::int, 0))";
static const char END[] = "SELECT sales.end_coupon($1::jsonb, $2::uuid, nullif($3::int, 0))";

enum { MAX_USES = 1000000000 };
#define MAX_AMOUNT 100000000000

static const struct field ID[] = {{"", FIELD_UUID, 0, 0, 0, NULL, NULL}};

/* What a change may be of. */
#define TERMS                                                                                  \
    {"description", FIELD_TEXT, FIELD_NULLABLE, 1, 200, NULL, NULL},                           \
        {"value", FIELD_INTEGER, 0, 0, MAX_AMOUNT, NULL, NULL},                                \
        {"minimum", FIELD_INTEGER, 0, 0, MAX_AMOUNT, NULL, NULL},                              \
        {"product_ids", FIELD_LIST, 0, 0, 500, NULL, ID},                                      \
        {"category_ids", FIELD_LIST, 0, 0, 500, NULL, ID},                                     \
        {"stackable", FIELD_BOOLEAN, 0, 0, 0, NULL, NULL},                                     \
        {"max_uses", FIELD_INTEGER, FIELD_NULLABLE, 1, MAX_USES, NULL, NULL},                  \
        {"max_uses_per_customer", FIELD_INTEGER, FIELD_NULLABLE, 1, MAX_USES, NULL, NULL},     \
        {"starts_at", FIELD_TIME, 0, 0, 0, NULL, NULL},                                        \
        {"ends_at", FIELD_TIME, FIELD_NULLABLE, 0, 0, NULL, NULL},                             \
    {                                                                                          \
        0                                                                                      \
    }

static const struct field NEW[] = {
    {"code", FIELD_TEXT, FIELD_REQUIRED, 3, 40, NULL, NULL},
    {"kind", FIELD_CHOICE, FIELD_REQUIRED, 0, 0, "percent amount freight", NULL},
    TERMS,
};

static const struct field CHANGES[] = {
    {"code", FIELD_FIXED, 0, 0, 0, NULL, NULL},
    {"kind", FIELD_FIXED, 0, 0, 0, NULL, NULL},
    TERMS,
};

static const struct configured COUPONS = {
    .name = "coupons",
    .path = "/v1/coupons",
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
    configured_list(req, &COUPONS);
}

static void create(struct request *req)
{
    configured_create(req, &COUPONS);
}

static void read_one(struct request *req)
{
    configured_read(req, &COUPONS);
}

static void change(struct request *req)
{
    configured_change(req, &COUPONS);
}

static void end(struct request *req)
{
    configured_end(req, &COUPONS);
}

static const struct route ROUTES[] = {
    {"GET", "/v1/coupons", "sales:configure", list},
    {"POST", "/v1/coupons", "sales:configure", create},
    {"GET", "/v1/coupons/{id}", "sales:configure", read_one},
    {"PATCH", "/v1/coupons/{id}", "sales:configure", change},
    {"DELETE", "/v1/coupons/{id}", "sales:configure", end},
    {0},
};

int main(int argc, char **argv)
{
    return serve("sales", ROUTES, argc, argv);
}
