#include "sales/payment.h"

#include <string.h>

#include "db.h"
#include "json.h"
#include "log.h"
#include "seal.h"
#include "settings.h"

/* A payment that has begun is captured at most once, and read after it. */
enum { MOST_STEPS = 4 };

static const char LOAD[] =
    "SELECT p.gateway, p.merchant, p.method, p.ref, p.capture_ref, p.amount, p.currency,"
    "       p.number, p.expires_at, p.customer, p.address, r.amount"
    "  FROM sales.payments_at_gateways p LEFT JOIN sales.refunds r ON r.id = $2::uuid"
    " WHERE p.id = $1::uuid";
enum {
    GATEWAY,
    MERCHANT,
    METHOD,
    REF,
    CAPTURE_REF,
    AMOUNT,
    CURRENCY,
    NUMBER,
    EXPIRES_AT,
    CUSTOMER,
    ADDRESS,
    REFUND_AMOUNT
};

static const char SETTLE_STEP[] =
    "SELECT answer, status, next, for_buyer"
    "  FROM sales.settle_step($1::uuid, $2, $3, $4::jsonb, $5, $6::int, $7)";

static const char SETTLE_REFUND[] =
    "SELECT answer, answer->>'status'"
    "  FROM sales.settle_refund($1::uuid, $2, $3::jsonb, $4, $5::int, $6) AS answer";

static const char *const RESULTS[] = {
    [GATEWAY_DONE] = "done",
    [GATEWAY_REFUSED] = "refused",
    [GATEWAY_AWAY] = "away",
    [GATEWAY_UNCERTAIN] = "uncertain",
};

static struct json_object *opened(struct arena *a, const char *sealed)
{
    return json_keep(a, json_tokener_parse(seal_expand(a, sealed)));
}

/* What a gateway has to know of a payment; false with the problem filled. An account that is
 * not set up any more leaves merchant NULL. */
static bool load(struct arena *a, struct problem *problem, const char *id, const char *refund,
                 enum lang lang, struct gateway_payment *p, struct gateway_refund *r,
                 const struct gateway **g)
{
    struct rows *rows = db_query(a, problem, LOAD, id, refund);
    if (!rows || db_count(rows) == 0) {
        problem_set(problem, 404, "not_found");
        return false;
    }
    *g = gateway_find(db_text(rows, 0, GATEWAY));
    *p = (struct gateway_payment){
        .id = id,
        .merchant = merchant_find(db_text(rows, 0, GATEWAY), db_text(rows, 0, MERCHANT)),
        .method = db_text(rows, 0, METHOD),
        .ref = db_text(rows, 0, REF),
        .capture_ref = db_text(rows, 0, CAPTURE_REF),
        .amount = db_integer(rows, 0, AMOUNT),
        .currency = db_text(rows, 0, CURRENCY),
        .order_number = db_integer(rows, 0, NUMBER),
        .lang = lang,
        .expires_at = (time_t)db_integer(rows, 0, EXPIRES_AT),
        .customer = opened(a, db_text(rows, 0, CUSTOMER)),
        .address = opened(a, db_text(rows, 0, ADDRESS)),
    };
    *r = (struct gateway_refund){refund, db_integer(rows, 0, REFUND_AMOUNT)};
    return true;
}

static bool can_ask(const struct gateway *g, const struct gateway_payment *p)
{
    bool can = g && (g->confirmed_by_person || p->merchant);
    if (!can)
        log_error("the account of a payment is not set up", "payment", p->id, NULL);
    return can;
}

static enum gateway_result ask(struct gateway_call *call, const struct gateway *g,
                               const char *step, const struct gateway_payment *p)
{
    enum gateway_result (*how)(struct gateway_call *, const struct gateway_payment *) =
        !strcmp(step, "begin")     ? g->begin
        : !strcmp(step, "capture") ? g->capture
        : !strcmp(step, "cancel")  ? g->cancel
                                   : g->read;
    return how(call, p);
}

static const char *seconds(struct arena *a, const struct gateway_call *call)
{
    return arena_printf(a, "%d", call->retry_after);
}

const char *payment_late(void)
{
    return settings()->revive_late_payments ? "revive" : "refund";
}

struct payment_asked payment_ask(struct arena *a, struct problem *problem, const char *payment,
                                 const char *step, enum lang lang)
{
    struct payment_asked asked = {0};
    for (int i = 0; step && i < MOST_STEPS; i++) {
        struct gateway_payment p;
        struct gateway_refund none;
        const struct gateway *g;
        if (!load(a, problem, payment, NULL, lang, &p, &none, &g))
            return (struct payment_asked){0};
        /* What was never answered is begun again, under the same key, before it can be read. */
        const char *now = p.ref || !strcmp(step, "cancel") ? step : "begin";
        struct gateway_call call = {.arena = a};
        asked.result = can_ask(g, &p) ? ask(&call, g, now, &p) : GATEWAY_AWAY;
        struct rows *rows =
            db_query(a, problem, SETTLE_STEP, payment, now, RESULTS[asked.result], call.facts,
                     call.code, seconds(a, &call), payment_late());
        if (!rows)
            return (struct payment_asked){0};
        asked.document = db_text(rows, 0, 0);
        asked.status = db_text(rows, 0, 1);
        asked.for_buyer = db_text(rows, 0, 3);
        asked.code = call.code;
        step = db_text(rows, 0, 2);
    }
    return asked;
}

struct payment_asked payment_refund(struct arena *a, struct problem *problem,
                                    const char *payment, const char *refund)
{
    struct gateway_payment p;
    struct gateway_refund r;
    const struct gateway *g;
    if (!load(a, problem, payment, refund, LANG_PT_BR, &p, &r, &g))
        return (struct payment_asked){0};
    struct gateway_call call = {.arena = a};
    struct payment_asked asked = {.result =
                                      can_ask(g, &p) ? g->refund(&call, &p, &r) : GATEWAY_AWAY};
    struct rows *rows = db_query(a, problem, SETTLE_REFUND, refund, RESULTS[asked.result],
                                 call.facts, call.code, seconds(a, &call), payment_late());
    if (rows) {
        asked.document = db_text(rows, 0, 0);
        asked.status = db_text(rows, 0, 1);
    }
    return asked;
}
