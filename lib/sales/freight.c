#include "sales/freight.h"

#include <stdlib.h>
#include <string.h>

#include "fields.h"

enum { GRAMS_PER_KG = 1000 };

/* What is carried. */
struct load {
    long long weight_g, volume_cm3, value;
    long long paid; /* for all lines */
    bool goods;
};

static struct load load_of(const struct pricing *pricing)
{
    struct load load = {0};
    for (size_t i = 0; i < pricing->line_count; i++) {
        const struct pricing_line *line = &pricing->lines[i];
        long long paid = line->quantity * line->unit_price - line->discount;
        load.paid += paid;
        if (line->digital)
            continue;
        load.goods = true;
        load.value += paid;
        load.weight_g += line->weight_g;
        load.volume_cm3 += line->volume_cm3;
    }
    return load;
}

/* Kilograms by volume, in grams, rounded up. */
static long long cubic_weight(long long volume_cm3, long long divisor)
{
    long long rest = volume_cm3 % divisor * GRAMS_PER_KG;
    return volume_cm3 / divisor * GRAMS_PER_KG + (rest + divisor - 1) / divisor;
}

static long long billed_weight(struct json_object *rule, const struct load *load)
{
    long long billed = load->weight_g, divisor = field_integer(rule, "cubic_divisor");
    long long cubic = divisor ? cubic_weight(load->volume_cm3, divisor) : 0;
    if (cubic > billed)
        billed = cubic;
    return billed < FREIGHT_MAX_LOAD_G ? billed : FREIGHT_MAX_LOAD_G;
}

static bool carries(struct json_object *rule, long long billed_g)
{
    struct json_object *most = field_value(rule, "max_weight_g");
    return !most || billed_g <= json_object_get_int64(most);
}

static long long cost_of(struct json_object *rule, const struct load *load, long long billed_g)
{
    struct json_object *free_above = field_value(rule, "free_above");
    if (free_above && load->paid >= json_object_get_int64(free_above))
        return 0;
    long long kilograms = (billed_g + GRAMS_PER_KG - 1) / GRAMS_PER_KG;
    return field_integer(rule, "base") + kilograms * field_integer(rule, "per_kg") +
           pricing_share(load->value, field_integer(rule, "value_bp"));
}

static bool has_option(const struct pricing *pricing, const char *service)
{
    for (size_t i = 0; i < pricing->option_count; i++)
        if (!strcmp(pricing->options[i].service, service))
            return true;
    return false;
}

void freight_options(struct arena *a, struct json_object *rules, struct pricing *out)
{
    static const struct pricing_freight NOTHING_TO_CARRY = {"digital", "Digital", 0,
                                                            0,         0,         NULL};
    struct load load = load_of(out);
    size_t count = json_object_array_length(rules);
    out->options = arena_alloc(a, (count + 1) * sizeof *out->options);
    if (!load.goods) {
        out->options[out->option_count++] = NOTHING_TO_CARRY;
        return;
    }
    for (size_t i = 0; i < count; i++) {
        struct json_object *rule = json_object_array_get_idx(rules, i);
        const char *service = field_text(rule, "service");
        long long billed_g = billed_weight(rule, &load);
        if (has_option(out, service) || !carries(rule, billed_g))
            continue;
        out->options[out->option_count++] = (struct pricing_freight){
            .service = service,
            .name = field_text(rule, "name"),
            .cost = cost_of(rule, &load, billed_g),
            .days = field_integer(rule, "days"),
            .billed_g = billed_g,
            .rule = rule,
        };
    }
}

/* The cheapest first, of these the fastest; then by name, so that the order is always one. */
static int compare(const void *a, const void *b)
{
    const struct pricing_freight *x = a, *y = b;
    if (x->cost != y->cost)
        return x->cost < y->cost ? -1 : 1;
    if (x->days != y->days)
        return x->days < y->days ? -1 : 1;
    return strcmp(x->service, y->service);
}

bool freight_choose(struct problem *p, const char *service, struct pricing *out)
{
    qsort(out->options, out->option_count, sizeof *out->options, compare);
    for (size_t i = 0; i < out->option_count && !out->freight; i++)
        if (!service || !strcmp(out->options[i].service, service))
            out->freight = &out->options[i];
    if (!out->freight)
        problem_field(p, service ? "/freight_service" : "/shipping_address/state", "no_freight",
                      NULL);
    return out->freight != NULL;
}
