/*
 * Orders: buyers place, find, see and cancel their own, and send them elsewhere; staff all of
 * them. Service Sales, tables sales.orders, sales.order_items, sales.order_history,
 * sales.reservations. What leaves and comes back is in shipments.c and returns.c.
 */
#include "address.h"
#include "audit.h"
#include "db.h"
#include "idempotency.h"
#include "request.h"
#include "sales/checkout.h"
#include "sales/order.h"
#include "sales/order_address.h"
#include "sales/order_list.h"
#include "seal.h"
#include "settings.h"
#include "uuid.h"

static const char PLACE[] =
    "SELECT answer, replayed, CASE WHEN replayed THEN answer->>'id' ELSE $6::text END"
    "  FROM sales.place_order("
    "    $1::uuid, $2, $3::bytea, $4::jsonb, make_interval(mins => $5::int), $6::uuid, $7,"
    "    $8::bytea, $9::bytea)";

static const char CANCEL[] = "SELECT sales.cancel_order($1::jsonb, $2::uuid, $3::boolean, $4)";

static const char FOLDER[] = "/v1/orders";

/* What totals can be as a number of JSON that every reader knows exactly. */
#define MAX_TOTAL 9007199254740991

static const struct field ADDRESS[] = {
    ADDRESS_FIELDS(FIELD_REQUIRED, 1, FIELD_REQUIRED),
    {0},
};

static const struct field TOTALS[] = {
    {"items", FIELD_INTEGER, FIELD_REQUIRED, 0, MAX_TOTAL, NULL, NULL},
    {"discount", FIELD_INTEGER, FIELD_REQUIRED, 0, MAX_TOTAL, NULL, NULL},
    {"freight", FIELD_INTEGER, FIELD_REQUIRED, 0, MAX_TOTAL, NULL, NULL},
    {"tax", FIELD_INTEGER, FIELD_REQUIRED, 0, MAX_TOTAL, NULL, NULL},
    {"total", FIELD_INTEGER, FIELD_REQUIRED, 0, MAX_TOTAL, NULL, NULL},
    {0},
};

static const struct field NEW_ORDER[] = {
    {"items", FIELD_LIST, FIELD_REQUIRED, 1, PRICING_MAX_LINES, NULL, CHECKOUT_ITEM},
    {"shipping_address", FIELD_OBJECT, 0, 0, 0, NULL, ADDRESS},
    {"address_id", FIELD_UUID, 0, 0, 0, NULL, NULL},
    {"freight_service", FIELD_TEXT, 0, 1, 40, NULL, NULL},
    CHECKOUT_COUPONS,
    {"expected_totals", FIELD_OBJECT, 0, 0, 0, NULL, TOTALS},
    {0},
};

/* Prices what a body orders, for who calls; false where it can't be ordered so. */
static bool price_order(struct request *req, struct json_object *body,
                        struct json_object *address, struct pricing *pricing,
                        const char **customer)
{
    if (!address)
        return false;
    struct checkout_place place = {field_text(address, "state"),
                                   field_text(address, "postal_code")};
    return checkout_price(req, body, &place, pricing, customer) &&
           pricing_matches(&req->problem, pricing, field_value(body, "expected_totals"),
                           "totals_changed");
}

static void place_order(struct request *req)
{
    struct idempotency key;
    struct pricing pricing;
    struct arena *a = req->arena;
    const char *customer;
    struct json_object *body = req_body(req, NEW_ORDER, false);
    if (!body || !idempotency_read(req, &key))
        return;
    struct json_object *address = checkout_address(req, body);
    if (!price_order(req, body, address, &pricing, &customer)) {
        idempotency_replay(req, &key, 201, FOLDER);
        return;
    }
    const char *id = uuid7(a);
    const char *hold = arena_printf(a, "%lld", settings()->order_hold_minutes);
    idempotency_respond(req, 201,
                        db_query(a, &req->problem, PLACE, key.caller, key.key, key.fingerprint,
                                 pricing_order_json(a, &pricing), hold, id,
                                 field_text(address, "state"),
                                 seal_json(a, "sales.orders.address", id, field_json(address)),
                                 seal_json(a, "sales.orders.customer", id, customer)),
                        FOLDER);
}

static void list_orders(struct request *req)
{
    order_list_respond(req, req_may(req, "orders:read"));
}

static void read_order(struct request *req)
{
    const char *id = req_param_uuid(req, "id");
    if (id)
        order_respond(req, id, req_may(req, "orders:read"));
}

static void change_address(struct request *req)
{
    order_address_change(req, req_may(req, "orders:write"));
}

static void cancel_order(struct request *req)
{
    const char *id = req_param_uuid(req, "id"), *reason = order_reason(req);
    bool staff = req_may(req, "orders:write");
    if (!req->problem.status &&
        db_query(req->arena, &req->problem, CANCEL, audit_act(req), id, db_flag(staff), reason))
        order_respond(req, id, staff);
}

static const struct route ROUTES[] = {
    {"POST", "/v1/orders", SIGNED_IN, place_order},
    {"GET", "/v1/orders", SIGNED_IN, list_orders},
    {"GET", "/v1/orders/{id}", SIGNED_IN, read_order},
    {"PATCH", "/v1/orders/{id}", SIGNED_IN, change_address},
    {"POST", "/v1/orders/{id}/cancel", SIGNED_IN, cancel_order},
    {0},
};

int main(int argc, char **argv)
{
    return serve("sales", ROUTES, argc, argv);
}
