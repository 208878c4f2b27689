/*
 * Categories: the tree that buyers browse. Service Products, table products.categories.
 */
#include "audit.h"
#include "db.h"
#include "request.h"

static const char TREE[] =
    "SELECT json_build_object('data', coalesce(json_agg(json_build_object("
    "           'id', c.id, 'parent_id', c.parent_id, 'slug', c.slug, 'name', c.name,"
    "           'products', (SELECT count(*) FROM products.product_categories pc"
    "                          JOIN products.products p ON p.id = pc.product_id"
    "                         WHERE pc.category_id = c.id AND p.status = 'active'))"
    "           ORDER BY c.position, c.name), '[]'), 'next_cursor', NULL)"
    "  FROM products.categories c";

static const char READ[] =
    "SELECT json_build_object('id', id, 'parent_id', parent_id, 'slug', slug, 'name', name)"
    "  FROM products.categories WHERE id::text = $1 OR slug = $1";

static const char CREATE[] =
    "WITH made AS ("
    "    INSERT INTO products.categories (parent_id, slug, name, position)"
    "    SELECT $2::uuid, coalesce($3, shared.slug($4)), $4, coalesce($5::int, 0)"
    "     WHERE $2::uuid IS NULL"
    "        OR EXISTS (SELECT FROM products.categories WHERE id = $2::uuid)"
    "    RETURNING id, json_build_object('id', id, 'parent_id', parent_id, 'slug', slug,"
    "                                    'name', name) AS document)"
    "SELECT document, id,"
    "       registry.audit_act($1::jsonb, 'category.created', id, NULL, document::jsonb)"
    "  FROM made";

static const struct field NEW_CATEGORY[] = {
    {"name", FIELD_TEXT, FIELD_REQUIRED, 1, 120, NULL, NULL},
    {"parent_id", FIELD_UUID, FIELD_NULLABLE, 0, 0, NULL, NULL},
    {"slug", FIELD_TEXT, 0, 1, 80, NULL, NULL},
    {"position", FIELD_INTEGER, 0, 0, 100000, NULL, NULL},
    {0},
};

static void list_categories(struct request *req)
{
    respond_row(req, 200, db_query(req->arena, &req->problem, TREE));
}

static void read_category(struct request *req)
{
    respond_row(req, 200, db_query(req->arena, &req->problem, READ, req_param(req, "id")));
}

static void create_category(struct request *req)
{
    struct json_object *body = req_body(req, NEW_CATEGORY, false);
    if (!body)
        return;
    struct rows *rows = db_query(req->arena, &req->problem, CREATE, audit_act(req),
                                 field_text(body, "parent_id"), field_text(body, "slug"),
                                 field_text(body, "name"), field_text(body, "position"));
    if (!rows)
        return;
    if (db_count(rows) == 0) {
        problem_field(&req->problem, "/parent_id", "unknown_category", NULL);
        return;
    }
    respond_header(req, "Location",
                   arena_printf(req->arena, "/v1/categories/%s", db_text(rows, 0, 1)));
    respond_json(req, 201, db_text(rows, 0, 0));
}

static const struct route ROUTES[] = {
    {"GET", "/v1/categories", ANYONE, list_categories},
    {"POST", "/v1/categories", "products:write", create_category},
    {"GET", "/v1/categories/{id}", ANYONE, read_category},
    {0},
};

int main(int argc, char **argv)
{
    return serve("products", ROUTES, argc, argv);
}
