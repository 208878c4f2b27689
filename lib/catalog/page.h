/*
 * page: a web page as it was fetched, parsed by libxml2's forgiving HTML parser.
 */
#ifndef VENDAS_CATALOG_PAGE_H
#define VENDAS_CATALOG_PAGE_H

#include <libxml/HTMLparser.h>
#include <stdbool.h>
#include <stddef.h>

#include "arena.h"

/* Whatever a page holds, nothing is fetched for it, and nothing is said about its faults. */
enum {
    PAGE_PARSE_OPTIONS = HTML_PARSE_RECOVER | HTML_PARSE_NONET | HTML_PARSE_NOERROR |
                         HTML_PARSE_NOWARNING | HTML_PARSE_COMPACT
};

struct page {
    const char *url; /* as it was asked for, after redirects */
    htmlDocPtr doc;  /* goes with the arena; NULL when the bytes were no page at all */
};

/* Parses n bytes fetched from url. The encoding is that of the Content-Type header (may be
 * NULL), else UTF-8 where the bytes are, else what the page's own meta element says. */
struct page page_parse(struct arena *a, const char *url, const char *content_type,
                       const char *bytes, size_t n);

/* The texts that an XPath expression finds, a NULL behind them; empty ones left out. */
const char **page_texts(struct arena *a, const struct page *page, const char *xpath);

/* The absolute http(s) addresses that the page's <a href> lead to, without fragments, in their
 * order, a NULL behind them. Each stands once. Of more links than PAGE_MAX_LINKS the first are
 * read: no list of a shop has so many, and a page that a site made for it must not keep the
 * collector busy. */
enum { PAGE_MAX_LINKS = 10000 };
const char **page_links(struct arena *a, const struct page *page);

/* Whether two absolute addresses are of one host and port; http and https are not told apart.
 */
bool page_same_host(const char *a, const char *b);

/* reference made absolute against the page's address, or NULL when it is no http(s) address. */
const char *page_resolve(struct arena *a, const char *base, const char *reference);

#endif
