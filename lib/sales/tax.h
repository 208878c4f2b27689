/*
 * tax: what taxes a cart is estimated to bear, by rules of sales.tax_rules; no rate is known
 * here.
 *
 * Of the rules of one code the first that fits a line counts: its NCM begins with the rule's,
 * it stands in the rule's category or below; place and date were looked at before. A rule with
 * a less_code has the rate of that tax on the same line taken off its own, and is nothing where
 * the line does not bear that tax or nothing is left: DIFAL is the destination's own rate less
 * the interstate one (EC 87/2015). The base is what is paid for the line, or the part of it
 * that base_bp says. Included taxes are told and not added.
 */
#ifndef VENDAS_SALES_TAX_H
#define VENDAS_SALES_TAX_H

#include "sales/pricing.h"

/* Adds the taxes to the lines and sums them up by code and rate. rules: those of one code
 * beside each other, the one that counts first before the others. */
void tax_add(struct arena *a, struct json_object *rules, struct pricing *out);

#endif
