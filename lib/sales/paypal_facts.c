#include "sales/paypal_facts.h"

#include <string.h>

#include "json.h"
#include "money.h"
#include "rfc3339.h"
#include "sales/gateway_facts.h"
#include "uuid.h"
#include "words.h"

static bool is_one_of(struct json_object *object, const char *name, const char *values)
{
    const char *text = json_text(object, name);
    return text && words_hold(values, text);
}

/* Minor units of a money object; -1 for what is none. */
static long long minor_units(struct json_object *money)
{
    long long minor = -1;
    const char *value = json_text(money, "value");
    return value && money_from_decimal(value, &minor) ? minor : -1;
}

static time_t time_of(struct json_object *object, const char *name)
{
    time_t at = 0;
    const char *text = json_text(object, name);
    return text && rfc3339_read(text, &at) ? at : 0;
}

static const char *uuid_of(struct json_object *object, const char *name)
{
    const char *id = json_text(object, name);
    return id && uuid_valid(id) ? id : NULL;
}

const char *paypal_link(struct json_object *object, const char *relations)
{
    struct json_object *link, *links = json_member(object, "links");
    for (size_t i = 0; (link = json_item(links, i)); i++)
        if (is_one_of(link, "rel", relations))
            return json_text(link, "href");
    return NULL;
}

struct json_object *paypal_payments(struct json_object *order, const char *what)
{
    struct json_object *unit = json_item(json_member(order, "purchase_units"), 0);
    return json_member(json_member(unit, "payments"), what);
}

static struct json_object *facts_of(const struct merchant *m)
{
    struct json_object *facts = json_object_new_object();
    json_object_object_add(facts, "live", json_object_new_boolean(m->live));
    return facts;
}

/* Captures, refunds ------------------------------------------------------------------------ */

/* What was refunded since was there before. */
static bool is_money(struct json_object *capture)
{
    return is_one_of(capture, "status", "COMPLETED PARTIALLY_REFUNDED REFUNDED");
}

/* Minor units of the fee in the payment's own currency; -1: not told. */
static long long fee_of(struct json_object *capture)
{
    struct json_object *fee =
        json_member(json_member(capture, "seller_receivable_breakdown"), "paypal_fee");
    const char *currency = json_text(json_member(capture, "amount"), "currency_code");
    return currency && is_one_of(fee, "currency_code", currency) ? minor_units(fee) : -1;
}

struct json_object *paypal_capture_facts(const struct merchant *m, struct json_object *capture)
{
    struct json_object *facts = facts_of(m);
    struct json_object *related =
        json_member(json_member(capture, "supplementary_data"), "related_ids");
    facts_word(facts, "ref", json_text(related, "order_id"));
    if (is_money(capture)) {
        facts_word(facts, "capture_ref", json_text(capture, "id"));
        facts_money(facts, "captured", minor_units(json_member(capture, "amount")));
        facts_time(facts, "captured_at", time_of(capture, "create_time"));
        facts_money(facts, "fee", fee_of(capture));
    }
    return facts;
}

struct json_object *paypal_refund(struct json_object *refund)
{
    const char *status = json_text(refund, "status"), *id = uuid_of(refund, "invoice_id");
    long long amount = minor_units(json_member(refund, "amount"));
    if (!status || !json_text(refund, "id") || amount <= 0)
        return NULL;
    struct json_object *item = json_object_new_object();
    json_object_object_add(item, "id", id ? json_object_new_string(id) : NULL);
    facts_word(item, "ref", json_text(refund, "id"));
    facts_money(item, "amount", amount);
    facts_word(item, "status",
               !strcmp(status, "COMPLETED") ? "succeeded"
               : !strcmp(status, "PENDING") ? "pending"
                                            : "failed");
    facts_word(item, "reason", json_text(json_member(refund, "status_details"), "reason"));
    return item;
}

/* Orders ----------------------------------------------------------------------------------- */

