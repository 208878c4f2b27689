#include "sales/order_address.h"

#include <string.h>

#include "address.h"
#include "audit.h"
#include "db.h"
#include "json.h"
#include "sales/checkout.h"
#include "sales/order.h"
#include "sales/period.h"
#include "seal.h"

/* An order, and what its freight and taxes are computed from. */
static const char READ[] =
    "SELECT o.user_id, o.version, o.status, o.state, o.freight, o.tax, o.total,"
    "       o.freight_service, i.items, i.variants"
    "  FROM sales.orders o"
    " CROSS JOIN LATERAL (SELECT json_agg(json_build_object("
    "                                'variant_id', variant_id, 'quantity', quantity,"
    "                                'unit_price', unit_price)"
    "                            ORDER BY position) AS items,"
    "                    array_agg(variant_id) AS variants"
    "               FROM sales.order_items WHERE order_id = o.id) AS i"
    " WHERE o.id = $1::uuid AND (o.user_id = $2::uuid OR $3::boolean)";
enum {
    AT_USER,
    AT_VERSION,
    AT_STATUS,
    AT_STATE,
    AT_FREIGHT,
    AT_TAX,
    AT_TOTAL,
    AT_SERVICE,
    AT_ITEMS,
    AT_VARIANTS
};

static const char FACTS[] = "SELECT sales.pricing_facts($1::uuid[], $2, $3::date)";

static const char CHANGE[] =
    "SELECT sales.change_address($1::jsonb, $2::uuid, $3::boolean, $4::int, $5, $6, $7::bytea,"
    "                            $8::jsonb, $9)";

static const struct field ADDRESS[] = {
    ADDRESS_FIELDS(FIELD_REQUIRED, 1, FIELD_REQUIRED),
    {0},
};

static const struct field BODY[] = {
    {"shipping_address", FIELD_OBJECT, 0, 0, 0, NULL, ADDRESS},
    {"address_id", FIELD_UUID, 0, 0, 0, NULL, NULL},
    {"reason", FIELD_TEXT, 0, 0, 500, NULL, NULL},
    {0},
};

/* The order, if it may be sent elsewhere; NULL with the problem filled. The change itself looks
 * again, behind the lock. */
static const struct rows *changeable(struct request *req, const char *id, bool staff,
                                     int version)
{
    struct rows *order =
        db_query(req->arena, &req->problem, READ, id, req->user.user, db_flag(staff));
    if (order && db_count(order) == 0) {
        respond_problem(req, 404, "not_found");
    } else if (order && version && db_integer(order, 0, AT_VERSION) != version) {
        respond_problem(req, 412, "lost_update");
    } else if (order && strcmp(db_text(order, 0, AT_STATUS), "pending") != 0) {
        respond_problem(req, 409, "order_not_pending");
        problem_detail(&req->problem, arena_printf(req->arena, "{\"current_status\":\"%s\"}",
                                                   db_text(order, 0, AT_STATUS)));
    }
    return req->problem.status ? NULL : order;
}

/* The facts with the prices that the order has, whatever the products cost by now. */
static void keep_prices(struct json_object *facts, struct json_object *items)
{
    struct json_object *products = field_value(facts, "products");
    for (size_t i = 0; i < json_object_array_length(items); i++) {
        struct json_object *item = json_object_array_get_idx(items, i);
        for (size_t k = 0; k < json_object_array_length(products); k++) {
            struct json_object *product = json_object_array_get_idx(products, k);
            if (!strcmp(field_text(product, "variant_id"), field_text(item, "variant_id")))
                json_object_object_add(product, "unit_price",
                                       json_object_get(field_value(item, "unit_price")));
        }
    }
}

/* What the order would come to in a state. False where it can't be had there, or not any more;
 * or with the problem filled. */
static bool price_in(struct request *req, const struct rows *order, const char *state,
                     struct pricing *out)
{
    struct rows *rows =
        db_query(req->arena, &req->problem, FACTS, db_text(order, 0, AT_VARIANTS), state,
                 period_today(req->arena));
    if (!rows)
        return false;
    struct problem unused = problem_none(req->arena);
    struct json_object *facts = json_keep(req->arena, json_tokener_parse(db_text(rows, 0, 0)));
    struct json_object *items =
        json_keep(req->arena, json_tokener_parse(db_text(order, 0, AT_ITEMS)));
    keep_prices(facts, items);
    return pricing_compute(&unused, items, facts, db_text(order, 0, AT_SERVICE), out);
}

static void told(struct buf *b, const char *name, long long from, long long to)
{
    if (from != to)
        buf_printf(b, "%s\"%s\":{\"from\":%lld,\"to\":%lld}",
                   b->data[b->len - 1] == '{' ? "" : ",", name, from, to);
}

/* The taxes of the order in another state, JSON text. NULL with the problem filled where it
 * would cost something else there. */
static const char *taxes_in(struct request *req, const struct rows *order, const char *state)
{
    struct pricing there = {0};
    bool priced = price_in(req, order, state, &there);
    long long freight = db_integer(order, 0, AT_FREIGHT), tax = db_integer(order, 0, AT_TAX);
    if (priced && there.freight->cost == freight && there.tax == tax)
        return pricing_taxes_json(req->arena, &there);
    if (req->problem.status)
        return NULL;
    respond_problem(req, 409, "address_changes_total");
    struct buf b = buf_new(req->arena);
    buf_raw(&b, "{\"changes\":{");
    if (priced) {
        long long total = db_integer(order, 0, AT_TOTAL);
        told(&b, "freight", freight, there.freight->cost);
        told(&b, "tax", tax, there.tax);
        told(&b, "total", total, total - freight - tax + there.freight->cost + there.tax);
    }
    buf_raw(&b, "}}");
    problem_detail(&req->problem, b.data);
    return NULL;
}

void order_address_change(struct request *req, bool staff)
{
    struct arena *a = req->arena;
    const char *id = req_param_uuid(req, "id");
    struct json_object *body = id ? req_body(req, BODY, false) : NULL;
    int version = body ? req_if_match(req) : -1;
    const struct rows *order = version >= 0 ? changeable(req, id, staff, version) : NULL;
    struct json_object *address =
        order ? checkout_address_of(req, db_text(order, 0, AT_USER), body) : NULL;
    if (!address)
        return;
    const char *from = db_text(order, 0, AT_STATE), *state = field_text(address, "state");
    const char *taxes = strcmp(from, state) ? taxes_in(req, order, state) : NULL;
    if (!req->problem.status &&
        db_query(a, &req->problem, CHANGE, audit_act(req), id, db_flag(staff),
                 arena_printf(a, "%d", version), from, state,
                 seal_json(a, "sales.orders.address", id, field_json(address)), taxes,
                 field_text(body, "reason")))
        order_respond(req, id, staff);
}
