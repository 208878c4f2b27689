#include "sales/pricing.h"

#include <string.h>

#include "buf.h"
#include "fields.h"
#include "json.h"
#include "sales/discount.h"
#include "sales/freight.h"
#include "sales/tax.h"

enum { BASIS_POINTS = 10000, MM3_PER_CM3 = 1000 };

long long pricing_share(long long amount, long long rate_bp)
{
    long long rest = amount % BASIS_POINTS * rate_bp;
    return amount / BASIS_POINTS * rate_bp + (rest + BASIS_POINTS / 2) / BASIS_POINTS;
}

static struct json_object *find_product(struct json_object *products, const char *variant_id)
{
    for (size_t i = 0; i < json_object_array_length(products); i++) {
        struct json_object *product = json_object_array_get_idx(products, i);
        if (!strcmp(field_text(product, "variant_id"), variant_id))
            return product;
    }
    return NULL;
}

/* Cubic centimetres begun; 0 where a measure is not known. */
static long long volume_of(struct json_object *product)
{
    long long mm3 = field_integer(product, "width_mm") * field_integer(product, "height_mm") *
                    field_integer(product, "length_mm");
    return (mm3 + MM3_PER_CM3 - 1) / MM3_PER_CM3;
}

static void price_line(struct pricing_line *line, struct json_object *item,
                       struct json_object *product)
{
    line->variant_id = field_text(product, "variant_id");
    line->product_id = field_text(product, "product_id");
    line->sku = field_text(product, "sku");
    line->name = field_text(product, "name");
    line->ncm = field_text(product, "ncm");
    line->category_ids = field_value(product, "category_ids");
    line->quantity = field_integer(item, "quantity");
    line->unit_price = field_integer(product, "unit_price");
    line->digital = field_boolean(product, "digital");
    if (!line->digital) {
        line->weight_g = field_integer(product, "weight_g") * line->quantity;
        line->volume_cm3 = volume_of(product) * line->quantity;
    }
    line->total = line->quantity * line->unit_price;
}

static bool price_lines(struct problem *p, struct json_object *items,
                        struct json_object *products, struct pricing *out)
{
    out->line_count = json_object_array_length(items);
    out->lines = arena_alloc(p->arena, out->line_count * sizeof *out->lines);
    for (size_t i = 0; i < out->line_count; i++) {
        struct json_object *item = json_object_array_get_idx(items, i);
        struct json_object *product = find_product(products, field_text(item, "variant_id"));
        if (!product) {
            problem_field(p, arena_printf(p->arena, "/items/%zu/variant_id", i),
                          "unknown_variant", NULL);
            continue;
        }
        price_line(&out->lines[i], item, product);
        out->items += out->lines[i].total;
        out->currency = field_text(product, "currency");
    }
    return !p->status;
}

bool pricing_compute(struct problem *p, const struct pricing_cart *cart,
                     struct json_object *facts, struct pricing *out)
{
    *out = (struct pricing){.stock = field_value(facts, "stock")};
    struct json_object *coupons = field_value(facts, "coupons");
    if (!price_lines(p, cart->items, field_value(facts, "products"), out))
        return false;
    if (cart->agreed)
        discount_keep(p->arena, cart->items, coupons, out);
    else if (!discount_apply(p, cart->coupons, coupons, out))
        return false;
    freight_options(p->arena, field_value(facts, "freight"), out);
    discount_freight(out);
    if (!freight_choose(p, cart->service, out))
        return false;
    tax_add(p->arena, field_value(facts, "taxes"), out);
    out->total = out->items - out->discount + out->freight->cost + out->tax;
    return true;
}

/* The sum, under the names that the API gives its members. */
static const char *const MEMBERS[] = {"items", "discount", "freight", "tax", "total"};
enum { MEMBER_COUNT = sizeof MEMBERS / sizeof *MEMBERS };

static void read_totals(const struct pricing *pricing, long long totals[MEMBER_COUNT])
{
    totals[0] = pricing->items;
    totals[1] = pricing->discount;
    totals[2] = pricing->freight->cost;
    totals[3] = pricing->tax;
    totals[4] = pricing->total;
}

bool pricing_matches(struct problem *p, const struct pricing *pricing, struct json_object *seen,
                     const char *code)
{
    long long totals[MEMBER_COUNT];
    struct json_object *changed = NULL;
    read_totals(pricing, totals);
    for (size_t i = 0; seen && i < MEMBER_COUNT; i++) {
        long long old = field_integer(seen, MEMBERS[i]);
        if (old == totals[i])
            continue;
        struct json_object *both = json_object_new_object();
        json_object_object_add(both, "old", json_object_new_int64(old));
        json_object_object_add(both, "new", json_object_new_int64(totals[i]));
        if (!changed)
            changed = json_object_new_object();
        json_object_object_add(changed, MEMBERS[i], both);
    }
    if (!changed)
        return true;
    problem_set(p, 409, code);
    p->members = json_keep(p->arena, json_object_new_object());
    json_object_object_add(p->members, "changed", changed);
    return false;
}

/* What a line can be delivered from, where that was asked. */
static void write_stock(struct buf *b, const struct pricing *pricing, const char *variant_id)
{
    struct json_object *stock = field_value(pricing->stock, variant_id);
    buf_printf(b, ",\"available\":%s,\"ahead\":%s",
               stock ? json_object_to_json_string(field_value(stock, "available")) : "null",
               stock ? json_object_to_json_string(field_value(stock, "ahead")) : "null");
}

