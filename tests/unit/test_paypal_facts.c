#include "facts.h"

#include "sales/paypal_facts.h"

static const struct merchant SHOP = {.name = "pp", .gateway = "paypal", .live = false};

#define BRL(VALUE) "{'currency_code': 'BRL', 'value': '" VALUE "'}"
#define CAPTURE(STATUS)                                                                        \
    "{'id': 'CAP1', 'status': '" STATUS "', 'amount': " BRL(                                   \
        "49.90") ","                                                                           \
                 " 'create_time': '2024-02-29T12:30:45Z', 'seller_receivable_breakdown':"      \
                 " {'gross_amount': " BRL("49.90") ", 'paypal_fee': " BRL("2.39") "}}"

/* That an order with these members says these facts, besides its id and live. */
static void says(const char *members, const char *facts)
{
    const char *text = arena_printf(a, "{'id': 'ORD1', %s}", members);
    facts_are(json_keep(a, paypal_order_facts(&SHOP, facts_json(text))),
              arena_printf(a, "{'ref': 'ORD1', 'live': false%s%s}", *facts ? ", " : "", facts));
}

/* An order of that status with these payments. */
static char *paid(const char *status, const char *payments)
{
    return arena_printf(a, "'status': '%s', 'purchase_units': [{'payments': {%s}}]", status,
                        payments);
}

static void test_an_order_is_approved_at_paypals_site(void **state)
{
    (void)state;
    const char *next = "'next_action': {'type': 'approve', 'url': 'https://p/1'}";
    says("'status': 'PAYER_ACTION_REQUIRED', 'links': [{'rel': 'self', 'href': 'https://s'},"
         " {'rel': 'payer-action', 'href': 'https://p/1'}]",
         next);
    says("'status': 'CREATED', 'links': [{'rel': 'approve', 'href': 'https://p/1'}]", next);
    says("'status': 'APPROVED', 'links': [{'rel': 'approve', 'href': 'https://p/1'}]",
         "'approved': true");
    says("'status': 'VOIDED'", "'closed': 'canceled'");
}

static void test_money_has_come_when_a_capture_is_complete(void **state)
{
    (void)state;
    const char *money = "'captured': 4990, 'capture_ref': 'CAP1', 'captured_at': 1709209845,"
                        " 'fee': 239";
    says(paid("COMPLETED", "'captures': [" CAPTURE("COMPLETED") "]"), money);
    says(paid("COMPLETED", "'captures': [" CAPTURE("REFUNDED") "]"), money);
    says(paid("COMPLETED", "'captures': [" CAPTURE("PARTIALLY_REFUNDED") "]"), money);
    says(paid("COMPLETED", "'captures': [" CAPTURE("PENDING") "]"), "");
    says(paid("APPROVED", "'captures': [" CAPTURE("PENDING") "]"), "");
    says(paid("COMPLETED", "'captures': [" CAPTURE("DECLINED") "]"), "'closed': 'failed'");
    says(paid("APPROVED", "'captures': [" CAPTURE("DECLINED") "]"), "");
    says(paid("COMPLETED", "'captures': [" CAPTURE("DECLINED") "," CAPTURE("COMPLETED") "]"),
         money);
}

static void test_a_fee_is_told_in_the_payments_currency(void **state)
{
    (void)state;
    says(paid("COMPLETED", "'captures': [{'id': 'CAP1', 'status': 'COMPLETED', 'amount': " BRL(
                               "49.90") ", 'seller_receivable_breakdown': {'paypal_fee':"
                                        " {'currency_code': 'USD', 'value': '0.50'}}}]"),
         "'captured': 4990, 'capture_ref': 'CAP1'");
}

static void test_several_captures_add_up(void **state)
{
    (void)state;
    says(paid("COMPLETED", "'captures': [" CAPTURE("COMPLETED") "," CAPTURE("COMPLETED") "]"),
         "'captured': 9980, 'capture_ref': 'CAP1', 'captured_at': 1709209845, 'fee': 478");
}

static void test_money_is_set_aside(void **state)
{
    (void)state;
    says(paid("COMPLETED", "'authorizations': [{'id': 'AUTH1', 'status': 'CREATED'}]"),
         "'authorized': true");
    says(paid("APPROVED", "'authorizations': [{'id': 'AUTH1', 'status': 'CREATED'}]"),
         "'authorized': true");
    says(paid("COMPLETED", "'authorizations': [{'id': 'AUTH1', 'status': 'PENDING'}]"), "");
    says(paid("COMPLETED", "'authorizations': [{'id': 'AUTH1', 'status': 'VOIDED'}]"),
         "'closed': 'canceled'");
    says(paid("COMPLETED", "'authorizations': [{'id': 'AUTH1', 'status': 'DENIED'}]"),
         "'closed': 'failed'");
    says(paid("COMPLETED", "'authorizations': [{'id': 'AUTH1', 'status': 'CAPTURED'}],"
                           " 'captures': [" CAPTURE("COMPLETED") "]"),
         "'authorized': true, 'captured': 4990, 'capture_ref': 'CAP1', 'captured_at':"
         " 1709209845, 'fee': 239");
}

