#include "unit.h"

#include "sales/order_list.h"

static void test_words_of_a_name_become_a_pattern(void **state)
{
    (void)state;
    static const char *const CASES[][2] = {
        {"ana", "%ana%"},     {"Ana Lima", "%Ana%Lima%"}, {"ana  lima", "%ana%%lima%"},
        {"José ", "%José%%"}, {"10% x", "%10\\%%x%"},     {"a_b\\c", "%a\\_b\\\\c%"},
    };
    for (size_t i = 0; i < LENGTH(CASES); i++)
        assert_string_equal(order_list_pattern(a, CASES[i][0]), CASES[i][1]);
}

static void test_numbers_are_told_from_names(void **state)
{
    (void)state;
    assert_string_equal(order_list_number("1042"), "1042");
    assert_string_equal(order_list_number("#1042"), "1042");
    assert_string_equal(order_list_number("999999999999999999"), "999999999999999999");
    static const char *const NAMES[] = {"",   "#",     "##1", "1 2",
                                        "-1", "1042a", "1.5", "9999999999999999999"};
    for (size_t i = 0; i < LENGTH(NAMES); i++)
        assert_null(order_list_number(NAMES[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_of_a_name_become_a_pattern),
        cmocka_unit_test(test_numbers_are_told_from_names),
    };
    return UNIT_RUN(tests);
}
