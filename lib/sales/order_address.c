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
#include "settings.h"

/* An order, and what its freight and taxes are computed from. */
static const char READ[] =
    "SELECT o.user_id, o.version, o.status, o.state, o.address,"
    "       o.shipping_address->>'postal_code', o.freight_service, i.items, i.variants,"
    "       json_build_object('items', o.items_total, 'discount', o.discount,"
    "           'freight', o.freight, 'tax', o.tax, 'total', o.total),"
    "       coalesce(o.rules->'coupons', '[]')"
    "  FROM sales.orders o"
    " CROSS JOIN LATERAL (SELECT json_agg(json_build_object("
    "                                'variant_id', variant_id, 'quantity', quantity,"
    "                                'unit_price', unit_price, 'discount', discount)"
    "                            ORDER BY position) AS items,"
    "                    array_agg(variant_id) AS variants"
    "               FROM sales.order_items WHERE order_id = o.id) AS i"
    " WHERE o.id = $1::uuid AND (o.user_id = $2::uuid OR $3::boolean)";
enum {
    AT_USER,
    AT_VERSION,
    AT_STATUS,
    AT_STATE,
    AT_ADDRESS,
    AT_CLEAR_CODE,
    AT_SERVICE,
    AT_ITEMS,
    AT_VARIANTS,
    AT_TOTALS,
    AT_COUPONS
};

static const char FACTS[] =
    "SELECT sales.pricing_facts($1::uuid[], $2, $3, $4, $5::date, '[]', NULL)";

static const char CHANGE[] =
    "SELECT sales.change_address($1::jsonb, $2::uuid, $3::boolean, $4::int, $5::bytea, $6,"
    "                            $7::bytea, $8::jsonb, $9)";

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

static struct json_object *parsed(struct arena *a, const char *json)
{
    return json_keep(a, json_tokener_parse(json));
}

/* The facts with the prices and the coupons that the order has, whatever became of them. */
static void keep_agreed(struct arena *a, struct json_object *facts, const struct rows *order)
{
    struct json_object *products = field_value(facts, "products");
    struct json_object *items = parsed(a, db_text(order, 0, AT_ITEMS));
    for (size_t i = 0; i < json_object_array_length(items); i++) {
        struct json_object *item = json_object_array_get_idx(items, i);
        for (size_t k = 0; k < json_object_array_length(products); k++) {
            struct json_object *product = json_object_array_get_idx(products, k);
            if (!strcmp(field_text(product, "variant_id"), field_text(item, "variant_id")))
                json_object_object_add(product, "unit_price",
                                       json_object_get(field_value(item, "unit_price")));
        }
    }
    json_object_object_add(facts, "coupons", json_tokener_parse(db_text(order, 0, AT_COUPONS)));
}

/* What the order would come to elsewhere. False where it can't be had there, or not any more;
 * or with the problem filled. */
static bool price_at(struct request *req, const struct rows *order,
                     const struct checkout_place *place, struct pricing *out)
{
    struct arena *a = req->arena;
    const char *origin = settings()->shop_state;
    struct rows *rows =
        db_query(a, &req->problem, FACTS, db_text(order, 0, AT_VARIANTS), place->state,
                 place->postal_code, *origin ? origin : NULL, period_today(a));
    if (!rows)
        return false;
    struct problem unused = problem_none(a);
    struct json_object *facts = parsed(a, db_text(rows, 0, 0));
    keep_agreed(a, facts, order);
    const struct pricing_cart cart = {
        .items = parsed(a, db_text(order, 0, AT_ITEMS)),
        .service = db_text(order, 0, AT_SERVICE),
        .agreed = true,
    };
    return pricing_compute(&unused, &cart, facts, out);
}

/* Whether an order goes to this place already: then nothing is computed again. */
static bool is_there(struct request *req, const char *id, const struct rows *order,
                     const struct checkout_place *place)
{
    const char *code = db_text(order, 0, AT_CLEAR_CODE);
    const char *sealed = db_text(order, 0, AT_ADDRESS);
    if (sealed) {
        const char *address = unseal_json(req->arena, "sales.orders.address", id, sealed);
        code = address ? field_text(parsed(req->arena, address), "postal_code") : NULL;
    }
    return code && !strcmp(code, place->postal_code) &&
           !strcmp(db_text(order, 0, AT_STATE), place->state);
}

/* What is kept of the order computed for another place: its taxes and rules, JSON text. NULL
 * with the problem filled where it would cost something else there. */
static const char *computed_at(struct request *req, const struct rows *order,
                               const struct checkout_place *place)
{
    struct pricing there = {0};
    if (price_at(req, order, place, &there)) {
        struct json_object *agreed = parsed(req->arena, db_text(order, 0, AT_TOTALS));
        if (pricing_matches(&req->problem, &there, agreed, "address_changes_total"))
            return pricing_order_json(req->arena, &there);
    } else if (!req->problem.status) {
        respond_problem(req, 409, "address_changes_total");
        problem_detail(&req->problem, "{\"changed\":{}}");
    }
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
    struct checkout_place place = {field_text(address, "state"),
                                   field_text(address, "postal_code")};
    const char *computed =
        is_there(req, id, order, &place) ? NULL : computed_at(req, order, &place);
    if (!req->problem.status &&
        db_query(a, &req->problem, CHANGE, audit_act(req), id, db_flag(staff),
                 arena_printf(a, "%d", version), db_text(order, 0, AT_ADDRESS), place.state,
                 seal_json(a, "sales.orders.address", id, field_json(address)), computed,
                 field_text(body, "reason")))
        order_respond(req, id, staff);
}
