/*
 * listing: the list of products that are for sale: what is searched for and filtered by, its
 * order, its pages, and what there is to filter by (facets). PostgreSQL does the work: see
 * sql/0024_search.sql; or a search engine where there is one: see engine_page.h.
 *
 * Orders are keyset pages over (sort value, id), each along an index. By relevance come first
 * those that have all words in their names, then in name, brand and categories, then anywhere;
 * among equals the ones that sold better.
 */
#ifndef VENDAS_PRODUCTS_LISTING_H
#define VENDAS_PRODUCTS_LISTING_H

#include "request.h"

/* Answers GET /v1/products. */
void listing_respond(struct request *req);

#endif
