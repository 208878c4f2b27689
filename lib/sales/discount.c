#include "sales/discount.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fields.h"
#include "money.h"

long long discount_portion(long long amount, long long part, long long before, long long whole)
{
    if (whole == 0)
        return 0;
    long long upto = (long long)((__int128)amount * (before + part) / whole);
    return upto - (long long)((__int128)amount * before / whole);
}

static bool contains(struct json_object *ids, const char *id)
{
    for (size_t i = 0; ids && i < json_object_array_length(ids); i++)
        if (!strcmp(json_object_get_string(json_object_array_get_idx(ids, i)), id))
            return true;
    return false;
}

static bool given(struct json_object *ids)
{
    return ids && json_object_array_length(ids) > 0;
}

static bool is_for(struct json_object *rule, const struct pricing_line *line)
{
    struct json_object *products = field_value(rule, "product_ids");
    struct json_object *categories = field_value(rule, "category_ids");
    if (!given(products) && !given(categories))
        return true;
    if (contains(products, line->product_id))
        return true;
    struct json_object *places = line->category_ids;
    for (size_t i = 0; places && i < json_object_array_length(places); i++)
        if (contains(categories, json_object_get_string(json_object_array_get_idx(places, i))))
            return true;
    return false;
}

static long long price_of(const struct pricing_line *line)
{
    return line->quantity * line->unit_price;
}

static struct json_object *find(struct json_object *rules, const char *code)
{
    for (size_t i = 0; rules && i < json_object_array_length(rules); i++) {
        struct json_object *rule = json_object_array_get_idx(rules, i);
        if (!strcasecmp(field_text(rule, "code"), code))
            return rule;
    }
    return NULL;
}

/* What is against a coupon, seen alone, as its rule tells; NULL for nothing. */
static const char *refusal_of(struct json_object *rule, const struct pricing *out)
{
    long long sum = 0;
    bool any = false;
    if (field_text(rule, "refusal"))
        return field_text(rule, "refusal");
    for (size_t i = 0; i < out->line_count; i++)
        if (is_for(rule, &out->lines[i])) {
            any = true;
            sum += price_of(&out->lines[i]);
        }
    if (!any)
        return "coupon_not_for_these";
    return sum < field_integer(rule, "minimum") ? "coupon_minimum" : NULL;
}

static bool is_named_before(struct json_object *codes, size_t position)
{
    const char *code = json_object_get_string(json_object_array_get_idx(codes, position));
    for (size_t i = 0; i < position; i++)
        if (!strcasecmp(json_object_get_string(json_object_array_get_idx(codes, i)), code))
            return true;
    return false;
}

static void find_coupon(struct problem *p, struct json_object *codes, size_t position,
                        struct json_object *rules, struct pricing *out)
{
    const char *code = json_object_get_string(json_object_array_get_idx(codes, position));
    struct json_object *rule = find(rules, code);
    const char *wrong = !rule                              ? "unknown_coupon"
                        : is_named_before(codes, position) ? "coupon_twice"
                                                           : refusal_of(rule, out);
    bool alone = rule && !field_boolean(rule, "stackable");
    if (!wrong && alone && json_object_array_length(codes) > 1)
        wrong = "coupon_not_stackable";
    if (wrong) {
        const char *least = strcmp(wrong, "coupon_minimum")
                                ? NULL
                                : money_format(p->arena, field_integer(rule, "minimum"),
                                               out->currency, LANG_PT_BR);
        problem_field(p, arena_printf(p->arena, "/coupons/%zu", position), wrong, least);
        return;
    }
    out->coupons[out->coupon_count++] =
        (struct pricing_coupon){.rule = rule,
                                .position = position,
                                .code = field_text(rule, "code"),
                                .kind = field_text(rule, "kind")};
}

/* One order, however the codes were written: percentages, amounts, freight, each by code. */
static int compare(const void *a, const void *b)
{
    static const char ORDER[] = "paf";
    const struct pricing_coupon *x = a, *y = b;
    int difference = (int)(strchr(ORDER, *x->kind) - strchr(ORDER, *y->kind));
    return difference ? difference : strcmp(x->code, y->code);
}

/* Takes an amount off the lines that a coupon is for, as far as there is something left. */
static void take_off(struct pricing_coupon *coupon, long long amount, struct pricing *out)
{
    long long left = 0, before = 0;
    for (size_t i = 0; i < out->line_count; i++)
        if (is_for(coupon->rule, &out->lines[i]))
            left += out->lines[i].total;
    coupon->discount = amount < left ? amount : left;
    for (size_t i = 0; i < out->line_count; i++) {
        struct pricing_line *line = &out->lines[i];
        if (!is_for(coupon->rule, line))
            continue;
        long long part = line->total;
        long long share = discount_portion(coupon->discount, part, before, left);
        line->discount += share;
        line->total -= share;
        before += part;
    }
    out->discount += coupon->discount;
}

static long long percentage(const struct pricing_coupon *coupon, const struct pricing *out)
{
    long long sum = 0;
    for (size_t i = 0; i < out->line_count; i++)
        if (is_for(coupon->rule, &out->lines[i]))
            sum += price_of(&out->lines[i]);
    return pricing_share(sum, field_integer(coupon->rule, "value"));
}

bool discount_apply(struct problem *p, struct json_object *codes, struct json_object *rules,
                    struct pricing *out)
{
    size_t count = codes ? json_object_array_length(codes) : 0;
    out->coupons = arena_alloc(p->arena, count * sizeof *out->coupons);
    for (size_t i = 0; i < count; i++)
        find_coupon(p, codes, i, rules, out);
    if (p->status)
        return false;
    qsort(out->coupons, out->coupon_count, sizeof *out->coupons, compare);
    for (size_t i = 0; i < out->coupon_count; i++) {
        struct pricing_coupon *coupon = &out->coupons[i];
        if (!strcmp(coupon->kind, "percent"))
            take_off(coupon, percentage(coupon, out), out);
        else if (!strcmp(coupon->kind, "amount"))
            take_off(coupon, field_integer(coupon->rule, "value"), out);
    }
    return true;
}

void discount_keep(struct arena *a, struct json_object *items, struct json_object *rules,
                   struct pricing *out)
{
    for (size_t i = 0; i < out->line_count; i++) {
        struct json_object *item = json_object_array_get_idx(items, i);
        out->lines[i].discount = field_integer(item, "discount");
        out->lines[i].total -= out->lines[i].discount;
        out->discount += out->lines[i].discount;
    }
    out->coupon_count = json_object_array_length(rules);
    out->coupons = arena_alloc(a, out->coupon_count * sizeof *out->coupons);
    for (size_t i = 0; i < out->coupon_count; i++) {
        struct json_object *rule = json_object_array_get_idx(rules, i);
        out->coupons[i] =
            (struct pricing_coupon){.rule = rule,
                                    .position = (size_t)field_integer(rule, "position"),
                                    .code = field_text(rule, "code"),
                                    .kind = field_text(rule, "kind"),
                                    .discount = field_integer(rule, "discount")};
    }
}

void discount_freight(struct pricing *out)
{
    for (size_t c = 0; c < out->coupon_count; c++) {
        struct pricing_coupon *coupon = &out->coupons[c];
        if (strcmp(coupon->kind, "freight") || !out->option_count)
            continue;
        coupon->discount = out->options[0].cost;
        for (size_t i = 1; i < out->option_count; i++)
            if (out->options[i].cost < coupon->discount)
                coupon->discount = out->options[i].cost;
        for (size_t i = 0; i < out->option_count; i++)
            out->options[i].cost -= coupon->discount;
    }
}