/* Money of an order that came in, in one capture or in more. */
static void add_captures(struct json_object *facts, const struct merchant *m,
                         struct json_object *captures)
{
    struct json_object *capture;
    long long captured = 0, fee = 0;
    for (size_t i = 0; (capture = json_item(captures, i)); i++) {
        struct json_object *one = paypal_capture_facts(m, capture);
        long long amount = 0, cost = -1;
        if (json_number(one, "captured", &amount)) {
            json_number(one, "fee", &cost);
            captured = facts_sum(captured, amount);
            fee = fee < 0 || cost < 0 ? -1 : facts_sum(fee, cost);
            if (!json_member(facts, "capture_ref")) {
                facts_word(facts, "capture_ref", json_text(one, "capture_ref"));
                facts_time(facts, "captured_at", time_of(capture, "create_time"));
            }
            facts_money(facts, "captured", captured);
        }
        json_object_put(one);
    }
    if (json_member(facts, "captured"))
        facts_money(facts, "fee", fee);
}

/* Whether one of the items has one of these states. */
static bool any(struct json_object *items, const char *states)
{
    struct json_object *item;
    for (size_t i = 0; (item = json_item(items, i)); i++)
        if (is_one_of(item, "status", states))
            return true;
    return false;
}

/* Why no money will come any more; NULL: some may. What a bank may yet send is neither. */
static const char *end_of(struct json_object *order)
{
    struct json_object *captures = paypal_payments(order, "captures");
    struct json_object *authorizations = paypal_payments(order, "authorizations");
    if (any(captures, "PENDING") ||
        any(authorizations, "CREATED PENDING CAPTURED PARTIALLY_CAPTURED"))
        return NULL;
    if (is_one_of(order, "status", "VOIDED") || any(authorizations, "VOIDED"))
        return "canceled";
    bool refused = any(captures, "DECLINED FAILED") && is_one_of(order, "status", "COMPLETED");
    return refused || any(authorizations, "DENIED") ? "failed" : NULL;
}

struct json_object *paypal_order_facts(const struct merchant *m, struct json_object *order)
{
    struct json_object *facts = facts_of(m), *refund;
    struct json_object *captures = paypal_payments(order, "captures");
    struct json_object *authorizations = paypal_payments(order, "authorizations");
    struct json_object *refunds = paypal_payments(order, "refunds");
    facts_word(facts, "ref", json_text(order, "id"));
    facts_true(facts, "approved",
               is_one_of(order, "status", "APPROVED") && !json_item(captures, 0) &&
                   !json_item(authorizations, 0));
    facts_true(facts, "authorized", any(authorizations, "CREATED CAPTURED PARTIALLY_CAPTURED"));
    add_captures(facts, m, captures);
    if (!json_member(facts, "captured"))
        facts_word(facts, "closed", end_of(order));
    for (size_t i = 0; (refund = json_item(refunds, i)); i++)
        facts_item(facts, "refunds", paypal_refund(refund));
    const char *url = paypal_link(order, "payer-action approve");
    if (url && is_one_of(order, "status", "CREATED SAVED PAYER_ACTION_REQUIRED")) {
        struct json_object *next = json_object_new_object();
        json_object_object_add(next, "type", json_object_new_string("approve"));
        json_object_object_add(next, "url", json_object_new_string(url));
        json_object_object_add(facts, "next_action", next);
    }
    return facts;
}

/* Events ----------------------------------------------------------------------------------- */

/* Fills the event, and returns facts of its resource; NULL: nothing of a payment. */
typedef struct json_object *teller(const struct merchant *m, struct json_object *resource,
                                   struct gateway_event *event);

static struct json_object *tell_order(const struct merchant *m, struct json_object *order,
                                      struct gateway_event *event)
{
    struct json_object *unit = json_item(json_member(order, "purchase_units"), 0);
    struct json_object *facts = facts_of(m);
    const char *of = json_text(order, "order_id"); /* where it is not the order itself */
    event->payment = uuid_of(unit, "custom_id");
    event->ref = of ? of : json_text(order, "id");
    facts_true(facts, "approved", is_one_of(order, "status", "APPROVED"));
    return facts;
}

