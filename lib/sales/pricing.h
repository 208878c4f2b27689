/*
 * pricing: what a quote or an order comes to. Pure: no database, no clock; the same facts give
 * the same totals, so that a quote and the order made from it agree to the centavo.
 *
 * Amounts are minor units. Rounding: half up, once per line and tax. An order of digital goods
 * alone has one freight service, "digital", which costs nothing.
 */
#ifndef VENDAS_SALES_PRICING_H
#define VENDAS_SALES_PRICING_H

#include <json-c/json.h>
#include <stdbool.h>

#include "problem.h"

enum { PRICING_MAX_LINES = 100, PRICING_MAX_QUANTITY = 10000 };

struct pricing_line {
    const char *variant_id, *product_id, *sku, *name;
    long long quantity, unit_price, weight_g;
    bool digital;                   /* nothing is carried */
    long long discount, tax, total; /* total = quantity * unit_price - discount + tax */
};

struct pricing_tax {
    const char *code;
    long long rate_bp, base, amount; /* rate in hundredths of a percent */
    bool included;                   /* in the prices: told, not added */
};

struct pricing_freight {
    const char *service, *name;
    long long cost, days;
};

struct pricing {
    struct pricing_line *lines;
    struct pricing_tax *taxes;
    struct pricing_freight *options;       /* the services that deliver there, cheapest first */
    const struct pricing_freight *freight; /* the one asked for, else the cheapest */
    size_t line_count, tax_count, option_count;
    const char *currency;
    long long items, discount, tax, total; /* total = items - discount + freight + tax */
};

/* Adds up items ([{variant_id, quantity}], checked) with facts (sales.pricing_facts). service:
 * the freight service wanted, or NULL for the cheapest. False with the problem filled: a
 * variant that is not for sale, a place nobody delivers to. Strings belong to facts. No
 * overflow within PRICING_MAX_LINES, PRICING_MAX_QUANTITY and the catalogue's bound of a price.
 */
bool pricing_compute(struct problem *p, struct json_object *items, struct json_object *facts,
                     const char *service, struct pricing *out);

/* The answer of a quote: items, totals, taxes and freight options, JSON text. */
char *pricing_quote_json(struct arena *a, const struct pricing *pricing);

/* What sales.place_order stores of it, JSON text. */
char *pricing_order_json(struct arena *a, const struct pricing *pricing);

/* Its taxes alone, as an order keeps them: a JSON array. */
char *pricing_taxes_json(struct arena *a, const struct pricing *pricing);

/* round(amount * rate_bp / 10000), half up; no overflow for a rate of up to 100 %. */
long long pricing_share(long long amount, long long rate_bp);

#endif
