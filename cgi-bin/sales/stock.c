/*
 * Stock: levels, and the ledger that they are the sum of. Service Sales, tables
 * sales.stock_movements and sales.stock_levels.
 */
#include "audit.h"
#include "db.h"
#include "idempotency.h"
#include "request.h"

static const char LEVELS[] =
    "SELECT sales.level_json(variant_id), variant_id, variant_id FROM sales.stock_levels"
    " WHERE ($1::uuid IS NULL OR variant_id > $1::uuid)"
    "   AND ($2::int IS NULL OR on_hand - reserved <= $2::int)"
    " ORDER BY variant_id LIMIT $3::int + 1";

static const char LEVEL[] =
    "SELECT sales.level_json($1::uuid)::jsonb || jsonb_build_object('movements', ("
    "    SELECT coalesce(json_agg(m ORDER BY m.id DESC), '[]') FROM ("
    "        SELECT id, kind, on_hand, reserved, order_id, actor, reason,"
    "               shared.rfc3339(created_at) AS created_at"
    "          FROM sales.stock_movements WHERE variant_id = $1::uuid"
    "         ORDER BY id DESC LIMIT 100) AS m))"
    "  WHERE products.has_variant($1::uuid)";

static const char MOVE[] =
    "SELECT answer, replayed, CASE WHEN NOT replayed THEN registry.audit_act("
    "           $5::jsonb, 'stock.moved', ($4::jsonb->>'variant_id')::uuid, NULL,"
    "           jsonb_build_object('kind', $4::jsonb->'kind', 'quantity', "
    "$4::jsonb->'quantity',"
    "                              'on_hand', answer->'on_hand')) END"
    "  FROM sales.move_stock($1::uuid, $2, $3::bytea, $4::jsonb)";

static const struct field LIST_QUERY[] = {
    {"max_available", FIELD_INTEGER, 0, 0, 1000000000, NULL, NULL},
    PAGE_FIELDS(400),
    {0},
};

enum { MAX_PIECES = 1000000 };

static const struct field MOVEMENT[] = {
    {"variant_id", FIELD_UUID, FIELD_REQUIRED, 0, 0, NULL, NULL},
    {"kind", FIELD_CHOICE, FIELD_REQUIRED, 0, 0, "receive adjust count", NULL},
    {"quantity", FIELD_INTEGER, FIELD_REQUIRED, -MAX_PIECES, MAX_PIECES, NULL, NULL},
    {"reason", FIELD_TEXT, FIELD_NULLABLE, 0, 500, NULL, NULL},
    {0},
};

static void list_levels(struct request *req)
{
    struct json_object *query = req_query(req, LIST_QUERY);
    struct page_wanted page;
    if (query && req_page(req, query, "stock", FIELD_UUID, &page))
        respond_page(req,
                     db_query_planned(req->arena, &req->problem, LEVELS, page.id,
                                      field_text(query, "max_available"), page.limit_text),
                     page.limit, "stock");
}

static void read_level(struct request *req)
{
    const char *variant = req_param_uuid(req, "variant_id");
    if (variant)
        respond_row(req, 200, db_query(req->arena, &req->problem, LEVEL, variant));
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
                                     key.fingerprint, field_json(body), audit_act(req)));
}

static const struct route ROUTES[] = {
    {"GET", "/v1/stock", "stock:read", list_levels},
    {"POST", "/v1/stock/movements", "stock:write", move_stock},
    {"GET", "/v1/stock/{variant_id}", "stock:read", read_level},
    {0},
};

int main(int argc, char **argv)
{
    return serve("sales", ROUTES, argc, argv);
}
