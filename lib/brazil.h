/*
 * brazil: what is the same for every shop in Brazil.
 */
#ifndef VENDAS_BRAZIL_H
#define VENDAS_BRAZIL_H

#include <stdbool.h>

/* The state (UF) that a postal code of eight digits belongs to, by the ranges of the Correios
 * ("Faixas de CEP"); NULL for a code in no range. */
const char *postal_code_state(const char *postal_code);

/* Whether this is the code (UF) of one of the 26 states or of the Federal District, in upper
 * case. */
bool state_valid(const char *state);

/* Its name ("São Paulo"); NULL for any other text. */
const char *state_name(const char *state);

#endif
