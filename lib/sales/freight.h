/*
 * freight: what carrying a cart costs, by service.
 *
 * A service's cost is base + per_kg for each kilogram begun of the billed weight + value_bp of
 * what is paid for the goods carried; nothing from free_above on, which counts what is paid for
 * all lines. The billed weight is what the goods weigh or, where a rule has a cubic_divisor and
 * that is more, their volume in cubic centimetres divided by it, as kilograms. A piece without
 * all its measures has no volume. Digital goods are not carried.
 */
#ifndef VENDAS_SALES_FREIGHT_H
#define VENDAS_SALES_FREIGHT_H

#include "sales/pricing.h"

/* A heavier load is billed as this: a million tonnes. */
#define FREIGHT_MAX_LOAD_G 1000000000000LL

/* The services of rules (those that go there, of one service the one that counts first) that
 * carry the lines: fills out->options. */
void freight_options(struct arena *a, struct json_object *rules, struct pricing *out);

/* Brings the options in their order, cheapest first, and takes the service wanted, else the
 * cheapest: out->freight. False with "no_freight" where there is none. */
bool freight_choose(struct problem *p, const char *service, struct pricing *out);

#endif
