/*
 * stripe: cards, Pix and boletos over Stripe's PaymentIntents (https://docs.stripe.com/api).
 *
 * A card is entered in the buyer's browser, which Stripe's own code does with the
 * client_secret; Pix and boleto are confirmed at once, so that their code or slip is in the
 * answer. How one stands is always read from Stripe: a PaymentIntent says by its status what
 * may be done with it, so that capturing or canceling it twice is refused, and what is refused
 * is read.
 */
#include <string.h>
#include <time.h>

#include "buf.h"
#include "json.h"
#include "sales/gateway.h"
#include "sales/gateway_facts.h"
#include "sales/gateway_http.h"
#include "sales/gateway_verify.h"
#include "sales/stripe_facts.h"
#include "sales/stripe_form.h"
#include "uuid.h"

enum {
    /* Stripe forgets keys after a day at the earliest. */
    KEY_SECONDS = 23 * 3600,
    /* "Data is searchable in less than a minute" (https://docs.stripe.com/search). */
    SEARCH_SECONDS = 120,
    PAGE = 100,
    MAX_PAGES = 10,
};

static const char EXPANDED[] = "latest_charge.balance_transaction";
static const char WRONG_MODE[] = "wrong_mode";

/* Requests --------------------------------------------------------------------------------- */

static const char *refusal(struct json_object *body)
{
    struct json_object *error = json_member(body, "error");
    const char *word = json_text(error, "decline_code");
    word = word ? word : json_text(error, "code");
    return word ? word : json_text(error, "type");
}

/* An object of the other kind of money is not believed. */
static enum gateway_result believe(struct gateway_call *call, const struct merchant *m,
                                   struct json_object *object)
{
    if (!json_member(object, "livemode") || json_is_true(object, "livemode") == m->live)
        return GATEWAY_DONE;
    call->code = WRONG_MODE;
    return GATEWAY_REFUSED;
}

/* form: for a POST, under a key. */
static enum gateway_result ask(struct gateway_call *call, const struct merchant *m,
                               const char *path, const struct buf *form, const char *key,
                               struct json_object **body)
{
    struct arena *a = call->arena;
    const char *const headers[] = {
        arena_printf(a, "Authorization: Bearer %s", m->key),
        "Stripe-Version: " STRIPE_VERSION,
        key ? arena_printf(a, "Idempotency-Key: %s", key) : NULL,
        NULL,
    };
    const struct gateway_request request = {
        .merchant = m,
        .method = form ? "POST" : "GET",
        .path = path,
        .type = form ? "application/x-www-form-urlencoded" : NULL,
        .body = form ? buf_text(form) : NULL,
        .headers = headers,
        .code = refusal,
    };
    struct gateway_answer answer;
    enum gateway_result result = gateway_send(call, &request, &answer);
    *body = answer.body;
    return result == GATEWAY_DONE ? believe(call, m, answer.body) : result;
}

static void learn(struct gateway_call *call, struct json_object *facts)
{
    call->facts = facts_text(call->arena, json_keep(call->arena, facts));
}

/* A path of a PaymentIntent; rest is text as it is to be there. */
static char *path_of(struct arena *a, const char *ref, const char *rest)
{
    struct buf path = buf_new(a);
    buf_raw(&path, "/v1/payment_intents/");
    buf_url(&path, ref);
    buf_raw(&path, rest);
    return path.data;
}

/* A key for what the state of its object rules: asked twice, it is refused the second time. So
 * each call has its own, as Stripe would give a refusal, or a failure of its own, again for a
 * day. */
static char *passing_key(struct arena *a, const char *id, const char *what)
{
    return arena_printf(a, "%s:%s:%s", id, what, uuid7(a));
}

/* Whether Stripe failed, and will say so under the same key for a day, whether it did what it
 * was asked or not (https://docs.stripe.com/error-low-level#idempotency). */
static bool failed_for_good(const struct gateway_call *call, enum gateway_result result,
                            struct json_object *body)
{
    return result == GATEWAY_UNCERTAIN && body &&
           !(call->code && !strcmp(call->code, "idempotency_key_in_use"));
}

/* Whether what was made at the time of this id may be forgotten under its key. */
static bool key_forgotten(const char *id)
{
    return time(NULL) - uuid7_time(id) > KEY_SECONDS;
}

/* Reading ---------------------------------------------------------------------------------- */

