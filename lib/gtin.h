/*
 * gtin: Global Trade Item Numbers (GS1 General Specifications section 7.9).
 */
#ifndef VENDAS_GTIN_H
#define VENDAS_GTIN_H

#include <stdbool.h>

/* Whether text is a GTIN-8, 12, 13 or 14: digits alone, the last one a right check digit. */
bool gtin_valid(const char *text);

#endif
