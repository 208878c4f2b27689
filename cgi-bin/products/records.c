/*
 * Records: what is kept about a product beside what it says of itself: which of its fields no
 * collection changes, and what it has cost. Service Products, tables products.products and
 * products.price_history. For those who write products.
 */
#include "audit.h"
#include "db.h"
#include "request.h"

static const char LOCK[] =
    "SELECT json_build_object('fields', products.set_locks($1::jsonb, $2::uuid,"
    "    ARRAY(SELECT jsonb_array_elements_text($3::jsonb->'fields'))))";

/* The latest first. */
static const char PRICES[] =
    "SELECT json_build_object('variant_id', h.variant_id, 'at', shared.rfc3339(h.at),"
    "                         'price', h.price, 'promotional_price', h.promotional_price,"
    "                         'currency', p.currency, 'by', h.by),"
    "       to_json(h.at)#>>'{}', h.id"
    "  FROM products.price_history h JOIN products.products p ON p.id = h.product_id"
    " WHERE h.product_id = $4::uuid"
    "   AND ($1::text IS NULL OR (h.at, h.id) < ($1::timestamptz, $2::uuid))"
    " ORDER BY h.at DESC, h.id DESC LIMIT $3::int + 1";
static const char EXISTS[] = "SELECT FROM products.products WHERE id = $1::uuid";

/* What people set by PATCH, and so what may be locked. */
static const struct field LOCKABLE[] = {
    {"", FIELD_CHOICE, 0, 0, 0,
     "name description brand gtin ncm price promotional_price promotion_starts_at "
     "promotion_ends_at cost weight_g width_mm height_mm length_mm category_ids attributes "
     "images seo_title seo_description",
     NULL}};
static const struct field LOCKS[] = {
    {"fields", FIELD_LIST, FIELD_REQUIRED, 0, 30, NULL, LOCKABLE},
    {0},
};

static const struct field PRICES_QUERY[] = {
    PAGE_FIELDS(200),
    {0},
};

static void set_locks(struct request *req)
{
    const char *id = req_param_uuid(req, "id");
    struct json_object *body = id ? req_body(req, LOCKS, false) : NULL;
    if (body)
        respond_row(
            req, 200,
            db_query(req->arena, &req->problem, LOCK, audit_act(req), id, field_json(body)));
}

static void list_prices(struct request *req)
{
    const char *id = req_param_uuid(req, "id");
    struct json_object *query = id ? req_query(req, PRICES_QUERY) : NULL;
    struct page_wanted page;
    if (!query || !req_page(req, query, "prices", FIELD_TIME, &page))
        return;
    struct rows *product = db_query(req->arena, &req->problem, EXISTS, id);
    if (product && db_count(product) == 0)
        respond_problem(req, 404, "not_found");
    else if (product)
        respond_page(req,
                     db_query_planned(req->arena, &req->problem, PRICES, page.value, page.id,
                                      page.limit_text, id),
                     page.limit, "prices");
}

static const struct route ROUTES[] = {
    {"PUT", "/v1/products/{id}/locks", "products:write", set_locks},
    {"GET", "/v1/products/{id}/prices", "products:write", list_prices},
    {0},
};

int main(int argc, char **argv)
{
    return serve("products", ROUTES, argc, argv);
}
