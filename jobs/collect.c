/*
 * collect: visits every active source, or those named on the command line, and feeds what it
 * finds to Products over its REST API. A run that finds nothing plausible has failed and
 * changes nothing. Exits with 1 when a run failed, so that the supervisor tells people.
 */
#include <curl/curl.h>
#include <libxml/parser.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "catalog/api.h"
#include "catalog/crawl.h"
#include "db.h"
#include "job.h"
#include "log.h"
#include "settings.h"

static const char SOURCES[] =
    "SELECT id, name, array_to_string(start_urls, chr(10)), product_url_pattern, "
    "rate_per_second,"
    "       max_pages, private_addresses"
    "  FROM catalog.sources WHERE active AND ($1::text IS NULL OR name = $1) ORDER BY name";

/* Held while the program runs: of two at once, the later does nothing. */
static const char LOCK[] = "SELECT pg_try_advisory_lock(hashtext('catalog.collect'))";

static const char BEGIN[] = "SELECT catalog.begin_run($1::uuid)";
static const char END[] = "SELECT catalog.end_run($1::uuid, $2::jsonb)";

/* The lines of a text, a NULL behind them. */
static const char **lines(struct arena *a, const char *text)
{
    size_t count = 1;
    for (const char *s = text; *s; s++)
        count += *s == '\n';
    const char **list = arena_alloc(a, (count + 1) * sizeof *list);
    for (size_t i = 0; i < count; i++) {
        size_t n = strcspn(text, "\n");
        list[i] = arena_memdup(a, text, n);
        text += n + (text[n] == '\n');
    }
    return list;
}

static struct source read_source(struct arena *a, const struct rows *rows, int row)
{
    return (struct source){
        .id = db_text(rows, row, 0),
        .name = db_text(rows, row, 1),
        .start_urls = lines(a, db_text(rows, row, 2)),
        .product_url_pattern = db_text(rows, row, 3),
        .rate_per_second = db_integer(rows, row, 4),
        .max_pages = db_integer(rows, row, 5),
        .private_addresses = db_boolean(rows, row, 6),
    };
}

/* What catalog.end_run takes. */
static const char *outcome(struct arena *a, const struct crawl *crawl,
                           const long long counts[5], const char *failure)
{
    struct buf b = buf_new(a);
    buf_printf(&b, "{\"status\":\"%s\",\"reason\":", failure ? "failed" : "succeeded");
    buf_json(&b, failure);
    buf_printf(&b,
               ",\"counts\":{\"pages\":%lld,\"found\":%lld,\"refused\":%lld,\"forbidden\":%lld,"
               "\"errors\":%lld,\"created\":%lld,\"updated\":%lld,\"unchanged\":%lld,"
               "\"duplicate\":%lld,\"rejected\":%lld},\"log\":",
               crawl->pages, crawl->found, crawl->refused, crawl->forbidden, crawl->errors,
               counts[0], counts[1], counts[2], counts[3], counts[4]);
    buf_raw(&b, json_object_to_json_string_ext(crawl->log, JSON_C_TO_STRING_PLAIN));
    buf_raw(&b, "}");
    return b.data;
}

/* One run of a source. */
static bool collect(struct arena *a, const struct source *source)
{
    struct problem problem = problem_none(a);
    struct rows *begun = db_query(a, &problem, BEGIN, source->id);
    if (!begun)
        return false;
    long long counts[5] = {0};
    struct crawl crawl =
        crawl_source(a, source, settings()->collector_contact, settings()->currency);
    const char *failure = crawl.failure;
    if (!failure && api_ingest(a, crawl.items, counts))
        failure = "api_unavailable";
    if (!db_query(a, &problem, END, db_text(begun, 0, 0), outcome(a, &crawl, counts, failure)))
        failure = problem.code;
    (failure ? log_error : log_info)("collected", "source", source->name, "failure", failure,
                                     "found", arena_printf(a, "%lld", crawl.found), NULL);
    return !failure;
}

static bool collect_all(struct arena *a, const char *name)
{
    struct problem problem = problem_none(a);
    struct rows *lock = db_query(a, &problem, LOCK);
    if (!lock || !db_boolean(lock, 0, 0)) {
        log_info("another collector is at work", NULL);
        return lock != NULL;
    }
    struct rows *rows = db_query(a, &problem, SOURCES, name);
    struct arena *of_run = arena_new();
    bool ok = rows != NULL;
    for (int i = 0; rows && i < db_count(rows); i++) {
        struct source source = read_source(a, rows, i);
        ok &= collect(of_run, &source);
        arena_reset(of_run);
    }
    arena_free(of_run);
    return ok;
}

int main(int argc, char **argv)
{
    if (job_begin("collect", "catalog") || curl_global_init(CURL_GLOBAL_DEFAULT))
        return EXIT_FAILURE;
    struct arena *a = arena_new();
    bool ok = collect_all(a, argc > 1 ? argv[1] : NULL);
    arena_free(a);
    db_close();
    curl_global_cleanup();
    xmlCleanupParser();
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
