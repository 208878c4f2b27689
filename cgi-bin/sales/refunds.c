/*
 * Refunds: staff gives money back; what no gateway gives back, such as a boleto's, a person
 * sends and says so. Service Sales, table sales.refunds; lib/sales/payment.h asks the gateway.
 */
#include "audit.h"
#include "db.h"
#include "idempotency.h"
#include "request.h"
#include "sales/payment.h"

static const char REQUEST[] = "SELECT answer, replayed, refund"
                              "  FROM sales.request_refund($1::jsonb, $2, $3::bytea, $4::uuid,"
                              "                            $5::jsonb)";

static const char KEEP[] = "SELECT sales.keep_answer($1::uuid, $2, $3::bytea, $4::json)";

static const char OF_PAYMENT[] =
    "SELECT json_build_object('next_cursor', NULL, 'data', ("
    "           SELECT coalesce(json_agg(r.document ORDER BY r.created_at, r.id), '[]')"
    "             FROM sales.refund_documents r WHERE r.payment_id = p.id))"
    "  FROM sales.payment_documents p WHERE id = $1::uuid"
    "   AND (user_id = $2::uuid OR $3::boolean)";

static const char CONFIRM[] = "SELECT sales.confirm_refund($1::jsonb, $2::uuid)";

#define MAX_AMOUNT 9007199254740991LL /* what JSON carries exactly */

static const struct field NEW_REFUND[] = {
    {"amount", FIELD_INTEGER, 0, 1, MAX_AMOUNT, NULL, NULL},
    {"reason", FIELD_TEXT, 0, 1, 500, NULL, NULL},
    {0},
};

/* Asks the gateway, and keeps what came of it in the place of the answer that promised it. */
static void ask(struct request *req, const struct idempotency *key, const char *payment,
                const char *refund)
{
    const char *document =
        payment_refund(req->arena, &req->problem, payment, refund).document;
    if (document && db_query(req->arena, &req->problem, KEEP, key->caller, key->key,
                             key->fingerprint, document))
        respond_json(req, 201, document);
}

static void create_refund(struct request *req)
{
    struct idempotency key;
    const char *id = req_param_uuid(req, "id");
    struct json_object *body = id ? req_body(req, NEW_REFUND, false) : NULL;
    if (!body || !idempotency_read(req, &key))
        return;
    struct rows *rows = db_query(req->arena, &req->problem, REQUEST, audit_act(req), key.key,
                                 key.fingerprint, id, field_json(body));
    const char *refund = rows ? db_text(rows, 0, 2) : NULL;
    if (refund)
        ask(req, &key, id, refund);
    else
        idempotency_respond(req, 201, rows, NULL);
}

static void list_refunds(struct request *req)
{
    const char *id = req_param_uuid(req, "id");
    if (id)
        respond_row(req, 200,
                    db_query(req->arena, &req->problem, OF_PAYMENT, id, req->user.user,
                             db_flag(req_may(req, "payments:read"))));
}

static void confirm_refund(struct request *req)
{
    const char *id = req_param_uuid(req, "id");
    if (id)
        respond_row(req, 200, db_query(req->arena, &req->problem, CONFIRM, audit_act(req), id));
}

static const struct route ROUTES[] = {
    {"POST", "/v1/payments/{id}/refunds", "payments:refund", create_refund},
    {"GET", "/v1/payments/{id}/refunds", SIGNED_IN, list_refunds},
    {"POST", "/v1/refunds/{id}/confirm", "payments:refund", confirm_refund},
    {0},
};

int main(int argc, char **argv)
{
    return serve("sales", ROUTES, argc, argv);
}