/* Adds all items of a list to the facts: made of each, of which NULLs are left out. */
static enum gateway_result read_list(struct gateway_call *call, const struct merchant *m,
                                     const char *what, const char *ref,
                                     struct json_object *(*make)(struct json_object *),
                                     struct json_object *facts)
{
    const char *after = NULL;
    for (int page = 0; page < MAX_PAGES; page++) {
        struct buf query = buf_new(call->arena);
        struct json_object *body, *item;
        form_add(&query, "payment_intent", ref);
        form_add_number(&query, "limit", PAGE);
        form_add(&query, "starting_after", after);
        enum gateway_result result =
            ask(call, m, arena_printf(call->arena, "/v1/%s?%s", what, query.data), NULL, NULL,
                &body);
        if (result != GATEWAY_DONE)
            return result;
        for (size_t i = 0; (item = json_item(json_member(body, "data"), i)); i++) {
            facts_item(facts, what, make(item));
            after = json_text(item, "id");
        }
        if (!json_is_true(body, "has_more") || !after)
            break;
    }
    return GATEWAY_DONE;
}

/* How a PaymentIntent stands. What one part of it tells is learnt though another fails. */
static enum gateway_result read_intent(struct gateway_call *call, const struct merchant *m,
                                       const char *ref)
{
    struct arena *a = call->arena;
    struct json_object *intent;
    char *path = path_of(a, ref, arena_printf(a, "?expand%%5B%%5D=%s", EXPANDED));
    enum gateway_result result = ask(call, m, path, NULL, NULL, &intent);
    if (result != GATEWAY_DONE)
        return result;
    struct json_object *facts = stripe_intent_facts(a, intent, m->key_id);
    /* A refund that failed does not count in the charge any more: the list alone has it. */
    if (json_member(facts, "captured"))
        result = read_list(call, m, "refunds", ref, stripe_refund, facts);
    if (result == GATEWAY_DONE &&
        json_is_true(json_member(intent, "latest_charge"), "disputed"))
        result = read_list(call, m, "disputes", ref, stripe_dispute, facts);
    learn(call, facts);
    return result;
}

/* The id of the one in a list that has our id; NULL where none has. */
static const char *ours_in(struct json_object *body, const char *id)
{
    struct json_object *item, *data = json_member(body, "data");
    for (size_t i = 0; (item = json_item(data, i)); i++) {
        const char *payment = json_text(json_member(item, "metadata"), "payment");
        if (payment && !strcmp(payment, id))
            return json_text(item, "id");
    }
    return NULL;
}

/* Looks through all PaymentIntents since the payment began, which Stripe lists at once. */
static enum gateway_result find_listed(struct gateway_call *call,
                                       const struct gateway_payment *p, const char **ref)
{
    const char *after = NULL;
    for (int page = 0; page < MAX_PAGES && !*ref; page++) {
        struct buf query = buf_new(call->arena);
        struct json_object *body, *data;
        form_add_number(&query, "created[gte]", uuid7_time(p->id) - SEARCH_SECONDS);
        form_add_number(&query, "limit", PAGE);
        form_add(&query, "starting_after", after);
        enum gateway_result result = ask(
            call, p->merchant, arena_printf(call->arena, "/v1/payment_intents?%s", query.data),
            NULL, NULL, &body);
        if (result != GATEWAY_DONE)
            return GATEWAY_AWAY;
        *ref = ours_in(body, p->id);
        data = json_member(body, "data");
        if (!json_is_true(body, "has_more"))
            return GATEWAY_DONE;
        after = json_text(json_item(data, json_object_array_length(data) - 1), "id");
    }
    return *ref ? GATEWAY_DONE : GATEWAY_AWAY;
}

/* The PaymentIntent that has our id: *ref, NULL where there is none. AWAY where that can't be
 * told now. */
static enum gateway_result find(struct gateway_call *call, const struct gateway_payment *p,
                                const char **ref)
{
    struct buf query = buf_new(call->arena);
    struct json_object *body;
    *ref = NULL;
    if (time(NULL) - uuid7_time(p->id) < SEARCH_SECONDS)
        return find_listed(call, p, ref);
    form_add(&query, "query", arena_printf(call->arena, "metadata['payment']:'%s'", p->id));
    form_add_number(&query, "limit", 1);
    const char *path = arena_printf(call->arena, "/v1/payment_intents/search?%s", query.data);
    if (ask(call, p->merchant, path, NULL, NULL, &body) != GATEWAY_DONE)
        return GATEWAY_AWAY; /* that it can't be searched for says nothing of it */
    *ref = ours_in(body, p->id);
    return GATEWAY_DONE;
}

/* The payment's own ref, or what is found. */
static enum gateway_result locate(struct gateway_call *call, const struct gateway_payment *p,
                                  const char **ref)
{
    *ref = p->ref;
    return p->ref ? GATEWAY_DONE : find(call, p, ref);
}

static enum gateway_result read(struct gateway_call *call, const struct gateway_payment *p)
{
    const char *ref;
    enum gateway_result result = locate(call, p, &ref);
    return ref ? read_intent(call, p->merchant, ref) : result;
}

/* Beginning -------------------------------------------------------------------------------- */

