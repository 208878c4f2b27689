/*
 * clean: text of web pages made fit for the catalogue.
 */
#ifndef VENDAS_CATALOG_CLEAN_H
#define VENDAS_CATALOG_CLEAN_H

#include "arena.h"

/* One line: tags taken out, character references resolved, control characters dropped, white
 * space (no-break spaces included) collapsed and trimmed, cut to max characters at the most.
 * NULL for a text that is empty after that, and for NULL. */
char *clean_line(struct arena *a, const char *text, size_t max);

#endif