static void write_lines(struct buf *b, const struct pricing *pricing, bool positions)
{
    buf_raw(b, "\"items\":[");
    for (size_t i = 0; i < pricing->line_count; i++) {
        const struct pricing_line *line = &pricing->lines[i];
        buf_printf(b, "%s{\"variant_id\":\"%s\",\"product_id\":\"%s\",\"sku\":", i ? "," : "",
                   line->variant_id, line->product_id);
        buf_json(b, line->sku);
        buf_raw(b, ",\"name\":");
        buf_json(b, line->name);
        if (positions)
            buf_printf(b, ",\"position\":%zu", i);
        else
            write_stock(b, pricing, line->variant_id);
        buf_printf(b,
                   ",\"quantity\":%lld,\"unit_price\":%lld,\"discount\":%lld,\"tax\":%lld,"
                   "\"total\":%lld}",
                   line->quantity, line->unit_price, line->discount, line->tax, line->total);
    }
    buf_raw(b, "]");
}

static void write_taxes(struct buf *b, const char *name, const struct pricing *pricing)
{
    buf_printf(b, ",\"%s\":[", name);
    for (size_t i = 0; i < pricing->tax_count; i++) {
        const struct pricing_tax *tax = &pricing->taxes[i];
        buf_raw(b, i ? ",{\"code\":" : "{\"code\":");
        buf_json(b, tax->code);
        buf_printf(b,
                   ",\"base\":%lld,\"rate_bp\":%lld,\"amount\":%lld,\"included\":%s,"
                   "\"estimate\":true}",
                   tax->base, tax->rate_bp, tax->amount, tax->included ? "true" : "false");
    }
    buf_raw(b, "]");
}

static void write_coupons(struct buf *b, const struct pricing *pricing)
{
    buf_raw(b, ",\"coupons\":[");
    for (size_t i = 0; i < pricing->coupon_count; i++) {
        const struct pricing_coupon *coupon = &pricing->coupons[i];
        buf_printf(b, "%s{\"code\":\"%s\",\"kind\":\"%s\",\"discount\":%lld}", i ? "," : "",
                   coupon->code, coupon->kind, coupon->discount);
    }
    buf_raw(b, "]");
}

static void set_integer(struct json_object *rule, const char *member, long long value)
{
    json_object_object_add(rule, member, json_object_new_int64(value));
}

/* The rules as the facts have them, with what came of them. */
static void write_rules(struct buf *b, const struct pricing *pricing)
{
    buf_raw(b, ",\"rules\":{\"freight\":");
    if (pricing->freight->rule)
        set_integer(pricing->freight->rule, "billed_g", pricing->freight->billed_g);
    buf_raw(b, pricing->freight->rule ? field_json(pricing->freight->rule) : "null");
    buf_raw(b, ",\"taxes\":[");
    for (size_t i = 0; i < pricing->tax_rule_count; i++) {
        buf_raw(b, i ? "," : "");
        buf_raw(b, field_json(pricing->tax_rules[i]));
    }
    buf_raw(b, "],\"coupons\":[");
    for (size_t i = 0; i < pricing->coupon_count; i++) {
        const struct pricing_coupon *coupon = &pricing->coupons[i];
        set_integer(coupon->rule, "position", (long long)coupon->position);
        set_integer(coupon->rule, "discount", coupon->discount);
        buf_raw(b, i ? "," : "");
        buf_raw(b, field_json(coupon->rule));
    }
    buf_raw(b, "]}");
}

char *pricing_quote_json(struct arena *a, const struct pricing *pricing)
{
    struct buf b = buf_new(a);
    buf_printf(&b, "{\"currency\":\"%s\",", pricing->currency);
    write_lines(&b, pricing, false);
    write_coupons(&b, pricing);
    buf_printf(&b,
               ",\"totals\":{\"items\":%lld,\"discount\":%lld,\"freight\":%lld,\"tax\":%lld,"
               "\"total\":%lld}",
               pricing->items, pricing->discount, pricing->freight->cost, pricing->tax,
               pricing->total);
    write_taxes(&b, "taxes", pricing);
    buf_printf(&b, ",\"freight\":{\"service\":\"%s\",\"days\":%lld},\"freight_options\":[",
               pricing->freight->service, pricing->freight->days);
    for (size_t i = 0; i < pricing->option_count; i++) {
        const struct pricing_freight *option = &pricing->options[i];
        buf_printf(&b, "%s{\"service\":\"%s\",\"name\":", i ? "," : "", option->service);
        buf_json(&b, option->name);
        buf_printf(&b, ",\"cost\":%lld,\"days\":%lld}", option->cost, option->days);
    }
    buf_raw(&b, "]}");
    return b.data;
}

char *pricing_order_json(struct arena *a, const struct pricing *pricing)
{
    struct buf b = buf_new(a);
    buf_printf(&b,
               "{\"currency\":\"%s\",\"items_total\":%lld,\"discount\":%lld,\"freight\":%lld,"
               "\"tax\":%lld,\"total\":%lld,\"freight_service\":\"%s\",\"freight_days\":%lld,",
               pricing->currency, pricing->items, pricing->discount, pricing->freight->cost,
               pricing->tax, pricing->total, pricing->freight->service, pricing->freight->days);
    write_lines(&b, pricing, true);
    write_taxes(&b, "tax_lines", pricing);
    write_rules(&b, pricing);
    buf_raw(&b, "}");
    return b.data;
}
