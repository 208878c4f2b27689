#include "sales/stripe_facts.h"

#include <limits.h>
#include <string.h>

#include "json.h"
#include "rfc3339.h"
#include "sales/gateway_facts.h"
#include "uuid.h"
#include "words.h"

/* A reference that may be expanded: its id either way. */
static const char *id_of(struct json_object *object, const char *name)
{
    const char *id = json_text(object, name);
    return id ? id : json_text(json_member(object, name), "id");
}

static long long number(struct json_object *object, const char *name)
{
    long long n = 0;
    json_number(object, name, &n);
    return n;
}

static bool is(struct json_object *object, const char *name, const char *value)
{
    const char *text = json_text(object, name);
    return text && !strcmp(text, value);
}

/* Our own id in an object's metadata; NULL where there is none. */
static const char *our_id(struct json_object *object, const char *name)
{
    const char *id = json_text(json_member(object, "metadata"), name);
    return id && uuid_valid(id) ? id : NULL;
}

/* PaymentIntents --------------------------------------------------------------------------- */

/* What the buyer has to do, "type" first. */
static struct json_object *action(const char *type)
{
    struct json_object *next = json_object_new_object();
    json_object_object_add(next, "type", json_object_new_string(type));
    return next;
}

static void copy(struct json_object *to, const char *name, struct json_object *from,
                 const char *theirs)
{
    const char *text = json_text(from, theirs);
    json_object_object_add(to, name, text ? json_object_new_string(text) : NULL);
}

static void add_expiry(struct arena *a, struct json_object *next, time_t at)
{
    struct json_object *text = at ? json_object_new_string(rfc3339_write(a, at)) : NULL;
    json_object_object_add(next, "expires_at", text);
}

/* A code to scan or to copy, or a slip to pay, which Stripe shows with its time-limit. */
static void add_voucher(struct arena *a, struct json_object *facts, struct json_object *intent)
{
    struct json_object *told = json_member(intent, "next_action"), *next;
    struct json_object *pix = json_member(told, "pix_display_qr_code");
    struct json_object *boleto = json_member(told, "boleto_display_details");
    if (pix) {
        next = action("pix");
        copy(next, "code", pix, "data");
        copy(next, "qr_code_url", pix, "image_url_png");
        copy(next, "url", pix, "hosted_instructions_url");
    } else if (boleto) {
        next = action("boleto");
        copy(next, "line", boleto, "number");
        copy(next, "pdf_url", boleto, "pdf");
        copy(next, "url", boleto, "hosted_voucher_url");
    } else {
        return;
    }
    time_t expires_at = (time_t)number(pix ? pix : boleto, "expires_at");
    add_expiry(a, next, expires_at);
    json_object_object_add(facts, "next_action", next);
    facts_time(facts, "expires_at", expires_at);
}

static bool is_for_card(struct json_object *intent)
{
    struct json_object *first = json_item(json_member(intent, "payment_method_types"), 0);
    return json_object_is_type(first, json_type_string) &&
           !strcmp(json_object_get_string(first), "card");
}

/* A card is entered in the buyer's browser, which speaks to Stripe with these. */
static void add_card(struct json_object *facts, struct json_object *intent,
                     const char *publishable_key)
{
    if (!publishable_key || !json_text(intent, "client_secret"))
        return;
    struct json_object *next = action("card");
    copy(next, "client_secret", intent, "client_secret");
    json_object_object_add(next, "publishable_key", json_object_new_string(publishable_key));
    json_object_object_add(facts, "next_action", next);
}

/* What has come in. The fee is in the currency of our balance: told where that is the
 * payment's. */
static void add_money(struct json_object *facts, struct json_object *intent)
{
    struct json_object *charge = json_member(intent, "latest_charge");
    struct json_object *entry = json_member(charge, "balance_transaction");
    const char *currency = json_text(intent, "currency");
    facts_word(facts, "capture_ref", id_of(intent, "latest_charge"));
    facts_money(facts, "captured", number(intent, "amount_received"));
    facts_time(facts, "captured_at", (time_t)number(entry, "created"));
    if (currency && is(entry, "currency", currency))
        facts_money(facts, "fee", number(entry, "fee"));
}

