#include "facts.h"

#include "sales/stripe_facts.h"

#define PIX "'payment_method_types': ['pix']"
#define CARD "'payment_method_types': ['card']"

/* A PaymentIntent with these members more. */
static char *intent(const char *members)
{
    return arena_printf(
        a,
        "{'id': 'pi_1', 'object': 'payment_intent', 'livemode': false,"
        " 'currency': 'brl', 'amount': 4990, 'metadata': {'payment': '%s'}, %s}",
        OURS, members);
}

/* That a PaymentIntent with these members says these facts, besides its id and live. */
static void says(const char *members, const char *facts)
{
    struct json_object *o =
        json_keep(a, stripe_intent_facts(a, facts_json(intent(members)), "pk_test_1"));
    facts_are(o,
              arena_printf(a, "{'ref': 'pi_1', 'live': false%s%s}", *facts ? ", " : "", facts));
}

static void test_a_card_is_entered_in_the_browser(void **state)
{
    (void)state;
    says(CARD ", 'status': 'requires_payment_method', 'client_secret': 'pi_1_secret_2'",
         "'next_action': {'type': 'card', 'client_secret': 'pi_1_secret_2',"
         " 'publishable_key': 'pk_test_1'}");
    says(CARD ", 'status': 'processing', 'client_secret': 'pi_1_secret_2'", "");
    const char *text = intent(CARD ", 'status': 'requires_action', 'client_secret': 's'");
    facts_are(json_keep(a, stripe_intent_facts(a, facts_json(text), NULL)),
              "{'ref': 'pi_1', 'live': false}");
}

static void test_a_pix_is_shown_with_its_code(void **state)
{
    (void)state;
    says(PIX ", 'status': 'requires_action', 'next_action': {'type': 'pix_display_qr_code',"
             " 'pix_display_qr_code': {'data': '000201', 'expires_at': 1709209845,"
             " 'hosted_instructions_url': 'https://h', 'image_url_png': 'https://p',"
             " 'image_url_svg': 'https://s'}}",
         "'expires_at': 1709209845, 'next_action': {'type': 'pix', 'code': '000201',"
         " 'qr_code_url': 'https://p', 'url': 'https://h',"
         " 'expires_at': '2024-02-29T12:30:45.000Z'}");
}

static void test_a_boleto_is_shown_with_its_line(void **state)
{
    (void)state;
    says("'payment_method_types': ['boleto'], 'status': 'requires_action',"
         " 'next_action': {'type': 'boleto_display_details', 'boleto_display_details':"
         " {'number': '0010', 'expires_at': 1709209845, 'hosted_voucher_url': 'https://h',"
         " 'pdf': 'https://p'}}",
         "'expires_at': 1709209845, 'next_action': {'type': 'boleto', 'line': '0010',"
         " 'pdf_url': 'https://p', 'url': 'https://h',"
         " 'expires_at': '2024-02-29T12:30:45.000Z'}");
}

static void test_the_type_of_an_action_comes_first(void **state)
{
    (void)state;
    struct json_object *o = stripe_intent_facts(
        a, facts_json(intent(CARD ", 'status': 'requires_action', 'client_secret': 's'")),
        "pk");
    const char *text = json_object_to_json_string_ext(
        json_member(json_keep(a, o), "next_action"), JSON_C_TO_STRING_PLAIN);
    assert_ptr_equal(strstr(text, "{\"type\":\"card\","), text);
}

