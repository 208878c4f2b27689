/*
 * Variants: what is ordered and kept in stock of a product, one for each combination of its
 * options. Everybody reads those of what is for sale, staff write. Service Products, table
 * products.variants. A variant has no version of its own: it is part of its product's.
 */
#include "audit.h"
#include "db.h"
#include "products/product_fields.h"
#include "request.h"

/* Part of the product's document, so that both always say the same. */
#define READ                                                                                   \
    "SELECT v.value::json"                                                                     \
    "  FROM products.shown s,"                                                                 \
    "       jsonb_array_elements(products.filled(s.document, s.available)->'variants')"        \
    "           WITH ORDINALITY AS v (value, n)"                                               \
    " WHERE s.id = $1::uuid AND (s.active OR $2::boolean)"

static const char LIST[] =
    "SELECT json_build_object('data', json_agg(document), 'next_cursor', NULL)"
    "  FROM (" READ " ORDER BY v.n) AS variants (document)"
    "HAVING count(*) > 0";
static const char ONE[] = READ " AND v.value->>'id' = $3";

static const char CREATE[] = "SELECT products.create_variant($1::jsonb, $2::uuid, $3::jsonb)";
static const char UPDATE[] =
    "SELECT products.edit_variant($1::jsonb, $2::uuid, $3::uuid, $4::jsonb)";
static const char DELETE[] = "SELECT products.delete_variant($1::jsonb, $2::uuid, $3::uuid)";

static void list_variants(struct request *req)
{
    const char *id = req_param_uuid(req, "id");
    if (id)
        respond_row(req, 200,
                    db_query(req->arena, &req->problem, LIST, id,
                             db_flag(req_may(req, "products:write"))));
}

static void respond_variant(struct request *req, int status, const char *product,
                            const char *variant)
{
    respond_row(req, status,
                db_query(req->arena, &req->problem, ONE, product,
                         db_flag(req_may(req, "products:write")), variant));
}

static void create_variant(struct request *req)
{
    const char *product = req_param_uuid(req, "id");
    struct json_object *body = product ? req_body(req, VARIANT_NEW, false) : NULL;
    struct rows *made = body ? db_query(req->arena, &req->problem, CREATE, audit_act(req),
                                        product, field_json(body))
                             : NULL;
    if (!made)
        return;
    const char *id = db_text(made, 0, 0);
    respond_header(req, "Location",
                   arena_printf(req->arena, "/v1/products/%s/variants/%s", product, id));
    respond_variant(req, 201, product, id);
}

static void read_variant(struct request *req)
{
    const char *product = req_param_uuid(req, "id"), *id = req_param_uuid(req, "variant_id");
    if (product && id)
        respond_variant(req, 200, product, id);
}

static void update_variant(struct request *req)
{
    const char *product = req_param_uuid(req, "id"), *id = req_param_uuid(req, "variant_id");
    struct json_object *body = product && id ? req_body(req, VARIANT_CHANGES, true) : NULL;
    if (body && db_query(req->arena, &req->problem, UPDATE, audit_act(req), product, id,
                         field_json(body)))
        respond_variant(req, 200, product, id);
}

static void delete_variant(struct request *req)
{
    const char *product = req_param_uuid(req, "id"), *id = req_param_uuid(req, "variant_id");
    if (product && id &&
        db_query(req->arena, &req->problem, DELETE, audit_act(req), product, id))
        respond_empty(req);
}

static const struct route ROUTES[] = {
    {"GET", "/v1/products/{id}/variants", ANYONE, list_variants},
    {"POST", "/v1/products/{id}/variants", "products:write", create_variant},
    {"GET", "/v1/products/{id}/variants/{variant_id}", ANYONE, read_variant},
    {"PATCH", "/v1/products/{id}/variants/{variant_id}", "products:write", update_variant},
    {"DELETE", "/v1/products/{id}/variants/{variant_id}", "products:write", delete_variant},
    {0},
};

int main(int argc, char **argv)
{
    return serve("products", ROUTES, argc, argv);
}