/* Stripe's word for why a try failed, the bank's own where there is one. */
static const char *problem_of(struct json_object *error)
{
    const char *word = json_text(error, "decline_code");
    word = word ? word : json_text(error, "code");
    return word ? word : json_text(error, "type");
}

struct json_object *stripe_intent_facts(struct arena *a, struct json_object *intent,
                                        const char *publishable_key)
{
    struct json_object *facts = json_object_new_object();
    struct json_object *error = json_member(intent, "last_payment_error");
    const char *status = json_text(intent, "status");
    status = status ? status : "";
    facts_word(facts, "ref", json_text(intent, "id"));
    json_object_object_add(facts, "live",
                           json_object_new_boolean(json_is_true(intent, "livemode")));
    facts_word(facts, "problem", problem_of(error));
    facts_true(facts, "authorized", !strcmp(status, "requires_capture"));
    if (!strcmp(status, "succeeded"))
        add_money(facts, intent);
    if (!strcmp(status, "canceled"))
        facts_word(facts, "closed", "canceled");
    if (words_hold("requires_payment_method requires_confirmation requires_action", status)) {
        if (is_for_card(intent))
            add_card(facts, intent, publishable_key);
        else if (error) /* only we could give it a new code or slip, and we do not */
            facts_word(facts, "closed", "failed");
        else
            add_voucher(a, facts, intent);
    }
    return facts;
}

/* Refunds and disputes --------------------------------------------------------------------- */

/* Money that was only set aside and is let go is a refund to Stripe, too: none that moved it.
 */
static bool moved_money(struct json_object *refund)
{
    return !is(refund, "status", "succeeded") || id_of(refund, "balance_transaction");
}

struct json_object *stripe_refund(struct json_object *refund)
{
    const char *id = our_id(refund, "refund"), *status = json_text(refund, "status");
    if (!json_text(refund, "id") || !is(refund, "object", "refund") ||
        number(refund, "amount") <= 0 || (!id && !moved_money(refund)))
        return NULL;
    if (!status || words_hold("pending requires_action", status))
        status = "pending";
    else if (strcmp(status, "succeeded"))
        status = "failed"; /* or canceled */
    struct json_object *item = json_object_new_object();
    json_object_object_add(item, "id", id ? json_object_new_string(id) : NULL);
    facts_word(item, "ref", json_text(refund, "id"));
    facts_money(item, "amount", number(refund, "amount"));
    facts_word(item, "status", status);
    facts_word(item, "reason", json_text(refund, "failure_reason"));
    return item;
}

/* The other way round; the least number that there is has no counterpart. */
static long long negated(long long n)
{
    return n == LLONG_MIN ? LLONG_MAX : -n;
}

static const char *dispute_status(const char *status)
{
    if (words_hold("won warning_closed", status))
        return "won";
    return words_hold("lost charge_refunded", status) ? "lost" : "open";
}

struct json_object *stripe_dispute(struct json_object *dispute)
{
    long long withdrawn = 0, reinstated = 0, fee = 0;
    const char *status = json_text(dispute, "status");
    if (!status || !json_text(dispute, "id") || !is(dispute, "object", "dispute"))
        return NULL;
    struct json_object *entries = json_member(dispute, "balance_transactions"), *entry;
    for (size_t i = 0; (entry = json_item(entries, i)); i++) {
        long long amount = number(entry, "amount"), cost = number(entry, "fee");
        withdrawn = facts_sum(withdrawn, amount < 0 ? negated(amount) : 0);
        reinstated = facts_sum(reinstated, amount > 0 ? amount : 0);
        fee = facts_sum(fee, cost > 0 ? cost : 0);
        reinstated =
            facts_sum(reinstated, cost < 0 ? negated(cost) : 0); /* the fee came back */
    }
    struct json_object *item = json_object_new_object();
    facts_word(item, "ref", json_text(dispute, "id"));
    facts_money(item, "amount", number(dispute, "amount"));
    facts_money(item, "fee", fee);
    facts_word(item, "reason", json_text(dispute, "reason"));
    facts_word(item, "status", dispute_status(status));
    facts_time(item, "due_at",
               (time_t)number(json_member(dispute, "evidence_details"), "due_by"));
    facts_money(item, "withdrawn", withdrawn);
    facts_money(item, "reinstated", reinstated);
    return item;
}

