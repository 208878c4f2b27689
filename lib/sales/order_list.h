/*
 * order_list: the list of orders, the newest first: what it is filtered by, and its pages.
 *
 * A shop has millions of orders and each filter fits few or many of them. The statement holds
 * only the conditions that are asked for, and is planned with their values: PostgreSQL walks
 * along the newest or gathers by the filter's index (sql/0037_order_work.sql), whichever is
 * shorter.
 */
#ifndef VENDAS_SALES_ORDER_LIST_H
#define VENDAS_SALES_ORDER_LIST_H

#include "request.h"

/* Answers GET /v1/orders: everybody's where any is true, else the caller's own. */
void order_list_respond(struct request *req, bool any);

/* The LIKE pattern of names that hold these words in this order, whatever stands between. */
char *order_list_pattern(struct arena *a, const char *words);

/* The number that a text asks for, "1042" or "#1042", as its digits; NULL for other texts. */
const char *order_list_number(const char *text);

#endif
