/*
 * payment: asks gateways for what payments and refunds need, and has SQL write down what came
 * of it. Endpoints do so while the buyer waits, the job "reconcile" where nobody does; what is
 * to be asked was written down before (sales.payments.step, sales.refunds), so that it does not
 * matter who is killed where.
 *
 * No transaction is open while a gateway is waited for.
 */
#ifndef VENDAS_SALES_PAYMENT_H
#define VENDAS_SALES_PAYMENT_H

#include "lang.h"
#include "problem.h"
#include "sales/gateway.h"

/* A payment or a refund as the API shows it, its status, and what came of asking last. */
struct payment_asked {
    const char *document, *status; /* NULL with the problem filled */
    const char *for_buyer;         /* of a payment: the same without what the gateway keeps */
    const char *code;              /* the gateway's own word where it refused, or NULL */
    enum gateway_result result;
};

/* Asks the gateway of a payment for a step ("begin", "read", "capture", "cancel") that the
 * caller has the lease of, and for what is to be asked at once after that. lang is that of what
 * the buyer is told. */
struct payment_asked payment_ask(struct arena *a, struct problem *problem, const char *payment,
                                 const char *step, enum lang lang);

/* What becomes of an order that is paid after it has expired, as SQL takes it. */
const char *payment_late(void);

/* Asks it to give money back. */
struct payment_asked payment_refund(struct arena *a, struct problem *problem,
                                    const char *payment, const char *refund);

#endif
