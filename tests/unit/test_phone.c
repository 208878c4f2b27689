#include "unit.h"

#include "phone.h"

/* The number in E.164, or the code of its fault. */
static const char *normal(const char *text)
{
    const char *code, *number = phone_normalize(a, text, &code);
    assert_int_equal(number == NULL, code != NULL);
    return number ? number : code;
}

struct example {
    const char *text, *normal;
};

static void check(const struct example *e, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(normal(e[i].text), e[i].normal))
            fail_msg("%s: %s instead of %s", e[i].text, normal(e[i].text), e[i].normal);
}

static void test_brazilian_numbers_are_read_as_people_write_them(void **state)
{
    (void)state;
    static const struct example EXAMPLES[] = {
        {"(11) 98765-4321", "+5511987654321"},
        {"11987654321", "+5511987654321"},
        {"011 98765 4321", "+5511987654321"},
        {"+55 11 98765-4321", "+5511987654321"},
        {" +55 (11) 98765.4321 ", "+5511987654321"},
        {"5511987654321", "+5511987654321"},
        {"(21) 2345-6789", "+552123456789"},
        {"552123456789", "+552123456789"},
        {"61 5712-3456", "+556157123456"},
        {"(55) 99876-5432", "+5555998765432"}, /* 55 is an area code, too */
        {"(55) 3221-1234", "+555532211234"},
        {"055 3221-1234", "+555532211234"},
        {"+55 55 3221-1234", "+555532211234"},
    };
    check(EXAMPLES, LENGTH(EXAMPLES));
}

static void test_foreign_numbers_are_kept_as_e_164(void **state)
{
    (void)state;
    static const struct example EXAMPLES[] = {
        {"+351 912 345 678", "+351912345678"},    {"+1 (212) 555-0100", "+12125550100"},
        {"+54 9 11 1234-5678", "+5491112345678"}, {"+290 2257", "+2902257"},
        {"+123456789012345", "+123456789012345"},
    };
    check(EXAMPLES, LENGTH(EXAMPLES));
}

static void test_what_cannot_be_rung_is_refused(void **state)
{
    (void)state;
    static const char *const TEXTS[] = {
        "",
        "+",
        "190",
        "98765-4321",
        "0800 722 6001",
        "4004-1234",
        "(11) 8765-4321",  /* mobile, of before the ninth digit */
        "(11) 88765-4321", /* nine digits, and none of a mobile line */
        "(11) 1234-5678",
        "(11) 98765-43210",
        "+55 98765-4321",
        "+55 0 11 98765-4321",
        "00 55 11 98765-4321",
        "+0351 912 345 678",
        "+1234567890123456",
        "+123456",
        "11 98765-4321 ramal 2",
        "11 98765/4321",
        "++5511987654321",
        "11+987654321",
        "１１987654321",
    };
    for (size_t i = 0; i < LENGTH(TEXTS); i++)
        if (strcmp(normal(TEXTS[i]), "not_phone"))
            fail_msg("%s: %s", TEXTS[i], normal(TEXTS[i]));
}

static void test_area_codes_are_the_67_of_anatel(void **state)
{
    (void)state;
    int known = 0;
    for (int code = 0; code < 100; code++) {
        const char *verdict = normal(arena_printf(a, "+55%02d987654321", code));
        if (*verdict == '+')
            known++;
        else
            assert_string_equal(verdict, "unknown_area_code");
    }
    assert_int_equal(known, 67);
    static const char *const UNUSED[] = {"00", "10", "20", "23", "25", "26", "29", "30",
                                         "36", "39", "40", "50", "52", "56", "59", "60",
                                         "70", "72", "76", "78", "80", "90"};
    for (size_t i = 0; i < LENGTH(UNUSED); i++)
        assert_string_equal(normal(arena_printf(a, "+55%s33445566", UNUSED[i])),
                            "unknown_area_code");
}

static void test_the_normal_form_is_its_own_normal_form(void **state)
{
    (void)state;
    static const char *const MASKS[] = {"(%c%c) %c%c%c%c%c-%c%c%c%c", "%c%c%c%c%c%c%c%c%c%c%c",
                                        "0%c%c %c%c%c%c%c %c%c%c%c",
                                        "+55 %c%c %c%c%c%c%c.%c%c%c%c"};
    srandom(1);
    for (int i = 0; i < 1000; i++) {
        char d[16];
        sprintf(d, "11%09ld", 900000000 + random() % 100000000);
        const char *bare = arena_printf(a, "+55%s", d);
        for (size_t m = 0; m < LENGTH(MASKS); m++) {
            char masked[40];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
            snprintf(masked, sizeof masked, MASKS[m], d[0], d[1], d[2], d[3], d[4], d[5], d[6],
                     d[7], d[8], d[9], d[10]);
#pragma GCC diagnostic pop
            assert_string_equal(normal(masked), bare);
        }
        assert_string_equal(normal(bare), bare);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_brazilian_numbers_are_read_as_people_write_them),
        cmocka_unit_test(test_foreign_numbers_are_kept_as_e_164),
        cmocka_unit_test(test_what_cannot_be_rung_is_refused),
        cmocka_unit_test(test_area_codes_are_the_67_of_anatel),
        cmocka_unit_test(test_the_normal_form_is_its_own_normal_form),
    };
    return UNIT_RUN(tests);
}
