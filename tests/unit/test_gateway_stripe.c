#include "standin.h"

static void test_a_card_payment_from_its_beginning_to_its_refund(void **state)
{
    (void)state;
    need_stand_in();
    struct gateway_payment p = begun(&stripe, "card");
    assert_string_equal(next("type"), "card");
    assert_string_equal(next("publishable_key"), "pk_test_standinshop");
    assert_ptr_equal(strstr(next("client_secret"), p.ref), next("client_secret"));
    happens("stripe/pay", p.ref);
    done(GATEWAY_STRIPE.read, &p);
    assert_int_equal(fact("captured"), 12990);
    assert_true(fact("fee") > 0);
    assert_true(fact("captured_at") >= time(NULL) - 5);
    assert_ptr_equal(strstr(word("capture_ref"), "ch_"), word("capture_ref"));
    assert_null(json_member(facts, "next_action"));
    gives_back_once(&p);
    assert_int_equal(refund(&p, uuid7(a), 8000), GATEWAY_REFUSED);
}

static void test_a_card_may_be_captured_later(void **state)
{
    (void)state;
    need_stand_in();
    stripe.capture_later = true;
    struct gateway_payment p = begun(&stripe, "card");
    assert_int_equal(asked(GATEWAY_STRIPE.capture, &p), GATEWAY_REFUSED); /* nobody has paid */
    assert_string_equal(call.code, "payment_intent_unexpected_state");
    happens("stripe/pay", p.ref);
    done(GATEWAY_STRIPE.read, &p);
    assert_true(json_is_true(facts, "authorized"));
    assert_int_equal(fact("captured"), -1);
    done(GATEWAY_STRIPE.capture, &p);
    assert_int_equal(fact("captured"), 12990);
    assert_true(fact("fee") > 0);
    done(GATEWAY_STRIPE.capture, &p); /* once more is no fault */
    assert_int_equal(fact("captured"), 12990);
    done(GATEWAY_STRIPE.cancel, &p); /* nor is what comes too late */
    assert_int_equal(fact("captured"), 12990);
}

static void test_what_was_set_aside_is_let_go(void **state)
{
    (void)state;
    need_stand_in();
    stripe.capture_later = true;
    struct gateway_payment p = begun(&stripe, "card");
    happens("stripe/pay", p.ref);
    for (int i = 0; i < 2; i++) {
        done(GATEWAY_STRIPE.cancel, &p);
        assert_string_equal(word("closed"), "canceled");
    }
    done(GATEWAY_STRIPE.read, &p);
    assert_string_equal(word("closed"), "canceled");
    assert_null(json_member(facts, "refunds"));
    assert_int_equal(asked(GATEWAY_STRIPE.capture, &p), GATEWAY_REFUSED);
    assert_string_equal(word("closed"), "canceled");
}

static void test_a_card_that_is_declined_may_be_followed_by_another(void **state)
{
    (void)state;
    need_stand_in();
    struct gateway_payment p = begun(&stripe, "card");
    happens("stripe/decline", p.ref);
    done(GATEWAY_STRIPE.read, &p);
    assert_string_equal(word("problem"), "generic_decline");
    assert_string_equal(word("closed"), "");
    assert_string_equal(next("type"), "card");
    happens("stripe/pay", p.ref);
    done(GATEWAY_STRIPE.read, &p);
    assert_int_equal(fact("captured"), 12990);
}

static void test_a_pix_payment(void **state)
{
    (void)state;
    need_stand_in();
    struct gateway_payment p = payment(&stripe, "pix");
    p.expires_at = time(NULL) + 1800;
    done(GATEWAY_STRIPE.begin, &p);
    p.ref = word("ref");
    assert_string_equal(next("type"), "pix");
    assert_ptr_equal(strstr(next("code"), "000201"), next("code"));
    assert_true(*next("qr_code_url") && *next("url"));
    happens("stripe/pay", p.ref);
    done(GATEWAY_STRIPE.read, &p);
    assert_int_equal(fact("captured"), 12990);
    assert_int_equal(refund(&p, uuid7(a), 12990), GATEWAY_DONE);
    assert_true(GATEWAY_STRIPE.refunds("pix"));
}

static void test_a_pix_runs_out(void **state)
{
    (void)state;
    need_stand_in();
    struct gateway_payment p = begun(&stripe, "pix");
    happens("stripe/expire", p.ref);
    done(GATEWAY_STRIPE.read, &p);
    assert_string_equal(word("closed"), "failed");
    p = begun(&stripe, "pix");
    done(GATEWAY_STRIPE.cancel, &p);
    assert_string_equal(word("closed"), "canceled");
}

