/*
 * Categories: the tree that buyers browse, and which attributes it asks its products for.
 * Everybody reads, staff write. Service Products, tables products.categories and
 * products.category_attributes.
 */
#include "audit.h"
#include "db.h"
#include "request.h"

static const char TREE[] =
    "SELECT json_build_object('data', coalesce(json_agg(json_build_object("
    "           'id', id, 'parent_id', parent_id, 'slug', slug, 'name', name,"
    "           'position', position, 'products', products, 'products_total', products_total)"
    "           ORDER BY position, name), '[]'), 'next_cursor', NULL)"
    "  FROM products.category_tree";

static const char READ[] = "SELECT document, version FROM products.category_documents"
                           " WHERE id::text = lower($1) OR slug = $1";
static const char MOVED[] = "SELECT c.slug FROM products.old_category_slugs o"
                            "  JOIN products.categories c ON c.id = o.category_id"
                            " WHERE o.slug = $1";

static const char CREATE[] = "SELECT products.create_category($1::jsonb, $2::jsonb)";
static const char UPDATE[] = "SELECT products.edit_category($1::jsonb, $2::uuid, $3::jsonb,"
                             "                              nullif($4::int, 0))";
static const char DELETE[] = "SELECT products.delete_category($1::jsonb, $2::uuid,"
                             "                                nullif($3::int, 0))";
static const char MERGE[] = "SELECT products.merge_category($1::jsonb, $2::uuid, $3::uuid, $4,"
                            "                               nullif($5::int, 0))";
static const char SET_ATTRIBUTES[] =
    "SELECT products.set_category_attributes($1::jsonb, $2::uuid, $3::jsonb,"
    "                                        nullif($4::int, 0))";

#define CATEGORY_FIELDS                                                                        \
    {"parent_id", FIELD_UUID, FIELD_NULLABLE, 0, 0, NULL, NULL},                               \
        {"slug", FIELD_SLUG, 0, 0, 0, NULL, NULL},                                             \
        {"position", FIELD_INTEGER, 0, 0, 100000, NULL, NULL},                                 \
    {                                                                                          \
        0                                                                                      \
    }

static const struct field NEW_CATEGORY[] = {
    {"name", FIELD_TEXT, FIELD_REQUIRED, 1, 120, NULL, NULL},
    CATEGORY_FIELDS,
};

static const struct field CHANGES[] = {
    {"id", FIELD_FIXED, 0, 0, 0, NULL, NULL},
    {"name", FIELD_TEXT, 0, 1, 120, NULL, NULL},
    CATEGORY_FIELDS,
};

static const struct field MERGE_INTO[] = {
    {"into", FIELD_UUID, FIELD_REQUIRED, 0, 0, NULL, NULL},
    {0},
};

static const struct field DELETE_QUERY[] = {
    {"move_to", FIELD_UUID, 0, 0, 0, NULL, NULL},
    {0},
};

static const struct field ASKED[] = {
    {"name", FIELD_TEXT, FIELD_REQUIRED, 1, 60, NULL, NULL},
    {"required", FIELD_BOOLEAN, 0, 0, 0, NULL, NULL},
    {0},
};
static const struct field ASKED_LIST[] = {{"", FIELD_OBJECT, 0, 0, 0, NULL, ASKED}};
static const struct field ATTRIBUTES[] = {
    {"attributes", FIELD_LIST, FIELD_REQUIRED, 0, 100, NULL, ASKED_LIST},
    {0},
};

static void list_categories(struct request *req)
{
    respond_to_all(req);
    respond_row(req, 200, db_query(req->arena, &req->problem, TREE));
}

static void respond_category(struct request *req, int status, const char *id)
{
    respond_version(req, status, db_query(req->arena, &req->problem, READ, id));
}

