/*
 * fetch: web pages over HTTP (libcurl), politely and within limits.
 */
#ifndef VENDAS_CATALOG_FETCH_H
#define VENDAS_CATALOG_FETCH_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "catalog/robots.h"

struct fetcher;

struct fetch_limits {
    const char *agent;      /* User-Agent, with an address to complain to */
    long long pause_ms;     /* between two requests to the site, at least */
    size_t max_bytes;       /* a larger answer is given up */
    bool private_addresses; /* whether hosts on loopback and private networks may be asked */
};

struct fetch_result {
    long status;              /* of HTTP; 0 when there was no answer */
    const char *error;        /* why there was none, else NULL */
    const char *url;          /* after redirects */
    const char *content_type; /* NULL when not given */
    const char *bytes;        /* a NUL stands behind them */
    size_t length;
};

/* A fetcher with a connection that is used again. limits are copied, agent is kept. NULL when
 * libcurl can't be had. Free with fetcher_free(). */
struct fetcher *fetcher_new(const struct fetch_limits *limits);
void fetcher_free(struct fetcher *f);

/* From now on waits as long as the site's Crawl-delay asks (a minute at the most), if that is
 * longer than the pause so far, and follows no redirect to where robots.txt forbids to go. */
void fetcher_obey(struct fetcher *f, const struct robots *robots);

/* GETs a URL; the result belongs to a. Redirects are followed within the host, at most five.
 * 429 and 5xx are tried again, at most twice, after what Retry-After says or 1 and 4 seconds.
 */
struct fetch_result fetch(struct arena *a, struct fetcher *f, const char *url);

#endif
