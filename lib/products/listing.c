#include "products/listing.h"

#include <string.h>

#include "buf.h"
#include "db.h"
#include "products/engine_page.h"
#include "products/shown.h"

static const char ASKED[] = "SELECT words, filters, corrected, products.bounds($1::jsonb)"
                            "  FROM products.asked($1::jsonb)";
enum { ASKED_WORDS, ASKED_FILTERS, ASKED_CORRECTED, ASKED_BOUNDS };

static const char FACETS[] =
    "SELECT products.facets(products.both($1::tsquery, $2::tsquery),"
    "                       $3::bigint, $4::bigint, $5::jsonpath, 5000)";

/* $1 is the order, $2 the words, $3 the filters, $4 and $5 the bounds of the price, $6 those of
 * numeric attributes, $7 and $8 the last row's value and id, $9 the limit. */
static const char PAGE[] =
    "SELECT s.document, page.value, s.id, s.available"
    "  FROM products.page($1, $2::tsquery, $3::tsquery, $4::bigint, $5::bigint, $6::jsonpath,"
    "                     $7, $8::uuid, $9::int + 1) WITH ORDINALITY AS page"
    "  JOIN products.shown s ON s.id = page.product_id ORDER BY page.ordinality";

static const struct {
    const char *name;
    enum field_type type;
} ORDERS[] = {
    {"-created_at", FIELD_TIME}, {"price", FIELD_INTEGER},       {"-price", FIELD_INTEGER},
    {"name", FIELD_TEXT},        {"-popularity", FIELD_INTEGER}, {"relevance", FIELD_INTEGER},
};

static const struct field BRAND[] = {{"", FIELD_TEXT, 0, 1, 120, NULL, NULL}};
static const struct field ATTRIBUTE[] = {{"", FIELD_TEXT, 0, 1, 100, NULL, NULL}};

static const struct field QUERY[] = {
    {"q", FIELD_TEXT, 0, 0, 200, NULL, NULL},
    {"category", FIELD_TEXT, 0, 1, 100, NULL, NULL},
    {"brand", FIELD_LIST, 0, 0, 20, NULL, BRAND},
    {"attr.*", FIELD_LIST, 0, 0, 20, NULL, ATTRIBUTE},
    {"min_attr.*", FIELD_NUMBER, 0, 0, 0, NULL, NULL},
    {"max_attr.*", FIELD_NUMBER, 0, 0, 0, NULL, NULL},
    {"min_price", FIELD_INTEGER, 0, 0, 0, NULL, NULL},
    {"max_price", FIELD_INTEGER, 0, 0, 0, NULL, NULL},
    {"in_stock", FIELD_BOOLEAN, 0, 0, 0, NULL, NULL},
    {"facets", FIELD_BOOLEAN, 0, 0, 0, NULL, NULL},
    {"sort", FIELD_CHOICE, 0, 0, 0, "relevance price -price -created_at name -popularity",
     NULL},
    PAGE_FIELDS(4000),
    {0},
};

/* The order asked for; by relevance where words are, else the newest first. */
static size_t order_of(const char *sort, bool words)
{
    if (!sort || (!strcmp(sort, "relevance") && !words))
        sort = words ? "relevance" : "-created_at";
    size_t order = 0;
    while (strcmp(ORDERS[order].name, sort))
        order++;
    return order;
}

struct question {
    struct json_object *query;
    const char *words, *filters, *corrected; /* as products.asked() tells */
    const char *bounds;                      /* of numeric attributes */
};

static bool ask(struct request *req, struct question *asked)
{
    struct rows *rows = db_query(req->arena, &req->problem, ASKED, field_json(asked->query));
    if (!rows)
        return false;
    asked->words = db_text(rows, 0, ASKED_WORDS);
    asked->filters = db_text(rows, 0, ASKED_FILTERS);
    asked->corrected = db_text(rows, 0, ASKED_CORRECTED);
    asked->bounds = db_text(rows, 0, ASKED_BOUNDS);
    return true;
}

/* What there is to filter by: JSON. */
static const char *facets_of(struct request *req, const struct question *asked)
{
    struct rows *rows = db_query_planned(req->arena, &req->problem, FACETS, asked->words,
                                         asked->filters, field_text(asked->query, "min_price"),
                                         field_text(asked->query, "max_price"), asked->bounds);
    return rows ? db_text(rows, 0, 0) : NULL;
}

static struct rows *rows_of(struct request *req, const struct question *asked, size_t order,
                            const struct page_wanted *page)
{
    return db_query(req->arena, &req->problem, PAGE, ORDERS[order].name, asked->words,
                    asked->filters, field_text(asked->query, "min_price"),
                    field_text(asked->query, "max_price"), asked->bounds, page->value, page->id,
                    page->limit_text);
}

/* What stands beside the page: facets where they are wanted, and how a typing error was read.
 */
static const char *beside(struct arena *a, const char *facets, const char *corrected)
{
    struct buf b = buf_new(a);
    if (corrected) {
        buf_raw(&b, ",\"corrected\":");
        buf_json(&b, corrected);
    }
    if (facets)
        buf_printf(&b, ",\"facets\":%s", facets);
    return buf_text(&b);
}

void listing_respond(struct request *req)
{
    struct question asked = {.query = req_query(req, QUERY)};
    struct page_wanted page;
    struct engine_page found;
    respond_to_all(req);
    if (!asked.query || !ask(req, &asked))
        return;
    size_t order = order_of(field_text(asked.query, "sort"), asked.words);
    const char *name = ORDERS[order].name, *facets = NULL;
    if (!req_page(req, asked.query, name, ORDERS[order].type, &page))
        return;
    if (engine_page(req, asked.query, asked.corrected, name, &page, &found)) {
        respond_page_of(req, found.rows, page.limit, name, engine_document,
                        beside(req->arena, found.facets, asked.corrected));
        return;
    }
    if (field_boolean(asked.query, "facets") && !(facets = facets_of(req, &asked)))
        return;
    respond_page_of(req, rows_of(req, &asked, order, &page), page.limit, name, shown_document,
                    beside(req->arena, facets, asked.corrected));
}
