#include "unit.h"

#include "catalog/clean.h"
#include "utf8.h"

static void test_text_becomes_one_clean_line(void **state)
{
    (void)state;
    static const char *const CASES[][2] = {
        {"Cafeteira", "Cafeteira"},
        {"  a \t\r\n b  ", "a b"},
        {"a\xC2\xA0\xC2\xA0 b\xC2\xA0", "a b"},
        {"\xEF\xBB\xBF"
         "a\xE2\x80\x8B"
         "b",
         "a b"},
        {"a\x01\x1B"
         "b\x7F",
         "a b"},
        {"<p>Um <b>bom</b> caf&eacute;</p>", "Um bom café"},
        {"<li>a</li><li>b</li>", "a b"},
        {"a<br>b<br/>c", "a b c"},
        {"5 &lt; 6 &amp; 7 &#62; 6", "5 < 6 & 7 > 6"},
        {"Tom &amp; Jerry", "Tom & Jerry"},
        {"a<!-- escondido -->b", "a b"},
        {"maçã 🍎", "maçã 🍎"},
        {"a\xFF"
         "b\xC3",
         "ab"},
        {"a \xFF b", "a b"},
    };
    for (size_t i = 0; i < LENGTH(CASES); i++) {
        const char *line = clean_line(a, CASES[i][0], 100);
        if (!line || strcmp(line, CASES[i][1]))
            fail_msg("\"%s\" became \"%s\"", CASES[i][0], line);
    }
}

static void test_nothing_is_left_of_nothing(void **state)
{
    (void)state;
    static const char *const TEXTS[] = {
        NULL, "", "  \n", "\xC2\xA0", "<p></p>", "<br>", "&nbsp;", "\xFF\xFE", "<",
    };
    for (size_t i = 0; i < LENGTH(TEXTS); i++) {
        const char *line = clean_line(a, TEXTS[i], 100);
        if (line && strcmp(line, "<"))
            fail_msg("\"%s\" became \"%s\"", TEXTS[i], line);
    }
    assert_null(clean_line(a, "text", 0));
}

static void test_a_line_is_cut_between_characters(void **state)
{
    (void)state;
    assert_string_equal(clean_line(a, "maçãs", 4), "maçã");
    assert_string_equal(clean_line(a, "🍎🍎🍎", 2), "🍎🍎");
    assert_string_equal(clean_line(a, "ab cd", 3), "ab"); /* no blank is left at the end */
    assert_string_equal(clean_line(a, "<b>ab</b> cd", 5), "ab cd");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_becomes_one_clean_line),
        cmocka_unit_test(test_nothing_is_left_of_nothing),
        cmocka_unit_test(test_a_line_is_cut_between_characters),
    };
    return UNIT_RUN(tests);
}
