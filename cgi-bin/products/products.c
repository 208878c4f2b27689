/*
 * Products: what the shop sells; everybody reads, staff write. Service Products, tables
 * products.products and products.variants.
 */
#include <string.h>

#include "audit.h"
#include "db.h"
#include "request.h"

/* The last column: nobody is misled by an answer a second old while plenty is in stock. */
#define READ                                                                                   \
    "SELECT document, version, status = 'active',"                                             \
    "       status = 'active' AND least_available >= 100"                                      \
    "  FROM products.product_documents WHERE "
static const char BY_ID[] = READ "id = $1::uuid";
static const char BY_SLUG[] = READ "slug = $1";

static const char CREATE[] = "WITH made AS (SELECT products.create_product($2::jsonb) AS id)"
                             "SELECT id, registry.audit_act($1::jsonb, 'product.created', id, "
                             "NULL, $2::jsonb) FROM made";
static const char UPDATE[] = "SELECT products.edit_product($1::jsonb, $2::uuid, $3::jsonb,"
                             "                             nullif($4::int, 0))";

/* The list: one statement per order, each with its keyset condition on (sort value, id). $1 and
 * $2 are the last row's, $3 the limit, $4 to $9 the filters. */
#define PRICE                                                                                  \
    "products.price_now(p.price, p.promotional_price, p.promotion_starts_at, "                 \
    "p.promotion_ends_at)"
#define LIST(value, type, compare, direction)                                                  \
    "WITH page AS ("                                                                           \
    "    SELECT p.id, " value " AS value FROM products.products p"                             \
    "     WHERE p.status = 'active'"                                                           \
    "       AND ($1::text IS NULL OR (" value ", p.id) " compare " ($1::" type ", $2::uuid))"  \
    "       AND ($4::text IS NULL OR p.search @@ products.search_query($4))"                   \
    "       AND ($5::bigint IS NULL OR " PRICE " >= $5::bigint)"                               \
    "       AND ($6::bigint IS NULL OR " PRICE " <= $6::bigint)"                               \
    "       AND ($7::boolean IS NULL OR p.in_stock = $7::boolean)"                             \
    "       AND ($8::text IS NULL OR shared.fold(p.brand) = shared.fold($8))"                  \
    "       AND ($9::text IS NULL OR p.id IN ("                                                \
    "           WITH RECURSIVE below AS ("                                                     \
    "               SELECT id FROM products.categories WHERE slug = $9 OR id::text = $9"       \
    "               UNION ALL"                                                                 \
    "               SELECT c.id FROM products.categories c JOIN below b ON c.parent_id = "     \
    "b.id)"                                                                                    \
    "           SELECT product_id FROM products.product_categories pc"                         \
    "             JOIN below ON below.id = pc.category_id))"                                   \
    "     ORDER BY value " direction ", p.id " direction " LIMIT $3::int + 1)"                 \
    "SELECT d.document, to_json(page.value)#>>'{}', page.id"                                   \
    "  FROM page JOIN products.product_documents d ON d.id = page.id"                          \
    " ORDER BY page.value " direction ", page.id " direction

static const struct {
    const char *name;
    enum field_type type;
    const char *sql;
} ORDERS[] = {
    {"-created_at", FIELD_TIME, LIST("p.created_at", "timestamptz", "<", "DESC")},
    {"price", FIELD_INTEGER, LIST(PRICE, "bigint", ">", "ASC")},
    {"-price", FIELD_INTEGER, LIST(PRICE, "bigint", "<", "DESC")},
    {"name", FIELD_TEXT, LIST("shared.fold(p.name)", "text", ">", "ASC")},
    {"relevance", FIELD_INTEGER,
     LIST("(ts_rank(p.search, products.search_query($4)) * 1e9)::bigint", "bigint", "<",
          "DESC")},
};

static const struct field LIST_QUERY[] = {
    {"q", FIELD_TEXT, 0, 0, 200, NULL, NULL},
    {"category", FIELD_TEXT, 0, 1, 100, NULL, NULL},
    {"brand", FIELD_TEXT, 0, 1, 120, NULL, NULL},
    {"min_price", FIELD_INTEGER, 0, 0, 0, NULL, NULL},
    {"max_price", FIELD_INTEGER, 0, 0, 0, NULL, NULL},
    {"in_stock", FIELD_BOOLEAN, 0, 0, 0, NULL, NULL},
    {"sort", FIELD_CHOICE, 0, 0, 0, "relevance price -price -created_at name", NULL},
    PAGE_FIELDS(4000),
    {0},
};

#define MAX_PRICE 100000000000LL /* minor units, as the schema has it */

static const struct field CATEGORY_ID[] = {{"", FIELD_UUID, 0, 0, 0, NULL, NULL}};

#define COMMON_FIELDS                                                                          \
    {"description", FIELD_LONG_TEXT, FIELD_NULLABLE, 0, 10000, NULL, NULL},                    \
        {"brand", FIELD_TEXT, FIELD_NULLABLE, 1, 120, NULL, NULL},                             \
        {"gtin", FIELD_GTIN, FIELD_NULLABLE, 0, 0, NULL, NULL},                                \
        {"promotional_price", FIELD_INTEGER, FIELD_NULLABLE, 0, MAX_PRICE, NULL, NULL},        \
        {"promotion_starts_at", FIELD_TIME, FIELD_NULLABLE, 0, 0, NULL, NULL},                 \
        {"promotion_ends_at", FIELD_TIME, FIELD_NULLABLE, 0, 0, NULL, NULL},                   \
        {"weight_g", FIELD_INTEGER, FIELD_NULLABLE, 0, 10000000, NULL, NULL},                  \
        {"category_ids", FIELD_LIST, FIELD_NULLABLE, 0, 20, NULL, CATEGORY_ID},                \
        {"attributes", FIELD_ANY_OBJECT, FIELD_NULLABLE, 0, 100, NULL, NULL},                  \
        {"status", FIELD_CHOICE, 0, 0, 0, "draft active archived", NULL}, {0},

