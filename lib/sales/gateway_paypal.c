/*
 * paypal: the buyer's PayPal account, over Orders v2 and Payments v2
 * (https://developer.paypal.com/docs/api/orders/v2/, .../payments/v2/).
 *
 * The buyer approves an order at PayPal's site; then it is for us to capture it, or to set its
 * money aside where the account captures later. How an order stands is read before it is
 * changed, as what may be done hangs on that. An order that was not approved lapses after some
 * hours and is not there any more; nor can it be canceled, but nothing comes of it unless we
 * capture it.
 */
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "json.h"
#include "money.h"
#include "sales/gateway.h"
#include "sales/gateway_facts.h"
#include "sales/gateway_http.h"
#include "sales/gateway_verify.h"
#include "sales/paypal_facts.h"
#include "settings.h"
#include "uuid.h"
#include "words.h"

/* A token is asked for anew so long before it ends. */
enum { TOKEN_MARGIN_SECONDS = 60 };

static const char JSON[] = "application/json";

/* Requests --------------------------------------------------------------------------------- */

/* What is wrong in particular, such as INSTRUMENT_DECLINED, else in general; the token's
 * endpoint speaks RFC 6749. */
static const char *refusal(struct json_object *body)
{
    const char *issue = json_text(json_item(json_member(body, "details"), 0), "issue");
    issue = issue ? issue : json_text(body, "name");
    return issue ? issue : json_text(body, "error");
}

static void keep_token(struct merchant_memory *memory, struct json_object *body)
{
    long long life = 0;
    const char *token = json_text(body, "access_token");
    free(memory->token);
    memory->token = token ? strdup(token) : NULL;
    json_number(body, "expires_in", &life);
    memory->token_until = gateway_clock() + (life - TOKEN_MARGIN_SECONDS) * 1000;
}

/* Sees to it that there is a token, a new one where it is not trusted. What was not asked for
 * the lack of one was not carried out. */
static enum gateway_result sign_in(struct gateway_call *call, const struct merchant *m,
                                   bool anew)
{
    struct merchant_memory *memory = m->memory;
    if (memory->token && !anew && gateway_clock() < memory->token_until)
        return GATEWAY_DONE;
    const struct gateway_request request = {
        .merchant = m,
        .method = "POST",
        .path = "/v1/oauth2/token",
        .type = "application/x-www-form-urlencoded",
        .body = "grant_type=client_credentials",
        .user = arena_printf(call->arena, "%s:%s", m->key_id, m->key),
        .code = refusal,
    };
    struct gateway_answer answer;
    free(memory->token);
    memory->token = NULL;
    if (gateway_send(call, &request, &answer) == GATEWAY_DONE)
        keep_token(memory, answer.body);
    return memory->token ? GATEWAY_DONE : GATEWAY_AWAY;
}

/* body: for a POST, JSON; key: its PayPal-Request-Id. */
static enum gateway_result ask(struct gateway_call *call, const struct merchant *m,
                               const char *path, const char *body, const char *key,
                               struct gateway_answer *answer)
{
    struct arena *a = call->arena;
    *answer = (struct gateway_answer){0};
    for (bool anew = false;; anew = true) {
        enum gateway_result result = sign_in(call, m, anew);
        if (result != GATEWAY_DONE)
            return result;
        const char *const headers[] = {
            arena_printf(a, "Authorization: Bearer %s", m->memory->token),
            "Prefer: return=representation",
            key ? arena_printf(a, "PayPal-Request-Id: %s", key) : NULL,
            NULL,
        };
        const struct gateway_request request = {
            .merchant = m,
            .method = body ? "POST" : "GET",
            .path = path,
            .type = body ? JSON : NULL,
            .body = body,
            .headers = headers,
            .code = refusal,
        };
        result = gateway_send(call, &request, answer);
        if (answer->status != 401 || anew)
            return result;
    }
}

/* A path with an id of theirs in it. */
static char *path_of(struct arena *a, const char *before, const char *id, const char *after)
{
    struct buf path = buf_new(a);
    buf_raw(&path, before);
    buf_url(&path, id);
    buf_raw(&path, after);
    return path.data;
}

/* A key for what the order's own state rules: asked twice, it is refused the second time. So
 * each call has its own, lest PayPal gives a refusal again that is no longer one. */
static char *passing_key(struct arena *a, const char *id, const char *what)
{
    return arena_printf(a, "%s:%s:%s", id, what, uuid7(a));
}

static void learn(struct gateway_call *call, struct json_object *facts)
{
    call->facts = facts_text(call->arena, json_keep(call->arena, facts));
}

static bool is_refusal(struct gateway_call *call, enum gateway_result result, const char *codes)
{
    return result == GATEWAY_REFUSED && call->code && words_hold(codes, call->code);
}

