/*
 * Notifications of gateways. A genuine one is kept as it came, sealed, and learnt from in the
 * same statement (sales.receive_event); a forged one reaches no table. Service Sales, table
 * sales.gateway_events; what is genuine, and what it tells, the gateways say
 * (lib/sales/gateway.h).
 */
#include <string.h>
#include <time.h>

#include "db.h"
#include "log.h"
#include "request.h"
#include "sales/gateway.h"
#include "sales/payment.h"
#include "seal.h"
#include "uuid.h"

static const char RECEIVE[] = "SELECT sales.receive_event($1::uuid, $2, $3, $4, $5, $6::uuid, "
                              "$7, $8::jsonb, $9::bytea, $10)";

enum { MAX_NAME = 255 }; /* as sales.gateway_events has it */

static const char *header(void *req, const char *name)
{
    return req_header(req, name);
}

/* The account of the gateway that a notification is genuine for, as any may have been sent to
 * this address; NULL with the problem filled. */
static const struct merchant *addressee(struct request *req, const struct gateway *g,
                                        const struct gateway_notification *n)
{
    const char *reason = "no account is set up";
    enum gateway_trust trust = GATEWAY_FORGED;
    const struct merchant *m;
    for (int i = 0; (m = merchant_at(i)); i++) {
        if (gateway_find(m->gateway) != g)
            continue;
        trust = g->verify(req->arena, m, n, &reason);
        if (trust == GATEWAY_GENUINE)
            return m;
        if (trust == GATEWAY_CANNOT_TELL)
            break;
    }
    log_info("a notification was refused", "gateway", g->name, "reason", reason, NULL);
    if (trust == GATEWAY_CANNOT_TELL) {
        req->problem.retry_after = 60;
        respond_problem(req, 503, "certificate_unavailable");
    } else {
        respond_problem(req, 400, "signature_invalid");
    }
    return NULL;
}

/* Whether the gateway's words for an event are such as we keep. */
static bool is_named(const struct gateway_event *event)
{
    return *event->id && strlen(event->id) <= MAX_NAME && strlen(event->type) <= MAX_NAME;
}

/* The path ends with the gateway's name. */
static void receive(struct request *req)
{
    const struct gateway *g = gateway_find(strrchr(req->path, '/') + 1);
    struct gateway_notification n = {.header = header, .context = req, .now = time(NULL)};
    n.body = req_bytes(req, &n.n);
    const struct merchant *m = n.body ? addressee(req, g, &n) : NULL;
    struct json_object *body = m ? req_json(req, n.body, n.n) : NULL;
    struct gateway_event event = {0};
    if (!body)
        return;
    if (!g->translate(req->arena, m, body, &event) || !is_named(&event)) {
        respond_problem(req, 400, "notification_invalid");
        return;
    }
    if (event.live != m->live) {
        /* It is signed, so it is the shop's own mistake: an account set up as the other kind.
         */
        log_error("a notification of the other kind of money", "merchant", m->name, NULL);
        respond_problem(req, 400, "notification_wrong_mode");
        return;
    }
    const char *id = uuid7(req->arena);
    if (db_query(req->arena, &req->problem, RECEIVE, id, g->name, m->name, event.id, event.type,
                 event.payment, event.ref, event.facts,
                 seal_text(req->arena, "sales.gateway_events.raw", id, n.body), payment_late()))
        respond_empty(req);
}

static const struct route ROUTES[] = {
    {"POST", "/v1/webhooks/stripe", ANYONE, receive},
    {"POST", "/v1/webhooks/paypal", ANYONE, receive},
    {0},
};

int main(int argc, char **argv)
{
    return serve("sales", ROUTES, argc, argv);
}
