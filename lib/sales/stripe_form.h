/*
 * stripe_form: what Stripe is sent (application/x-www-form-urlencoded, with brackets for
 * members and lists: https://docs.stripe.com/api), and what a PaymentIntent begins with.
 */
#ifndef VENDAS_SALES_STRIPE_FORM_H
#define VENDAS_SALES_STRIPE_FORM_H

#include "buf.h"
#include "sales/gateway.h"

/* A parameter more; NULL for value: none. */
void form_add(struct buf *form, const char *name, const char *value);
void form_add_number(struct buf *form, const char *name, long long n);

/* The parameters that a payment begins with, the same each time for the same payment, as Stripe
 * demands of what it is sent under one key: when a code or a slip ends hangs on when the
 * payment was made (its id tells), not on the time. */
void stripe_add_payment(struct buf *form, const struct gateway_payment *p);

#endif
