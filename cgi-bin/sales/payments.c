/*
 * Payments: buyers begin to pay for their orders; a person confirms what came by bank transfer.
 * Service Sales, table sales.payments; the ways to pay are lib/sales/gateway.h.
 */
#include "audit.h"
#include "db.h"
#include "idempotency.h"
#include "request.h"
#include "sales/gateway.h"
#include "words.h"

static const char ORDER[] = "SELECT number, total, currency FROM sales.orders"
                            " WHERE id = $1::uuid AND user_id = $2::uuid";

static const char BEGIN[] = "SELECT answer, replayed, answer->>'id' FROM sales.begin_payment("
                            "    $1::uuid, $2, $3::bytea, $4::uuid, $5, $6, $7::jsonb,"
                            "    make_interval(mins => $8::int))";

static const char OF_ORDER[] =
    "SELECT json_build_object('next_cursor', NULL, 'data', ("
    "           SELECT coalesce(json_agg(p.document ORDER BY p.id), '[]')"
    "             FROM sales.payment_documents p WHERE p.order_id = o.id))"
    "  FROM sales.orders o WHERE id = $1::uuid AND (user_id = $2::uuid OR $3::boolean)";

static const char READ[] = "SELECT document, document->>'gateway' FROM sales.payment_documents"
                           " WHERE id = $1::uuid AND (user_id = $2::uuid OR $3::boolean)";

static const char CONFIRM[] = "SELECT sales.confirm_payment($1::jsonb, $2::uuid, $3)";

static const struct field NEW_PAYMENT[] = {
    {"gateway", FIELD_TEXT, FIELD_REQUIRED, 1, 40, NULL, NULL},
    {"method", FIELD_TEXT, FIELD_REQUIRED, 1, 40, NULL, NULL},
    {0},
};

static const struct field CONFIRMATION[] = {
    {"reason", FIELD_TEXT, 0, 0, 500, NULL, NULL},
    {0},
};

/* The gateway that the body names, which must know its method. */
static const struct gateway *wanted_gateway(struct request *req, struct json_object *body)
{
    const struct gateway *g = gateway_find(field_text(body, "gateway"));
    if (!g)
        problem_field(&req->problem, "/gateway", "unknown_gateway", NULL);
    else if (!words_hold(g->methods, field_text(body, "method")))
        problem_field(&req->problem, "/method", "not_choice", g->methods);
    return req->problem.status ? NULL : g;
}

static void begin_payment(struct request *req)
{
    struct idempotency key;
    const char *order_id = req_param_uuid(req, "id");
    struct json_object *body = order_id ? req_body(req, NEW_PAYMENT, false) : NULL;
    const struct gateway *g = body ? wanted_gateway(req, body) : NULL;
    if (!g || !idempotency_read(req, &key))
        return;
    struct rows *order = db_query(req->arena, &req->problem, ORDER, order_id, req->user.user);
    if (order && db_count(order) == 0)
        respond_problem(req, 404, "not_found");
    if (req->problem.status)
        return;
    struct gateway_order what = {order_id, db_integer(order, 0, 0), db_integer(order, 0, 1),
                                 db_text(order, 0, 2), req->lang};
    const char *method = field_text(body, "method");
    char *next_action = g->begin(&req->problem, &what, method);
    char *hold = arena_printf(req->arena, "%lld", gateway_hold_minutes(method));
    if (next_action)
        idempotency_respond(req, 201,
                            db_query(req->arena, &req->problem, BEGIN, key.caller, key.key,
                                     key.fingerprint, order_id, g->name, method, next_action,
                                     hold),
                            "/v1/payments");
}

static void list_payments(struct request *req)
{
    const char *id = req_param_uuid(req, "id");
    if (id)
        respond_row(req, 200,
                    db_query(req->arena, &req->problem, OF_ORDER, id, req->user.user,
                             db_flag(req_may(req, "payments:read"))));
}

static void read_payment(struct request *req)
{
    const char *id = req_param_uuid(req, "id");
    if (id)
        respond_row(req, 200,
                    db_query(req->arena, &req->problem, READ, id, req->user.user,
                             db_flag(req_may(req, "payments:read"))));
}

/* A gateway that is no longer there may still have payments. */
static bool confirmed_by_person(const char *gateway)
{
    const struct gateway *g = gateway_find(gateway);
    return g && g->confirmed_by_person;
}

static void confirm_payment(struct request *req)
{
    const char *id = req_param_uuid(req, "id");
    struct json_object *body =
        id && req_has_body(req) ? req_body(req, CONFIRMATION, false) : NULL;
    if (req->problem.status)
        return;
    struct rows *rows = db_query(req->arena, &req->problem, READ, id, req->user.user, "true");
    if (rows && db_count(rows) == 0)
        respond_problem(req, 404, "not_found");
    else if (rows && !confirmed_by_person(db_text(rows, 0, 1)))
        respond_problem(req, 409, "confirmation_not_manual");
    if (!req->problem.status)
        respond_row(req, 200,
                    db_query(req->arena, &req->problem, CONFIRM, audit_act(req), id,
                             body ? field_text(body, "reason") : NULL));
}

static const struct route ROUTES[] = {
    {"POST", "/v1/orders/{id}/payments", SIGNED_IN, begin_payment},
    {"GET", "/v1/orders/{id}/payments", SIGNED_IN, list_payments},
    {"GET", "/v1/payments/{id}", SIGNED_IN, read_payment},
    {"POST", "/v1/payments/{id}/confirm", "payments:confirm", confirm_payment},
    {0},
};

int main(int argc, char **argv)
{
    return serve("sales", ROUTES, argc, argv);
}
