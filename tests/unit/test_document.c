#include "unit.h"

#include "document.h"

/* The bare form of a document, or the code of its fault. */
static const char *normal(const char *text)
{
    char *copy = arena_strdup(a, text);
    const char *code = document_normalize(copy);
    if (code)
        assert_string_equal(copy, text);
    return code ? code : copy;
}

static bool is_valid(const char *bare)
{
    return !strcmp(normal(bare), bare);
}

static void test_published_numbers_pass_in_every_mask(void **state)
{
    (void)state;
    static const char *const EXAMPLES[][2] = {
        {"111.444.777-35", "11144477735"},        {"52998224725", "52998224725"},
        {" 529 982 247-25 ", "52998224725"},      {"11.222.333/0001-81", "11222333000181"},
        {"00.000.000/0001-91", "00000000000191"}, {"00000000/0001-91", "00000000000191"},
        {"12.ABC.345/01DE-35", "12ABC34501DE35"}, {"12abc34501de35", "12ABC34501DE35"},
    };
    for (size_t i = 0; i < LENGTH(EXAMPLES); i++)
        assert_string_equal(normal(EXAMPLES[i][0]), EXAMPLES[i][1]);
}

static void test_what_has_no_such_form_is_no_document(void **state)
{
    (void)state;
    static const char *const TEXTS[] = {
        "",
        "-",
        "5299822472",
        "529982247250",
        "529982247251112",
        "529982247251112529982247251112",
        "5299822472A",
        "12ABC34501DE3A",
        "12ABC34501D_35",
        "529,982,247-25",
        "529.982.247-2５",
        "ÁBC.345/01DE-35",
        "00000000000",
        "111.111.111-11",
        "99999999999",
        "00.000.000/0000-00",
        "77777777777777",
    };
    for (size_t i = 0; i < LENGTH(TEXTS); i++)
        assert_string_equal(normal(TEXTS[i]), "not_document");
}

static void test_wrong_check_digits_are_told_from_a_wrong_form(void **state)
{
    (void)state;
    assert_string_equal(normal("529.982.247-26"), "document_check_digits");
    assert_string_equal(normal("529.982.247-35"), "document_check_digits");
    assert_string_equal(normal("11.222.333/0001-82"), "document_check_digits");
    assert_string_equal(normal("12.ABC.345/01DE-53"), "document_check_digits");
}

static void test_companies_are_told_from_people(void **state)
{
    (void)state;
    assert_false(document_is_company("52998224725"));
    assert_true(document_is_company("12ABC34501DE35"));
}

/* Numbers at random, each time the same ones ----------------------------------------------- */

static const char ALPHABET[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/* What a character is worth in the sums. */
static int worth(char c)
{
    return c - '0';
}

/* A body of n characters out of the first kinds of the alphabet, with the one pair of check
 * digits that is right for it. */
static void draw(char *s, size_t n, int kinds)
{
    for (size_t i = 0; i < n; i++)
        s[i] = ALPHABET[random() % kinds];
    int found = 0;
    char right[3] = "";
    for (int pair = 0; pair < 100; pair++) {
        char digits[] = {(char)('0' + pair / 10), (char)('0' + pair % 10), '\0'};
        strcpy(s + n, digits);
        if (is_valid(s)) {
            found++;
            strcpy(right, digits);
        }
    }
    assert_int_equal(found, 1);
    strcpy(s + n, right);
}

/* Remainders 0 and 1 share the digit 0, so that a fault can hide behind one. */
static bool catches_all(const char *s, size_t n)
{
    return s[n] != '0' && s[n + 1] != '0';
}

static void expect_changes_refused(char *s, size_t n, int kinds)
{
    for (size_t i = 0; i < n + 2; i++) {
        char was = s[i];
        for (int k = 0; k < (i < n ? kinds : 10); k++) {
            s[i] = ALPHABET[k];
            if ((worth(s[i]) - worth(was)) % 11 != 0)
                assert_false(is_valid(s));
        }
        s[i] = was;
    }
}

static void expect_transpositions_refused(char *s, size_t n)
{
    for (size_t i = 0; i < n + 1; i++) {
        char was = s[i], next = s[i + 1];
        if (i + 1 == n || (worth(was) - worth(next)) % 11 == 0)
            continue;
        s[i] = next;
        s[i + 1] = was;
        assert_false(is_valid(s));
        s[i] = was;
        s[i + 1] = next;
    }
}

/* For kinds of characters: 9 digits make a CPF, 12 characters a CNPJ. */
static void expect_faults_caught(size_t n, int kinds)
{
    char s[16];
    srandom(20260701);
    for (int tried = 0; tried < 200;) {
        draw(s, n, kinds);
        if (!catches_all(s, n))
            continue;
        expect_changes_refused(s, n, kinds);
        expect_transpositions_refused(s, n);
        tried++;
    }
}

static void test_every_changed_or_swapped_digit_of_a_cpf_is_caught(void **state)
{
    (void)state;
    expect_faults_caught(9, 10);
}

static void test_every_changed_or_swapped_digit_of_a_numeric_cnpj_is_caught(void **state)
{
    (void)state;
    expect_faults_caught(12, 10);
}

static void
test_every_change_that_the_digits_can_see_in_an_alphanumeric_cnpj_is_caught(void **state)
{
    (void)state;
    expect_faults_caught(12, 36);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_numbers_pass_in_every_mask),
        cmocka_unit_test(test_what_has_no_such_form_is_no_document),
        cmocka_unit_test(test_wrong_check_digits_are_told_from_a_wrong_form),
        cmocka_unit_test(test_companies_are_told_from_people),
        cmocka_unit_test(test_every_changed_or_swapped_digit_of_a_cpf_is_caught),
        cmocka_unit_test(test_every_changed_or_swapped_digit_of_a_numeric_cnpj_is_caught),
        cmocka_unit_test(
            test_every_change_that_the_digits_can_see_in_an_alphanumeric_cnpj_is_caught),
    };
    return UNIT_RUN(tests);
}