static void test_refunds_are_told_with_the_money(void **state)
{
    (void)state;
    const char *refunds = arena_printf(
        a,
        "'captures': [" CAPTURE(
            "REFUNDED") "], 'refunds': ["
                        "{'id': 'REF1', 'status': 'COMPLETED', 'amount': " BRL(
                            "10.00") ", 'invoice_id': '%s'},"
                                     "{'id': 'REF2', 'status': 'PENDING', 'amount': " BRL(
                                         "1.00") ", 'invoice_id': '1001-x',"
                                                 " 'status_details': {'reason': 'ECHECK'}},"
                                                 "{'id': 'REF3', 'status': 'CANCELLED', "
                                                 "'amount': " BRL("1.5") "}]",
        REFUND);
    says(paid("COMPLETED", refunds),
         arena_printf(
             a,
             "'captured': 4990, 'capture_ref': 'CAP1', 'captured_at': 1709209845, 'fee': 239,"
             " 'refunds': [{'id': '%s', 'ref': 'REF1', 'amount': 1000, 'status': 'succeeded'},"
             " {'id': null, 'ref': 'REF2', 'amount': 100, 'status': 'pending', 'reason':"
             " 'ECHECK'}, {'id': null, 'ref': 'REF3', 'amount': 150, 'status': 'failed'}]",
             REFUND));
    assert_null(paypal_refund(facts_json("{'id': 'REF1'}")));
    assert_null(paypal_refund(NULL));
}

static void test_live_is_what_the_account_is(void **state)
{
    (void)state;
    const struct merchant live = {.name = "pp", .gateway = "paypal", .live = true};
    facts_are(json_keep(a, paypal_order_facts(&live, facts_json("{'id': 'ORD1'}"))),
              "{'ref': 'ORD1', 'live': true}");
}

/* Events
 * --------------------------------------------------------------------------------------- */

static struct gateway_event event_of(const char *type, const char *resource)
{
    struct gateway_event event;
    const char *text = arena_printf(a,
                                    "{'id': 'WH-1', 'event_type': '%s', 'create_time':"
                                    " '2024-02-29T12:30:45Z', 'resource': %s}",
                                    type, resource);
    assert_true(GATEWAY_PAYPAL.translate(a, &SHOP, facts_json(text), &event));
    assert_string_equal(event.id, "WH-1");
    assert_string_equal(event.type, type);
    assert_false(event.live);
    return event;
}

/* A capture as events have it. */
static char *capture(const char *status, const char *more)
{
    return arena_printf(
        a,
        "{'id': 'CAP1', 'status': '%s', 'amount': " BRL(
            "49.90") ", 'custom_id': '%s', 'invoice_id': '1001-dc0c0c07398f', 'create_time':"
                     " '2024-02-29T12:30:45Z', 'supplementary_data': {'related_ids':"
                     " {'order_id': 'ORD1'}}%s}",
        status, OURS, more);
}

#define LOOK "{'live': false, 'look': true}"

static void test_an_event_tells_of_an_approval(void **state)
{
    (void)state;
    struct gateway_event event = event_of(
        "CHECKOUT.ORDER.APPROVED",
        arena_printf(a,
                     "{'id': 'ORD1', 'status': 'APPROVED', 'purchase_units': [{'custom_id':"
                     " '%s'}]}",
                     OURS));
    assert_string_equal(event.payment, OURS);
    assert_string_equal(event.ref, "ORD1");
    event_tells(&event, "{'live': false, 'approved': true, 'look': true}");
    event = event_of("CHECKOUT.PAYMENT-APPROVAL.REVERSED", "{'order_id': 'ORD1'}");
    assert_string_equal(event.ref, "ORD1");
    event_tells(&event, LOOK);
}

/* Whoever saw one could make another to its signature: the API is asked what is so. */
static void test_events_about_money_say_only_where_to_look(void **state)
{
    (void)state;
    static const char *const TYPES[] = {
        "PAYMENT.CAPTURE.COMPLETED",     "PAYMENT.CAPTURE.PENDING",
        "PAYMENT.CAPTURE.DENIED",        "PAYMENT.CAPTURE.DECLINED",
        "PAYMENT.CAPTURE.REFUNDED",      "PAYMENT.CAPTURE.REVERSED",
        "PAYMENT.AUTHORIZATION.CREATED", "PAYMENT.AUTHORIZATION.VOIDED"};
    for (size_t i = 0; i < sizeof TYPES / sizeof *TYPES; i++) {
        struct gateway_event event = event_of(TYPES[i], capture("COMPLETED", ""));
        assert_string_equal(event.payment, OURS);
        assert_string_equal(event.ref, "ORD1");
        event_tells(&event, LOOK);
    }
    /* An older one does not say of which order it is. */
    struct gateway_event event = event_of("PAYMENT.CAPTURE.COMPLETED", CAPTURE("COMPLETED"));
    assert_null(event.payment);
    assert_string_equal(event.ref, "CAP1");
}

