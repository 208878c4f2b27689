/*
 * Payments: buyers pay for their orders; staff captures what was set aside, and confirms what
 * came by bank transfer. Service Sales, table sales.payments; the ways to pay are
 * lib/sales/gateway.h, and lib/sales/payment.h asks them.
 */
#include <string.h>

#include "audit.h"
#include "db.h"
#include "idempotency.h"
#include "json.h"
#include "request.h"
#include "sales/gateway.h"
#include "sales/payment.h"
#include "words.h"

static const char BEGIN[] =
    "SELECT answer, replayed, coalesce(answer->>'id', payment::text),"
    "       payment"
    "  FROM sales.begin_payment($1::uuid, $2, $3::bytea, $4::uuid, $5, $6,"
    "    $7, $8::boolean, $9::boolean, make_interval(mins => $10::int))";

static const char OF_ORDER[] =
    "SELECT json_build_object('next_cursor', NULL, 'data', ("
    "           SELECT coalesce(json_agg(CASE WHEN $3 THEN p.document"
    "                                     ELSE sales.shown_to_buyer(p.document) END"
    "                                ORDER BY p.id), '[]')"
    "             FROM sales.payment_documents p WHERE p.order_id = o.id))"
    "  FROM sales.orders o WHERE id = $1::uuid AND (user_id = $2::uuid OR $3::boolean)";

static const char READ[] = "SELECT CASE WHEN $3 THEN document"
                           "            ELSE sales.shown_to_buyer(document) END,"
                           "       document->>'gateway', document->>'status'"
                           "  FROM sales.payment_documents"
                           " WHERE id = $1::uuid AND (user_id = $2::uuid OR $3::boolean)";

static const char CONFIRM[] = "SELECT sales.confirm_payment($1::jsonb, $2::uuid, $3)";

static const char CANCEL[] = "SELECT sales.cancel_payment($1::jsonb, $2::uuid, $3::boolean)";

static const char CAPTURE[] = "SELECT sales.request_capture($1::jsonb, $2::uuid)";

static const struct field NEW_PAYMENT[] = {
    {"gateway", FIELD_TEXT, FIELD_REQUIRED, 1, 40, NULL, NULL},
    {"method", FIELD_TEXT, FIELD_REQUIRED, 1, 40, NULL, NULL},
    {"merchant", FIELD_TEXT, 0, 1, 40, NULL, NULL},
    {0},
};

static const struct field CONFIRMATION[] = {
    {"reason", FIELD_TEXT, 0, 0, 500, NULL, NULL},
    {0},
};

/* How a payment is to be made: the gateway, and the shop's account there, NULL where the
 * gateway needs none. */
struct way {
    const struct gateway *gateway;
    const struct merchant *merchant;
};

/* Reads the way from a body; false with the problem filled where there is none such. */
static bool wanted_way(struct request *req, struct json_object *body, struct way *way)
{
    const char *account = field_text(body, "merchant");
    way->gateway = gateway_find(field_text(body, "gateway"));
    way->merchant = way->gateway ? merchant_find(way->gateway->name, account) : NULL;
    bool needs_none = way->gateway && way->gateway->confirmed_by_person;
    const char *methods = way->merchant ? way->merchant->methods
                          : needs_none  ? way->gateway->methods
                                        : NULL;
    if (!way->gateway || (!methods && !account))
        problem_field(&req->problem, "/gateway", "unknown_gateway", NULL);
    else if (account && !way->merchant)
        problem_field(&req->problem, "/merchant", "unknown_merchant", NULL);
    else if (!words_hold(methods, field_text(body, "method")))
        problem_field(&req->problem, "/method", "not_choice", methods);
    return !req->problem.status;
}

/* Tells what came of asking a gateway: carried out, or 202 where that will be made sure later.
 */
static void respond_asked(struct request *req, int status, struct payment_asked asked)
{
    bool open = asked.result == GATEWAY_AWAY || asked.result == GATEWAY_UNCERTAIN;
    if (!asked.document)
        return;
    if (open)
        respond_header(req, "Retry-After", "5");
    respond_json(req, open ? 202 : status,
                 req_may(req, "payments:read") ? asked.document : asked.for_buyer);
}

/* A buyer can do something about a document that is missing; of the rest he chooses another
 * way. */
static void refuse(struct request *req, const char *code)
{
    req->problem.members = json_keep(req->arena, json_object_new_object());
    json_object_object_add(req->problem.members, "gateway_code",
                           code ? json_object_new_string(code) : NULL);
    bool document = code && !strcmp(code, "tax_id_missing");
    respond_problem(req, 409, document ? "document_required" : "payment_refused");
}

