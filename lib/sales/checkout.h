/*
 * checkout: what quotes and orders have in common: what a cart may hold, where it goes, and its
 * price.
 */
#ifndef VENDAS_SALES_CHECKOUT_H
#define VENDAS_SALES_CHECKOUT_H

#include "request.h"
#include "sales/pricing.h"

/* The "items" of a cart, for field tables: a FIELD_LIST of these. */
extern const struct field CHECKOUT_ITEM[];

/* The address that a checked body of a buyer's goes to: its "shipping_address", or the one
 * among his own that "address_id" names. Its state is there and agrees with its postal code.
 * NULL with the problem filled. */
struct json_object *checkout_address(struct request *req, struct json_object *body);

/* The same for an order of a buyer, whoever calls. */
struct json_object *checkout_address_of(struct request *req, const char *buyer,
                                        struct json_object *body);

/* Prices the cart of a checked body ("items", "freight_service") going to a state, in one round
 * trip. In the same one, where customer is not NULL, it asks who the caller is: JSON text of
 * {"id", "name", "email", "phone", "document"} as Registry has them now, the last two perhaps
 * null; or NULL where there is no such user. False with the problem filled. */
bool checkout_price(struct request *req, struct json_object *body, const char *state,
                    struct pricing *out, const char **customer);

#endif