/* *failed: see failed_for_good(). */
static enum gateway_result create(struct gateway_call *call, const struct gateway_payment *p,
                                  const char *key, bool *failed)
{
    struct arena *a = call->arena;
    struct buf form = buf_new(a);
    struct json_object *body;
    stripe_add_payment(&form, p);
    form_add(&form, "expand[]", EXPANDED);
    enum gateway_result result =
        ask(call, p->merchant, "/v1/payment_intents", &form, key, &body);
    struct json_object *intent = body;
    *failed = failed_for_good(call, result, body);
    if (result == GATEWAY_REFUSED && call->code != WRONG_MODE)
        intent = json_member(json_member(body, "error"), "payment_intent");
    else if (result != GATEWAY_DONE)
        return result;
    if (intent)
        learn(call, stripe_intent_facts(a, intent, p->merchant->key_id));
    return result;
}

static enum gateway_result begin(struct gateway_call *call, const struct gateway_payment *p)
{
    const char *ref = NULL;
    enum gateway_result result = GATEWAY_DONE;
    if (!strcmp(p->method, "boleto") && !json_text(p->customer, "document")) {
        call->code = "tax_id_missing";
        return GATEWAY_REFUSED;
    }
    bool failed = false;
    if (key_forgotten(p->id))
        result = find(call, p, &ref);
    if (result == GATEWAY_DONE && !ref) {
        const char *key = arena_printf(call->arena, "%s:begin", p->id);
        result = create(call, p, key, &failed);
        bool other =
            result == GATEWAY_REFUSED && call->code && !strcmp(call->code, "idempotency_error");
        if (!failed && !other)
            return result;
        /* It was begun under this key already, from other data: then that is the one. Or it may
         * have been begun or not: where it is not there, it is under a key of its own. */
        if (find(call, p, &ref) != GATEWAY_DONE || (!ref && other))
            return GATEWAY_UNCERTAIN;
    }
    if (!ref && failed)
        return create(call, p, passing_key(call->arena, p->id, "begin"), &failed);
    return ref ? read_intent(call, p->merchant, ref) : result;
}

/* Capturing, canceling --------------------------------------------------------------------- */

/* Does something to a PaymentIntent, and reads what its state does not allow. */
static enum gateway_result change(struct gateway_call *call, const struct gateway_payment *p,
                                  const char *ref, const char *what)
{
    struct arena *a = call->arena;
    struct buf form = buf_new(a);
    struct json_object *body;
    form_add(&form, "expand[]", EXPANDED);
    enum gateway_result result =
        ask(call, p->merchant, path_of(a, ref, arena_printf(a, "/%s", what)), &form,
            passing_key(a, p->id, what), &body);
    if (result == GATEWAY_DONE) {
        learn(call, stripe_intent_facts(a, body, p->merchant->key_id));
    } else if (result == GATEWAY_REFUSED && call->code != WRONG_MODE) {
        const char *code = call->code;
        if (read_intent(call, p->merchant, ref) == GATEWAY_AWAY)
            return GATEWAY_AWAY;
        call->code = code;
    }
    return result;
}

static enum gateway_result capture(struct gateway_call *call, const struct gateway_payment *p)
{
    const char *ref;
    enum gateway_result result = locate(call, p, &ref);
    if (!ref)
        return result == GATEWAY_DONE ? GATEWAY_REFUSED : result;
    result = change(call, p, ref, "capture");
    return result == GATEWAY_REFUSED && facts_tell(call->arena, call->facts, "captured")
               ? GATEWAY_DONE
               : result;
}

static enum gateway_result cancel(struct gateway_call *call, const struct gateway_payment *p)
{
    const char *ref;
    enum gateway_result result = locate(call, p, &ref);
    if (result != GATEWAY_DONE)
        return result;
    if (!ref) {
        call->facts = "{\"closed\":\"canceled\"}";
        return GATEWAY_DONE;
    }
    result = change(call, p, ref, "cancel");
    if (result != GATEWAY_REFUSED || !call->facts)
        return result;
    /* While a bank is at it ("processing") nothing can be done; afterwards it is known. */
    bool over = facts_tell(call->arena, call->facts, "closed") ||
                facts_tell(call->arena, call->facts, "captured");
    return over ? GATEWAY_DONE : GATEWAY_AWAY;
}

/* Giving back ------------------------------------------------------------------------------ */

/* Whether the facts' refunds have one of ours. */
static bool has_refund(struct json_object *facts, const char *id)
{
    struct json_object *refund, *refunds = json_member(facts, "refunds");
    for (size_t i = 0; (refund = json_item(refunds, i)); i++) {
        const char *ours = json_text(refund, "id");
        if (ours && !strcmp(ours, id))
            return true;
    }
    return false;
}

