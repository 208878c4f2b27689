/*
 * gateway: the ways to pay. Each is one file that fills a struct gateway, and one line in the
 * table of gateway.c. A gateway talks to somebody else's API and knows nothing of our tables:
 * what it learns it tells as facts, and SQL makes of facts what is so (sales.learn).
 *
 * Facts are a JSON object whose members are all optional. Each only ever says more, never less,
 * so that facts may be learnt twice, late and in any order (sql/0048_gateways.sql):
 *
 *     ref           the gateway's id of the payment
 *     capture_ref   its id of the money that came in, which refunds and disputes speak of
 *     live          whether it is real money
 *     authorized    true: the money is set aside for us
 *     captured      minor units that have come in
 *     captured_at   when, in seconds since the epoch
 *     fee           minor units that the gateway keeps of it
 *     closed        "failed" or "canceled": no money will come any more
 *     approved      true: the buyer has agreed, and it is for us to capture
 *     problem       why the buyer's last try failed, the gateway's own word
 *     next_action   what the buyer has to do, an object with a "type"
 *     expires_at    until when he can, in seconds since the epoch
 *     look          true: something has changed that only reading the payment tells
 *     refunds       [{"id": ours or null, "ref", "amount", "status": "pending" | "succeeded" |
 *                   "failed", "reason"}]
 *     disputes      [{"ref", "amount", "fee", "reason", "status": "open" | "won" | "lost",
 *                   "due_at", "withdrawn": minor units taken from us, "reinstated": given back}]
 */
#ifndef VENDAS_SALES_GATEWAY_H
#define VENDAS_SALES_GATEWAY_H

#include <json-c/json.h>
#include <stdbool.h>
#include <time.h>

#include "arena.h"
#include "lang.h"
#include "sales/merchant.h"

/* A payment, as far as a gateway has to know it. */
struct gateway_payment {
    const char *id; /* ours: also the key under which calls may be repeated */
    const struct merchant *merchant;
    const char *method;
    const char *ref, *capture_ref; /* NULL as long as the gateway has told none */
    long long amount;              /* minor units */
    const char *currency;
    long long order_number;
    enum lang lang;
    time_t expires_at;            /* until when the shop waits to hear that it is paid */
    struct json_object *customer; /* {"name", "email", "phone", "document"}, members may be null */
    struct json_object *address;  /* where the order goes */
};

/* Money that is to be given back. */
struct gateway_refund {
    const char *id; /* ours, and the key */
    long long amount;
};

enum gateway_result {
    GATEWAY_DONE,      /* carried out, now or before: facts tell */
    GATEWAY_REFUSED,   /* it won't, whenever it is asked: code tells why */
    GATEWAY_AWAY,      /* not carried out, and worth trying again: no connection, "later" */
    GATEWAY_UNCERTAIN, /* sent, and no answer: only the same call again, or reading, can tell */
};

/* A call and what came of it: all but the arena is zero at first, and belongs to the arena. */
struct gateway_call {
    struct arena *arena;
    const char *facts;  /* JSON text; NULL where nothing was learnt. Some come with each result */
    const char *code;   /* the gateway's own word for a refusal, such as "card_declined" */
    int retry_after;    /* seconds that it asks us to wait; 0: it does not say */
    long long deadline; /* of all that is asked for this call: lib/sales/gateway_http.h */
};

/* What a notification tells. */
struct gateway_event {
    const char *id, *type; /* the gateway's */
    bool live;
    const char *payment; /* our id, where it says; else NULL. A UUID, whoever wrote it */
    const char *ref;     /* the gateway's id of the payment or of its capture; NULL: of none */
    const char *facts;   /* NULL: nothing that concerns a payment */
};

enum gateway_trust {
    GATEWAY_GENUINE,
    GATEWAY_FORGED,      /* or too old: reason tells */
    GATEWAY_CANNOT_TELL, /* what it is checked with can't be had now: it is to be sent again */
};

/* A header of the notification by its CGI name (HTTP_STRIPE_SIGNATURE), or NULL. */
typedef const char *gateway_header(void *context, const char *name);

/* A notification as it came. */
struct gateway_notification {
    const char *body; /* n bytes, and a NUL */
    size_t n;
    gateway_header *header;
    void *context; /* for header */
    time_t now;
};

/* A movement of money that a gateway's own list has. */
struct gateway_movement {
    const char *ref;       /* a capture_ref, or a refund's or dispute's ref */
    const char *kind;      /* "capture", "refund", "dispute" or the gateway's own word */
    long long amount, fee; /* minor units; amount is negative for what leaves us */
};

/*
 * All that changes something at a gateway goes under a key made of the payment's or the refund's
 * id, by which the gateway knows that it is the same call again. Keys are forgotten (Stripe's after
 * a day, PayPal's orders after six hours, its refunds after 45 days): what is asked again after
 * that is looked for first, or is such that a second one does no harm.
 */
struct gateway {
    const char *name;
    const char *methods;      /* separated by blanks */
    bool confirmed_by_person; /* no event ever comes: somebody looks at the bank account */

    /* Begins to collect the money. Facts: ref, next_action, expires_at, or more. */
    enum gateway_result (*begin)(struct gateway_call *call, const struct gateway_payment *p);

    /* Where it is confirmed by a person the rest is NULL. ---------------------------------- */

    /* Takes what is authorized, or what the buyer has approved; where the account captures later,
     * what he has approved is only set aside: facts say authorized. */
    enum gateway_result (*capture)(struct gateway_call *call, const struct gateway_payment *p);

    /* Makes sure that no money comes any more; DONE too where it has come: facts tell. Without
     * ref it is looked for as read does. */
    enum gateway_result (*cancel)(struct gateway_call *call, const struct gateway_payment *p);

    /* How it stands there, refunds and disputes included. A payment without ref is looked for
     * by our id: DONE without facts where it was never begun, or where the gateway can't look for
     * it (PayPal). Nobody can pay such a one: what a buyer needs for that comes with the ref. */
    enum gateway_result (*read)(struct gateway_call *call, const struct gateway_payment *p);

    /* Gives money back. Facts: refunds. */
    enum gateway_result (*refund)(struct gateway_call *call, const struct gateway_payment *p,
                                  const struct gateway_refund *r);

    /* Whether it gives money of this method back by itself; else a person has to. */
    bool (*refunds)(const char *method);

    /* Whether a notification is genuine for this merchant; *reason is a word for the log where
     * not. Cheap where it is a forgery: no database, no connection that a forger chooses. */
    enum gateway_trust (*verify)(struct arena *a, const struct merchant *m,
                                 const struct gateway_notification *n, const char **reason);

    /* Reads a notification that is genuine for this merchant; false for what is none of this
     * gateway's. */
    bool (*translate)(struct arena *a, const struct merchant *m, struct json_object *body,
                      struct gateway_event *event);

    /* The movements of [from, to), a page at a time: *page is NULL at first and after the last,
     * *found belongs to the call's arena. NULL where the gateway has no such list. */
    enum gateway_result (*list)(struct gateway_call *call, const struct merchant *m, time_t from,
                                time_t to, const char **page, struct gateway_movement **found,
                                int *count);
};

/* The gateway of that name, or NULL. */
const struct gateway *gateway_find(const char *name);

/* How many minutes an order holds its stock from when somebody begins to pay for it so. */
long long gateway_hold_minutes(const char *method);

extern const struct gateway GATEWAY_MANUAL;
extern const struct gateway GATEWAY_STRIPE;
extern const struct gateway GATEWAY_PAYPAL;

#endif
