/*
 * normal: one spelling of each text, as Unicode allows several ("ã" is one character, or an "a"
 * and a tilde). What people write is kept in Normalization Form C (UAX #15), the form that
 * keyboards give, so that equal texts are equal bytes: a password typed on another machine, a
 * name that is searched for. By libutf8proc.
 */
#ifndef VENDAS_NORMAL_H
#define VENDAS_NORMAL_H

#include "arena.h"

/* A valid UTF-8 text in NFC; always a copy. Of a text that is in NFC it is the same bytes. */
char *normal_nfc(struct arena *a, const char *text);

/* A text for comparing alone: without case, accents and compatibility forms (NFKD with case
 * folding and without marks), so that "ÁGUA", "água" and "agua" are one. */
char *normal_fold(struct arena *a, const char *text);

#endif
