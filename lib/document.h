/*
 * document: the numbers by which the Receita Federal knows people (CPF) and companies (CNPJ).
 *
 * Both end in two check digits, each 11 minus the remainder modulo 11 of a weighted sum, or 0
 * where that is above 9 (CPF: Ato Declaratório RFB; CNPJ, of digits or, since July 2026, of
 * digits and letters: IN RFB 2.229/2024 and SERPRO's "Cálculo dos dígitos verificadores de CNPJ
 * alfanumérico", where a character is worth its ASCII code less 48). That a number is right
 * does not say that it was issued.
 */
#ifndef VENDAS_DOCUMENT_H
#define VENDAS_DOCUMENT_H

#include <stdbool.h>

/* Brings a CPF (000.000.000-00) or CNPJ (00.000.000/0000-00) into its bare form in place: 11 or
 * 14 characters, upper case, wherever its dots, hyphens, slashes and blanks stood. Returns
 * NULL; or a code of lib/messages and leaves the text as it is: "not_document" for what has no
 * such form or is one digit repeated, which the sums let pass and nobody has,
 * "document_check_digits".
 */
const char *document_normalize(char *text);

/* Whether a bare document is a company's. */
bool document_is_company(const char *document);

#endif