static void create_category(struct request *req)
{
    struct json_object *body = req_body(req, NEW_CATEGORY, false);
    struct rows *made =
        body ? db_query(req->arena, &req->problem, CREATE, audit_act(req), field_json(body))
             : NULL;
    if (!made)
        return;
    const char *id = db_text(made, 0, 0);
    respond_header(req, "Location", arena_printf(req->arena, "/v1/categories/%s", id));
    respond_category(req, 201, id);
}

static void read_category(struct request *req)
{
    const char *id = req_param(req, "id");
    respond_to_all(req);
    struct rows *rows = db_query(req->arena, &req->problem, READ, id);
    struct rows *moved =
        rows && !db_count(rows) ? db_query(req->arena, &req->problem, MOVED, id) : NULL;
    if (moved && db_count(moved))
        respond_redirect(req,
                         arena_printf(req->arena, "/v1/categories/%s", db_text(moved, 0, 0)));
    else if (!req->problem.status)
        respond_version(req, 200, rows);
}

static void update_category(struct request *req)
{
    const char *id = req_param_uuid(req, "id");
    struct json_object *body = id ? req_body(req, CHANGES, true) : NULL;
    int version = body ? req_if_match(req) : -1;
    if (version >= 0 && db_query(req->arena, &req->problem, UPDATE, audit_act(req), id,
                                 field_json(body), arena_printf(req->arena, "%d", version)))
        respond_category(req, 200, id);
}

/* Merges a category into another one; pointer names the field that has it. In steps, of which
 * each is a transaction, so that orders need not wait for a large category. */
static bool merge(struct request *req, const char *id, const char *into, const char *pointer,
                  int version)
{
    const char *act = audit_act(req), *expected = arena_printf(req->arena, "%d", version);
    struct rows *rows;
    do
        rows = db_query(req->arena, &req->problem, MERGE, act, id, into, pointer, expected);
    while (rows && !db_boolean(rows, 0, 0));
    return rows;
}

static void delete_category(struct request *req)
{
    struct json_object *query = req_query(req, DELETE_QUERY);
    const char *id = query ? req_param_uuid(req, "id") : NULL;
    int version = id ? req_if_match(req) : -1;
    if (version < 0)
        return;
    const char *into = field_text(query, "move_to");
    if (into ? merge(req, id, into, "move_to", version)
             : !!db_query(req->arena, &req->problem, DELETE, audit_act(req), id,
                          arena_printf(req->arena, "%d", version)))
        respond_empty(req);
}

static void merge_category(struct request *req)
{
    const char *id = req_param_uuid(req, "id");
    struct json_object *body = id ? req_body(req, MERGE_INTO, false) : NULL;
    int version = body ? req_if_match(req) : -1;
    if (version >= 0 && merge(req, id, field_text(body, "into"), "/into", version))
        respond_category(req, 200, field_text(body, "into"));
}

static void set_attributes(struct request *req)
{
    const char *id = req_param_uuid(req, "id");
    struct json_object *body = id ? req_body(req, ATTRIBUTES, false) : NULL;
    int version = body ? req_if_match(req) : -1;
    if (version >= 0 && db_query(req->arena, &req->problem, SET_ATTRIBUTES, audit_act(req), id,
                                 field_json(field_value(body, "attributes")),
                                 arena_printf(req->arena, "%d", version)))
        respond_category(req, 200, id);
}

static const struct route ROUTES[] = {
    {"GET", "/v1/categories", ANYONE, list_categories},
    {"POST", "/v1/categories", "products:write", create_category},
    {"GET", "/v1/categories/{id}", ANYONE, read_category},
    {"PATCH", "/v1/categories/{id}", "products:write", update_category},
    {"DELETE", "/v1/categories/{id}", "products:write", delete_category},
    {"POST", "/v1/categories/{id}/merge", "products:write", merge_category},
    {"PUT", "/v1/categories/{id}/attributes", "products:write", set_attributes},
    {0},
};

int main(int argc, char **argv)
{
    return serve("products", ROUTES, argc, argv);
}