static void test_money_has_come_when_it_has_succeeded(void **state)
{
    (void)state;
    says(CARD ", 'status': 'succeeded', 'amount_received': 4990, 'latest_charge': 'ch_1'",
         "'captured': 4990, 'capture_ref': 'ch_1'");
    says(CARD
         ", 'status': 'succeeded', 'amount_received': 4990, 'latest_charge': {'id': 'ch_1',"
         " 'balance_transaction': {'created': 1709209845, 'fee': 239, 'currency': 'brl'}}",
         "'captured': 4990, 'capture_ref': 'ch_1', 'captured_at': 1709209845, 'fee': 239");
    says(CARD
         ", 'status': 'succeeded', 'amount_received': 4990, 'latest_charge': {'id': 'ch_1',"
         " 'balance_transaction': {'created': 1709209845, 'fee': 39, 'currency': 'usd'}}",
         "'captured': 4990, 'capture_ref': 'ch_1', 'captured_at': 1709209845");
    says(CARD ", 'status': 'requires_capture', 'amount_received': 0, 'latest_charge': 'ch_1'",
         "'authorized': true");
    says(CARD ", 'status': 'processing', 'amount_received': 0, 'latest_charge': 'ch_1'", "");
}

static void test_a_buyer_may_try_another_card(void **state)
{
    (void)state;
    says(
        CARD ", 'status': 'requires_payment_method', 'latest_charge': 'ch_1', 'client_secret':"
             " 's', 'last_payment_error': {'type': 'card_error', 'code': 'card_declined',"
             " 'decline_code': 'insufficient_funds'}",
        "'problem': 'insufficient_funds', 'next_action': {'type': 'card', 'client_secret': 's',"
        " 'publishable_key': 'pk_test_1'}");
}

static void test_a_pix_that_was_not_paid_has_failed(void **state)
{
    (void)state;
    says(PIX ", 'status': 'requires_payment_method', 'last_payment_error': {'type':"
             " 'invalid_request_error', 'code': 'payment_intent_payment_attempt_expired'}",
         "'problem': 'payment_intent_payment_attempt_expired', 'closed': 'failed'");
    says(PIX ", 'status': 'requires_payment_method', 'last_payment_error': null", "");
    says(PIX ", 'status': 'canceled', 'last_payment_error': null", "'closed': 'canceled'");
}

static void test_how_refunds_stand(void **state)
{
    (void)state;
    static const char *const CASES[][2] = {
        {"pending", "pending"}, {"requires_action", "pending"}, {"succeeded", "succeeded"},
        {"failed", "failed"},   {"canceled", "failed"},
    };
    for (size_t i = 0; i < LENGTH(CASES); i++) {
        const char *text = arena_printf(
            a,
            "{'object': 'refund', 'id': 're_1', 'amount': 100, 'status': '%s', 'metadata':"
            " {'refund': '%s'}, 'balance_transaction': null}",
            CASES[i][0], REFUND);
        facts_are(json_keep(a, stripe_refund(facts_json(text))),
                  arena_printf(a, "{'id': '%s', 'ref': 're_1', 'amount': 100, 'status': '%s'}",
                               REFUND, CASES[i][1]));
    }
    facts_are(
        json_keep(a, stripe_refund(facts_json(
                         "{'object': 'refund', 'id': 're_1', 'amount': 100, 'status':"
                         " 'failed', 'failure_reason': 'expired_or_canceled_card',"
                         " 'metadata': {'refund': 'x'}, 'balance_transaction': 'txn_1'}"))),
        "{'id': null, 'ref': 're_1', 'amount': 100, 'status': 'failed',"
        " 'reason': 'expired_or_canceled_card'}");
    /* What was only set aside and let go is no money that went back. */
    assert_null(stripe_refund(facts_json("{'object': 'refund', 'id': 're_1', 'amount': 100,"
                                         " 'status': 'succeeded', 'metadata': {},"
                                         " 'balance_transaction': null}")));
    assert_null(stripe_refund(facts_json("{'object': 'charge', 'id': 'ch_1'}")));
    assert_null(stripe_refund(NULL));
}

