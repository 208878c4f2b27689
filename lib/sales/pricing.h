/*
 * pricing: what a quote or an order comes to. Pure: no database, no clock; the same facts give
 * the same totals, so that a quote and the order made from it agree to the centavo.
 *
 * Amounts are minor units, and every rounding is half up:
 *   - a percentage of a coupon once, of the sum of the lines it is for;
 *   - of a discount each line has a share by what is left of its price, rounded down on the sum
 *     of the lines so far (cumulative rounding), so that the shares make exactly the discount;
 *   - a reduced base, and the tax of it, once per line and tax each, as a fiscal document has
 * it;
 *   - what is carried by value (ad valorem) once per freight service.
 * Weights are rounded up. So a cart bought in n parts wins at most half a centavo for each of
 * the n + 1 roundings of a percentage, and a centavo for each line and tax of it.
 *
 * The order of it all: lines, discounts (sales/discount), freight (sales/freight), which counts
 * what is paid for the goods, and taxes (sales/tax) of what is paid for the lines. Taxes are
 * not computed on freight. An order of digital goods alone has one freight service, "digital",
 * which costs nothing.
 */
#ifndef VENDAS_SALES_PRICING_H
#define VENDAS_SALES_PRICING_H

#include <json-c/json.h>
#include <stdbool.h>

#include "problem.h"

enum { PRICING_MAX_LINES = 100, PRICING_MAX_QUANTITY = 10000, PRICING_MAX_COUPONS = 10 };

/* What is asked for: checked values of a body. */
struct pricing_cart {
    struct json_object *items;   /* [{variant_id, quantity}] */
    struct json_object *coupons; /* codes, or NULL */
    const char *service;         /* the freight service wanted; NULL for the cheapest */
    bool agreed; /* an order: items and the coupons of facts have a "discount" */
};

struct pricing_line {
    const char *variant_id, *product_id, *sku, *name, *ncm;
    struct json_object *category_ids; /* where it stands, with all above; NULL: not known */
    long long quantity, unit_price, weight_g, volume_cm3; /* these two of the whole line */
    bool digital;                                         /* nothing is carried */
    long long discount, tax, total; /* total = quantity * unit_price - discount + tax */
};

struct pricing_tax {
    const char *code;
    long long rate_bp, base, amount; /* rate in hundredths of a percent */
    bool included;                   /* in the prices: told, not added */
};

struct pricing_freight {
    const char *service, *name;
    long long cost, days, billed_g; /* grams that were billed */
    struct json_object *rule;       /* that made it; NULL where nothing is carried */
};

struct pricing_coupon {
    struct json_object *rule;
    size_t position; /* in the cart */
    const char *code, *kind;
    long long discount; /* on the lines, or on the freight where that is its kind */
};

struct pricing {
    struct pricing_line *lines;
    struct pricing_coupon *coupons;
    struct pricing_tax *taxes;             /* by code and rate */
    struct json_object **tax_rules;        /* those that made them, each once */
    struct pricing_freight *options;       /* the services that deliver there, cheapest first */
    const struct pricing_freight *freight; /* the one asked for, else the cheapest */
    size_t line_count, coupon_count, tax_count, tax_rule_count, option_count;
    const char *currency;
    struct json_object
        *stock; /* {variant_id: {available, ahead}}, only told; NULL: not asked */
    long long items, discount, tax, total; /* total = items - discount + freight + tax */
};

/* Adds up a cart with facts (sales.pricing_facts). False with the problem filled: a variant
 * that is not for sale, a coupon that does not hold (sales/discount.h), a place nobody delivers
 * to. Strings and rules belong to facts. No overflow within PRICING_MAX_LINES,
 * PRICING_MAX_QUANTITY, the catalogue's bound of a price and the rules' own bounds. */
bool pricing_compute(struct problem *p, const struct pricing_cart *cart,
                     struct json_object *facts, struct pricing *out);

/* Whether the totals are those that were seen: a checked {"items", "discount", "freight",
 * "tax", "total"}, or NULL where nobody said. Else false with 409 and this code,
 * "totals_changed" or another, whose "changed" tells {member: {"old", "new"}} of each that
 * differs. */
bool pricing_matches(struct problem *p, const struct pricing *pricing, struct json_object *seen,
                     const char *code);

/* The answer of a quote: items with what there is of them, coupons, totals, taxes and freight
 * options, JSON text. */
char *pricing_quote_json(struct arena *a, const struct pricing *pricing);

/* What sales.place_order stores of it, the rules that made it included, JSON text. */
char *pricing_order_json(struct arena *a, const struct pricing *pricing);

/* round(amount * rate_bp / 10000), half up; no overflow for a rate of up to 100 %. */
long long pricing_share(long long amount, long long rate_bp);

#endif
