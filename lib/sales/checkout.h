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

/* The "coupons" of a cart, for field tables. */
#define CHECKOUT_COUPONS                                                                       \
    {                                                                                          \
        "coupons", FIELD_LIST, 0, 0, PRICING_MAX_COUPONS, NULL, CHECKOUT_CODE                  \
    }
extern const struct field CHECKOUT_CODE[];

/* Where a cart goes. */
struct checkout_place {
    const char *state, *postal_code;
};

/* Prices the cart of a checked body ("items", "coupons", "freight_service") going to a place,
 * in one round trip. Whose uses of coupons count is who is signed in, as far as that was asked.
 * In the same one, where customer is not NULL, it asks who the caller is: JSON text of
 * {"id", "name", "email", "phone", "document"} as Registry has them now, the last two perhaps
 * null; or NULL where there is no such user. False with the problem filled. */
bool checkout_price(struct request *req, struct json_object *body,
                    const struct checkout_place *place, struct pricing *out,
                    const char **customer);

#endif