static void test_a_refund_is_of_its_capture(void **state)
{
    (void)state;
    struct gateway_event event = event_of(
        "PAYMENT.CAPTURE.REFUNDED",
        arena_printf(a,
                     "{'id': 'REF1', 'status': 'COMPLETED', 'custom_id': '%s', 'links': ["
                     "{'rel': 'self', 'href': 'https://p/v2/payments/refunds/REF1'},"
                     " {'rel': 'up', 'href': 'https://p/v2/payments/captures/CAP1'}]}",
                     OURS));
    assert_string_equal(event.payment, OURS);
    assert_string_equal(event.ref, "CAP1");
    event_tells(&event, LOOK);
}

static char *dispute(const char *members)
{
    return arena_printf(a,
                        "{'dispute_id': 'PP-D-1', 'reason': 'UNAUTHORISED', 'disputed_"
                        "transactions': [{'seller_transaction_id': 'CAP1', 'custom': '%s'}],"
                        " 'dispute_amount': " BRL("49.90") ", 'seller_response_due_date':"
                                                           " '2024-02-29T12:30:45.000Z', %s}",
                        OURS, members);
}

static void test_events_tell_how_disputes_stand(void **state)
{
    (void)state;
    static const char *const CASES[][2] = {
        {"'status': 'OPEN'", "open"},
        {"'status': 'WAITING_FOR_SELLER_RESPONSE'", "open"},
        {"'status': 'RESOLVED', 'dispute_outcome': {'outcome_code': 'RESOLVED_SELLER_FAVOUR'}",
         "won"},
        {"'status': 'RESOLVED', 'dispute_outcome': {'outcome_code': 'CANCELED_BY_BUYER'}",
         "won"},
        {"'status': 'RESOLVED', 'dispute_outcome': {'outcome_code': 'RESOLVED_BUYER_FAVOUR'}",
         "lost"},
        {"'status': 'RESOLVED'", "lost"},
    };
    for (size_t i = 0; i < LENGTH(CASES); i++) {
        struct gateway_event event = event_of("CUSTOMER.DISPUTE.UPDATED", dispute(CASES[i][0]));
        assert_string_equal(event.payment, OURS);
        assert_string_equal(event.ref, "CAP1");
        event_tells(&event, arena_printf(a,
                                         "{'live': false, 'look': true, 'disputes': [{'ref':"
                                         " 'PP-D-1', 'amount': 4990, 'reason': 'UNAUTHORISED',"
                                         " 'status': '%s', 'due_at': 1709209845}]}",
                                         CASES[i][1]));
    }
}

static void test_other_events_are_paypals_and_tell_nothing(void **state)
{
    (void)state;
    struct gateway_event event = event_of("BILLING.PLAN.CREATED", "{'id': 'P-1'}");
    event_tells(&event, NULL);
    event = event_of("PAYMENT.CAPTURE.COMPLETED", "{}");
    event_tells(&event, NULL);
    event = event_of("PAYMENT.CAPTURE.COMPLETED",
                     "{'id': 'CAP1', 'status': 'COMPLETED', 'custom_id': '42'}");
    assert_null(event.payment); /* of another program with the same account */
}

static void test_what_is_no_event_is_none_of_paypals(void **state)
{
    (void)state;
    static const char *const OTHERS[] = {
        "{}",
        "[]",
        "null",
        "{'id': 'WH-1', 'event_type': 'PAYMENT.CAPTURE.COMPLETED'}",
        "{'id': 'WH-1', 'event_type': 'PAYMENT.CAPTURE.COMPLETED', 'resource': []}",
        "{'id': 'WH-1', 'resource': {}}",
        "{'event_type': 'PAYMENT.CAPTURE.COMPLETED', 'resource': {}}",
        "{'object': 'event', 'id': 'evt_1', 'type': 'x', 'data': {'object': {}}}",
    };
    struct gateway_event event;
    for (size_t i = 0; i < LENGTH(OTHERS); i++)
        assert_false(GATEWAY_PAYPAL.translate(a, &SHOP, facts_json(OTHERS[i]), &event));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_order_is_approved_at_paypals_site),
        cmocka_unit_test(test_money_has_come_when_a_capture_is_complete),
        cmocka_unit_test(test_a_fee_is_told_in_the_payments_currency),
        cmocka_unit_test(test_several_captures_add_up),
        cmocka_unit_test(test_money_is_set_aside),
        cmocka_unit_test(test_refunds_are_told_with_the_money),
        cmocka_unit_test(test_live_is_what_the_account_is),
        cmocka_unit_test(test_an_event_tells_of_an_approval),
        cmocka_unit_test(test_events_about_money_say_only_where_to_look),
        cmocka_unit_test(test_a_refund_is_of_its_capture),
        cmocka_unit_test(test_events_tell_how_disputes_stand),
        cmocka_unit_test(test_other_events_are_paypals_and_tell_nothing),
        cmocka_unit_test(test_what_is_no_event_is_none_of_paypals),
    };
    return UNIT_RUN(tests);
}
