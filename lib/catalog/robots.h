/*
 * robots: what a site's robots.txt allows (RFC 9309).
 */
#ifndef VENDAS_CATALOG_ROBOTS_H
#define VENDAS_CATALOG_ROBOTS_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"

/* RFC 9309 section 2.5: at least this much of a file is read, the rest passed over. */
enum { ROBOTS_MAX_BYTES = 500 * 1024 };

struct robots;

/* Reads a robots.txt of n bytes for the crawler whose product token is agent
 * ("VendasCollector"). Never fails: what is no rule is passed over, as the RFC asks. */
struct robots *robots_parse(struct arena *a, const char *text, size_t n, const char *agent);

/* The rules of a site that has no robots.txt (everything is allowed), and of one whose
 * robots.txt can't be had (nothing is): RFC 9309 sections 2.3.1.3 and 2.3.1.4. */
struct robots *robots_allow_all(struct arena *a);
struct robots *robots_disallow_all(struct arena *a);

/* Whether an absolute URL, or a path with its query, may be fetched. It is to be escaped, as
 * page_resolve() gives it: only so is it in the form of the rules. */
bool robots_allows(struct arena *a, const struct robots *r, const char *url);

/* Crawl-delay in milliseconds, an extension that many sites use; 0 when there is none,
 * a day at the most. */
long long robots_delay_ms(const struct robots *r);

#endif