static void test_a_boleto_payment(void **state)
{
    (void)state;
    need_stand_in();
    struct gateway_payment p = begun(&stripe, "boleto");
    assert_string_equal(next("type"), "boleto");
    assert_true(*next("line") && *next("url") && *next("pdf_url"));
    /* Two days before the shop stops waiting, as a bank takes its time. */
    assert_true(fact("expires_at") > time(NULL) + 2 * 86400);
    assert_true(fact("expires_at") < time(NULL) + 4 * 86400);
    happens("stripe/process", p.ref);
    done(GATEWAY_STRIPE.read, &p);
    assert_null(json_member(facts, "closed"));
    happens("stripe/pay", p.ref);
    done(GATEWAY_STRIPE.read, &p);
    assert_int_equal(fact("captured"), 12990);
    assert_false(GATEWAY_STRIPE.refunds("boleto"));
    p = payment(&stripe, "boleto");
    p.customer = value_of("{\"name\": \"João\", \"email\": \"j@example.com\"}");
    assert_int_equal(asked(GATEWAY_STRIPE.begin, &p), GATEWAY_REFUSED);
    assert_string_equal(call.code, "tax_id_missing");
}

static void test_a_beginning_without_an_answer_is_found(void **state)
{
    (void)state;
    need_stand_in();
    struct gateway_payment p = payment(&stripe, "pix");
    goes_wrong("stripe", "create", "cut");
    assert_int_equal(asked(GATEWAY_STRIPE.begin, &p), GATEWAY_UNCERTAIN);
    done(GATEWAY_STRIPE.read, &p); /* by our id */
    const char *ref = word("ref");
    assert_true(*ref);
    done(GATEWAY_STRIPE.begin, &p); /* or by the same key */
    assert_string_equal(word("ref"), ref);
    p.expires_at -= 60; /* which does not go with other data */
    done(GATEWAY_STRIPE.begin, &p);
    assert_string_equal(word("ref"), ref);
    assert_string_equal(next("type"), "pix");
    done(GATEWAY_STRIPE.cancel, &p);
    assert_string_equal(word("closed"), "canceled");
}

static void test_what_was_never_begun_is_not_there(void **state)
{
    (void)state;
    need_stand_in();
    struct gateway_payment p = payment(&stripe, "pix");
    done(GATEWAY_STRIPE.read, &p); /* so new that it would be in the list */
    assert_null(facts);
    p.id = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f";
    done(GATEWAY_STRIPE.read, &p);
    assert_null(facts);
    done(GATEWAY_STRIPE.cancel, &p);
    assert_string_equal(word("closed"), "canceled");
    assert_int_equal(asked(GATEWAY_STRIPE.capture, &p), GATEWAY_REFUSED);
}

static void test_what_is_asked_after_the_key_is_forgotten_is_looked_for(void **state)
{
    (void)state;
    need_stand_in();
    struct gateway_payment p = payment(&stripe, "card");
    p.id = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f";
    done(GATEWAY_STRIPE.begin, &p);
    p.ref = word("ref");
    p.amount++; /* with the key alone this would be refused */
    done(GATEWAY_STRIPE.begin, &p);
    assert_string_equal(word("ref"), p.ref);
    happens("stripe/pay", p.ref);
    const char *id = "017f22e2-79b0-7cc3-98c4-dc0c0c073990";
    assert_int_equal(refund(&p, id, 1000), GATEWAY_DONE);
    const char *ref = word_in("refunds", "ref");
    assert_int_equal(refund(&p, id, 1001), GATEWAY_DONE);
    assert_string_equal(word_in("refunds", "ref"), ref);
}

static void test_uncertain_captures_and_refunds_are_read(void **state)
{
    (void)state;
    need_stand_in();
    stripe.capture_later = true;
    struct gateway_payment p = begun(&stripe, "card");
    happens("stripe/pay", p.ref);
    goes_wrong("stripe", "capture", "cut");
    assert_int_equal(asked(GATEWAY_STRIPE.capture, &p), GATEWAY_UNCERTAIN);
    done(GATEWAY_STRIPE.read, &p);
    assert_int_equal(fact("captured"), 12990);
    goes_wrong("stripe", "refund", "cut");
    assert_int_equal(refund(&p, uuid7(a), 1000), GATEWAY_UNCERTAIN);
    done(GATEWAY_STRIPE.read, &p);
    assert_int_equal(number_in("refunds", "amount"), 1000);
    goes_wrong("stripe", "refund", "error_after"); /* which it says again: it is looked for */
    assert_int_equal(refund(&p, uuid7(a), 500), GATEWAY_DONE);
    goes_wrong("stripe", "refund", "rate_limit");
    assert_int_equal(refund(&p, uuid7(a), 1000), GATEWAY_AWAY);
    assert_int_equal(call.retry_after, 1);
}

