/*
 * order_letter: what the shop writes to a customer about an order, in pt-BR or English: that it
 * was placed, is paid, is on its way, was canceled or has run out.
 *
 * A letter names the order's number, what was bought and what it comes to; that of a parcel who
 * carries it and what lies in it. It holds neither the buyer's name nor an address: letters go
 * astray.
 */
#ifndef VENDAS_SALES_ORDER_LETTER_H
#define VENDAS_SALES_ORDER_LETTER_H

#include <json-c/json.h>

#include "letter.h"

/* Writes a letter of a kind (order_placed, order_paid, order_shipped, order_canceled,
 * order_expired) to an address; order is the order as the API shows it, what is sealed in it
 * need not be opened; parcel the shipment that it is about, or NULL. All belongs to a. Of no
 * kind: all NULL. */
struct letter order_letter_write(struct arena *a, const char *name, enum lang lang,
                                 const char *to, struct json_object *order,
                                 struct json_object *parcel);

#endif
