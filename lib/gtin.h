/*
 * gtin: Global Trade Item Numbers (GS1 General Specifications section 7.9).
 */
#ifndef VENDAS_GTIN_H
#define VENDAS_GTIN_H

#include <stdbool.h>

/* Whether text is a GTIN-8, 12, 13 or 14: digits alone, the last one a right check digit. */
bool gtin_valid(const char *text);

/* Brings a valid GTIN into its shortest form, in place: the same number is a GTIN-12 (UPC-A), a
 * GTIN-13 with a zero before it and a GTIN-14 with two (section 3.2 of the same; each is kept
 * in 14 digits, filled up from the left). */
void gtin_shorten(char *text);

#endif
