/*
 * paypal_facts: what objects of PayPal's Orders v2 and Payments v2 and its events say, as facts
 * (lib/sales/gateway.h). An order is what a payment begins with (ref); a capture of it is money
 * that came in (capture_ref).
 *
 * Objects do not say whether their money is real: they are of the account's kind, as it is its
 * API that gave them and its webhook that sent them. custom_id is our payment's id, and of a
 * refund invoice_id is our refund's. What PayPal takes back for a dispute is, as it tells it, a
 * refund that we did not ask for; a dispute tells how it stands and no movements.
 *
 * What signs a notification covers a CRC of its body and no hash
 * (lib/sales/paypal_signature.h): whoever got hold of one could make others. So of an event
 * nothing about money is believed: it tells which payment to look at.
 */
#ifndef VENDAS_SALES_PAYPAL_FACTS_H
#define VENDAS_SALES_PAYPAL_FACTS_H

#include <json-c/json.h>
#include <stdbool.h>

#include "sales/gateway.h"

/* What an order or a capture says. The caller owns the facts. */
struct json_object *paypal_order_facts(const struct merchant *m, struct json_object *order);
struct json_object *paypal_capture_facts(const struct merchant *m, struct json_object *capture);

/* A refund as an item of the facts' list; NULL for what is none. */
struct json_object *paypal_refund(struct json_object *refund);

/* The address in an object's links of one of these relations, separated by blanks; or NULL. */
const char *paypal_link(struct json_object *object, const char *relations);

/* The items of an order's payments: "authorizations", "captures" or "refunds". */
struct json_object *paypal_payments(struct json_object *order, const char *what);

/* struct gateway's translate. */
bool paypal_translate(struct arena *a, const struct merchant *m, struct json_object *body,
                      struct gateway_event *event);

#endif
