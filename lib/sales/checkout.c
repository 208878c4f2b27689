#include "sales/checkout.h"

#include <string.h>

#include "address.h"
#include "buf.h"
#include "db.h"
#include "json.h"
#include "sales/period.h"
#include "seal.h"
#include "settings.h"

static const char FACTS[] =
    "SELECT sales.pricing_facts($1::uuid[], $2, $3, $4, $5::date, $6::jsonb, $7::uuid),"
    "       c.name, c.email, c.phone, c.document,"
    "       CASE WHEN $8::uuid IS NULL THEN sales.stock_facts($1::uuid[]) END"
    "  FROM registry.customer_for_order($8::uuid) AS c";
enum { FACT_PRICES, FACT_NAME, FACT_EMAIL, FACT_PHONE, FACT_DOCUMENT, FACT_STOCK };

static const char ADDRESS[] =
    "SELECT state, lines FROM registry.address_for_order($1::uuid, $2::uuid)";

static const struct field ITEM_FIELDS[] = {
    {"variant_id", FIELD_UUID, FIELD_REQUIRED, 0, 0, NULL, NULL},
    {"quantity", FIELD_INTEGER, FIELD_REQUIRED, 1, PRICING_MAX_QUANTITY, NULL, NULL},
    {0},
};

const struct field CHECKOUT_CODE[] = {{"", FIELD_TEXT, 0, 1, 40, NULL, NULL}};
const struct field CHECKOUT_ITEM[] = {{"", FIELD_OBJECT, 0, 0, 0, NULL, ITEM_FIELDS}};

/* The variants as an array literal; UUIDs need no quoting in it. */
static const char *variants_of(struct arena *a, struct json_object *items)
{
    struct buf b = buf_new(a);
    for (size_t i = 0; i < json_object_array_length(items); i++)
        buf_printf(&b, "%s%s", i ? "," : "{",
                   field_text(json_object_array_get_idx(items, i), "variant_id"));
    buf_raw(&b, "}");
    return b.data;
}

/* The buyer's own address with this id, as Registry keeps it. */
static struct json_object *kept_address(struct request *req, const char *buyer, const char *id)
{
    struct rows *rows = db_query(req->arena, &req->problem, ADDRESS, buyer, id);
    if (!rows)
        return NULL;
    if (db_count(rows) == 0) {
        problem_field(&req->problem, "/address_id", "unknown_address", NULL);
        return NULL;
    }
    struct json_object *address = NULL;
    const char *lines =
        unseal_json(req->arena, "registry.addresses.lines", id, db_text(rows, 0, 1));
    if (!lines || !json_read(req->arena, lines, strlen(lines), &address))
        respond_problem(req, 500, "internal_error");
    else
        json_object_object_add(address, "state", json_object_new_string(db_text(rows, 0, 0)));
    return address;
}

struct json_object *checkout_address_of(struct request *req, const char *buyer,
                                        struct json_object *body)
{
    struct json_object *address = field_value(body, "shipping_address");
    const char *id = field_text(body, "address_id");
    if (address && id)
        problem_field(&req->problem, "/address_id", "not_both", "shipping_address");
    else if (id)
        address = kept_address(req, buyer, id);
    else if (!address)
        problem_field(&req->problem, "/shipping_address", "required", NULL);
    const char *state = NULL;
    if (!req->problem.status)
        state = address_state(&req->problem, id ? "" : "/shipping_address", address);
    if (state)
        json_object_object_add(address, "state", json_object_new_string(state));
    return state ? address : NULL;
}

struct json_object *checkout_address(struct request *req, struct json_object *body)
{
    return checkout_address_of(req, req->user.user, body);
}

/* The caller, opened, as checkout_price() tells it. */
static const char *customer_json(struct request *req, const struct rows *facts)
{
    const char *user = req->user.user;
    if (!db_text(facts, 0, FACT_NAME))
        return NULL;
    struct buf b = buf_new(req->arena);
    buf_printf(&b, "{\"id\":\"%s\",\"name\":", user);
    buf_json(&b, db_text(facts, 0, FACT_NAME));
    buf_raw(&b, ",\"email\":");
    buf_json(&b, db_text(facts, 0, FACT_EMAIL));
    buf_raw(&b, ",\"phone\":");
    buf_json(&b, unseal_text(req->arena, "registry.users.phone", user,
                             db_text(facts, 0, FACT_PHONE)));
    buf_raw(&b, ",\"document\":");
    buf_json(&b, unseal_text(req->arena, "registry.users.document", user,
                             db_text(facts, 0, FACT_DOCUMENT)));
    buf_raw(&b, "}");
    return b.data;
}

bool checkout_price(struct request *req, struct json_object *body,
                    const struct checkout_place *place, struct pricing *out,
                    const char **customer)
{
    const struct pricing_cart cart = {
        .items = field_value(body, "items"),
        .coupons = field_value(body, "coupons"),
        .service = field_text(body, "freight_service"),
    };
    const char *origin = settings()->shop_state;
    struct rows *rows =
        db_query(req->arena, &req->problem, FACTS, variants_of(req->arena, cart.items),
                 place->state, place->postal_code, *origin ? origin : NULL,
                 period_today(req->arena), cart.coupons ? field_json(cart.coupons) : "[]",
                 req->user.user, customer ? req->user.user : NULL);
    if (!rows)
        return false;
    if (customer)
        *customer = customer_json(req, rows);
    struct json_object *facts =
        json_keep(req->arena, json_tokener_parse(db_text(rows, 0, FACT_PRICES)));
    const char *stock = db_text(rows, 0, FACT_STOCK);
    if (stock)
        json_object_object_add(facts, "stock", json_tokener_parse(stock));
    return pricing_compute(&req->problem, &cart, facts, out);
}
