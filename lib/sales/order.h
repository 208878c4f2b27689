/*
 * order: what programs that change orders have in common.
 */
#ifndef VENDAS_SALES_ORDER_H
#define VENDAS_SALES_ORDER_H

#include "request.h"

/* What the status of an order can be. */
#define ORDER_STATUSES                                                                         \
    "pending paid shipped delivered canceled expired refunded partially_refunded returned"
enum { ORDER_STATUS_COUNT = 9 };

/* Answers 200 with an order as it is by now, with its ETag; 404 where there is none, or where
 * it is somebody else's and the caller may not see any. */
void order_respond(struct request *req, const char *id, bool any);

/* The reason that a change may give in its body, which may be missing. NULL where there is
 * none, or with the problem filled. */
const char *order_reason(struct request *req);

#endif
