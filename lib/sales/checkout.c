#include "sales/checkout.h"

#include "buf.h"
#include "db.h"
#include "json.h"
#include "sales/period.h"

static const char FACTS[] = "SELECT sales.pricing_facts($1::uuid[], $2, $3::date)";

static const struct field ITEM_FIELDS[] = {
    {"variant_id", FIELD_UUID, FIELD_REQUIRED, 0, 0, NULL, NULL},
    {"quantity", FIELD_INTEGER, FIELD_REQUIRED, 1, PRICING_MAX_QUANTITY, NULL, NULL},
    {0},
};

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

bool checkout_price(struct request *req, struct json_object *body, const char *state,
                    struct pricing *out)
{
    struct json_object *items = field_value(body, "items");
    struct rows *rows =
        db_query(req->arena, &req->problem, FACTS, variants_of(req->arena, items), state,
                 period_today(req->arena));
    if (!rows)
        return false;
    struct json_object *facts = json_keep(req->arena, json_tokener_parse(db_text(rows, 0, 0)));
    return pricing_compute(&req->problem, items, facts, field_text(body, "freight_service"),
                           out);
}
