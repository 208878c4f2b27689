/*
 * gateway: the ways to pay. Each is one file that fills a struct gateway, and one line in the
 * table of gateway.c.
 */
#ifndef VENDAS_SALES_GATEWAY_H
#define VENDAS_SALES_GATEWAY_H

#include <stdbool.h>

#include "lang.h"
#include "problem.h"

/* What a payment is for. */
struct gateway_order {
    const char *id;
    long long number, amount; /* amount in minor units */
    const char *currency;
    enum lang lang;
};

struct gateway {
    const char *name;
    const char *methods;      /* separated by blanks */
    bool confirmed_by_person; /* no event ever comes: somebody looks at the bank account */

    /* Begins to collect the money. Returns what the buyer has to do (JSON text, in p's arena),
     * or NULL with the problem filled. */
    char *(*begin)(struct problem *p, const struct gateway_order *order, const char *method);
};

/* The gateway of that name, or NULL. */
const struct gateway *gateway_find(const char *name);

/* How many minutes an order holds its stock from when somebody begins to pay for it so. */
long long gateway_hold_minutes(const char *method);

extern const struct gateway GATEWAY_MANUAL;

#endif