/* Reading ---------------------------------------------------------------------------------- */

static enum gateway_result read_capture(struct gateway_call *call,
                                        const struct gateway_payment *p)
{
    struct gateway_answer answer;
    enum gateway_result result = ask(
        call, p->merchant, path_of(call->arena, "/v2/payments/captures/", p->capture_ref, ""),
        NULL, NULL, &answer);
    if (result == GATEWAY_DONE)
        learn(call, paypal_capture_facts(p->merchant, answer.body));
    return result;
}

/* Whether an order is the payment's, and not another one's whose id we were told. */
static bool is_for(struct json_object *order, const struct gateway_payment *p)
{
    struct json_object *unit = json_item(json_member(order, "purchase_units"), 0);
    const char *id = json_text(unit, "custom_id");
    return !id || !strcmp(id, p->id);
}

/* Reads the order: *order, NULL where it has lapsed. Learns how it stands. */
static enum gateway_result read_order(struct gateway_call *call,
                                      const struct gateway_payment *p,
                                      struct json_object **order)
{
    struct gateway_answer answer;
    enum gateway_result result =
        ask(call, p->merchant, path_of(call->arena, "/v2/checkout/orders/", p->ref, ""), NULL,
            NULL, &answer);
    *order = NULL;
    if (result == GATEWAY_DONE && !is_for(answer.body, p)) {
        call->code = "another_payment";
        return GATEWAY_REFUSED;
    }
    if (result == GATEWAY_DONE) {
        *order = answer.body;
        learn(call, paypal_order_facts(p->merchant, answer.body));
    } else if (result == GATEWAY_REFUSED && answer.status == 404) {
        /* What money came of it is kept for longer than it. */
        call->code = NULL;
        if (p->capture_ref)
            return read_capture(call, p);
        call->facts = "{\"closed\":\"canceled\"}";
        return GATEWAY_DONE;
    }
    return result;
}

/* Of what we have no ref nobody has the address at which to approve it; and PayPal has no
 * search. */
static enum gateway_result read(struct gateway_call *call, const struct gateway_payment *p)
{
    struct json_object *order;
    return p->ref ? read_order(call, p, &order) : GATEWAY_DONE;
}

/* Beginning -------------------------------------------------------------------------------- */

static struct json_object *text(const char *s)
{
    return json_object_new_string(s);
}

static struct json_object *money(struct arena *a, long long amount, const char *currency)
{
    struct json_object *o = json_object_new_object();
    json_object_object_add(o, "currency_code", text(currency));
    json_object_object_add(o, "value", text(money_decimal(a, amount)));
    return o;
}

static void add_text(struct json_object *to, const char *name, const char *value)
{
    if (value && *value)
        json_object_object_add(to, name, text(value));
}

/* Where the order goes: who sells is protected only where PayPal was told. NULL where there is
 * no such address. */
static struct json_object *shipping(struct arena *a, const struct gateway_payment *p)
{
    const char *recipient = json_text(p->address, "recipient");
    const char *street = json_text(p->address, "street");
    const char *number = json_text(p->address, "number");
    const char *complement = json_text(p->address, "complement");
    const char *postal_code = json_text(p->address, "postal_code");
    if (!recipient || !street || !postal_code)
        return NULL;
    struct json_object *to = json_object_new_object(), *name = json_object_new_object();
    struct json_object *address = json_object_new_object();
    add_text(name, "full_name", recipient);
    add_text(address, "address_line_1",
             arena_printf(a, "%s%s%s", street, number ? ", " : "", number ? number : ""));
    add_text(address, "address_line_2", complement);
    add_text(address, "admin_area_2", json_text(p->address, "city"));
    add_text(address, "admin_area_1", json_text(p->address, "state"));
    add_text(address, "postal_code", postal_code);
    add_text(address, "country_code", "BR");
    json_object_object_add(to, "name", name);
    json_object_object_add(to, "address", address);
    return to;
}

/* An invoice is paid once: PayPal refuses a second payment with the same number, so ours has
 * the order's and the end of the payment's id, which is the random part of it. */
static char *invoice(struct arena *a, const struct gateway_payment *p)
{
    size_t n = strlen(p->id);
    return arena_printf(a, "%lld-%s", p->order_number, p->id + (n > 12 ? n - 12 : 0));
}

static struct json_object *experience(const struct gateway_payment *p, bool shipped)
{
    struct json_object *context = json_object_new_object();
    add_text(context, "return_url", p->merchant->return_url);
    add_text(context, "cancel_url", p->merchant->return_url);
    add_text(context, "brand_name", settings()->shop_name);
    add_text(context, "locale", p->lang == LANG_EN ? "en-US" : "pt-BR");
    add_text(context, "user_action", "PAY_NOW");
    add_text(context, "payment_method_preference", "IMMEDIATE_PAYMENT_REQUIRED");
    add_text(context, "shipping_preference", shipped ? "SET_PROVIDED_ADDRESS" : "NO_SHIPPING");
    return context;
}

