/*
 * Stock: levels, the ledger that they are the sum of, and the locations where it lies. Service
 * Sales, tables sales.stock_movements, sales.stock_slots, sales.low_levels and sales.locations.
 */
#include <string.h>

#include "audit.h"
#include "db.h"
#include "idempotency.h"
#include "request.h"
#include "settings.h"

/* A page of levels, of all or of those that a function has. */
#define LEVELS_OF(source)                                                                      \
    "WITH page AS MATERIALIZED ("                                                              \
    "    SELECT l.variant_id FROM " source " l"                                                \
    "      LEFT JOIN sales.low_levels t ON t.variant_id = l.variant_id"                        \
    "     WHERE ($1::uuid IS NULL OR l.variant_id > $1::uuid)"                                 \
    "       AND ($2::int IS NULL OR l.on_hand - l.reserved <= $2::int)"                        \
    "       AND ($3::boolean IS NULL"                                                          \
    "            OR $3::boolean = (l.on_hand - l.reserved < coalesce(t.low_below, $4::int)))"  \
    "     ORDER BY l.variant_id LIMIT $5::int + 1)"                                            \
    "SELECT document, variant_id, variant_id"                                                  \
    "  FROM sales.level_documents(ARRAY(SELECT variant_id FROM page)) ORDER BY variant_id"

static const char LEVELS[] = LEVELS_OF("sales.stock_levels");
static const char LEVEL_OF_SKU[] = LEVELS_OF("sales.level_of_sku($6::text)");

static const char LEVEL[] =
    "SELECT sales.stock_document($1::uuid, $2::int) || jsonb_build_object('movements', ("
    "    SELECT coalesce(json_agg(m.document ORDER BY m.id DESC), '[]') FROM ("
    "        SELECT id, document FROM sales.movement_documents"
    "         WHERE variant_id = $1::uuid ORDER BY id DESC LIMIT 100) AS m))"
    "  WHERE products.has_variant($1::uuid)";

static const char MOVEMENTS[] =
    "SELECT document, id, id FROM sales.movement_documents"
    " WHERE variant_id = $1::uuid AND ($2::uuid IS NULL OR id < $2::uuid)"
    " ORDER BY id DESC LIMIT $3::int + 1";

static const char HAS_VARIANT[] = "SELECT FROM products.has_variant($1::uuid) AS has WHERE has";

static const char SET_LOW[] = "SELECT sales.set_low($1::jsonb, $2::uuid, $3::int)";

static const char MOVE[] =
    "SELECT answer, replayed, CASE WHEN NOT replayed THEN registry.audit_act("
    "           $5::jsonb, 'stock.moved', ($4::jsonb->>'variant_id')::uuid, NULL,"
    "           jsonb_build_object('kind', $4::jsonb->'kind',"
    "                              'location', coalesce($4::jsonb->>'location', 'main'),"
    "                              'quantity', $4::jsonb->'quantity',"
    "                              'on_hand', answer->'on_hand')) END"
    "  FROM sales.move_stock($1::uuid, $2, $3::bytea, $4::jsonb)";

static const char TRANSFER[] =
    "SELECT answer, replayed, CASE WHEN NOT replayed THEN registry.audit_act("
    "           $5::jsonb, 'stock.transferred', ($4::jsonb->>'variant_id')::uuid, NULL,"
    "           $4::jsonb - 'variant_id' - 'reason') END"
    "  FROM sales.transfer_stock($1::uuid, $2, $3::bytea, $4::jsonb)";

static const char LOCATIONS[] =
    "SELECT json_build_object('next_cursor', NULL, 'data',"
    "                         json_agg(document ORDER BY position, code))"
    "  FROM sales.location_documents";

static const char SET_LOCATION[] = "SELECT document, made"
                                   "  FROM sales.set_location($1::jsonb, $2, $3::jsonb)";

static const struct field LIST_QUERY[] = {
    {"max_available", FIELD_INTEGER, 0, 0, 1000000000, NULL, NULL},
    {"low", FIELD_BOOLEAN, 0, 0, 0, NULL, NULL},
    {"sku", FIELD_TEXT, 0, 1, 64, NULL, NULL},
    PAGE_FIELDS(400),
    {0},
};

static const struct field PAGE_QUERY[] = {
    PAGE_FIELDS(400),
    {0},
};

enum { MAX_PIECES = 1000000 };

static const struct field MOVEMENT[] = {
    {"variant_id", FIELD_UUID, FIELD_REQUIRED, 0, 0, NULL, NULL},
    {"kind", FIELD_CHOICE, FIELD_REQUIRED, 0, 0, "receive adjust count", NULL},
    {"quantity", FIELD_INTEGER, FIELD_REQUIRED, -MAX_PIECES, MAX_PIECES, NULL, NULL},
    {"location", FIELD_SLUG, 0, 0, 0, NULL, NULL},
    {"reason", FIELD_TEXT, FIELD_NULLABLE, 0, 500, NULL, NULL},
    {0},
};

static const struct field NEW_TRANSFER[] = {
    {"variant_id", FIELD_UUID, FIELD_REQUIRED, 0, 0, NULL, NULL},
    {"from", FIELD_SLUG, FIELD_REQUIRED, 0, 0, NULL, NULL},
    {"to", FIELD_SLUG, FIELD_REQUIRED, 0, 0, NULL, NULL},
    {"quantity", FIELD_INTEGER, FIELD_REQUIRED, 1, MAX_PIECES, NULL, NULL},
    {"reason", FIELD_TEXT, FIELD_NULLABLE, 0, 500, NULL, NULL},
    {0},
};

static const struct field LOW[] = {
    {"low_below", FIELD_INTEGER, FIELD_REQUIRED | FIELD_NULLABLE, 0, 1000000000, NULL, NULL},
    {0},
};