/* The last part of an address of the API: the id of what is there. */
static const char *id_in(const char *url)
{
    const char *slash = url ? strrchr(url, '/') : NULL;
    return slash && slash[1] ? slash + 1 : NULL;
}

/* A capture, an authorization or a refund, which names its order, or the capture it is of. */
static struct json_object *tell_money(const struct merchant *m, struct json_object *object,
                                      struct gateway_event *event)
{
    struct json_object *related =
        json_member(json_member(object, "supplementary_data"), "related_ids");
    const char *order = json_text(related, "order_id"), *of = json_text(related, "capture_id");
    const char *up = paypal_link(object, "up");
    of = of ? of : up && strstr(up, "/captures/") ? id_in(up) : json_text(object, "id");
    event->payment = uuid_of(object, "custom_id");
    event->ref = order ? order : of;
    return facts_of(m);
}

static const char *dispute_status(struct json_object *dispute)
{
    struct json_object *outcome = json_member(dispute, "dispute_outcome");
    if (!is_one_of(dispute, "status", "RESOLVED"))
        return "open";
    return is_one_of(
               outcome, "outcome_code",
               "RESOLVED_SELLER_FAVOUR CANCELED_BY_BUYER DENIED RESOLVED_WITH_PAYOUT NONE")
               ? "won"
               : "lost";
}

static struct json_object *tell_dispute(const struct merchant *m, struct json_object *dispute,
                                        struct gateway_event *event)
{
    struct json_object *facts = facts_of(m), *item = json_object_new_object();
    struct json_object *of = json_item(json_member(dispute, "disputed_transactions"), 0);
    event->payment = uuid_of(of, "custom");
    event->ref = json_text(of, "seller_transaction_id"); /* the capture */
    facts_word(item, "ref", json_text(dispute, "dispute_id"));
    facts_money(item, "amount", minor_units(json_member(dispute, "dispute_amount")));
    facts_word(item, "reason", json_text(dispute, "reason"));
    facts_word(item, "status", dispute_status(dispute));
    facts_time(item, "due_at", time_of(dispute, "seller_response_due_date"));
    facts_item(facts, "disputes", item);
    return facts;
}

static const struct {
    const char *types; /* separated by blanks */
    teller *tell;
} TELLERS[] = {
    {"CHECKOUT.ORDER.APPROVED CHECKOUT.ORDER.COMPLETED CHECKOUT.PAYMENT-APPROVAL.REVERSED",
     tell_order},
    {"PAYMENT.CAPTURE.COMPLETED PAYMENT.CAPTURE.PENDING PAYMENT.CAPTURE.DENIED"
     " PAYMENT.CAPTURE.DECLINED PAYMENT.CAPTURE.REFUNDED PAYMENT.CAPTURE.REVERSED"
     " PAYMENT.AUTHORIZATION.CREATED PAYMENT.AUTHORIZATION.VOIDED",
     tell_money},
    {"CUSTOMER.DISPUTE.CREATED CUSTOMER.DISPUTE.UPDATED CUSTOMER.DISPUTE.RESOLVED",
     tell_dispute},
};

/* PayPal's signature is over a CRC of the body, to which another body can be made
 * (lib/sales/paypal_signature.h). So a notification says what to look at: of money only what
 * the API answers is learnt. */
bool paypal_translate(struct arena *a, const struct merchant *m, struct json_object *body,
                      struct gateway_event *event)
{
    struct json_object *resource = json_member(body, "resource");
    *event = (struct gateway_event){
        .id = json_text(body, "id"),
        .type = json_text(body, "event_type"),
        .live = m->live,
    };
    if (!event->id || !event->type || !json_object_is_type(resource, json_type_object))
        return false;
    for (size_t i = 0; i < sizeof TELLERS / sizeof *TELLERS; i++) {
        if (!words_hold(TELLERS[i].types, event->type))
            continue;
        struct json_object *facts = json_keep(a, TELLERS[i].tell(m, resource, event));
        facts_true(facts, "look", true);
        if (event->payment || event->ref)
            event->facts = facts_text(a, facts);
    }
    return true;
}