/* Whether the refund is there already: adds all of its payment to the facts. */
static enum gateway_result find_refund(struct gateway_call *call,
                                       const struct gateway_payment *p,
                                       const struct gateway_refund *r,
                                       struct json_object *facts, bool *there)
{
    enum gateway_result result =
        read_list(call, p->merchant, "refunds", p->ref, stripe_refund, facts);
    if (result == GATEWAY_DONE && json_member(facts, "refunds"))
        call->facts = facts_text(call->arena, facts);
    *there = result == GATEWAY_DONE && has_refund(facts, r->id);
    return result;
}

static enum gateway_result give_back(struct gateway_call *call, const struct gateway_payment *p,
                                     const struct gateway_refund *r, const char *key,
                                     struct json_object *facts, bool *failed)
{
    struct json_object *body;
    struct buf form = buf_new(call->arena);
    form_add(&form, "payment_intent", p->ref);
    form_add_number(&form, "amount", r->amount);
    form_add(&form, "metadata[refund]", r->id);
    form_add(&form, "metadata[payment]", p->id);
    enum gateway_result result = ask(call, p->merchant, "/v1/refunds", &form, key, &body);
    *failed = failed_for_good(call, result, body);
    if (result == GATEWAY_DONE) {
        facts_item(facts, "refunds", stripe_refund(body));
        call->facts = facts_text(call->arena, facts);
    }
    return result;
}

static enum gateway_result refund(struct gateway_call *call, const struct gateway_payment *p,
                                  const struct gateway_refund *r)
{
    struct json_object *facts = json_keep(call->arena, json_object_new_object());
    bool there = false, failed;
    enum gateway_result result = GATEWAY_DONE;
    if (key_forgotten(r->id))
        result = find_refund(call, p, r, facts, &there);
    if (result != GATEWAY_DONE || there)
        return result;
    result = give_back(call, p, r, r->id, facts, &failed);
    if (!failed)
        return result;
    if (find_refund(call, p, r, facts, &there) != GATEWAY_DONE)
        return GATEWAY_UNCERTAIN;
    return there ? GATEWAY_DONE
                 : give_back(call, p, r, passing_key(call->arena, r->id, "refund"), facts,
                             &failed);
}

/* https://docs.stripe.com/payments/boleto: refunds are not supported. */
static bool refunds(const char *method)
{
    return strcmp(method, "boleto") != 0;
}

/* Movements -------------------------------------------------------------------------------- */

static const char *kind_of(struct json_object *entry)
{
    static const struct {
        const char *theirs, *kind;
    } KINDS[] = {
        {"charge", "capture"},
        {"refund", "refund"},
        {"dispute", "dispute"},
        {"dispute_reversal", "dispute"},
    };
    const char *category = json_text(entry, "reporting_category");
    category = category ? category : json_text(entry, "type");
    for (size_t i = 0; category && i < sizeof KINDS / sizeof *KINDS; i++)
        if (!strcmp(category, KINDS[i].theirs))
            return KINDS[i].kind;
    return category ? category : "";
}

static enum gateway_result list(struct gateway_call *call, const struct merchant *m,
                                time_t from, time_t to, const char **page,
                                struct gateway_movement **found, int *count)
{
    struct buf query = buf_new(call->arena);
    struct json_object *body, *entry;
    call->deadline = 0; /* each page has its own time */
    form_add_number(&query, "created[gte]", from);
    form_add_number(&query, "created[lt]", to);
    form_add_number(&query, "limit", PAGE);
    form_add(&query, "starting_after", *page);
    *count = 0;
    *page = NULL;
    enum gateway_result result =
        ask(call, m, arena_printf(call->arena, "/v1/balance_transactions?%s", query.data), NULL,
            NULL, &body);
    if (result != GATEWAY_DONE)
        return result;
    struct json_object *data = json_member(body, "data");
    *found = arena_alloc(call->arena, (PAGE + 1) * sizeof **found);
    for (; *count < PAGE && (entry = json_item(data, (size_t)*count)); ++*count) {
        struct gateway_movement *to_fill = &(*found)[*count];
        const char *source = json_text(entry, "source"), *id = json_text(entry, "id");
        *to_fill = (struct gateway_movement){source ? source : id, kind_of(entry), 0, 0};
        json_number(entry, "amount", &to_fill->amount);
        json_number(entry, "fee", &to_fill->fee);
        *page = id;
    }
    if (!json_is_true(body, "has_more"))
        *page = NULL;
    return GATEWAY_DONE;
}

const struct gateway GATEWAY_STRIPE = {
    .name = "stripe",
    .methods = "card pix boleto",
    .begin = begin,
    .capture = capture,
    .cancel = cancel,
    .read = read,
    .refund = refund,
    .refunds = refunds,
    .verify = stripe_verify,
    .translate = stripe_translate,
    .list = list,
};
