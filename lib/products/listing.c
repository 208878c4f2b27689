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

/* One statement per order, each with its keyset condition on (sort value, id). $1 and $2 are
 * the last row's, $3 the limit, $4 the words, $5 the filters, $6 and $7 the bounds of the
 * price, $8 those of numeric attributes. */
#define FITS(query)                                                                            \
    " (" query " IS NULL OR search @@ " query ")"                                              \
    " AND ($6::bigint IS NULL OR price >= $6::bigint)"                                         \
    " AND ($7::bigint IS NULL OR price <= $7::bigint)"                                         \
    " AND ($8::jsonpath IS NULL OR attributes @@ $8::jsonpath)"
#define SHOW(direction)                                                                        \
    "SELECT s.document, to_json(page.value)#>>'{}', page.product_id, s.available"              \
    "  FROM page JOIN products.shown s ON s.id = page.product_id"                              \
    " ORDER BY page.value " direction ", page.product_id " direction
#define LIST(value, type, compare, direction)                                                  \
    "WITH page AS (SELECT product_id, " value " AS value FROM products.listing"                \
    "     WHERE " FITS(                                                                        \
        "products.both($4::tsquery, $5::tsquery)") "       AND ($1::text IS NULL OR (" value   \
                                                   ", product_id) " compare                    \
                                                   "                                "          \
                                                   "($1::" type ", $2::uuid))"                 \
                                                   "     ORDER BY " value " " direction        \
                                                   ", product_id " direction                   \
                                                   " LIMIT $3::int + 1)" SHOW(direction)

/* A value is the rank in its upper half, then how well the product sells. */
#define RANK(rank)                                                                             \
    "(SELECT product_id, " rank "::bigint << 32 | popularity AS value FROM products.listing"   \
    "  WHERE " FITS(                                                                           \
        "products.both(products.ranked($4::tsquery, " rank                                     \
        "), $5::tsquery)") "    AND ($1::bigint IS NULL OR " rank " < $1::bigint >> 32"        \
                           "         OR (" rank " = $1::bigint >> 32 AND"                      \
                           "             (popularity, product_id) < (($1::bigint & "           \
                           "4294967295)::int, $2::uuid)))"                                     \
                           "  ORDER BY popularity DESC, product_id DESC LIMIT $3::int + 1)"
/* A rank is looked at only when the ones before it do not fill the page. */
static const char BY_RELEVANCE[] = "WITH best AS " RANK(
    "2") ","
         "     good AS (SELECT * FROM " RANK(
             "1") " AS r"
                  "               LIMIT $3::int + 1 - (SELECT count(*) FROM best)),"
                  "     rest AS (SELECT * FROM " RANK(
                      "0") " AS r"
                           "               LIMIT $3::int + 1 - (SELECT count(*) FROM best)"
                           "                                 - (SELECT count(*) FROM good)),"
                           "     page AS (SELECT * FROM best UNION ALL SELECT * FROM good "
                           "UNION ALL SELECT * FROM rest)" SHOW("DESC");

static const struct {
    const char *name;
    enum field_type type;
    const char *sql;
} ORDERS[] = {
    {"-created_at", FIELD_TIME, LIST("created_at", "timestamptz", "<", "DESC")},
    {"price", FIELD_INTEGER, LIST("price", "bigint", ">", "ASC")},
    {"-price", FIELD_INTEGER, LIST("price", "bigint", "<", "DESC")},
    {"name", FIELD_TEXT, LIST("name", "text", ">", "ASC")},
    {"-popularity", FIELD_INTEGER, LIST("popularity", "int", "<", "DESC")},
    {"relevance", FIELD_INTEGER, BY_RELEVANCE},
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
    return db_query_planned(req->arena, &req->problem, ORDERS[order].sql, page->value, page->id,
                            page->limit_text, asked->words, asked->filters,
                            field_text(asked->query, "min_price"),
                            field_text(asked->query, "max_price"), asked->bounds);
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
