#include "catalog/crawl.h"

#include <regex.h>
#include <string.h>

#include "catalog/extract.h"
#include "catalog/fetch.h"
#include "catalog/page.h"
#include "catalog/robots.h"
#include "json.h"

/* The product token that robots.txt files can name. */
static const char AGENT[] = "VendasCollector";

enum { MAX_PAGE_BYTES = 5 * 1024 * 1024, MAX_QUEUE = 20000, MAX_UNANSWERED = 5 };

struct visit {
    const char *url;
    bool product;
};

struct crawler {
    struct arena *arena; /* of the whole run; each page has one of its own */
    const struct source *source;
    struct fetcher *fetcher;
    struct robots *robots;
    regex_t pattern;
    const char *currency;
    struct visit *queue;
    size_t queued, next;
    int unanswered; /* requests in a row that got no answer at all */
    struct crawl *result;
};

static void note(struct crawler *c, const char *url, const char *outcome, const char *detail)
{
    struct json_object *entry = json_object_new_object();
    json_object_object_add(entry, "url", json_object_new_string(url));
    json_object_object_add(entry, "outcome", json_object_new_string(outcome));
    if (detail)
        json_object_object_add(entry, "detail", json_object_new_string(detail));
    json_object_array_add(c->result->log, entry);
}

static void note_error(struct crawler *c, const char *url, const struct fetch_result *r)
{
    c->result->errors++;
    note(c, url, "error", r->error ? r->error : arena_printf(c->arena, "HTTP %ld", r->status));
}

static void enqueue(struct crawler *c, const char *url, bool product)
{
    if (c->queued == MAX_QUEUE)
        return;
    for (size_t i = 0; i < c->queued; i++)
        if (!strcmp(c->queue[i].url, url))
            return;
    c->queue[c->queued++] = (struct visit){arena_strdup(c->arena, url), product};
}

/* robots.txt was read on the first start page's host, and speaks for no other. */
static bool is_of_source(const struct crawler *c, const char *url)
{
    return page_same_host(c->source->start_urls[0], url);
}

static void follow(struct crawler *c, const char *url)
{
    if (url && is_of_source(c, url) && !regexec(&c->pattern, url, 0, NULL, 0))
        enqueue(c, url, true);
}

/* A list leads to products and to its next page; a sitemap's <loc> elements, which the
 * forgiving parser reads as well, to products. */
static void read_list(struct crawler *c, struct arena *a, const struct page *page)
{
    for (const char **link = page_links(a, page); *link; link++)
        follow(c, *link);
    for (const char **loc = page_texts(a, page, "//loc"); *loc; loc++)
        follow(c, page_resolve(a, page->url, *loc));
    const char **next = page_texts(a, page, "//*[@rel='next']/@href");
    const char *url = *next ? page_resolve(a, page->url, *next) : NULL;
    if (url && is_of_source(c, url))
        enqueue(c, url, false);
    note(c, page->url, "list", NULL);
}

static void read_product(struct crawler *c, struct arena *a, const struct page *page)
{
    const char *refusal;
    struct json_object *item = extract_product(a, page, c->currency, &refusal);
    if (!item) {
        c->result->refused++;
        note(c, page->url, "refused", refusal);
        return;
    }
    json_object_object_add(item, "source", json_object_new_string(c->source->name));
    json_object_array_add(c->result->items, json_object_get(item));
    c->result->found++;
    note(c, page->url, "product", NULL);
}

static void note_forbidden(struct crawler *c, const char *url, const char *detail)
{
    c->result->forbidden++;
    note(c, url, "forbidden", detail);
}

static void visit(struct crawler *c, struct arena *a, const struct visit *v)
{
    if (!robots_allows(a, c->robots, v->url)) {
        note_forbidden(c, v->url, NULL);
        return;
    }
    struct fetch_result r = fetch(a, c->fetcher, v->url);
    c->result->pages++;
    c->unanswered = r.status ? 0 : c->unanswered + 1;
    if (r.status != 200) {
        note_error(c, v->url, &r);
        return;
    }
    struct page page = page_parse(a, r.url, r.content_type, r.bytes, r.length);
    if (v->product)
        read_product(c, a, &page);
    else
        read_list(c, a, &page);
}

/* RFC 9309 section 2.3.1: no such file allows all; one that can't be had forbids all. A site
 * that is asked too much (429) has one, and says nothing about it. */
static void read_robots(struct crawler *c)
{
    const char *start = c->source->start_urls[0];
    const char *path = strstr(start, "//") + 2;
    size_t origin = (size_t)(path - start) + strcspn(path, "/?#");
    const char *url = arena_printf(c->arena, "%.*s/robots.txt", (int)origin, start);
    struct fetch_result r = fetch(c->arena, c->fetcher, url);
    if (r.status == 200)
        c->robots = robots_parse(c->arena, r.bytes, r.length, AGENT);
    else if (r.status >= 400 && r.status < 500 && r.status != 429)
        c->robots = robots_allow_all(c->arena);
    else
        c->robots = robots_disallow_all(c->arena);
    fetcher_obey(c->fetcher, c->robots);
    if (r.status == 0 || r.status == 429 || r.status >= 500) {
        note_error(c, url, &r);
        c->result->failure = "no_answer";
    }
}

/* A site that has gone away is not asked for the rest: the next run begins anew. */
static void walk(struct crawler *c)
{
    struct arena *a = arena_new(); /* a page's memory goes with the page */
    for (const char **url = c->source->start_urls; *url; url++) {
        const char *escaped = page_resolve(a, *url, *url);
        if (escaped && is_of_source(c, escaped))
            enqueue(c, escaped, false);
        else
            note_forbidden(c, *url, "other_host");
    }
    while (c->next < c->queued && c->result->pages < c->source->max_pages &&
           c->unanswered < MAX_UNANSWERED) {
        visit(c, a, &c->queue[c->next++]);
        arena_reset(a);
    }
    arena_free(a);
    if (c->unanswered == MAX_UNANSWERED)
        c->result->failure = "no_answer";
    else if (c->result->found == 0)
        c->result->failure =
            c->result->forbidden && !c->result->refused ? "forbidden_by_robots" : "no_products";
}

struct crawl crawl_source(struct arena *a, const struct source *source, const char *contact,
                          const char *currency)
{
    struct crawl result = {.items = json_keep(a, json_object_new_array()),
                           .log = json_keep(a, json_object_new_array())};
    struct crawler c = {.arena = a, .source = source, .currency = currency, .result = &result};
    struct fetch_limits limits = {
        .agent = arena_printf(a, "%s/1.0 (+mailto:%s)", AGENT, contact),
        .pause_ms = 1000 / source->rate_per_second,
        .max_bytes = MAX_PAGE_BYTES,
        .private_addresses = source->private_addresses,
    };
    if (regcomp(&c.pattern, source->product_url_pattern, REG_EXTENDED | REG_NOSUB)) {
        result.failure = "bad_pattern";
        return result;
    }
    c.fetcher = fetcher_new(&limits);
    c.queue = arena_alloc(a, MAX_QUEUE * sizeof *c.queue);
    if (c.fetcher)
        read_robots(&c);
    else
        result.failure = "no_answer";
    if (!result.failure)
        walk(&c);
    fetcher_free(c.fetcher);
    regfree(&c.pattern);
    return result;
}
