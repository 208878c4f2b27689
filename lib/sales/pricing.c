#include "sales/pricing.h"

#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "fields.h"

enum { BASIS_POINTS = 10000, GRAMS_PER_KG = 1000 };

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

static void price_line(struct pricing_line *line, struct json_object *item,
                       struct json_object *product)
{
    line->variant_id = field_text(product, "variant_id");
    line->product_id = field_text(product, "product_id");
    line->sku = field_text(product, "sku");
    line->name = field_text(product, "name");
    line->quantity = field_integer(item, "quantity");
    line->unit_price = field_integer(product, "unit_price");
    line->digital = field_boolean(product, "digital");
    if (!line->digital)
        line->weight_g = field_integer(product, "weight_g") * line->quantity;
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

static void add_taxes(struct arena *a, struct json_object *rules, struct pricing *out)
{
    out->tax_count = json_object_array_length(rules);
    out->taxes = arena_alloc(a, out->tax_count * sizeof *out->taxes);
    for (size_t t = 0; t < out->tax_count; t++) {
        struct json_object *rule = json_object_array_get_idx(rules, t);
        struct pricing_tax *tax = &out->taxes[t];
        tax->code = field_text(rule, "code");
        tax->rate_bp = field_integer(rule, "rate_bp");
        tax->included = field_boolean(rule, "included");
        for (size_t i = 0; i < out->line_count; i++) {
            struct pricing_line *line = &out->lines[i];
            long long base = line->quantity * line->unit_price - line->discount;
            long long amount = pricing_share(base, tax->rate_bp);
            tax->base += base;
            tax->amount += amount;
            if (tax->included)
                continue;
            line->tax += amount;
            line->total += amount;
            out->tax += amount;
        }
    }
}

static int cheaper(const void *a, const void *b)
{
    const struct pricing_freight *x = a, *y = b;
    return (x->cost > y->cost) - (x->cost < y->cost);
}

static long long freight_cost(struct json_object *rule, long long items, long long weight_g)
{
    struct json_object *free_above = field_value(rule, "free_above");
    if (free_above && items >= json_object_get_int64(free_above))
        return 0;
    long long kilograms = (weight_g + GRAMS_PER_KG - 1) / GRAMS_PER_KG;
    return field_integer(rule, "base") + kilograms * field_integer(rule, "per_kg");
}

/* The services that carry this order's goods there. */
static void freight_options(struct arena *a, struct json_object *rules, long long weight_g,
                            struct pricing *out)
{
    out->option_count = json_object_array_length(rules);
    out->options = arena_alloc(a, out->option_count * sizeof *out->options);
    for (size_t i = 0; i < out->option_count; i++) {
        struct json_object *rule = json_object_array_get_idx(rules, i);
        out->options[i] = (struct pricing_freight){
            .service = field_text(rule, "service"),
            .name = field_text(rule, "name"),
            .cost = freight_cost(rule, out->items - out->discount, weight_g),
            .days = field_integer(rule, "days"),
        };
    }
    qsort(out->options, out->option_count, sizeof *out->options, cheaper);
}

static bool add_freight(struct problem *p, struct json_object *rules, const char *service,
                        struct pricing *out)
{
    static const struct pricing_freight NOTHING_TO_CARRY = {"digital", "Digital", 0, 0};
    long long weight_g = 0;
    bool goods = false;
    for (size_t i = 0; i < out->line_count; i++) {
        weight_g += out->lines[i].weight_g;
        goods |= !out->lines[i].digital;
    }
    if (goods) {
        freight_options(p->arena, rules, weight_g, out);
    } else {
        out->option_count = 1;
        out->options = arena_alloc(p->arena, sizeof *out->options);
        *out->options = NOTHING_TO_CARRY;
    }
    for (size_t i = 0; i < out->option_count && !out->freight; i++)
        if (!service || !strcmp(out->options[i].service, service))
            out->freight = &out->options[i];
    if (!out->freight)
        problem_field(p, service ? "/freight_service" : "/shipping_address/state", "no_freight",
                      NULL);
    return out->freight != NULL;
}

bool pricing_compute(struct problem *p, struct json_object *items, struct json_object *facts,
                     const char *service, struct pricing *out)
{
    *out = (struct pricing){0};
    if (!price_lines(p, items, field_value(facts, "products"), out))
        return false;
    add_taxes(p->arena, field_value(facts, "taxes"), out);
    if (!add_freight(p, field_value(facts, "freight"), service, out))
        return false;
    out->total = out->items - out->discount + out->freight->cost + out->tax;
    return true;
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
        buf_printf(b,
                   ",\"quantity\":%lld,\"unit_price\":%lld,\"discount\":%lld,\"tax\":%lld,"
                   "\"total\":%lld}",
                   line->quantity, line->unit_price, line->discount, line->tax, line->total);
    }
    buf_raw(b, "]");
}

static void write_taxes(struct buf *b, const struct pricing *pricing)
{
    buf_raw(b, "[");
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

char *pricing_quote_json(struct arena *a, const struct pricing *pricing)
{
    struct buf b = buf_new(a);
    buf_printf(&b, "{\"currency\":\"%s\",", pricing->currency);
    write_lines(&b, pricing, false);
    buf_printf(&b,
               ",\"totals\":{\"items\":%lld,\"discount\":%lld,\"freight\":%lld,\"tax\":%lld,"
               "\"total\":%lld}",
               pricing->items, pricing->discount, pricing->freight->cost, pricing->tax,
               pricing->total);
    buf_raw(&b, ",\"taxes\":");
    write_taxes(&b, pricing);
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
    buf_raw(&b, ",\"tax_lines\":");
    write_taxes(&b, pricing);
    buf_raw(&b, "}");
    return b.data;
}

char *pricing_taxes_json(struct arena *a, const struct pricing *pricing)
{
    struct buf b = buf_new(a);
    write_taxes(&b, pricing);
    return b.data;
}