static void test_how_disputes_stand(void **state)
{
    (void)state;
    static const char *const CASES[][2] = {
        {"warning_needs_response", "open"},
        {"warning_under_review", "open"},
        {"warning_closed", "won"},
        {"needs_response", "open"},
        {"under_review", "open"},
        {"won", "won"},
        {"lost", "lost"},
        {"charge_refunded", "lost"},
        {"something_new", "open"},
    };
    for (size_t i = 0; i < LENGTH(CASES); i++) {
        const char *text =
            arena_printf(a, "{'object': 'dispute', 'id': 'dp_1', 'status': '%s'}", CASES[i][0]);
        struct json_object *dispute = json_keep(a, stripe_dispute(facts_json(text)));
        assert_string_equal(json_text(dispute, "status"), CASES[i][1]);
    }
    assert_null(stripe_dispute(facts_json("{'object': 'dispute', 'id': 'dp_1'}")));
}

static void test_a_dispute_tells_what_was_taken_and_given_back(void **state)
{
    (void)state;
    facts_are(
        json_keep(a, stripe_dispute(facts_json(
                         "{'object': 'dispute', 'id': 'dp_1', 'status': 'won', 'amount': 4990,"
                         " 'reason': 'fraudulent', 'evidence_details': {'due_by': 1709209845},"
                         " 'balance_transactions': [{'amount': -4990, 'fee': 1500},"
                         " {'amount': 4990, 'fee': 0}]}"))),
        "{'ref': 'dp_1', 'status': 'won', 'amount': 4990, 'reason': 'fraudulent', 'fee': 1500,"
        " 'due_at': 1709209845, 'withdrawn': 4990, 'reinstated': 4990}");
    struct json_object *dispute = json_keep(
        a, stripe_dispute(facts_json(
               "{'object': 'dispute', 'id': 'dp_1', 'status': 'won', 'balance_transactions':"
               " [{'amount': -4990, 'fee': 1500}, {'amount': 4990, 'fee': -1500}]}")));
    long long reinstated = 0;
    assert_true(json_number(dispute, "reinstated", &reinstated));
    assert_int_equal(reinstated, 6490);
    /* More than there is room for is not told. */
    dispute = json_keep(
        a, stripe_dispute(facts_json(
               "{'object': 'dispute', 'id': 'dp_1', 'status': 'lost', 'balance_transactions':"
               " [{'amount': -9223372036854775808}, {'amount': -9223372036854775808}]}")));
    assert_null(json_member(dispute, "withdrawn"));
}

/* Events
 * --------------------------------------------------------------------------------------- */

static struct gateway_event event_of(const char *type, const char *object)
{
    struct gateway_event event;
    const char *text =
        arena_printf(a,
                     "{'object': 'event', 'id': 'evt_1', 'type': '%s', 'created':"
                     " 1709209845, 'livemode': false, 'data': {'object': %s}}",
                     type, object);
    assert_true(GATEWAY_STRIPE.translate(a, NULL, facts_json(text), &event));
    assert_string_equal(event.id, "evt_1");
    assert_string_equal(event.type, type);
    assert_false(event.live);
    return event;
}

static void test_an_event_tells_of_a_payment(void **state)
{
    (void)state;
    struct gateway_event event = event_of(
        "payment_intent.succeeded",
        intent(PIX
               ", 'status': 'succeeded', 'amount_received': 4990, 'latest_charge': 'py_1'"));
    assert_string_equal(event.payment, OURS);
    assert_string_equal(event.ref, "pi_1");
    event_tells(&event,
                "{'ref': 'pi_1', 'live': false, 'captured': 4990, 'capture_ref': 'py_1',"
                " 'captured_at': 1709209845}");
    event = event_of("payment_intent.canceled", intent(PIX ", 'status': 'canceled'"));
    event_tells(&event, "{'ref': 'pi_1', 'live': false, 'closed': 'canceled'}");
    event = event_of("payment_intent.amount_capturable_updated",
                     intent(CARD ", 'status': 'requires_capture', 'client_secret': 's'"));
    event_tells(&event, "{'ref': 'pi_1', 'live': false, 'authorized': true}");
    event = event_of("payment_intent.payment_failed",
                     intent(CARD ", 'status': 'requires_payment_method', 'client_secret': 's',"
                                 " 'last_payment_error': {'code': 'expired_card'}"));
    event_tells(&event, "{'ref': 'pi_1', 'live': false, 'problem': 'expired_card'}");
}

