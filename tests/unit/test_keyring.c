#include "keys.h"

#include "fields.h"
#include "keyring.h"
#include "token.h"

static const struct identity ANA = {"0190a5c0-1234-7abc-8def-0123456789ab",
                                    "0190a5c0-1234-7abc-8def-ba9876543210", "manager", "x"};

static void make(const char *kid)
{
    EVP_PKEY_free(keys_make(kid));
}

/* The folder has these keys and no others, and is read anew. */
static void keys_are(const char *const *kids, int count)
{
    int n;
    const struct signing_key *list = keyring_read(&n);
    while (n) {
        keys_remove(list[0].kid);
        list = keyring_read(&n);
    }
    for (int i = 0; i < count; i++)
        make(kids[i]);
    keyring_read(&n);
    assert_int_equal(n, count);
}

static bool accepted(const char *token)
{
    struct token t;
    return token_verify(a, token, &t);
}

static void test_the_public_keys_are_told_as_a_jwk_set(void **state)
{
    (void)state;
    keys_are((const char *[]){"2026-1"}, 1);
    struct json_object *set = json_tokener_parse(keyring_jwks(a));
    struct json_object *list = field_value(set, "keys");
    assert_int_equal(json_object_array_length(list), 1);
    struct json_object *key = json_object_array_get_idx(list, 0);
    assert_string_equal(field_text(key, "kty"), "EC");
    assert_string_equal(field_text(key, "crv"), "P-256");
    assert_string_equal(field_text(key, "alg"), "ES256");
    assert_string_equal(field_text(key, "use"), "sig");
    assert_string_equal(field_text(key, "kid"), "2026-1");
    assert_int_equal(strlen(field_text(key, "x")), 43);
    assert_int_equal(strlen(field_text(key, "y")), 43);
    assert_false(field_present(key, "d"));
    json_object_put(set);
}

static void test_a_kid_tells_from_when_its_key_signs(void **state)
{
    (void)state;
    static const struct {
        const char *kid;
        time_t start;
    } CASES[] = {
        {"2026-1", 0},
        {"key", 0},
        {"20261125T023400-0badcafe", 0},
        {"2026112T0234000Z", 0},
        {"20261325T023400Z", 0},
        {"20261125T023400Z", 1795574040},
        {"20261125T023400Z-0badcafe", 1795574040},
    };
    for (size_t i = 0; i < LENGTH(CASES); i++) {
        keys_are(&CASES[i].kid, 1);
        int n;
        assert_int_equal(keyring_read(&n)->start, CASES[i].start);
    }
}

static void test_the_latest_key_whose_time_has_come_signs(void **state)
{
    (void)state;
    const char *old = keys_kid(7200), *present = keys_kid(3600), *next = keys_kid(-100);
    keys_are((const char *[]){next, "zz-without-time", present, old}, 4);
    assert_string_equal(keyring_signing()->kid, present);
    assert_non_null(strstr(keyring_jwks(a), next));
    char *before = token_sign(a, &ANA, 600);
    ahead += 100;
    assert_string_equal(keyring_signing()->kid, next);
    assert_true(accepted(before));
    assert_true(accepted(token_sign(a, &ANA, 600)));
}

static void test_a_key_without_its_private_half_signs_nothing(void **state)
{
    (void)state;
    const char *present = keys_kid(3600), *foreign = keys_kid(60);
    keys_are((const char *[]){present, foreign}, 2);
    unlink(keys_path(arena_printf(a, "%s.key", foreign)));
    keyring_jwks(a);
    assert_string_equal(keyring_signing()->kid, present);
    unlink(keys_path(arena_printf(a, "%s.key", present)));
    keyring_jwks(a);
    assert_null(keyring_signing());
    assert_null(token_sign(a, &ANA, 60));
}

static void test_without_keys_nothing_is_signed_or_believed(void **state)
{
    (void)state;
    keys_are((const char *[]){"2026-1"}, 1);
    char *token = token_sign(a, &ANA, 60);
    assert_true(accepted(token));
    keys_are(NULL, 0);
    assert_null(keyring_signing());
    assert_false(accepted(token));
    assert_string_equal(keyring_jwks(a), "{\"keys\":[]}");
}

static void test_a_running_program_learns_of_keys_that_come_and_go(void **state)
{
    (void)state;
    const char *kid = keys_kid(1);
    keys_are((const char *[]){"2026-1"}, 1);
    make(kid);
    ahead += KEYRING_SECONDS + 1; /* the signer does not look before */
    char *token = token_sign(a, &ANA, 600);
    keys_remove(kid);
    keyring_jwks(a);
    assert_false(accepted(token));
    keys_are((const char *[]){"2026-1"}, 1);
    make(kid);
    ahead += 2;
    assert_non_null(keyring_find(kid)); /* who verifies looks at once */
    keys_remove(kid);
    ahead += KEYRING_SECONDS + 1;
    assert_null(keyring_find(kid));
}

static void test_the_generation_tells_of_keys_that_are_gone_or_others(void **state)
{
    (void)state;
    int n;
    keys_are((const char *[]){"2026-1", "2026-2"}, 2);
    unsigned generation = keyring_generation();
    make("2026-3");
    keyring_read(&n);
    assert_int_equal(keyring_generation(), generation);
    keys_remove("2026-2");
    keyring_read(&n);
    assert_int_not_equal(keyring_generation(), generation);
    generation = keyring_generation();
    make("2026-1"); /* another one */
    ahead += KEYRING_SECONDS + 1;
    assert_int_not_equal(keyring_generation(), generation);
}

static void test_a_key_that_holds_nothing_verifies_nothing(void **state)
{
    (void)state;
    keys_are((const char *[]){"2026-1"}, 1);
    char *token = token_sign(a, &ANA, 60);
    assert_true(accepted(token));
    FILE *f = fopen(keys_path("2026-1.pub"), "w");
    assert_non_null(f);
    fclose(f);
    assert_string_equal(keyring_jwks(a), "{\"keys\":[]}");
    assert_false(accepted(token));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_public_keys_are_told_as_a_jwk_set),
        cmocka_unit_test(test_a_kid_tells_from_when_its_key_signs),
        cmocka_unit_test(test_the_latest_key_whose_time_has_come_signs),
        cmocka_unit_test(test_a_key_without_its_private_half_signs_nothing),
        cmocka_unit_test(test_without_keys_nothing_is_signed_or_believed),
        cmocka_unit_test(test_a_running_program_learns_of_keys_that_come_and_go),
        cmocka_unit_test(test_the_generation_tells_of_keys_that_are_gone_or_others),
        cmocka_unit_test(test_a_key_that_holds_nothing_verifies_nothing),
    };
    return cmocka_run_group_tests(tests, keys_begin, keys_end);
}
