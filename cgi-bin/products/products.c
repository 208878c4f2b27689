/*
 * Products: what the shop sells; everybody reads, staff write. Service Products, tables
 * products.products and products.variants.
 */
#include <string.h>

#include "audit.h"
#include "db.h"
#include "markdown.h"
#include "products/listing.h"
#include "products/product_fields.h"
#include "products/shown.h"
#include "request.h"

/* Columns as lib/products/shown wants them; the last one is for those who write products. */
#define READ "SELECT document, version, active, available FROM products.shown WHERE "
#define STAFF_READ                                                                             \
    "SELECT s.document, version, active, available, m.document"                                \
    "  FROM products.shown s JOIN products.staff_members m USING (id) WHERE "
enum { AT_VERSION = 1, AT_ACTIVE = 2, AT_STAFF = 4 };
static const char BY_ID[] = READ "id = $1::uuid";
static const char BY_SLUG[] = READ "slug = $1";
static const char STAFF_BY_ID[] = STAFF_READ "id = $1::uuid";
static const char STAFF_BY_SLUG[] = STAFF_READ "slug = $1";

static const char MOVED[] = "SELECT d.slug FROM products.old_slugs o"
                            "  JOIN products.documents d USING (product_id)"
                            " WHERE o.slug = $1 AND (d.active OR $2::boolean)";

static const char DESCRIPTION[] = "SELECT description, version FROM products.products"
                                  " WHERE id = $1::uuid AND (status = 'active' OR $2::boolean)";

static const char CREATE[] =
    "WITH made AS (SELECT products.create_product($2::jsonb) AS id)"
    "SELECT id, products.require_attributes(id, '{\"status\": \"active\"}'),"
    "       registry.audit_act($1::jsonb, 'product.created', id, NULL, $2::jsonb) FROM made";
static const char UPDATE[] = "SELECT products.edit_product($1::jsonb, $2::uuid, $3::jsonb,"
                             "                             nullif($4::int, 0))";
static const char DELETE[] = "SELECT products.delete_product($1::jsonb, $2::uuid,"
                             "                               nullif($3::int, 0))";

/* One product ------------------------------------------------------------------------------ */

/* Whether the path holds an id and not a slug. */
static bool is_uuid(const char *s)
{
    return strlen(s) == 36 && strspn(s, "0123456789abcdefABCDEF-") == 36 && s[8] == '-' &&
           s[13] == '-' && s[18] == '-' && s[23] == '-';
}

/* Of what there is plenty nobody is misled by an answer a second old. */
enum { PLENTY = 100 };

/* Drafts and archived products are there for those who write products. */
static bool is_shown(struct request *req, const struct rows *rows)
{
    return db_count(rows) && (db_boolean(rows, 0, AT_ACTIVE) || req_may(req, "products:write"));
}

static void respond_product(struct request *req, int status, const struct rows *rows)
{
    const char *extra = db_columns(rows) > AT_STAFF ? db_text(rows, 0, AT_STAFF) : NULL;
    bool plenty = db_boolean(rows, 0, AT_ACTIVE) && shown_least(rows, 0) >= PLENTY;
    if (plenty)
        respond_to_all(req);
    respond_resource(req, status, shown_document_and(req->arena, rows, 0, extra),
                     db_integer(rows, 0, AT_VERSION));
}

/* Where a product stands that had this address before. */
static void respond_moved(struct request *req, const char *slug)
{
    const char *staff = db_flag(req_may(req, "products:write"));
    struct rows *rows = db_query(req->arena, &req->problem, MOVED, slug, staff);
    if (!rows)
        return;
    if (db_count(rows) == 0) {
        respond_problem(req, 404, "not_found");
        return;
    }
    respond_redirect(req, arena_printf(req->arena, "/v1/products/%s", db_text(rows, 0, 0)));
}

static void read_product(struct request *req)
{
    const char *id = req_param(req, "id");
    bool uuid = is_uuid(id), staff = req_may(req, "products:write");
    if (req->problem.status)
        return;
    const char *sql = uuid ? (staff ? STAFF_BY_ID : BY_ID) : (staff ? STAFF_BY_SLUG : BY_SLUG);
    struct rows *rows = db_query(req->arena, &req->problem, sql, id);
    if (!rows)
        return;
    if (is_shown(req, rows))
        respond_product(req, 200, rows);
    else if (uuid || db_count(rows))
        respond_problem(req, 404, "not_found");
    else
        respond_moved(req, id);
}

static void read_description(struct request *req)
{
    const char *id = req_param_uuid(req, "id");
    struct rows *rows = id ? db_query(req->arena, &req->problem, DESCRIPTION, id,
                                      db_flag(req_may(req, "products:write")))
                           : NULL;
    if (rows && db_count(rows) == 0)
        respond_problem(req, 404, "not_found");
    if (!rows || req->problem.status)
        return;
    const char *html = markdown_html(req->arena, db_text(rows, 0, 0));
    respond_bytes(req, 200, "text/html; charset=utf-8", html, strlen(html));
}

static void create_product(struct request *req)
{
    struct json_object *body = req_body(req, PRODUCT_NEW, false);
    if (!body || !product_is_sound(&req->problem, body))
        return;
    struct rows *made =
        db_query(req->arena, &req->problem, CREATE, audit_act(req), field_json(body));
    const char *id = made ? db_text(made, 0, 0) : NULL;
    struct rows *rows = id ? db_query(req->arena, &req->problem, STAFF_BY_ID, id) : NULL;
    if (!rows)
        return;
    respond_header(req, "Location", arena_printf(req->arena, "/v1/products/%s", id));
    respond_product(req, 201, rows);
}

static void update_product(struct request *req)
{
    const char *id = req_param_uuid(req, "id");
    struct json_object *body = id ? req_body(req, PRODUCT_CHANGES, true) : NULL;
    int version = body && product_is_sound(&req->problem, body) ? req_if_match(req) : -1;
    if (version < 0 || !db_query(req->arena, &req->problem, UPDATE, audit_act(req), id,
                                 field_json(body), arena_printf(req->arena, "%d", version)))
        return;
    struct rows *rows = db_query(req->arena, &req->problem, STAFF_BY_ID, id);
    if (rows)
        respond_product(req, 200, rows);
}

static void delete_product(struct request *req)
{
    const char *id = req_param_uuid(req, "id");
    int version = id ? req_if_match(req) : -1;
    if (version >= 0 && db_query(req->arena, &req->problem, DELETE, audit_act(req), id,
                                 arena_printf(req->arena, "%d", version)))
        respond_empty(req);
}

static const struct route ROUTES[] = {
    {"GET", "/v1/products", ANYONE, listing_respond},
    {"POST", "/v1/products", "products:write", create_product},
    {"GET", "/v1/products/{id}", ANYONE, read_product},
    {"PATCH", "/v1/products/{id}", "products:write", update_product},
    {"DELETE", "/v1/products/{id}", "products:write", delete_product},
    {"GET", "/v1/products/{id}/description", ANYONE, read_description},
    {0},
};

int main(int argc, char **argv)
{
    return serve("products", ROUTES, argc, argv);
}