static struct json_object *new_order(struct arena *a, const struct gateway_payment *p)
{
    struct json_object *order = json_keep(a, json_object_new_object());
    struct json_object *units = json_object_new_array(), *unit = json_object_new_object();
    struct json_object *source = json_object_new_object(), *paypal = json_object_new_object();
    struct json_object *where = shipping(a, p);
    json_object_object_add(unit, "amount", money(a, p->amount, p->currency));
    json_object_object_add(unit, "custom_id", text(p->id));
    json_object_object_add(unit, "invoice_id", text(invoice(a, p)));
    if (where)
        json_object_object_add(unit, "shipping", where);
    json_object_array_add(units, unit);
    json_object_object_add(paypal, "experience_context", experience(p, where != NULL));
    json_object_object_add(source, "paypal", paypal);
    json_object_object_add(order, "intent",
                           text(p->merchant->capture_later ? "AUTHORIZE" : "CAPTURE"));
    json_object_object_add(order, "purchase_units", units);
    json_object_object_add(order, "payment_source", source);
    return order;
}

static const char *json(struct json_object *o)
{
    return json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN);
}

/* Asked again after its key is forgotten, this makes a second order: the first one's address
 * was given to nobody, and only one of both can be captured (invoice_id). */
static enum gateway_result begin(struct gateway_call *call, const struct gateway_payment *p)
{
    struct arena *a = call->arena;
    struct gateway_answer answer;
    enum gateway_result result =
        ask(call, p->merchant, "/v2/checkout/orders", json(new_order(a, p)),
            arena_printf(a, "%s:create", p->id), &answer);
    if (result == GATEWAY_DONE)
        learn(call, paypal_order_facts(p->merchant, answer.body));
    return result;
}

/* Capturing, canceling --------------------------------------------------------------------- */

/* The first of an order's authorizations that is in one of these states: its id, or NULL. */
static const char *authorization(struct json_object *order, const char *states)
{
    struct json_object *item, *items = paypal_payments(order, "authorizations");
    for (size_t i = 0; (item = json_item(items, i)); i++) {
        const char *status = json_text(item, "status");
        if (status && words_hold(states, status))
            return json_text(item, "id");
    }
    return NULL;
}

/* Has PayPal capture an order, or set its money aside, as it was begun for. */
static enum gateway_result take_order(struct gateway_call *call,
                                      const struct gateway_payment *p,
                                      struct json_object *order)
{
    struct arena *a = call->arena;
    struct gateway_answer answer;
    const char *intent = json_text(order, "intent");
    bool aside = intent && !strcmp(intent, "AUTHORIZE");
    enum gateway_result result =
        ask(call, p->merchant,
            path_of(a, "/v2/checkout/orders/", p->ref, aside ? "/authorize" : "/capture"), "{}",
            passing_key(a, p->id, aside ? "authorize" : "capture"), &answer);
    if (result == GATEWAY_DONE) {
        learn(call, paypal_order_facts(p->merchant, answer.body));
    } else if (result == GATEWAY_REFUSED && call->code) {
        struct json_object *facts = json_object_new_object();
        facts_word(facts, "problem", call->code);
        learn(call, facts);
    }
    return result;
}

/* Takes all of what was set aside. */
static enum gateway_result take_authorized(struct gateway_call *call,
                                           const struct gateway_payment *p, const char *id)
{
    struct arena *a = call->arena;
    struct gateway_answer answer;
    struct json_object *body = json_keep(a, json_object_new_object());
    json_object_object_add(body, "amount", money(a, p->amount, p->currency));
    json_object_object_add(body, "invoice_id", text(invoice(a, p)));
    json_object_object_add(body, "final_capture", json_object_new_boolean(true));
    enum gateway_result result =
        ask(call, p->merchant, path_of(a, "/v2/payments/authorizations/", id, "/capture"),
            json(body), arena_printf(a, "%s:take", p->id), &answer);
    if (result == GATEWAY_DONE)
        learn(call, paypal_capture_facts(p->merchant, answer.body));
    return result;
}

/* Somebody was faster: reads what he did. */
static enum gateway_result see_what_is_done(struct gateway_call *call,
                                            const struct gateway_payment *p)
{
    const char *code = call->code;
    struct json_object *order;
    enum gateway_result result = read_order(call, p, &order);
    if (result != GATEWAY_DONE || facts_tell(call->arena, call->facts, "captured") ||
        facts_tell(call->arena, call->facts, "authorized"))
        return result;
    call->code = code;
    return GATEWAY_REFUSED;
}