static const struct field NEW_PRODUCT[] = {
    {"name", FIELD_TEXT, FIELD_REQUIRED, 1, 200, NULL, NULL},
    {"price", FIELD_INTEGER, FIELD_REQUIRED, 0, MAX_PRICE, NULL, NULL},
    {"currency", FIELD_CURRENCY, FIELD_REQUIRED, 0, 0, NULL, NULL},
    {"sku", FIELD_TEXT, 0, 1, 64, NULL, NULL},
    COMMON_FIELDS};

static const struct field CHANGES[] = {{"name", FIELD_TEXT, 0, 1, 200, NULL, NULL},
                                       {"price", FIELD_INTEGER, 0, 0, MAX_PRICE, NULL, NULL},
                                       COMMON_FIELDS};

/* Whether the path holds an id and not a slug. */
static bool is_uuid(const char *s)
{
    return strlen(s) == 36 && strspn(s, "0123456789abcdefABCDEF-") == 36 && s[8] == '-' &&
           s[13] == '-' && s[18] == '-' && s[23] == '-';
}

/* Drafts and archived products are there for those who write products. */
static void respond_product(struct request *req, int status, const struct rows *rows)
{
    if (!rows)
        return;
    if (db_count(rows) == 0 || (!db_boolean(rows, 0, 2) && !req_may(req, "products:write"))) {
        respond_problem(req, 404, "not_found");
        return;
    }
    /* For nginx's micro-cache (seconds); browsers always ask again. */
    respond_header(req, "X-Accel-Expires", db_boolean(rows, 0, 3) ? "1" : "0");
    respond_resource(req, status, db_text(rows, 0, 0), db_integer(rows, 0, 1));
}

static void read_product(struct request *req)
{
    const char *id = req_param(req, "id");
    const char *uuid = is_uuid(id) ? req_param_uuid(req, "id") : NULL;
    if (!req->problem.status)
        respond_product(req, 200,
                        db_query(req->arena, &req->problem, uuid ? BY_ID : BY_SLUG, id));
}

static void list_products(struct request *req)
{
    struct json_object *query = req_query(req, LIST_QUERY);
    if (!query)
        return;
    const char *q = field_text(query, "q"), *sort = field_text(query, "sort");
    struct page_wanted page;
    if (q && !*q)
        q = NULL;
    if (!sort)
        sort = q ? "relevance" : "-created_at";
    size_t order = 0;
    while (strcmp(ORDERS[order].name, sort))
        order++;
    if (!strcmp(sort, "relevance") && !q)
        order = 0; /* nothing was asked for, so that nothing is more relevant */
    if (!req_page(req, query, ORDERS[order].name, ORDERS[order].type, &page))
        return;
    struct rows *rows =
        db_query_planned(req->arena, &req->problem, ORDERS[order].sql, page.value, page.id,
                         page.limit_text, q, field_text(query, "min_price"),
                         field_text(query, "max_price"), field_text(query, "in_stock"),
                         field_text(query, "brand"), field_text(query, "category"));
    respond_page(req, rows, page.limit, ORDERS[order].name);
}

/* What one field can't tell alone. (Where one of them is not in the body, and for the times,
 * the constraints of the table tell.) */
static bool promotion_is_sound(struct request *req, struct json_object *body)
{
    if (field_value(body, "promotional_price") && field_present(body, "price") &&
        field_integer(body, "promotional_price") > field_integer(body, "price"))
        problem_field(&req->problem, "/promotional_price", "too_large",
                      field_text(body, "price"));
    return !req->problem.status;
}

static void create_product(struct request *req)
{
    struct json_object *body = req_body(req, NEW_PRODUCT, false);
    if (!body || !promotion_is_sound(req, body))
        return;
    struct rows *made =
        db_query(req->arena, &req->problem, CREATE, audit_act(req), field_json(body));
    if (!made)
        return;
    const char *id = db_text(made, 0, 0);
    respond_header(req, "Location", arena_printf(req->arena, "/v1/products/%s", id));
    respond_product(req, 201, db_query(req->arena, &req->problem, BY_ID, id));
}

static void update_product(struct request *req)
{
    const char *id = req_param_uuid(req, "id");
    struct json_object *body = id ? req_body(req, CHANGES, true) : NULL;
    int version = body && promotion_is_sound(req, body) ? req_if_match(req) : -1;
    if (version >= 0 && db_query(req->arena, &req->problem, UPDATE, audit_act(req), id,
                                 field_json(body), arena_printf(req->arena, "%d", version)))
        respond_product(req, 200, db_query(req->arena, &req->problem, BY_ID, id));
}

static const struct route ROUTES[] = {
    {"GET", "/v1/products", ANYONE, list_products},
    {"POST", "/v1/products", "products:write", create_product},
    {"GET", "/v1/products/{id}", ANYONE, read_product},
    {"PATCH", "/v1/products/{id}", "products:write", update_product},
    {0},
};

int main(int argc, char **argv)
{
    return serve("products", ROUTES, argc, argv);
}
