/*
 * crawl: visits a source and brings back its products. Knows the web, not the database.
 */
#ifndef VENDAS_CATALOG_CRAWL_H
#define VENDAS_CATALOG_CRAWL_H

#include <json-c/json.h>
#include <stdbool.h>

#include "arena.h"

struct source {
    const char *id, *name;
    const char **start_urls;         /* NULL behind the last; all of the first one's host */
    const char *product_url_pattern; /* POSIX extended regular expression */
    long long rate_per_second, max_pages;
    bool private_addresses;
};

struct crawl {
    long long pages, found, refused, forbidden, errors;
    struct json_object *items; /* for POST /v1/ingest; goes with the arena */
    struct json_object *log;   /* [{url, outcome, detail}], as catalog.end_run wants it */
    const char *failure;       /* why nothing was brought, a reason of catalog.runs; or NULL */
};

/* Visits the source: its start pages (HTML lists or XML sitemaps), what they call the next page
 * (rel="next"), and the product pages that these link to, on the same host, as far as
 * robots.txt allows and max_pages reaches. contact is told in the User-Agent, currency is the
 * shop's. */
struct crawl crawl_source(struct arena *a, const struct source *source, const char *contact,
                          const char *currency);

#endif
