#include "unit.h"

#include <sys/stat.h>
#include <unistd.h>

#include "seal.h"

static const char PHONE[] = "registry.users.phone",
                  ID[] = "019f0000-0000-7000-8000-000000000001",
                  OTHER_ID[] = "019f0000-0000-7000-8000-000000000002";

static char folder[] = "/tmp/vendas-seal-XXXXXX";

static void write_key(const char *name, char digit)
{
    char key[65];
    memset(key, digit, 64);
    key[64] = '\0';
    FILE *f = fopen(arena_printf(a, "%s/%s", folder, name), "w");
    assert_non_null(f);
    fprintf(f, "%s\n", key);
    fclose(f);
}

static int begin(void **state)
{
    assert_non_null(mkdtemp(folder));
    unit_begin(state);
    write_key("1.key", 'a');
    write_key("lookup.key", 'b');
    write_key("x.key", 'c');
    setenv("VENDAS_DATA_KEYS", folder, 1);
    return settings_load();
}

static int end(void **state)
{
    assert_int_equal(system(arena_printf(a, "rm -r %s", folder)), 0);
    return unit_end(state);
}

static void test_what_was_sealed_opens_in_its_place(void **state)
{
    (void)state;
    static const char *const TEXTS[] = {"", "+5511987654321", "Avenida \"São João\", 1\n😀"};
    for (size_t i = 0; i < LENGTH(TEXTS); i++) {
        const char *sealed = seal_text(a, PHONE, ID, TEXTS[i]);
        assert_int_equal(strncmp(sealed, "\\x00000001", 10), 0);
        assert_string_equal(unseal_text(a, PHONE, ID, sealed), TEXTS[i]);
    }
    const char *sealed = seal_json(a, PHONE, ID, "{\"n\":[1,null]}");
    assert_string_equal(unseal_json(a, PHONE, ID, sealed), "{\"n\":[1,null]}");
}

static void test_null_stays_null(void **state)
{
    (void)state;
    assert_null(seal_text(a, PHONE, ID, NULL));
    assert_null(seal_json(a, PHONE, ID, NULL));
    assert_null(unseal_text(a, PHONE, ID, NULL));
    assert_null(seal_lookup(a, PHONE, NULL));
}

static void test_in_another_column_or_row_it_does_not_open(void **state)
{
    (void)state;
    const char *sealed = seal_text(a, PHONE, ID, "+5511987654321");
    assert_null(unseal_text(a, PHONE, OTHER_ID, sealed));
    assert_null(unseal_text(a, "registry.users.document", ID, sealed));
}

static void test_no_changed_byte_passes(void **state)
{
    (void)state;
    const char *sealed = seal_text(a, PHONE, ID, "+5511987654321");
    for (size_t i = 2; sealed[i]; i++) {
        char *changed = arena_strdup(a, sealed);
        changed[i] = changed[i] == '0' ? '1' : '0';
        assert_null(unseal_text(a, PHONE, ID, changed));
    }
    for (size_t n = 0; n < strlen(sealed); n++)
        assert_null(unseal_text(a, PHONE, ID, arena_memdup(a, sealed, n)));
}

static void test_equal_values_are_sealed_differently_but_found_equal(void **state)
{
    (void)state;
    assert_string_not_equal(seal_text(a, PHONE, ID, "x"), seal_text(a, PHONE, ID, "x"));
    assert_string_equal(seal_lookup(a, PHONE, "x"), seal_lookup(a, PHONE, "x"));
    assert_string_not_equal(seal_lookup(a, PHONE, "x"), seal_lookup(a, PHONE, "y"));
    assert_string_not_equal(seal_lookup(a, PHONE, "x"), seal_lookup(a, "other", "x"));
    assert_int_equal(strlen(seal_lookup(a, PHONE, "x")), 2 + 64);
}

/* As PostgreSQL writes json (blanks around the colon) and jsonb. */
static const char *marker(const char *format, const char *row, const char *sealed)
{
    return arena_printf(a, format, PHONE, row, sealed + 2);
}

static void test_a_document_shows_what_is_sealed_in_it(void **state)
{
    (void)state;
    const char *sealed = seal_text(a, PHONE, ID, "\"+55\"");
    const char *json = marker("{\"$sealed\" : [\"%s\", \"%s\", \"%s\"]}", ID, sealed);
    const char *jsonb = marker("{\"$sealed\": [\"%s\", \"%s\", \"%s\"]}", ID, sealed);
    const char *document = arena_printf(a, "{\"a\":%s,\"b\":[%s],\"c\":1}", json, jsonb);
    assert_string_equal(seal_expand(a, document),
                        "{\"a\":\"\\\"+55\\\"\",\"b\":[\"\\\"+55\\\"\"],\"c\":1}");
}

static void test_what_does_not_open_is_shown_as_null(void **state)
{
    (void)state;
    const char *sealed = seal_text(a, PHONE, ID, "+55");
    const char *json = marker("{\"$sealed\": [\"%s\", \"%s\", \"%s\"]}", OTHER_ID, sealed);
    assert_string_equal(seal_expand(a, json), "null");
}

