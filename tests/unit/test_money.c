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
        {150000000000, "R$" NBSP "1.500" NBSP "mi", "R$1,500M"},
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_amounts_are_written_as_each_language_does),
        cmocka_unit_test(test_ticks_are_short),
        cmocka_unit_test(test_numbers_are_grouped),
        cmocka_unit_test(test_percents_have_one_decimal),
    };
    return UNIT_RUN(tests);
}
