#include "unit.h"

#include "money.h"

#define NBSP "\xC2\xA0"

static void test_amounts_are_written_as_each_language_does(void **state)
{
    (void)state;
    static const struct {
        long long minor;
        const char *currency, *portuguese, *english;
    } CASES[] = {
        {0, "BRL", "R$" NBSP "0,00", "R$0.00"},
        {5, "BRL", "R$" NBSP "0,05", "R$0.05"},
        {123456, "BRL", "R$" NBSP "1.234,56", "R$1,234.56"},
        {100000000, "BRL", "R$" NBSP "1.000.000,00", "R$1,000,000.00"},
        {-123456, "BRL", "-R$" NBSP "1.234,56", "-R$1,234.56"},
        {99999, "USD", "US$" NBSP "999,99", "US$999.99"},
        {1050, "ARS", "ARS" NBSP "10,50", "ARS" NBSP "10.50"},
        {INT64_MIN, "BRL", "-R$" NBSP "92.233.720.368.547.758,08",
         "-R$92,233,720,368,547,758.08"},
    };
    for (size_t i = 0; i < LENGTH(CASES); i++) {
        assert_string_equal(money_format(a, CASES[i].minor, CASES[i].currency, LANG_PT_BR),
                            CASES[i].portuguese);
        assert_string_equal(money_format(a, CASES[i].minor, CASES[i].currency, LANG_EN),
                            CASES[i].english);
    }
}

static void test_ticks_are_short(void **state)
{
    (void)state;
    static const struct {
        long long minor;
        const char *portuguese, *english;
    } CASES[] = {
        {0, "R$" NBSP "0", "R$0"},
        {50000, "R$" NBSP "500", "R$500"},
        {100000, "R$" NBSP "1" NBSP "mil", "R$1K"},
        {250000, "R$" NBSP "2,5" NBSP "mil", "R$2.5K"},
        {1225000, "R$" NBSP "12,25" NBSP "mil", "R$12.25K"},
        {100000000, "R$" NBSP "1" NBSP "mi", "R$1M"},
        {150000000000, "R$" NBSP "1,5" NBSP "bi", "R$1.5B"},
        {-500000000000000, "-R$" NBSP "5" NBSP "tri", "-R$5T"},
    };
    for (size_t i = 0; i < LENGTH(CASES); i++) {
        assert_string_equal(money_short(a, CASES[i].minor, "BRL", LANG_PT_BR),
                            CASES[i].portuguese);
        assert_string_equal(money_short(a, CASES[i].minor, "BRL", LANG_EN), CASES[i].english);
    }
}

static void test_numbers_are_grouped(void **state)
{
    (void)state;
    assert_string_equal(number_format(a, 0, LANG_PT_BR), "0");
    assert_string_equal(number_format(a, 999, LANG_PT_BR), "999");
    assert_string_equal(number_format(a, 1000, LANG_PT_BR), "1.000");
    assert_string_equal(number_format(a, -1234567, LANG_EN), "-1,234,567");
    assert_string_equal(number_short(a, 999, LANG_PT_BR), "999");
    assert_string_equal(number_short(a, -1500, LANG_PT_BR), "-1,5" NBSP "mil");
    assert_string_equal(number_short(a, 20000000, LANG_EN), "20M");
}

static void test_percents_have_one_decimal(void **state)
{
    (void)state;
    assert_string_equal(percent_format(a, 1, 8, LANG_PT_BR), "12,5%");
    assert_string_equal(percent_format(a, 1, 8, LANG_EN), "12.5%");
    assert_string_equal(percent_format(a, 3, 2, LANG_EN), "150.0%");
    assert_string_equal(percent_format(a, 0, 2, LANG_EN), "0.0%");
    assert_null(percent_format(a, 1, 0, LANG_EN));
}

static void test_decimals_are_written_with_two_places(void **state)
{
    (void)state;
    assert_string_equal(money_decimal(a, 0), "0.00");
    assert_string_equal(money_decimal(a, 5), "0.05");
    assert_string_equal(money_decimal(a, 129990), "1299.90");
    assert_string_equal(money_decimal(a, -349), "-3.49");
    assert_string_equal(money_decimal(a, -5), "-0.05");
}

static void test_decimals_are_read_to_the_centavo_or_not_at_all(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        long long minor;
    } CASES[] = {
        {"0", 0},        {"10", 1000},     {"10.5", 1050},
        {"10.50", 1050}, {"10.500", 1050}, {".5", 50},
        {"-3.49", -349}, {"0.01", 1},      {"129.90", 12990},
        {"007.00", 700}, {"-0.00", 0},     {"92233720368547758.07", INT64_MAX},
    };
    static const char *const NONE[] = {
        "",
        ".",
        "-",
        "10.",
        "10,50",
        "1,000.00",
        " 1",
        "1 ",
        "+1.00",
        "1.005",
        "1.0000001",
        "0x10",
        "1e3",
        "--1",
        "1.-",
        "R$1",
        "92233720368547758.08",
        "99999999999999999999",
    };
    for (size_t i = 0; i < LENGTH(CASES); i++) {
        long long minor = -1;
        if (!money_from_decimal(CASES[i].text, &minor) || minor != CASES[i].minor)
            fail_msg("%s: %lld", CASES[i].text, minor);
    }
    for (size_t i = 0; i < LENGTH(NONE); i++) {
        long long minor = 7;
        if (money_from_decimal(NONE[i], &minor) || minor != 7)
            fail_msg("%s: %lld", NONE[i], minor);
    }
}

static void test_what_is_written_as_a_decimal_is_read_as_the_same(void **state)
{
    (void)state;
    for (long long minor = -100003, read; minor < 1000000; minor += 7) {
        assert_true(money_from_decimal(money_decimal(a, minor), &read));
        assert_int_equal(read, minor);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_amounts_are_written_as_each_language_does),
        cmocka_unit_test(test_ticks_are_short),
        cmocka_unit_test(test_numbers_are_grouped),
        cmocka_unit_test(test_percents_have_one_decimal),
        cmocka_unit_test(test_decimals_are_written_with_two_places),
        cmocka_unit_test(test_decimals_are_read_to_the_centavo_or_not_at_all),
        cmocka_unit_test(test_what_is_written_as_a_decimal_is_read_as_the_same),
    };
    return UNIT_RUN(tests);
}
