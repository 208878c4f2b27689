#include "products/engine_page.h"

#include <time.h>

#include "db.h"
#include "json.h"
#include "log.h"
#include "products/engine.h"
#include "products/shown.h"
#include "settings.h"

enum { LEFT_ALONE_SECONDS = 10 };

static const char SEARCH[] =
    "SELECT products.engine_search($1, $2::jsonb, $3, $4, $5, $6::uuid,"
    "                              $7::int)";
static const char PAGE[] = "SELECT document, value, id, available"
                           "  FROM products.engine_page($1::jsonb, $2)";
enum { PAGE_VALUE = 1 };
static const char FACETS[] = "SELECT products.engine_facets($1::jsonb)";

/* Until when the engine is left alone, in seconds of the monotonic clock. */
static time_t left_alone_until;

static time_t seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

static bool leave_alone(void)
{
    left_alone_until = seconds_now() + LEFT_ALONE_SECONDS;
    return false;
}

/* What the engine found, and what it counted. A request that it refuses as such (400) is no
 * sign that it would refuse others. */
static bool ask(struct arena *a, const char *search, bool facets, struct json_object **hits,
                struct json_object **counts)
{
    struct json_object *answer;
    long status = engine_ask(a, "POST", "/_search?allow_partial_search_results=false", search,
                             settings()->search_timeout_ms, &answer);
    *hits = field_value(field_value(answer, "hits"), "hits");
    *counts = field_value(answer, "aggregations");
    if (status == 200 && json_object_is_type(*hits, json_type_array) &&
        (!facets || json_object_is_type(*counts, json_type_object)))
        return true;
    if (status)
        log_error("the search engine did not search", "status", arena_printf(a, "%ld", status),
                  "reason", field_text(field_value(answer, "error"), "type"), NULL);
    return status == 400 ? false : leave_alone();
}

/* Whether each of what was found has its place in the order. */
static bool in_order(const struct rows *rows)
{
    for (int i = 0; rows && i < db_count(rows); i++)
        if (!db_text(rows, i, PAGE_VALUE)) {
            log_error("the search engine found something without its order", NULL);
            return false;
        }
    return rows;
}

bool engine_page(struct request *req, struct json_object *query, const char *corrected,
                 const char *order, const struct page_wanted *wanted, struct engine_page *page)
{
    struct arena *a = req->arena;
    struct problem problem = problem_none(a);
    struct json_object *hits, *counts;
    bool facets = field_boolean(query, "facets");
    if (!engine_set() || seconds_now() < left_alone_until)
        return false;
    struct rows *search =
        db_query(a, &problem, SEARCH, settings()->search_url, field_json(query), corrected,
                 order, wanted->value, wanted->id, wanted->limit_text);
    if (!search || !db_text(search, 0, 0) ||
        !ask(a, db_text(search, 0, 0), facets, &hits, &counts))
        return false;
    page->rows = db_query(a, &problem, PAGE, field_json(hits), order);
    struct rows *counted =
        facets && page->rows ? db_query(a, &problem, FACETS, field_json(counts)) : NULL;
    page->facets = counted ? db_text(counted, 0, 0) : NULL;
    /* It has answered, but with something that PostgreSQL can make nothing of. */
    return problem.status || !in_order(page->rows) ? leave_alone() : true;
}

const char *engine_document(struct arena *a, const struct rows *rows, int row)
{
    return db_text(rows, row, SHOWN_DOCUMENT) ? shown_document(a, rows, row) : NULL;
}