static char *charge(const char *members)
{
    return arena_printf(a,
                        "{'object': 'charge', 'id': 'ch_1', 'payment_intent': 'pi_1', 'amount':"
                        " 4990, 'metadata': {'payment': '%s'}, %s}",
                        OURS, members);
}

static void test_events_of_charges_tell_the_same(void **state)
{
    (void)state;
    struct gateway_event event =
        event_of("charge.succeeded",
                 charge("'status': 'succeeded', 'captured': true, 'amount_captured': 4990"));
    assert_string_equal(event.payment, OURS);
    assert_string_equal(event.ref, "pi_1");
    event_tells(&event,
                "{'ref': 'pi_1', 'live': false, 'captured': 4990, 'capture_ref': 'ch_1',"
                " 'captured_at': 1709209845}");
    event = event_of("charge.succeeded", charge("'status': 'succeeded', 'captured': false"));
    event_tells(&event, "{'ref': 'pi_1', 'live': false, 'authorized': true}");
    event = event_of("charge.updated", charge("'status': 'pending', 'captured': true"));
    event_tells(&event, "{'ref': 'pi_1', 'live': false}");
    event =
        event_of("charge.refunded",
                 charge("'status': 'succeeded', 'captured': true, 'amount_captured': 4990"));
    event_tells(&event,
                "{'ref': 'pi_1', 'live': false, 'captured': 4990, 'capture_ref': 'ch_1',"
                " 'captured_at': 1709209845, 'look': true}");
}

static void test_events_tell_of_refunds_and_disputes(void **state)
{
    (void)state;
    struct gateway_event event =
        event_of("refund.updated",
                 arena_printf(a,
                              "{'object': 'refund', 'id': 're_1', 'amount': 100,"
                              " 'payment_intent': {'id': 'pi_1'}, 'status': 'succeeded',"
                              " 'balance_transaction': 'txn_1',"
                              " 'metadata': {'refund': '%s', 'payment': '%s'}}",
                              REFUND, OURS));
    assert_string_equal(event.payment, OURS);
    event_tells(&event, arena_printf(a,
                                     "{'ref': 'pi_1', 'live': false, 'refunds': [{'id': '%s',"
                                     " 'ref': 're_1', 'amount': 100, 'status': 'succeeded'}]}",
                                     REFUND));
    event = event_of("charge.dispute.created",
                     "{'object': 'dispute', 'id': 'dp_1', 'amount': 4990, 'charge': 'ch_1',"
                     " 'payment_intent': 'pi_1', 'status': 'needs_response', 'metadata': {}}");
    assert_null(event.payment);
    assert_string_equal(event.ref, "pi_1");
    event_tells(&event,
                "{'ref': 'pi_1', 'live': false, 'disputes': [{'ref': 'dp_1', 'amount':"
                " 4990, 'fee': 0, 'status': 'open', 'withdrawn': 0, 'reinstated': 0}]}");
}

static void test_other_events_are_stripes_and_tell_nothing(void **state)
{
    (void)state;
    struct gateway_event event = event_of("plan.created", "{'object': 'plan', 'id': 'p'}");
    event_tells(&event, NULL);
    event = event_of("payment_intent.created", intent(CARD ", 'status': 'requires_action'"));
    event_tells(&event, NULL);
    event = event_of("payment_intent.succeeded", "{'object': 'charge', 'id': 'ch_1'}");
    event_tells(&event, NULL);
    event = event_of("charge.succeeded", "{'object': 'charge', 'id': 'ch_1', 'payment_intent':"
                                         " null, 'status': 'succeeded', 'captured': true}");
    event_tells(&event, NULL);
    event = event_of("payment_intent.succeeded",
                     "{'object': 'payment_intent', 'id': 'pi_1', 'status': 'succeeded',"
                     " 'amount_received': 1, 'metadata': {'payment': '42'}}");
    assert_null(event.payment); /* of another program with the same account */
    assert_string_equal(event.ref, "pi_1");
}

