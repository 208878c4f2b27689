/*
 * words: lists of words separated by single blanks, such as a token's scope.
 */
#ifndef VENDAS_WORDS_H
#define VENDAS_WORDS_H

#include <stdbool.h>

/* Whether word is one of them. NULL for a list holds nothing, and no list holds the empty word.
 */
bool words_hold(const char *words, const char *word);

#endif