static void ask_begin(struct request *req, const char *payment)
{
    struct payment_asked asked =
        payment_ask(req->arena, &req->problem, payment, "begin", req->lang);
    bool over = asked.document && !strcmp(asked.status, "failed");
    if (over && asked.result == GATEWAY_REFUSED) {
        refuse(req, asked.code);
    } else if (over && asked.result == GATEWAY_AWAY) {
        req->problem.retry_after = 5;
        respond_problem(req, 503, "gateway_away");
    } else if (asked.document) {
        respond_header(req, "Location", arena_printf(req->arena, "/v1/payments/%s", payment));
        respond_asked(req, 201, asked);
    }
}

static void begin_payment(struct request *req)
{
    struct idempotency key;
    struct way way;
    const char *order_id = req_param_uuid(req, "id");
    struct json_object *body = order_id ? req_body(req, NEW_PAYMENT, false) : NULL;
    if (!body || !wanted_way(req, body, &way) || !idempotency_read(req, &key))
        return;
    const struct merchant *m = way.merchant;
    const char *method = field_text(body, "method");
    bool refunds = way.gateway->refunds && way.gateway->refunds(method);
    struct rows *rows = db_query(
        req->arena, &req->problem, BEGIN, key.caller, key.key, key.fingerprint, order_id,
        way.gateway->name, method, m ? m->name : "", m ? db_flag(m->live) : NULL,
        db_flag(refunds), arena_printf(req->arena, "%lld", gateway_hold_minutes(method)));
    const char *payment = rows ? db_text(rows, 0, 3) : NULL;
    if (!payment) {
        idempotency_respond(req, 201, rows, "/v1/payments");
        return;
    }
    ask_begin(req, payment);
}

static void list_payments(struct request *req)
{
    const char *id = req_param_uuid(req, "id");
    if (id)
        respond_row(req, 200,
                    db_query(req->arena, &req->problem, OF_ORDER, id, req->user.user,
                             db_flag(req_may(req, "payments:read"))));
}

/* The payment that the path names, no row where the caller may not see it. */
static struct rows *read_visible(struct request *req, const char *id)
{
    return id ? db_query(req->arena, &req->problem, READ, id, req->user.user,
                         db_flag(req_may(req, "payments:read")))
              : NULL;
}

static void read_payment(struct request *req)
{
    respond_row(req, 200, read_visible(req, req_param_uuid(req, "id")));
}

/* A gateway that is no longer there may still have payments. */
static bool confirmed_by_person(const char *gateway)
{
    const struct gateway *g = gateway_find(gateway);
    return g && g->confirmed_by_person;
}

static bool is_open(const char *status)
{
    return !strcmp(status, "pending") || !strcmp(status, "authorized");
}

/* The buyer is back from the gateway's page, and looks before the gateway has told us. */
static void refresh_payment(struct request *req)
{
    const char *id = req_param_uuid(req, "id");
    struct rows *rows = read_visible(req, id);
    bool settled = rows && (db_count(rows) == 0 || confirmed_by_person(db_text(rows, 0, 1)) ||
                            !is_open(db_text(rows, 0, 2)));
    if (!rows || settled) {
        respond_row(req, 200, rows);
        return;
    }
    respond_asked(req, 200, payment_ask(req->arena, &req->problem, id, "read", req->lang));
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

static void cancel_payment(struct request *req)
{
    const char *id = req_param_uuid(req, "id");
    bool staff = id && req_may(req, "payments:confirm");
    struct rows *rows =
        id && !req->problem.status
            ? db_query(req->arena, &req->problem, CANCEL, audit_act(req), id, db_flag(staff))
            : NULL;
    if (!rows)
        return;
    const char *step = db_text(rows, 0, 0);
    if (step)
        respond_asked(req, 200, payment_ask(req->arena, &req->problem, id, step, req->lang));
    else
        respond_row(req, 200,
                    db_query(req->arena, &req->problem, READ, id, req->user.user,
                             db_flag(req_may(req, "payments:read"))));
}

static void capture_payment(struct request *req)
{
    const char *id = req_param_uuid(req, "id");
    if (id && db_query(req->arena, &req->problem, CAPTURE, audit_act(req), id))
        respond_asked(req, 200,
                      payment_ask(req->arena, &req->problem, id, "capture", req->lang));
}

static const struct route ROUTES[] = {
    {"POST", "/v1/orders/{id}/payments", SIGNED_IN, begin_payment},
    {"GET", "/v1/orders/{id}/payments", SIGNED_IN, list_payments},
    {"GET", "/v1/payments/{id}", SIGNED_IN, read_payment},
    {"POST", "/v1/payments/{id}/refresh", SIGNED_IN, refresh_payment},
    {"POST", "/v1/payments/{id}/cancel", SIGNED_IN, cancel_payment},
    {"POST", "/v1/payments/{id}/confirm", "payments:confirm", confirm_payment},
    {"POST", "/v1/payments/{id}/capture", "payments:confirm", capture_payment},
    {0},
};

int main(int argc, char **argv)
{
    return serve("sales", ROUTES, argc, argv);
}
