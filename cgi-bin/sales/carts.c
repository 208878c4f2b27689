/*
 * Carts: what a customer has chosen, kept between visits and devices. Service Sales, tables
 * sales.carts and sales.cart_items; prices come from where quotes have them.
 */
#include "db.h"
#include "request.h"
#include "sales/checkout.h"
#include "sales/period.h"

static const char READ[] =
    "SELECT document, version FROM sales.cart_document($1::uuid, $2::date)";

static const char CHANGE[] =
    "SELECT sales.change_cart($1::uuid, $2, $3::jsonb, $4::int, $5::date)";

static const struct field CONTENTS[] = {
    {"items", FIELD_LIST, FIELD_REQUIRED, 0, PRICING_MAX_LINES, NULL, CHECKOUT_ITEM},
    {0},
};

static const struct field LINE_FIELDS[] = {
    {"variant_id", FIELD_UUID, FIELD_REQUIRED, 0, 0, NULL, NULL},
    {"quantity", FIELD_INTEGER, FIELD_REQUIRED, 0, PRICING_MAX_QUANTITY, NULL, NULL},
    {0},
};

static const struct field LINE[] = {{"", FIELD_OBJECT, 0, 0, 0, NULL, LINE_FIELDS}};

static const struct field CHANGES[] = {
    {"items", FIELD_LIST, FIELD_REQUIRED, 1, PRICING_MAX_LINES, NULL, LINE},
    {0},
};

static void read_cart(struct request *req)
{
    respond_version(
        req, 200,
        db_query(req->arena, &req->problem, READ, req->user.user, period_today(req->arena)));
}

/* Changes the cart in one of the ways of sales.change_cart() and shows it. */
static void change_cart(struct request *req, const struct field *fields, const char *how)
{
    struct json_object *body = req_body(req, fields, false);
    int version = body ? req_if_match(req) : -1;
    if (version >= 0 &&
        db_query(req->arena, &req->problem, CHANGE, req->user.user, how,
                 field_json(field_value(body, "items")),
                 arena_printf(req->arena, "%d", version), period_today(req->arena)))
        read_cart(req);
}

static void replace_cart(struct request *req)
{
    change_cart(req, CONTENTS, "replace");
}

static void change_lines(struct request *req)
{
    change_cart(req, CHANGES, "change");
}

static void merge_cart(struct request *req)
{
    change_cart(req, CONTENTS, "merge");
}

static const struct route ROUTES[] = {
    {"GET", "/v1/carts/current", SIGNED_IN, read_cart},
    {"PUT", "/v1/carts/current", SIGNED_IN, replace_cart},
    {"PATCH", "/v1/carts/current", SIGNED_IN, change_lines},
    {"POST", "/v1/carts/current/merge", SIGNED_IN, merge_cart},
    {0},
};

int main(int argc, char **argv)
{
    return serve("sales", ROUTES, argc, argv);
}
