#include "unit.h"

#include "utf8.h"

struct example {
    const char *bytes;
    size_t n, length; /* length of the first character, 0 for none */
};

static void test_characters_of_every_length_are_known(void **state)
{
    (void)state;
    static const struct example EXAMPLES[] = {
        {"a", 1, 1},
        {"\0", 1, 1},
        {"\x7F", 1, 1},
        {"\xC2\x80", 2, 2},
        {"\xDF\xBF", 2, 2},
        {"\xE0\xA0\x80", 3, 3},
        {"\xED\x9F\xBF", 3, 3},
        {"\xEE\x80\x80", 3, 3},
        {"\xEF\xBF\xBF", 3, 3},
        {"\xF0\x90\x80\x80", 4, 4},
        {"\xF4\x8F\xBF\xBF", 4, 4},
        {"ab", 2, 1},
    };
    for (size_t i = 0; i < LENGTH(EXAMPLES); i++)
        assert_int_equal(utf8_char(EXAMPLES[i].bytes, EXAMPLES[i].n), EXAMPLES[i].length);
}

static void test_bytes_that_are_no_character_are_none(void **state)
{
    (void)state;
    static const struct example EXAMPLES[] = {
        {"", 0, 0},
        {"\x80", 1, 0},     /* continues nothing */
        {"\xC0\x80", 2, 0}, /* overlong */
        {"\xC1\xBF", 2, 0},
        {"\xE0\x9F\xBF", 3, 0},
        {"\xF0\x8F\xBF\xBF", 4, 0},
        {"\xED\xA0\x80", 3, 0}, /* surrogates */
        {"\xED\xBF\xBF", 3, 0},
        {"\xF4\x90\x80\x80", 4, 0}, /* above U+10FFFF */
        {"\xF5\x80\x80\x80", 4, 0},
        {"\xFF", 1, 0},
        {"\xC2", 1, 0}, /* cut off */
        {"\xE2\x82", 2, 0},
        {"\xF0\x9F\x8D", 3, 0},
        {"\xC3"
         "a",
         2, 0}, /* broken off */
        {"\xE2\x82"
         "a",
         3, 0},
    };
    for (size_t i = 0; i < LENGTH(EXAMPLES); i++) {
        assert_int_equal(utf8_char(EXAMPLES[i].bytes, EXAMPLES[i].n), 0);
        assert_int_equal(utf8_valid(EXAMPLES[i].bytes, EXAMPLES[i].n), EXAMPLES[i].n == 0);
    }
}

static void test_no_byte_beyond_the_end_is_read(void **state)
{
    (void)state;
    for (size_t n = 1; n < 4; n++) {
        char *exact = malloc(n); /* the sanitizers and valgrind watch its end */
        memcpy(exact, "\xF0\x9F\x8D\x8E", n);
        assert_int_equal(utf8_char(exact, n), 0);
        free(exact);
    }
}

static void test_a_valid_text_holds_no_nul(void **state)
{
    (void)state;
    assert_true(utf8_valid("maçã 🍎", strlen("maçã 🍎")));
    assert_false(utf8_valid("a\0b", 3));
    assert_false(utf8_valid("maçã\xFF", 7));
}

static void test_characters_are_counted_not_bytes(void **state)
{
    (void)state;
    assert_int_equal(utf8_length(""), 0);
    assert_int_equal(utf8_length("maçã"), 4);
    assert_int_equal(utf8_length("€🍎"), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_characters_of_every_length_are_known),
        cmocka_unit_test(test_bytes_that_are_no_character_are_none),
        cmocka_unit_test(test_no_byte_beyond_the_end_is_read),
        cmocka_unit_test(test_a_valid_text_holds_no_nul),
        cmocka_unit_test(test_characters_are_counted_not_bytes),
    };
    return UNIT_RUN(tests);
}