static void test_refunds_may_take_their_time_or_fail(void **state)
{
    (void)state;
    need_stand_in();
    struct gateway_payment p = begun(&stripe, "card");
    happens("stripe/pay", p.ref);
    goes_wrong("stripe", "refund", "pending");
    assert_int_equal(refund(&p, uuid7(a), 1000), GATEWAY_DONE);
    assert_string_equal(word_in("refunds", "status"), "pending");
    happens("stripe/settle_refund", word_in("refunds", "ref"));
    done(GATEWAY_STRIPE.read, &p);
    assert_string_equal(word_in("refunds", "status"), "succeeded");
    control(arena_printf(a, "stripe/settle_refund/%s", word_in("refunds", "ref")),
            "{\"status\": \"failed\"}");
    done(GATEWAY_STRIPE.read, &p);
    assert_string_equal(word_in("refunds", "status"), "failed");
    assert_string_equal(word_in("refunds", "reason"), "expired_or_canceled_card");
}

static void test_test_money_is_not_believed_of_a_live_account(void **state)
{
    (void)state;
    need_stand_in();
    struct gateway_payment p = payment(&stripe, "card");
    stripe.live = true; /* with a key for tests: such an account can't be set up */
    assert_int_equal(asked(GATEWAY_STRIPE.begin, &p), GATEWAY_REFUSED);
    assert_string_equal(call.code, "wrong_mode");
    assert_null(facts);
}

static void test_a_key_that_is_not_taken_is_for_the_operator(void **state)
{
    (void)state;
    need_stand_in();
    struct gateway_payment p = payment(&stripe, "card");
    stripe.key = "sk_none";
    assert_int_equal(asked(GATEWAY_STRIPE.begin, &p), GATEWAY_AWAY);
    stripe.key = "sk_test_standinshop";
    p = payment(&paypal, "paypal");
    paypal.key = "wrong";
    assert_int_equal(asked(GATEWAY_PAYPAL.begin, &p), GATEWAY_AWAY);
    assert_string_equal(call.code, "invalid_client");
    paypal.key = "standin-secret";
}

static void test_movements_are_listed_page_by_page(void **state)
{
    (void)state;
    need_stand_in();
    struct gateway_payment p = begun(&stripe, "card");
    happens("stripe/pay", p.ref);
    done(GATEWAY_STRIPE.read, &p);
    const char *capture_ref = word("capture_ref");
    assert_int_equal(refund(&p, uuid7(a), 1000), GATEWAY_DONE);
    const char *refund_ref = word_in("refunds", "ref"), *page = NULL;
    struct gateway_movement *found;
    int count;
    call = (struct gateway_call){.arena = a};
    time_t now = time(NULL);
    assert_int_equal(
        GATEWAY_STRIPE.list(&call, &stripe, now - 60, now + 60, &page, &found, &count),
        GATEWAY_DONE);
    assert_null(page);
    assert_int_equal(count, 2);
    assert_string_equal(found[0].kind, "refund");
    assert_string_equal(found[0].ref, refund_ref);
    assert_int_equal(found[0].amount, -1000);
    assert_string_equal(found[1].kind, "capture");
    assert_string_equal(found[1].ref, capture_ref);
    assert_int_equal(found[1].amount, 12990);
    assert_true(found[1].fee > 0);
    assert_int_equal(
        GATEWAY_STRIPE.list(&call, &stripe, now - 120, now - 60, &page, &found, &count),
        GATEWAY_DONE);
    assert_int_equal(count, 0);
}

static void test_a_disputed_payment_says_so(void **state)
{
    (void)state;
    need_stand_in();
    struct gateway_payment p = begun(&stripe, "card");
    happens("stripe/pay", p.ref);
    happens("stripe/dispute", p.ref);
    done(GATEWAY_STRIPE.read, &p);
    assert_int_equal(number_in("disputes", "withdrawn"), 12990);
    assert_int_equal(number_in("disputes", "amount"), 12990);
    assert_true(number_in("disputes", "fee") > 0);
    assert_string_equal(word_in("disputes", "status"), "open");
    happens("stripe/close_dispute", word_in("disputes", "ref"));
    done(GATEWAY_STRIPE.read, &p);
    assert_int_equal(number_in("disputes", "reinstated"), 12990);
    assert_string_equal(word_in("disputes", "status"), "won");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_card_payment_from_its_beginning_to_its_refund),
        TEST(test_a_card_may_be_captured_later),
        TEST(test_what_was_set_aside_is_let_go),
        TEST(test_a_card_that_is_declined_may_be_followed_by_another),
        TEST(test_a_pix_payment),
        TEST(test_a_pix_runs_out),
        TEST(test_a_boleto_payment),
        TEST(test_a_beginning_without_an_answer_is_found),
        TEST(test_what_was_never_begun_is_not_there),
        TEST(test_what_is_asked_after_the_key_is_forgotten_is_looked_for),
        TEST(test_uncertain_captures_and_refunds_are_read),
        TEST(test_refunds_may_take_their_time_or_fail),
        TEST(test_test_money_is_not_believed_of_a_live_account),
        TEST(test_a_key_that_is_not_taken_is_for_the_operator),
        TEST(test_movements_are_listed_page_by_page),
        TEST(test_a_disputed_payment_says_so),
    };
    return cmocka_run_group_tests(tests, standin_begin, standin_end);
}