static void test_what_is_no_event_is_none_of_stripes(void **state)
{
    (void)state;
    static const char *const OTHERS[] = {
        "{}",
        "[]",
        "null",
        "{'object': 'event', 'id': 'evt_1', 'data': {}}",
        "{'object': 'event', 'type': 'x', 'data': {}}",
        "{'id': 'evt_1', 'type': 'x', 'data': {}}",
        "{'object': 'event', 'id': 1, 'type': 'x'}",
        "{'id': 'WH-1', 'event_type': 'PAYMENT.CAPTURE.COMPLETED', 'resource': {}}",
    };
    struct gateway_event event;
    for (size_t i = 0; i < LENGTH(OTHERS); i++)
        assert_false(GATEWAY_STRIPE.translate(a, NULL, facts_json(OTHERS[i]), &event));
}

static void test_an_event_says_which_money_it_is(void **state)
{
    (void)state;
    struct gateway_event event;
    struct json_object *body =
        facts_json(arena_printf(a,
                                "{'object': 'event', 'id': 'evt_1', 'type': "
                                "'payment_intent.canceled', 'livemode': true,"
                                " 'data': {'object': %s}}",
                                intent(PIX ", 'status': 'canceled'")));
    assert_true(GATEWAY_STRIPE.translate(a, NULL, body, &event));
    assert_true(event.live); /* the event; its object says of itself that it is not */
    event_tells(&event, "{'ref': 'pi_1', 'live': false, 'closed': 'canceled'}");
}

/* Stripe's own example objects. */
static void test_stripes_examples_are_read(void **state)
{
    (void)state;
    size_t n;
    struct json_object *all, *dispute;
    char *text = unit_shared("gateways/stripe-fixtures.json", &n);
    assert_true(json_read(a, text, n, &all));
    facts_are(json_keep(a, stripe_intent_facts(a, json_member(all, "payment_intent"), NULL)),
              "{'ref': 'pi_1PgafyB7WZ01zgkWSjxsAJo3', 'live': false,"
              " 'problem': 'idempotency_error'}");
    dispute = json_keep(a, stripe_dispute(json_member(all, "dispute")));
    facts_are(dispute, "{'ref': 'dp_1Pgc71B7WZ01zgkWMevJiAUx', 'amount': 1000, 'fee': 0,"
                       " 'reason': 'general', 'status': 'open', 'due_at': 1723679999,"
                       " 'withdrawn': 0, 'reinstated': 0}");
    struct gateway_event event;
    assert_true(GATEWAY_STRIPE.translate(a, NULL, json_member(all, "event"), &event));
    assert_string_equal(event.type, "plan.created");
    event_tells(&event, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_card_is_entered_in_the_browser),
        cmocka_unit_test(test_a_pix_is_shown_with_its_code),
        cmocka_unit_test(test_a_boleto_is_shown_with_its_line),
        cmocka_unit_test(test_the_type_of_an_action_comes_first),
        cmocka_unit_test(test_money_has_come_when_it_has_succeeded),
        cmocka_unit_test(test_a_buyer_may_try_another_card),
        cmocka_unit_test(test_a_pix_that_was_not_paid_has_failed),
        cmocka_unit_test(test_how_refunds_stand),
        cmocka_unit_test(test_how_disputes_stand),
        cmocka_unit_test(test_a_dispute_tells_what_was_taken_and_given_back),
        cmocka_unit_test(test_an_event_tells_of_a_payment),
        cmocka_unit_test(test_events_of_charges_tell_the_same),
        cmocka_unit_test(test_events_tell_of_refunds_and_disputes),
        cmocka_unit_test(test_other_events_are_stripes_and_tell_nothing),
        cmocka_unit_test(test_what_is_no_event_is_none_of_stripes),
        cmocka_unit_test(test_an_event_says_which_money_it_is),
        cmocka_unit_test(test_stripes_examples_are_read),
    };
    return UNIT_RUN(tests);
}
