#include "unit.h"

#include "chart/glyphs.h"
#include "utf8.h"

static void test_texts_are_shown_as_the_font_can(void **state)
{
    (void)state;
    static const char *const CASES[][2] = {
        {"Açúcar & Café", "Açúcar & Café"},
        {"a&lt;b", "a&lt;b"},
        {"R$\xC2\xA0"
         "5",
         "R$\xC2\xA0"
         "5"},
        {"Festa 🎉 de 🏳️‍🌈 verão", "Festa de verão"},
        {"two\n lines\tand\r\nmore  ", "two lines and more"},
        {"  before", "before"},
        {"日本語", "□□□"},
        {"🎉", "□"},
        {"a\xFF"
         "b\xC3",
         "a□b□"},
        {"x\x01y\x7Fz", "xyz"},
        {"\xE2\x80\xAE"
         "abc",
         "abc"},
        {"", ""},
        {" \n", ""},
    };
    for (size_t i = 0; i < LENGTH(CASES); i++)
        assert_string_equal(glyphs_shown(a, CASES[i][0]), CASES[i][1]);
}

static void test_what_is_shown_is_shown_again_alike(void **state)
{
    (void)state;
    unsigned seed = 1;
    for (int i = 0; i < 2000; i++) {
        char bytes[40] = "";
        for (size_t n = 0; n < 39; n++)
            bytes[n] = (char)(1 + (seed = seed * 1103515245 + 12345) / 65536 % 255);
        char *shown = glyphs_shown(a, bytes);
        assert_true(utf8_valid(shown, strlen(shown)));
        assert_string_equal(glyphs_shown(a, shown), shown);
    }
}

static void test_texts_are_cut_between_characters(void **state)
{
    (void)state;
    assert_string_equal(glyphs_cut(a, "ação", 3), "açã…");
    assert_string_equal(glyphs_cut(a, "um dois", 3), "um…");
    assert_string_equal(glyphs_cut(a, "um", 9), "um…");
    assert_string_equal(glyphs_cut(a, "um", 0), "…");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts_are_shown_as_the_font_can),
        cmocka_unit_test(test_what_is_shown_is_shown_again_alike),
        cmocka_unit_test(test_texts_are_cut_between_characters),
    };
    return UNIT_RUN(tests);
}