/* Events ----------------------------------------------------------------------------------- */

/* Facts of an event's object; NULL where it tells none. */
typedef struct json_object *teller(struct arena *a, struct json_object *object);

static struct json_object *tell_intent(struct arena *a, struct json_object *intent)
{
    return stripe_intent_facts(a, intent, NULL);
}

/* A charge is one try to pay; its PaymentIntent's events tell more, and may be late. */
static struct json_object *tell_charge(struct arena *a, struct json_object *charge)
{
    (void)a;
    struct json_object *facts = json_object_new_object();
    facts_word(facts, "ref", id_of(charge, "payment_intent"));
    if (is(charge, "status", "succeeded")) {
        bool captured = json_is_true(charge, "captured");
        facts_true(facts, "authorized", !captured);
        if (captured) {
            facts_word(facts, "capture_ref", json_text(charge, "id"));
            facts_money(facts, "captured", number(charge, "amount_captured"));
        }
    }
    return facts;
}

/* Which refunds these are, and how they stand, the charge does not say. */
static struct json_object *tell_refunded(struct arena *a, struct json_object *charge)
{
    struct json_object *facts = tell_charge(a, charge);
    facts_true(facts, "look", true);
    return facts;
}

static struct json_object *tell_refund(struct arena *a, struct json_object *refund)
{
    (void)a;
    struct json_object *facts = json_object_new_object();
    facts_word(facts, "ref", id_of(refund, "payment_intent"));
    facts_item(facts, "refunds", stripe_refund(refund));
    return facts;
}

static struct json_object *tell_dispute(struct arena *a, struct json_object *dispute)
{
    (void)a;
    struct json_object *facts = json_object_new_object();
    facts_word(facts, "ref", id_of(dispute, "payment_intent"));
    facts_item(facts, "disputes", stripe_dispute(dispute));
    return facts;
}

static const struct {
    const char *types; /* of events, separated by blanks */
    const char *object;
    teller *tell;
} TELLERS[] = {
    {"payment_intent.succeeded payment_intent.processing payment_intent.requires_action "
     "payment_intent.payment_failed payment_intent.canceled "
     "payment_intent.amount_capturable_updated",
     "payment_intent", tell_intent},
    {"charge.succeeded charge.captured charge.updated", "charge", tell_charge},
    {"charge.refunded", "charge", tell_refunded},
    {"refund.created refund.updated refund.failed charge.refund.updated", "refund",
     tell_refund},
    {"charge.dispute.created charge.dispute.updated charge.dispute.closed "
     "charge.dispute.funds_withdrawn charge.dispute.funds_reinstated",
     "dispute", tell_dispute},
};

static teller *teller_of(const char *type, struct json_object *object)
{
    for (size_t i = 0; i < sizeof TELLERS / sizeof *TELLERS; i++)
        if (words_hold(TELLERS[i].types, type) && is(object, "object", TELLERS[i].object))
            return TELLERS[i].tell;
    return NULL;
}

/* What the event knows and its object does not: the kind of money, and when money came. */
static void complete(struct json_object *facts, struct json_object *body, bool live)
{
    json_object_object_add(facts, "live", json_object_new_boolean(live));
    if (json_member(facts, "captured") && !json_member(facts, "captured_at"))
        facts_time(facts, "captured_at", (time_t)number(body, "created"));
}

bool stripe_translate(struct arena *a, const struct merchant *m, struct json_object *body,
                      struct gateway_event *event)
{
    (void)m;
    struct json_object *object = json_member(json_member(body, "data"), "object");
    *event = (struct gateway_event){
        .id = json_text(body, "id"),
        .type = json_text(body, "type"),
        .live = json_is_true(body, "livemode"),
    };
    if (!is(body, "object", "event") || !event->id || !event->type)
        return false;
    teller *tell = teller_of(event->type, object);
    if (!tell)
        return true;
    struct json_object *facts = json_keep(a, tell(a, object));
    event->payment = our_id(object, "payment");
    event->ref = json_text(facts, "ref");
    if (!event->ref)
        return true; /* a charge that was made without a PaymentIntent is none of ours */
    bool says = json_member(object, "livemode");
    complete(facts, body, says ? json_is_true(object, "livemode") : event->live);
    event->facts = facts_text(a, facts);
    return true;
}
