/*
 * extract: the product of a page, as an item for POST /v1/ingest.
 *
 * One layer is read so far, JSON-LD (schema.org in <script type="application/ld+json">); a
 * further one is a function beside it that fills the same item.
 */
#ifndef VENDAS_CATALOG_EXTRACT_H
#define VENDAS_CATALOG_EXTRACT_H

#include <json-c/json.h>

#include "catalog/page.h"

/* The item: name, price (minor units), currency, source_id, url and what else the page tells
 * (description, brand, gtin, sku, availability, images, category, attributes, seller), cleaned.
 * currency is taken for granted where the page names none. It goes with the arena. NULL when
 * there is no product or nothing plausible; *refusal then names why: "no_product",
 * "invalid_json", "no_name", "no_price" or "implausible_price". */
struct json_object *extract_product(struct arena *a, const struct page *page,
                                    const char *currency, const char **refusal);

#endif