static const struct field LOCATION[] = {
    {"name", FIELD_TEXT, FIELD_REQUIRED, 1, 120, NULL, NULL},
    {"position", FIELD_INTEGER, 0, 0, 100000, NULL, NULL},
    {0},
};

/* From when on a variant is low that has no number of its own. */
static const char *shops_low(struct request *req)
{
    return arena_printf(req->arena, "%lld", settings()->stock_low_below);
}

static void list_levels(struct request *req)
{
    struct json_object *query = req_query(req, LIST_QUERY);
    struct page_wanted page;
    if (!query || !req_page(req, query, "stock", FIELD_UUID, &page))
        return;
    const char *low = field_present(query, "low") ? db_flag(field_boolean(query, "low")) : NULL;
    const char *most = field_text(query, "max_available"), *sku = field_text(query, "sku");
    respond_page(req,
                 sku ? db_query(req->arena, &req->problem, LEVEL_OF_SKU, page.id, most, low,
                                shops_low(req), page.limit_text, sku)
                     : db_query_planned(req->arena, &req->problem, LEVELS, page.id, most, low,
                                        shops_low(req), page.limit_text),
                 page.limit, "stock");
}

static void respond_level(struct request *req, const char *variant)
{
    respond_row(req, 200, db_query(req->arena, &req->problem, LEVEL, variant, shops_low(req)));
}

static void read_level(struct request *req)
{
    const char *variant = req_param_uuid(req, "variant_id");
    if (variant)
        respond_level(req, variant);
}

static void change_level(struct request *req)
{
    const char *variant = req_param_uuid(req, "variant_id");
    struct json_object *body = variant ? req_body(req, LOW, false) : NULL;
    if (body && db_query(req->arena, &req->problem, SET_LOW, audit_act(req), variant,
                         field_text(body, "low_below")))
        respond_level(req, variant);
}

static void list_movements(struct request *req)
{
    struct page_wanted page;
    const char *variant = req_param_uuid(req, "variant_id");
    struct json_object *query = variant ? req_query(req, PAGE_QUERY) : NULL;
    if (!query || !req_page(req, query, "movements", FIELD_UUID, &page))
        return;
    struct rows *rows = db_query_planned(req->arena, &req->problem, MOVEMENTS, variant, page.id,
                                         page.limit_text);
    /* What never moved may still be there. */
    struct rows *known = rows && db_count(rows) == 0
                             ? db_query(req->arena, &req->problem, HAS_VARIANT, variant)
                             : rows;
    if (known && db_count(known) == 0)
        respond_problem(req, 404, "not_found");
    else
        respond_page(req, known ? rows : NULL, page.limit, "movements");
}

/* Receiving adds, counting says how much there is, adjusting goes either way but not nowhere.
 */
static bool quantity_fits_kind(struct request *req, struct json_object *body)
{
    const char *kind = field_text(body, "kind");
    long long quantity = field_integer(body, "quantity");
    if (*kind == 'r' && quantity < 1)
        problem_field(&req->problem, "/quantity", "too_small", "1");
    else if (*kind == 'c' && quantity < 0)
        problem_field(&req->problem, "/quantity", "too_small", "0");
    else if (*kind == 'a' && quantity == 0)
        problem_field(&req->problem, "/quantity", "out_of_range", NULL);
    return !req->problem.status;
}

static void move_stock(struct request *req)
{
    struct idempotency key;
    struct json_object *body = req_body(req, MOVEMENT, false);
    if (body && quantity_fits_kind(req, body) && idempotency_read(req, &key))
        idempotency_respond(req, 201,
                            db_query(req->arena, &req->problem, MOVE, key.caller, key.key,
                                     key.fingerprint, field_json(body), audit_act(req)),
                            NULL);
}

static void transfer_stock(struct request *req)
{
    struct idempotency key;
    struct json_object *body = req_body(req, NEW_TRANSFER, false);
    if (body && !strcmp(field_text(body, "from"), field_text(body, "to")))
        problem_field(&req->problem, "/to", "same_location", NULL);
    if (body && !req->problem.status && idempotency_read(req, &key))
        idempotency_respond(req, 201,
                            db_query(req->arena, &req->problem, TRANSFER, key.caller, key.key,
                                     key.fingerprint, field_json(body), audit_act(req)),
                            NULL);
}

static void list_locations(struct request *req)
{
    respond_row(req, 200, db_query(req->arena, &req->problem, LOCATIONS));
}

/* Whether the path's code can be one, the table's constraint says. */
static void set_location(struct request *req)
{
    struct json_object *body = req_body(req, LOCATION, false);
    struct rows *rows = body ? db_query(req->arena, &req->problem, SET_LOCATION, audit_act(req),
                                        req_param(req, "code"), field_json(body))
                             : NULL;
    if (rows)
        respond_row(req, db_boolean(rows, 0, 1) ? 201 : 200, rows);
}

static const struct route ROUTES[] = {
    {"GET", "/v1/stock", "stock:read", list_levels},
    {"POST", "/v1/stock/movements", "stock:write", move_stock},
    {"POST", "/v1/stock/transfers", "stock:write", transfer_stock},
    {"GET", "/v1/stock/locations", "stock:read", list_locations},
    {"PUT", "/v1/stock/locations/{code}", "stock:write", set_location},
    {"GET", "/v1/stock/{variant_id}", "stock:read", read_level},
    {"PATCH", "/v1/stock/{variant_id}", "stock:write", change_level},
    {"GET", "/v1/stock/{variant_id}/movements", "stock:read", list_movements},
    {0},
};

int main(int argc, char **argv)
{
    return serve("sales", ROUTES, argc, argv);
}
