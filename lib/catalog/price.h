/*
 * price: prices as pages write them, such as "R$ 1.234,56", "2879.2" or "US$ 12.99".
 */
#ifndef VENDAS_CATALOG_PRICE_H
#define VENDAS_CATALOG_PRICE_H

#include <stdbool.h>

#include "arena.h"

struct price {
    long long minor; /* centavos, cents; half up where a page gives more than two decimals */
    const char *currency; /* ISO 4217, or NULL when the text names none that is known */
};

/* Reads the first price in a text of a page. Dots, commas, apostrophes and blanks may group;
 * the last mark is taken for a decimal one unless exactly three digits follow it, which is how
 * both "1.234" and "1,234" are meant. False when there is no number, or one out of bounds. */
bool price_read(struct arena *a, const char *text, struct price *out);

/* Reads a number as JSON-LD gives it: a dot is always the decimal mark there, unless the text
 * can't be such a number; then as price_read. */
bool price_read_plain(struct arena *a, const char *text, struct price *out);

/* The number in a text of a page with '.' for its decimal mark and nothing else but digits, or
 * NULL when there is none. */
char *price_number(struct arena *a, const char *text);

#endif
