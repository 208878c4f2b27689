/*
 * Returns: goods of an order come back, whole or in part, to the shelf or not. Service Sales,
 * tables sales.returns and sales.return_items; each is a row of sales.order_history. Money goes
 * back by payments.
 */
#include "audit.h"
#include "db.h"
#include "idempotency.h"
#include "request.h"
#include "sales/checkout.h"

static const char RETURN[] =
    "SELECT answer, replayed FROM sales.return_goods($1::jsonb, $2::uuid, $3, $4::bytea,"
    "                                                $5::uuid, $6::jsonb)";

static const struct field BODY[] = {
    {"items", FIELD_LIST, 0, 1, PRICING_MAX_LINES, NULL, CHECKOUT_ITEM},
    {"restock", FIELD_BOOLEAN, FIELD_REQUIRED, 0, 0, NULL, NULL},
    {"reason", FIELD_TEXT, FIELD_REQUIRED, 1, 500, NULL, NULL},
    {0},
};

static void return_goods(struct request *req)
{
    struct idempotency key;
    const char *id = req_param_uuid(req, "id");
    struct json_object *body = id ? req_body(req, BODY, false) : NULL;
    if (body && idempotency_read(req, &key))
        idempotency_respond(req, 201,
                            db_query(req->arena, &req->problem, RETURN, audit_act(req),
                                     key.caller, key.key, key.fingerprint, id,
                                     field_json(body)),
                            NULL);
}

static const struct route ROUTES[] = {
    {"POST", "/v1/orders/{id}/returns", "orders:write", return_goods},
    {0},
};

int main(int argc, char **argv)
{
    return serve("sales", ROUTES, argc, argv);
}
