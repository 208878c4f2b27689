#include "unit.h"

#include "gtin.h"

static void test_numbers_of_each_length_with_a_right_check_digit_are_valid(void **state)
{
    (void)state;
    static const char *const VALID[] = {
        "96385074",      "036000291452",   "7891000315507",
        "4006381333931", "10012345678902", "00012345600012",
    };
    for (size_t i = 0; i < LENGTH(VALID); i++)
        if (!gtin_valid(VALID[i]))
            fail_msg("%s was refused", VALID[i]);
}

static void test_every_wrong_check_digit_is_found(void **state)
{
    (void)state;
    char number[] = "7891000315507";
    for (char digit = '0'; digit <= '9'; digit++) {
        number[12] = digit;
        assert_int_equal(gtin_valid(number), digit == '7');
    }
}

static void test_every_single_wrong_digit_is_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < 13; i++) {
        char number[] = "7891000315507";
        number[i] = (char)('0' + (number[i] - '0' + 1) % 10);
        assert_false(gtin_valid(number));
    }
}

static void test_what_is_no_gtin_is_refused(void **state)
{
    (void)state;
    static const char *const TEXTS[] = {
        "",
        "0",
        "0000000",
        "000000000",
        "00000000000",
        "000000000000000",
        "789100031550a",
        " 96385074",
        "9638507-4",
        "-9638507",
    };
    for (size_t i = 0; i < LENGTH(TEXTS); i++)
        if (gtin_valid(TEXTS[i]))
            fail_msg("\"%s\" was accepted", TEXTS[i]);
}

static void test_one_number_has_one_shortest_form(void **state)
{
    (void)state;
    static const char *const CASES[][2] = {
        {"96385074", "96385074"},
        {"00000096385074", "96385074"},
        {"0000096385074", "96385074"},
        {"036000291452", "036000291452"},
        {"00036000291452", "036000291452"},
        {"7891000315507", "7891000315507"},
        {"07891000315507", "7891000315507"},
        {"10012345678902", "10012345678902"},
        {"00012345600012", "012345600012"},
        {"00000000000000", "00000000"},
    };
    for (size_t i = 0; i < LENGTH(CASES); i++) {
        char *number = arena_strdup(a, CASES[i][0]);
        assert_true(gtin_valid(number));
        gtin_shorten(number);
        assert_string_equal(number, CASES[i][1]);
        assert_true(gtin_valid(number));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_of_each_length_with_a_right_check_digit_are_valid),
        cmocka_unit_test(test_every_wrong_check_digit_is_found),
        cmocka_unit_test(test_every_single_wrong_digit_is_found),
        cmocka_unit_test(test_what_is_no_gtin_is_refused),
        cmocka_unit_test(test_one_number_has_one_shortest_form),
    };
    return UNIT_RUN(tests);
}