static void test_what_only_looks_like_a_marker_stays_as_it_is(void **state)
{
    (void)state;
    static const char *const TEXTS[] = {
        "{\"name\":\"{\\\"$sealed\\\": [1]}\"}",
        "{\"$sealed\": 1}",
        "{\"$sealed\": [\"a\", \"b\"]}",
        "{\"$sealed\": [\"a\", \"b\", \"00\", 1]}",
        "{\"$sealed\": [\"a\\n\", \"b\", \"00\"]}",
        "{\"$sealed\"",
        "{\"$sealed\": [\"a",
        "",
    };
    for (size_t i = 0; i < LENGTH(TEXTS); i++)
        assert_string_equal(seal_expand(a, TEXTS[i]), TEXTS[i]);
    assert_null(seal_expand(a, NULL));
}

/* The last tests, as they leave other keys. */
static void test_what_was_sealed_with_a_key_that_has_just_come_opens(void **state)
{
    (void)state;
    const char *old = seal_text(a, PHONE, ID, "old");
    /* A program that seals with it may be faster to find it than one that opens. */
    write_key("10.key", 'd');
    assert_string_equal(unseal_text(a, PHONE, ID,
                                    "\\x0000000a000000000000000000000000"
                                    "0db586febf708dad5f0be320cea75bf0cfb448d04e"),
                        "new");
    assert_string_equal(unseal_text(a, PHONE, ID, old), "old");
}

static void test_a_new_key_seals_and_the_old_ones_still_open(void **state)
{
    (void)state;
    const char *old = seal_text(a, PHONE, ID, "old");
    write_key("11.key", 'e');
    sleep(2); /* the folder is not looked at twice within a second */
    const char *new = seal_text(a, PHONE, ID, "new");
    assert_int_equal(seal_number(new), 11);
    assert_string_equal(unseal_text(a, PHONE, ID, new), "new");
    assert_string_equal(unseal_text(a, PHONE, ID, old), "old");
}

static void test_the_next_key_is_for_those_who_had_the_one_before(void **state)
{
    (void)state;
    struct seal_key list[SEAL_MAX_KEYS];
    struct stat about;
    time_t before = time(NULL);
    assert_int_equal(chmod(arena_printf(a, "%s/11.key", folder), 0640), 0);
    assert_int_equal(seal_new_key(), 12);
    assert_int_equal(seal_keys(list), 4);
    assert_int_equal(list[0].number, 1);
    assert_int_equal(list[3].number, 12);
    assert_true(list[3].since >= before - 1);
    assert_int_equal(stat(arena_printf(a, "%s/12.key", folder), &about), 0);
    assert_int_equal(about.st_mode & 0777, 0640);
    const char *new = seal_text(a, PHONE, ID, "new");
    assert_int_equal(seal_number(new), 12);
    assert_string_equal(unseal_text(a, PHONE, ID, new), "new");
}

static void test_what_was_sealed_with_a_key_that_is_gone_does_not_open(void **state)
{
    (void)state;
    struct seal_key list[SEAL_MAX_KEYS];
    const char *sealed = seal_text(a, PHONE, ID, "x");
    seal_drop_key(12);
    assert_int_equal(seal_keys(list), 3);
    assert_null(unseal_text(a, PHONE, ID, sealed));
    assert_int_equal(seal_number(seal_text(a, PHONE, ID, "x")), 11);
}

static void test_no_key_is_laid_beside_one_that_cannot_be_read(void **state)
{
    (void)state;
    write_key("13.key", 'x'); /* no hexadecimal digit */
    assert_int_equal(seal_new_key(), 0);
    assert_int_equal(unlink(arena_printf(a, "%s/13.key", folder)), 0);
    assert_int_not_equal(access(arena_printf(a, "%s/14.key", folder), F_OK), 0);
    assert_int_equal(seal_number(seal_text(a, PHONE, ID, "x")), 11);
}

static void test_no_key_is_laid_where_none_can_be_written(void **state)
{
    (void)state;
    struct seal_key list[SEAL_MAX_KEYS];
    setenv("VENDAS_DATA_KEYS", "/dev/null", 1);
    assert_int_equal(settings_load(), 0);
    assert_int_equal(seal_new_key(), 0);
    setenv("VENDAS_DATA_KEYS", folder, 1);
    assert_int_equal(settings_load(), 0);
    assert_int_equal(seal_keys(list), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_sealed_opens_in_its_place),
        cmocka_unit_test(test_null_stays_null),
        cmocka_unit_test(test_in_another_column_or_row_it_does_not_open),
        cmocka_unit_test(test_no_changed_byte_passes),
        cmocka_unit_test(test_equal_values_are_sealed_differently_but_found_equal),
        cmocka_unit_test(test_a_document_shows_what_is_sealed_in_it),
        cmocka_unit_test(test_what_does_not_open_is_shown_as_null),
        cmocka_unit_test(test_what_only_looks_like_a_marker_stays_as_it_is),
        cmocka_unit_test(test_what_was_sealed_with_a_key_that_has_just_come_opens),
        cmocka_unit_test(test_a_new_key_seals_and_the_old_ones_still_open),
        cmocka_unit_test(test_the_next_key_is_for_those_who_had_the_one_before),
        cmocka_unit_test(test_what_was_sealed_with_a_key_that_is_gone_does_not_open),
        cmocka_unit_test(test_no_key_is_laid_beside_one_that_cannot_be_read),
        cmocka_unit_test(test_no_key_is_laid_where_none_can_be_written),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
