#include "unit.h"

#include "normal.h"

static void test_one_text_has_one_spelling(void **state)
{
    (void)state;
    static const char *const EXAMPLES[][2] = {
        {"", ""},
        {"Ana", "Ana"},
        {"Joa\u0303o", "Jo\u00E3o"},
        {"Jo\u00E3o", "Jo\u00E3o"},
        {"\u1112\u1161\u11AB", "\uD55C"},   /* Hangul */
        {"q\u0307\u0323", "q\u0323\u0307"}, /* marks have an order */
        {"\u212B", "\u00C5"},               /* the angstrom sign is a letter */
        {"\uFB01\u00BD", "\uFB01\u00BD"},   /* what only looks alike stays */
    };
    for (size_t i = 0; i < LENGTH(EXAMPLES); i++) {
        char *once = normal_nfc(a, EXAMPLES[i][0]);
        assert_string_equal(once, EXAMPLES[i][1]);
        assert_string_equal(normal_nfc(a, once), once);
    }
}

static void test_folded_texts_have_no_case_and_no_accents(void **state)
{
    (void)state;
    static const char *const EXAMPLES[][2] = {
        {"ÁGUA", "agua"},         {"Joa\u0303o", "joao"}, {"Conceição", "conceicao"},
        {"Straße", "strasse"},    {"ＡＢＣ１", "abc1"},   {"\uFB01m", "fim"},
        {"se\u00ADnha", "senha"}, {"李", "李"},
    };
    for (size_t i = 0; i < LENGTH(EXAMPLES); i++)
        assert_string_equal(normal_fold(a, EXAMPLES[i][0]), EXAMPLES[i][1]);
}

static void test_bytes_that_are_no_text_stay_as_they_are(void **state)
{
    (void)state;
    assert_string_equal(normal_nfc(a, "a\xFF"), "a\xFF");
    assert_string_equal(normal_fold(a, "A\xFF"), "A\xFF");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_text_has_one_spelling),
        cmocka_unit_test(test_folded_texts_have_no_case_and_no_accents),
        cmocka_unit_test(test_bytes_that_are_no_text_stay_as_they_are),
    };
    return UNIT_RUN(tests);
}
