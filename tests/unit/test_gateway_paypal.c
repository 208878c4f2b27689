#include "standin.h"

static void test_a_paypal_payment_from_its_beginning_to_its_refund(void **state)
{
    (void)state;
    need_stand_in();
    struct gateway_payment p = begun(&paypal, "paypal");
    assert_string_equal(next("type"), "approve");
    assert_true(*next("url"));
    assert_int_equal(asked(GATEWAY_PAYPAL.capture, &p), GATEWAY_AWAY); /* not approved yet */
    happens("paypal/approve", p.ref);
    done(GATEWAY_PAYPAL.read, &p);
    assert_true(json_is_true(facts, "approved"));
    done(GATEWAY_PAYPAL.capture, &p);
    assert_int_equal(fact("captured"), 12990);
    assert_true(fact("fee") > 0);
    assert_true(fact("captured_at") >= time(NULL) - 5);
    p.capture_ref = word("capture_ref");
    done(GATEWAY_PAYPAL.capture, &p); /* once more is no fault */
    assert_int_equal(fact("captured"), 12990);
    done(GATEWAY_PAYPAL.cancel, &p); /* nor is what comes too late */
    assert_int_equal(fact("captured"), 12990);
    assert_null(json_member(facts, "closed"));
    gives_back_once(&p);
    assert_int_equal(fact("captured"), 12990);
    assert_int_equal(refund(&p, uuid7(a), 8000), GATEWAY_REFUSED);
    assert_string_equal(call.code, "REFUND_AMOUNT_EXCEEDED");
}

static void test_a_paypal_payment_may_be_captured_later(void **state)
{
    (void)state;
    need_stand_in();
    paypal.capture_later = true;
    struct gateway_payment p = begun(&paypal, "paypal");
    happens("paypal/approve", p.ref);
    done(GATEWAY_PAYPAL.capture, &p);
    assert_true(json_is_true(facts, "authorized"));
    assert_int_equal(fact("captured"), -1);
    done(GATEWAY_PAYPAL.read, &p);
    assert_true(json_is_true(facts, "authorized"));
    assert_false(json_is_true(facts, "approved"));
    done(GATEWAY_PAYPAL.capture, &p);
    assert_int_equal(fact("captured"), 12990);
    done(GATEWAY_PAYPAL.read, &p);
    assert_int_equal(fact("captured"), 12990);
    assert_true(fact("fee") > 0);
}

static void test_what_paypal_set_aside_is_let_go(void **state)
{
    (void)state;
    need_stand_in();
    paypal.capture_later = true;
    struct gateway_payment p = begun(&paypal, "paypal");
    happens("paypal/approve", p.ref);
    done(GATEWAY_PAYPAL.capture, &p);
    for (int i = 0; i < 2; i++) {
        done(GATEWAY_PAYPAL.cancel, &p);
        assert_string_equal(word("closed"), "canceled");
    }
    done(GATEWAY_PAYPAL.read, &p);
    assert_string_equal(word("closed"), "canceled");
}

static void test_an_order_that_we_do_not_capture_comes_to_nothing(void **state)
{
    (void)state;
    need_stand_in();
    struct gateway_payment p = begun(&paypal, "paypal");
    done(GATEWAY_PAYPAL.cancel, &p);
    assert_string_equal(word("closed"), "canceled");
    happens("paypal/approve", p.ref);
    done(GATEWAY_PAYPAL.cancel, &p);
    assert_string_equal(word("closed"), "canceled");
    assert_false(json_is_true(facts, "approved"));
    p.ref = NULL;
    done(GATEWAY_PAYPAL.read, &p);
    assert_null(facts);
    done(GATEWAY_PAYPAL.cancel, &p);
    assert_string_equal(word("closed"), "canceled");
    p.ref = "5O190127TN364715T"; /* which has lapsed */
    done(GATEWAY_PAYPAL.read, &p);
    assert_string_equal(word("closed"), "canceled");
}

static void test_an_order_of_another_payment_is_not_believed(void **state)
{
    (void)state;
    need_stand_in();
    struct gateway_payment paid = begun(&paypal, "paypal"), p = begun(&paypal, "paypal");
    happens("paypal/approve", paid.ref);
    done(GATEWAY_PAYPAL.capture, &paid);
    p.ref = paid.ref;
    assert_int_equal(asked(GATEWAY_PAYPAL.read, &p), GATEWAY_REFUSED);
    assert_string_equal(call.code, "another_payment");
    assert_null(facts);
}

