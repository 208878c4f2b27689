/*
 * money: amounts as people read them, by CLDR's patterns for pt-BR and English, and as decimals.
 */
#ifndef VENDAS_MONEY_H
#define VENDAS_MONEY_H

#include <stdbool.h>

#include "arena.h"
#include "lang.h"

/* minor units (centavos) of an ISO 4217 currency of two decimals: "R$ 1.234,56" (with a
 * no-break space), "R$1,234.56" in English; "-" before it when negative. A currency without a
 * sign of its own stands there with its code. */
char *money_format(struct arena *a, long long minor, const char *currency, enum lang lang);

/* The same for the tick of an axis: whole units, from a thousand on in words, what is less than
 * a hundredth of these cut off ("R$ 1,5 mil", "R$1.5K"; mi M, bi B, tri T). */
char *money_short(struct arena *a, long long minor, const char *currency, enum lang lang);

/* Minor units of a currency of two decimals as a decimal number, as interfaces of others take
 * them: "1234.56", "-0.05". */
char *money_decimal(struct arena *a, long long minor);

/* The minor units of such a number: "1234.56", "1234.5", "1234", ".5". False, and *minor as it
 * was, for any other text, for parts of a minor unit and for more than there is room for. */
bool money_from_decimal(const char *text, long long *minor);

/* A whole number with its thousands grouped: "1.234", "1,234" in English. */
char *number_format(struct arena *a, long long n, enum lang lang);

/* The same in words, as money_short has them: "1,5 mil", "1.5K". */
char *number_short(struct arena *a, long long n, enum lang lang);

/* part of whole in percent with one decimal: "12,5%", "12.5%"; NULL where whole is 0. */
char *percent_format(struct arena *a, long long part, long long whole, enum lang lang);

#endif
