/*
 * stripe_facts: what Stripe's objects and events say, as facts (lib/sales/gateway.h). Objects
 * are as STRIPE_VERSION has them; an event has them as its endpoint was set up, so that only
 * what has not changed since is read of it (https://docs.stripe.com/api, its OpenAPI and its
 * changelog).
 */
#ifndef VENDAS_SALES_STRIPE_FACTS_H
#define VENDAS_SALES_STRIPE_FACTS_H

#include <json-c/json.h>
#include <stdbool.h>

#include "sales/gateway.h"

/* The version of the API that is spoken: that of the OpenAPI document which the tests hold our
 * requests against (github.com/stripe/openapi, 2023-09-12). */
#define STRIPE_VERSION "2023-08-16"

/* What a PaymentIntent says, its latest_charge and the charge's balance_transaction included
 * where they are expanded. publishable_key goes into what the buyer of a card payment gets:
 * NULL where that is not told. The caller owns the facts. */
struct json_object *stripe_intent_facts(struct arena *a, struct json_object *intent,
                                        const char *publishable_key);

/* A refund or a dispute as an item of the facts' list; NULL for what is none. */
struct json_object *stripe_refund(struct json_object *refund);
struct json_object *stripe_dispute(struct json_object *dispute);

/* struct gateway's translate. */
bool stripe_translate(struct arena *a, const struct merchant *m, struct json_object *body,
                      struct gateway_event *event);

#endif