static void test_paypals_answers_may_be_lost(void **state)
{
    (void)state;
    need_stand_in();
    struct gateway_payment p = payment(&paypal, "paypal");
    goes_wrong("paypal", "create", "cut");
    assert_int_equal(asked(GATEWAY_PAYPAL.begin, &p), GATEWAY_UNCERTAIN);
    done(GATEWAY_PAYPAL.begin, &p);
    p.ref = word("ref");
    happens("paypal/approve", p.ref);
    goes_wrong("paypal", "capture", "cut");
    assert_int_equal(asked(GATEWAY_PAYPAL.capture, &p), GATEWAY_UNCERTAIN);
    done(GATEWAY_PAYPAL.read, &p);
    assert_int_equal(fact("captured"), 12990);
    p.capture_ref = word("capture_ref");
    const char *id = uuid7(a);
    goes_wrong("paypal", "refund", "cut");
    assert_int_equal(refund(&p, id, 1000), GATEWAY_UNCERTAIN);
    assert_int_equal(refund(&p, id, 1000), GATEWAY_DONE);
    done(GATEWAY_PAYPAL.read, &p);
    assert_int_equal(number_in("refunds", "amount"), 1000);
    assert_null(json_item(json_member(facts, "refunds"), 1));
}

static void test_a_token_is_renewed_when_it_is_not_taken(void **state)
{
    (void)state;
    need_stand_in();
    begun(&paypal, "paypal");
    const char *first = arena_strdup(a, memory.token);
    begun(&paypal, "paypal");
    assert_string_equal(memory.token, first);
    strcpy(memory.token, "x");
    begun(&paypal, "paypal");
    assert_string_not_equal(memory.token, first);
    first = arena_strdup(a, memory.token);
    memory.token_until = 0;
    begun(&paypal, "paypal");
    assert_string_not_equal(memory.token, first);
    goes_wrong("paypal", "token", "error_before");
    memory.token_until = 0;
    struct gateway_payment p = payment(&paypal, "paypal");
    assert_int_equal(asked(GATEWAY_PAYPAL.begin, &p), GATEWAY_AWAY);
}

static void test_money_that_paypal_holds_back_has_not_come(void **state)
{
    (void)state;
    need_stand_in();
    struct gateway_payment p = begun(&paypal, "paypal");
    happens("paypal/approve", p.ref);
    goes_wrong("paypal", "capture", "pending");
    done(GATEWAY_PAYPAL.capture, &p);
    assert_int_equal(fact("captured"), -1);
    assert_null(json_member(facts, "closed"));
    assert_int_equal(asked(GATEWAY_PAYPAL.cancel, &p), GATEWAY_AWAY); /* it is on its way */
    assert_string_equal(call.code, "PENDING_CAPTURE");
}

static void test_an_account_that_pays_not_may_be_followed_by_another(void **state)
{
    (void)state;
    need_stand_in();
    struct gateway_payment p = begun(&paypal, "paypal");
    happens("paypal/approve", p.ref);
    goes_wrong("paypal", "capture", "decline");
    assert_int_equal(asked(GATEWAY_PAYPAL.capture, &p), GATEWAY_REFUSED);
    assert_string_equal(call.code, "INSTRUMENT_DECLINED");
    assert_string_equal(word("problem"), "INSTRUMENT_DECLINED");
    assert_null(json_member(facts, "closed"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_paypal_payment_from_its_beginning_to_its_refund),
        TEST(test_a_paypal_payment_may_be_captured_later),
        TEST(test_what_paypal_set_aside_is_let_go),
        TEST(test_an_order_that_we_do_not_capture_comes_to_nothing),
        TEST(test_an_order_of_another_payment_is_not_believed),
        TEST(test_paypals_answers_may_be_lost),
        TEST(test_a_token_is_renewed_when_it_is_not_taken),
        TEST(test_money_that_paypal_holds_back_has_not_come),
        TEST(test_an_account_that_pays_not_may_be_followed_by_another),
    };
    return cmocka_run_group_tests(tests, standin_begin, standin_end);
}
