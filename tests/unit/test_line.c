#include "unit.h"

#include "line.h"
#include "normal.h"

/* The normal form of a line, or the code of its fault with the character it names. */
static const char *normal(enum line_kind kind, const char *text)
{
    char refused[UTF8_LONGEST + 1] = "", *copy = arena_strdup(a, text);
    const char *code = line_normalize(kind, copy, refused);
    return code ? arena_printf(a, "%s%s", code, refused) : copy;
}

static void expect_kept(enum line_kind kind, const char *const *texts, size_t n)
{
    for (size_t i = 0; i < n; i++)
        assert_string_equal(normal(kind, texts[i]), texts[i]);
}

static void test_names_of_people_and_companies_of_any_script_are_kept(void **state)
{
    (void)state;
    static const char *const NAMES[] = {
        "Ana",
        "José \"Zé\" D'Ávila",
        "Jean-Luc O’Neil",
        "Martin Luther King, Jr.",
        "Søn Þór",
        "李小龙",
        "Владимир",
        "محمد",
        "नरेन्द्र",
        "می\u200Cخواهم",
        "João Paulo 2º",
        "3M",
        "C&A",
        "Silva & Filhos Ltda. (filial)",
        "Banco do Brasil S/A",
        "Casa + Lar",
        "X",
        "ジョン・スミス",
        "Ana III",
    };
    expect_kept(LINE_NAME, NAMES, LENGTH(NAMES));
}

static void test_what_no_name_holds_is_named(void **state)
{
    (void)state;
    static const char *const EXAMPLES[][2] = {
        {"Ana <b>", "forbidden_character<"},
        {"Ana>", "forbidden_character>"},
        {"http://x.example", "forbidden_character:"},
        {"ana@x.example", "forbidden_character@"},
        {"Ana 🛒", "forbidden_character🛒"},
        {"R$ 10", "forbidden_character$"},
        {"a\\b", "forbidden_character\\"},
        {"123", "letter_missing"},
        {"...", "letter_missing"},
        {"Ana\nLima", "control_character"},
        {"Ana\x7F", "control_character"},
        {"Ana\xC2\x85", "control_character"},
        {"Ana\u202Eamil", "control_character"},
        {"\u2066Ana", "control_character"},
        {"Ana\u200B", "control_character"},
        {"Ana\u2028", "control_character"},
        {"Ana\uE000", "control_character"},
        {"\uFEFFAna", "control_character"},
    };
    for (size_t i = 0; i < LENGTH(EXAMPLES); i++)
        assert_string_equal(normal(LINE_NAME, EXAMPLES[i][0]), EXAMPLES[i][1]);
}

static void test_blanks_are_trimmed_and_collapsed(void **state)
{
    (void)state;
    assert_string_equal(normal(LINE_NAME, "  Ana \u00A0 \u3000Lima "), "Ana Lima");
    assert_string_equal(normal(LINE_ANY, "   "), "");
    assert_string_equal(normal(LINE_NAME, " "), "");
    assert_string_equal(normal(LINE_CITY, ""), "");
}

static void test_an_accent_alone_is_an_apostrophe(void **state)
{
    (void)state;
    assert_string_equal(normal(LINE_NAME, "D´Ávila"), "D'Ávila");
    assert_string_equal(normal(LINE_NAME, "D`Ávila"), "D'Ávila");
    assert_string_equal(normal(LINE_CITY, "Sant’Ana do Livramento"), "Sant'Ana do Livramento");
    assert_string_equal(normal(LINE_CITY, "Pau D´Arco"), "Pau D'Arco");
}

static void test_cities_are_written_as_ibge_writes_them(void **state)
{
    (void)state;
    static const char *const CITIES[] = {
        "São Paulo",  "Olho-d'Água do Borges", "Xique-Xique", "Mogi das Cruzes", "Açu",
        "Embu-Guaçu",
    };
    expect_kept(LINE_CITY, CITIES, LENGTH(CITIES));
    assert_string_equal(normal(LINE_CITY, "São Paulo/SP"), "forbidden_character/");
    assert_string_equal(normal(LINE_CITY, "S. Paulo"), "forbidden_character.");
    assert_string_equal(normal(LINE_CITY, "Santos 2"), "forbidden_character2");
    assert_string_equal(normal(LINE_CITY, "--"), "letter_missing");
}

static void test_a_line_of_an_address_holds_all_that_is_seen(void **state)
{
    (void)state;
    static const char *const LINES[] = {
        "Rua 25 de Março", "s/nº",           "1000-A", "Bl. 2, apto. 31 (fundos) #3",
        "Km 12,5; lote 7", "Ⅳ Centenário 🏠",
    };
    expect_kept(LINE_ANY, LINES, LENGTH(LINES));
    assert_string_equal(normal(LINE_ANY, "<script>"), "forbidden_character<");
    assert_string_equal(normal(LINE_ANY, "Rua\u202EX"), "control_character");
}

/* Of texts at random, whatever passes is its own normal form, and stays in NFC. */
static void test_the_normal_form_is_its_own_normal_form(void **state)
{
    (void)state;
    static const char *const PARTS[] = {
        "a",       "Z", " ",      "  ",     "\u00A0", "\u2003", "\u0301", "\u0327",
        "e",       "'", "´",      "`",      "’",      "-",      "\u2010", "ã",
        "a\u0303", "º", "李",     "\u200D", "\u1112", "\u1161", "\u11AB", ".",
        "&",       "7", "\u212B", "ﬁ",      "\u0345",
    };
    srandom(7);
    for (int i = 0; i < 5000; i++) {
        const char *text = "";
        for (long n = random() % 12; n >= 0; n--)
            text = arena_printf(a, "%s%s", text, PARTS[(size_t)random() % LENGTH(PARTS)]);
        for (enum line_kind kind = LINE_ANY; kind <= LINE_CITY; kind++) {
            char refused[UTF8_LONGEST + 1], *once = normal_nfc(a, text);
            if (line_normalize(kind, once, refused))
                continue;
            assert_string_equal(normal(kind, once), once);
            assert_string_equal(normal_nfc(a, once), once);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_of_people_and_companies_of_any_script_are_kept),
        cmocka_unit_test(test_what_no_name_holds_is_named),
        cmocka_unit_test(test_blanks_are_trimmed_and_collapsed),
        cmocka_unit_test(test_an_accent_alone_is_an_apostrophe),
        cmocka_unit_test(test_cities_are_written_as_ibge_writes_them),
        cmocka_unit_test(test_a_line_of_an_address_holds_all_that_is_seen),
        cmocka_unit_test(test_the_normal_form_is_its_own_normal_form),
    };
    return UNIT_RUN(tests);
}
