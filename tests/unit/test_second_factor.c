#include "unit.h"

#include "registry/second_factor.h"

/* RFC 6238 appendix B, whose secret is "12345678901234567890"; the last six digits. */
static const char SECRET[] = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
static const char USER[] = "019f0000-0000-7000-8000-000000000001";

static bool accepts(const char *code, time_t now, long long last_step, struct code_use *use)
{
    struct second_factor factor = {.secret = SECRET, .last_step = last_step};
    return second_factor_accepts(a, &factor, USER, code, now, use);
}

static void test_the_codes_of_the_standard_are_accepted_in_their_time(void **state)
{
    (void)state;
    static const struct {
        time_t now;
        const char *code, *step;
    } VECTORS[] = {
        {59, "287082", "1"},
        {1111111109, "081804", "37037036"},
        {1111111111, "050471", "37037037"},
        {1234567890, "005924", "41152263"},
        {2000000000, "279037", "66666666"},
        {20000000000, "353130", "666666666"},
    };
    struct code_use use;
    for (size_t i = 0; i < LENGTH(VECTORS); i++) {
        assert_true(accepts(VECTORS[i].code, VECTORS[i].now, 0, &use));
        assert_string_equal(use.step, VECTORS[i].step);
        assert_null(use.recovery);
    }
}

static void test_a_clock_may_be_one_step_off_and_no_more(void **state)
{
    (void)state;
    struct code_use use;
    assert_true(accepts("081804", 1111111109 - 30, 0, &use));
    assert_true(accepts("081804", 1111111109 + 30, 0, &use));
    assert_string_equal(use.step, "37037036");
    assert_false(accepts("081804", 1111111109 - 60, 0, &use));
    assert_false(accepts("081804", 1111111109 + 60, 0, &use));
}

static void test_no_code_is_accepted_twice_nor_one_before_it(void **state)
{
    (void)state;
    struct code_use use;
    assert_false(accepts("081804", 1111111109, 37037036, &use));
    assert_false(accepts("081804", 1111111109, 37037037, &use));
    assert_true(accepts("081804", 1111111109, 37037035, &use));
}

static void test_a_secret_that_does_not_open_refuses_every_code(void **state)
{
    (void)state;
    struct second_factor factor = second_factor_of(a, USER, "\\x00", 0);
    struct code_use use;
    assert_true(factor.enabled);
    assert_null(factor.secret);
    assert_false(second_factor_accepts(a, &factor, USER, "081804", 1111111109, &use));
    assert_false(second_factor_of(a, USER, NULL, 0).enabled);
}

static void test_another_code_is_refused(void **state)
{
    (void)state;
    struct code_use use;
    assert_false(accepts("081805", 1111111109, 0, &use));
    assert_null(use.step);
}

static void test_a_uri_names_issuer_account_and_secret(void **state)
{
    (void)state;
    assert_string_equal(second_factor_uri(a, "Loja da Ana", "ana+x@example.com", SECRET),
                        "otpauth://totp/Loja%20da%20Ana:ana%2Bx%40example.com?secret="
                        "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Loja%20da%20Ana");
}

static void test_a_secret_has_160_bits_and_differs_each_time(void **state)
{
    (void)state;
    const char *secret = second_factor_secret(a);
    assert_int_equal(strlen(secret), 32);
    assert_int_equal(strspn(secret, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"), 32);
    assert_string_not_equal(secret, second_factor_secret(a));
}

static void test_a_recovery_code_is_easy_to_type(void **state)
{
    (void)state;
    const char *code = recovery_code(a);
    assert_int_equal(strlen(code), 11);
    assert_int_equal(code[5], '-');
    assert_int_equal(strspn(code, "abcdefghijklmnopqrstuvwxyz234567-"), 11);
    assert_string_not_equal(code, recovery_code(a));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_codes_of_the_standard_are_accepted_in_their_time),
        cmocka_unit_test(test_a_clock_may_be_one_step_off_and_no_more),
        cmocka_unit_test(test_no_code_is_accepted_twice_nor_one_before_it),
        cmocka_unit_test(test_a_secret_that_does_not_open_refuses_every_code),
        cmocka_unit_test(test_another_code_is_refused),
        cmocka_unit_test(test_a_uri_names_issuer_account_and_secret),
        cmocka_unit_test(test_a_secret_has_160_bits_and_differs_each_time),
        cmocka_unit_test(test_a_recovery_code_is_easy_to_type),
    };
    return UNIT_RUN(tests);
}
