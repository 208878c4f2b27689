/*
 * table: columns for people. Text of others is shown without characters that a terminal would
 * obey.
 */
#ifndef VENDAS_CLI_TABLE_H
#define VENDAS_CLI_TABLE_H

#include "arena.h"

enum { TABLE_MAX_COLUMNS = 10 };

struct table;

/* A table with these headings, of which one that begins with ">" stands over figures, which
 * are set to the right. NULL ends the list. */
struct table *table_new(struct arena *a, const char *const *headings);

/* A row, as many texts as there are columns; NULL is an empty one. */
void table_row(struct table *t, const char *const *cells);

/* Writes it to standard output. */
void table_print(const struct table *t);

#endif
