/*
 * checkout: what quotes and orders have in common: what a cart may hold, and its price.
 */
#ifndef VENDAS_SALES_CHECKOUT_H
#define VENDAS_SALES_CHECKOUT_H

#include "request.h"
#include "sales/pricing.h"

/* The "items" of a cart, for field tables: a FIELD_LIST of these. */
extern const struct field CHECKOUT_ITEM[];

/* Prices the cart of a checked body ("items", "freight_service") going to a state, in one round
 * trip. False with the problem filled. */
bool checkout_price(struct request *req, struct json_object *body, const char *state,
                    struct pricing *out);

#endif
