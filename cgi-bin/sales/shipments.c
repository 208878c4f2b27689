/*
 * Shipments: an order leaves the shop, in one parcel or in several, and arrives. Service Sales,
 * tables sales.shipments and sales.shipment_items; each change is a row of sales.order_history.
 */
#include "audit.h"
#include "db.h"
#include "idempotency.h"
#include "request.h"
#include "sales/checkout.h"
#include "sales/order.h"

static const char SHIP[] = "SELECT answer, replayed FROM sales.ship_goods($1::jsonb, $2::uuid, "
                           "$3, $4::bytea, $5::uuid,"
                           "                                              $6::jsonb)";

static const char SHIP_REST[] = "SELECT sales.add_shipment($1::jsonb, $2::uuid, $3::jsonb)";

static const char DELIVER[] = "SELECT sales.deliver_goods($1::jsonb, $2::uuid, $3::uuid, $4)";

enum { MAX_LABEL = 80 };

static const struct field SHIPMENT[] = {
    {"carrier", FIELD_TEXT, FIELD_REQUIRED, 1, MAX_LABEL, NULL, NULL},
    {"tracking_code", FIELD_TEXT, 0, 1, MAX_LABEL, NULL, NULL},
    {"items", FIELD_LIST, 0, 1, PRICING_MAX_LINES, NULL, CHECKOUT_ITEM},
    {"reason", FIELD_TEXT, 0, 0, 500, NULL, NULL},
    {0},
};

static const struct field REST[] = {
    {"carrier", FIELD_TEXT, 0, 1, MAX_LABEL, NULL, NULL},
    {"tracking_code", FIELD_TEXT, 0, 1, MAX_LABEL, NULL, NULL},
    {"reason", FIELD_TEXT, 0, 0, 500, NULL, NULL},
    {0},
};

static void ship_goods(struct request *req)
{
    struct idempotency key;
    const char *id = req_param_uuid(req, "id");
    struct json_object *body = id ? req_body(req, SHIPMENT, false) : NULL;
    if (body && idempotency_read(req, &key))
        idempotency_respond(req, 201,
                            db_query(req->arena, &req->problem, SHIP, audit_act(req),
                                     key.caller, key.key, key.fingerprint, id,
                                     field_json(body)),
                            NULL);
}

static void ship_rest(struct request *req)
{
    const char *id = req_param_uuid(req, "id");
    struct json_object *body = id && req_has_body(req) ? req_body(req, REST, false) : NULL;
    if (!req->problem.status && db_query(req->arena, &req->problem, SHIP_REST, audit_act(req),
                                         id, body ? field_json(body) : "{}"))
        order_respond(req, id, true);
}

static void deliver(struct request *req, const char *order, const char *shipment)
{
    const char *reason = req->problem.status ? NULL : order_reason(req);
    if (!req->problem.status &&
        db_query(req->arena, &req->problem, DELIVER, audit_act(req), order, shipment, reason))
        order_respond(req, order, true);
}

static void deliver_shipment(struct request *req)
{
    const char *order = req_param_uuid(req, "id");
    deliver(req, order, order ? req_param_uuid(req, "shipment_id") : NULL);
}

static void deliver_order(struct request *req)
{
    deliver(req, req_param_uuid(req, "id"), NULL);
}

static const struct route ROUTES[] = {
    {"POST", "/v1/orders/{id}/shipments", "orders:write", ship_goods},
    {"POST", "/v1/orders/{id}/shipments/{shipment_id}/deliver", "orders:write",
     deliver_shipment},
    {"POST", "/v1/orders/{id}/ship", "orders:write", ship_rest},
    {"POST", "/v1/orders/{id}/deliver", "orders:write", deliver_order},
    {0},
};

int main(int argc, char **argv)
{
    return serve("sales", ROUTES, argc, argv);
}