static enum gateway_result capture(struct gateway_call *call, const struct gateway_payment *p)
{
    struct json_object *order;
    enum gateway_result result = p->ref ? read_order(call, p, &order) : GATEWAY_REFUSED;
    if (result != GATEWAY_DONE || !order || json_item(paypal_payments(order, "captures"), 0))
        return result;
    const char *status = json_text(order, "status");
    const char *aside = authorization(order, "CREATED");
    if (aside) {
        result = take_authorized(call, p, aside);
    } else if (status && !strcmp(status, "APPROVED")) {
        result = take_order(call, p, order);
    } else if (!json_item(paypal_payments(order, "authorizations"), 0)) {
        call->code = "ORDER_NOT_APPROVED"; /* yet */
        return GATEWAY_AWAY;
    }
    if (is_refusal(call, result, "ORDER_COMPLETION_IN_PROGRESS"))
        return GATEWAY_UNCERTAIN;
    return is_refusal(call, result,
                      "ORDER_ALREADY_CAPTURED ORDER_ALREADY_AUTHORIZED "
                      "AUTHORIZATION_ALREADY_CAPTURED DUPLICATE_INVOICE_ID")
               ? see_what_is_done(call, p)
               : result;
}

/* What the call has learnt, with one fact more. */
static enum gateway_result close_too(struct gateway_call *call)
{
    struct json_object *facts = NULL;
    if (!call->facts || !json_read(call->arena, call->facts, strlen(call->facts), &facts))
        facts = json_keep(call->arena, json_object_new_object());
    if (!json_member(facts, "captured") && !json_member(facts, "closed")) {
        json_object_object_del(facts, "approved");
        facts_word(facts, "closed", "canceled");
    }
    call->facts = facts_text(call->arena, facts);
    return GATEWAY_DONE;
}

static enum gateway_result cancel(struct gateway_call *call, const struct gateway_payment *p)
{
    struct json_object *order = NULL;
    struct gateway_answer answer;
    if (!p->ref)
        return close_too(call);
    enum gateway_result result = read_order(call, p, &order);
    if (result != GATEWAY_DONE)
        return result;
    const char *aside = authorization(order, "CREATED PENDING");
    if (aside) {
        result = ask(call, p->merchant,
                     path_of(call->arena, "/v2/payments/authorizations/", aside, "/void"), "",
                     passing_key(call->arena, p->id, "void"), &answer);
        if (is_refusal(call, result, "PREVIOUSLY_CAPTURED PREVIOUSLY_VOIDED"))
            result = read_order(call, p, &order);
    }
    if (result != GATEWAY_DONE)
        return result;
    struct json_object *captures = paypal_payments(order, "captures"), *one;
    for (size_t i = 0; (one = json_item(captures, i)); i++) {
        const char *status = json_text(one, "status");
        if (status && !strcmp(status, "PENDING")) {
            call->code = "PENDING_CAPTURE"; /* which PayPal will complete or deny */
            return GATEWAY_AWAY;
        }
    }
    return close_too(call);
}

/* Giving back ------------------------------------------------------------------------------ */

static enum gateway_result refund(struct gateway_call *call, const struct gateway_payment *p,
                                  const struct gateway_refund *r)
{
    struct arena *a = call->arena;
    struct gateway_answer answer;
    struct json_object *body = json_keep(a, json_object_new_object()), *order;
    if (!p->capture_ref) {
        call->code = "no_capture";
        return GATEWAY_REFUSED;
    }
    json_object_object_add(body, "amount", money(a, r->amount, p->currency));
    json_object_object_add(body, "custom_id", text(p->id));
    json_object_object_add(body, "invoice_id", text(r->id));
    enum gateway_result result =
        ask(call, p->merchant, path_of(a, "/v2/payments/captures/", p->capture_ref, "/refund"),
            json(body), r->id, &answer);
    if (is_refusal(call, result, "DUPLICATE_INVOICE_ID") && p->ref)
        return read_order(call, p, &order); /* it was given back, and the key forgotten */
    if (result == GATEWAY_DONE) {
        struct json_object *facts = json_object_new_object();
        facts_item(facts, "refunds", paypal_refund(answer.body));
        learn(call, facts);
    }
    return result;
}

static bool refunds(const char *method)
{
    (void)method;
    return true;
}

const struct gateway GATEWAY_PAYPAL = {
    .name = "paypal",
    .methods = "paypal",
    .begin = begin,
    .capture = capture,
    .cancel = cancel,
    .read = read,
    .refund = refund,
    .refunds = refunds,
    .verify = paypal_verify,
    .translate = paypal_translate,
};
