/*
 * engine_page: pages of the list of products that the search engine finds. PostgreSQL writes
 * the request (products.engine_search, which also has corrections, synonyms and categories) and
 * shows what was found: price, stock and all else are as they are at this moment, and what is
 * no longer for sale is left out, so that a page may have fewer products than were asked for.
 *
 * Orders and cursors are PostgreSQL's own: either goes on where the other ended.
 *
 * An engine that does not answer in time, or not properly, is left alone by this worker for ten
 * seconds.
 */
#ifndef VENDAS_PRODUCTS_ENGINE_PAGE_H
#define VENDAS_PRODUCTS_ENGINE_PAGE_H

#include "request.h"

struct engine_page {
    const struct rows *rows; /* for respond_page_of() with engine_document */
    const char *facets;      /* JSON; NULL where none were asked for */
};

/* Whether the engine has found a page: query is the list's, checked; corrected what a typing
 * error was taken for, or NULL; order the list's order. False where PostgreSQL is to be asked:
 * there is no engine, its index is not filled, or it does not answer. Fills no problem. */
bool engine_page(struct request *req, struct json_object *query, const char *corrected,
                 const char *order, const struct page_wanted *wanted, struct engine_page *page);

/* The document of a row; NULL where the product is no longer for sale. */
const char *engine_document(struct arena *a, const struct rows *rows, int row);

#endif
