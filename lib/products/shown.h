/*
 * shown: a product's document as it is at this moment. The view products.shown has it ready,
 * with a byte in the places of what is available of each variant, and these numbers beside it;
 * where a variant is sold ahead, JSON objects that tell of it among them.
 */
#ifndef VENDAS_PRODUCTS_SHOWN_H
#define VENDAS_PRODUCTS_SHOWN_H

#include "arena.h"

struct rows;

/* The columns of a statement that reads documents: these two at these places, and between them
 * what a list goes on from (see respond_page_of). */
enum { SHOWN_DOCUMENT = 0, SHOWN_AVAILABLE = 3 };

/* The document of a row, JSON text of the arena. */
const char *shown_document(struct arena *a, const struct rows *rows, int row);

/* The same with the members of extra, a JSON object, added at its end; NULL adds none. */
const char *shown_document_and(struct arena *a, const struct rows *rows, int row,
                               const char *extra);

/* The pieces of that variant of which there are least; very many of what has no stock. */
long long shown_least(const struct rows *rows, int row);

#endif
