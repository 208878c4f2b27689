/*
 * cursor: where a list goes on (keyset pages). For callers it is opaque text; inside are the
 * name of the list's order and the sort values of the last row, so that a cursor of another
 * list or order is refused and a page never shifts when rows come or go.
 */
#ifndef VENDAS_CURSOR_H
#define VENDAS_CURSOR_H

#include "problem.h"

/* The cursor behind a row of the list called name, whose sort values are first and second. */
char *cursor_encode(struct arena *a, const char *name, const char *first, const char *second);

/* Reads a cursor of that list; NULL text is the first page and gives NULLs. Anything else that
 * is no such cursor is a field error on "cursor" and false. */
bool cursor_decode(struct problem *p, const char *text, const char *name, const char **first,
                   const char **second);

#endif
