/*
 * order_address: a pending order is sent elsewhere.
 *
 * What it costs stays as it was agreed. Where it goes decides freight and taxes: for another
 * postal code both are computed again, with the prices and the coupons of the order. If
 * anything to be paid would change, the address is refused with what would
 * ("address_changes_total"), and the buyer places another order.
 */
#ifndef VENDAS_SALES_ORDER_ADDRESS_H
#define VENDAS_SALES_ORDER_ADDRESS_H

#include "request.h"

/* Answers PATCH /v1/orders/{id} with the order. staff: any order may be changed, else the
 * caller's own. */
void order_address_change(struct request *req, bool staff);

#endif
