/*
 * product_fields: what the body of a product and of a variant may hold; the API and the import
 * of files read by the same tables.
 */
#ifndef VENDAS_PRODUCTS_PRODUCT_FIELDS_H
#define VENDAS_PRODUCTS_PRODUCT_FIELDS_H

#include "fields.h"

/* Bounds as the schema has them: minor units, grams, millimetres, pieces. */
#define PRODUCT_MAX_PRICE 100000000000LL
enum {
    PRODUCT_MAX_WEIGHT_G = 10000000,
    PRODUCT_MAX_SIZE_MM = 100000,
    PRODUCT_MAX_AHEAD = 1000000,
};

extern const struct field PRODUCT_NEW[], PRODUCT_CHANGES[];
extern const struct field VARIANT_NEW[], VARIANT_CHANGES[];

/* What one field of a product can't tell alone: a promotion above the price. (Where one of them
 * is not in the body, and for the times, the constraints of the table tell.) False with the
 * problem filled. */
bool product_is_sound(struct problem *p, struct json_object *body);

#endif
