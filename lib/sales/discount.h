/*
 * discount: what coupons take off a cart.
 *
 * A coupon is for the lines whose product it names, or whose category or one above it does; for
 * all where it names neither. Of these it takes a percentage of their prices, rounded half up,
 * or an amount. Percentages go first, each of the full prices, then amounts, among themselves
 * by code: it does not matter in which order codes are written. Nothing is taken off below
 * zero. A line's share is by what is left of its price, with cumulative rounding: see
 * sales/pricing.h.
 *
 * A coupon for the freight is worth what the cheapest service costs; a dearer one costs that
 * much less.
 *
 * Refusals are field errors on /coupons/N: unknown_coupon, coupon_twice, coupon_not_begun,
 * coupon_ended, coupon_used_up, coupon_used_by_you, coupon_not_stackable (beside another),
 * coupon_not_for_these, coupon_minimum (the lines it is for do not come to it).
 */
#ifndef VENDAS_SALES_DISCOUNT_H
#define VENDAS_SALES_DISCOUNT_H

#include "sales/pricing.h"

/* Finds the coupons that codes (a list, or NULL) name among rules and takes what they are worth
 * off the lines, whose discount and total change as out->discount does. False with a field
 * error for each that does not hold. */
bool discount_apply(struct problem *p, struct json_object *codes, struct json_object *rules,
                    struct pricing *out);

/* Takes off each line what was agreed for it, the "discount" of its item, whatever the coupons
 * (rules as an order keeps them) would take off by now. */
void discount_keep(struct arena *a, struct json_object *items, struct json_object *rules,
                   struct pricing *out);

/* Takes what coupons for the freight are worth off the options, which must be there. */
void discount_freight(struct pricing *out);

/* A share of amount: part of whole, of which so far went before; 0 <= share <= part where
 * amount <= whole. The shares of all parts, one after the other, make amount. */
long long discount_portion(long long amount, long long part, long long before, long long whole);

#endif
