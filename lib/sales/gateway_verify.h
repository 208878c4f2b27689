/*
 * gateway_verify: struct gateway's verify, for the gateways that sign what they send: the
 * headers of a notification and the account's secrets, handed to lib/sales/stripe_signature and
 * lib/sales/paypal_signature. *reason is a word of lib/sales/signature.
 */
#ifndef VENDAS_SALES_GATEWAY_VERIFY_H
#define VENDAS_SALES_GATEWAY_VERIFY_H

#include "sales/gateway.h"

enum gateway_trust stripe_verify(struct arena *a, const struct merchant *m,
                                 const struct gateway_notification *n, const char **reason);

enum gateway_trust paypal_verify(struct arena *a, const struct merchant *m,
                                 const struct gateway_notification *n, const char **reason);

#endif
