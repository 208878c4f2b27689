#include "unit.h"

#include "password.h"

static void test_a_password_fits_its_own_hash_alone(void **state)
{
    (void)state;
    char *hash = password_hash(a, "correto cavalo bateria grampo");
    assert_true(password_matches(hash, "correto cavalo bateria grampo"));
    assert_false(password_matches(hash, "correto cavalo bateria grampO"));
    assert_false(password_matches(hash, ""));
}

static void test_hashes_are_argon2id_with_the_parameters_of_owasp(void **state)
{
    (void)state;
    static const char START[] = "$argon2id$v=19$m=19456,t=2,p=1$";
    char *hash = password_hash(a, "senha");
    assert_memory_equal(hash, START, sizeof START - 1);
}

static void test_the_same_password_never_has_the_same_hash(void **state)
{
    (void)state;
    assert_string_not_equal(password_hash(a, "senha"), password_hash(a, "senha"));
}

static void test_any_characters_may_stand_in_a_password(void **state)
{
    (void)state;
    static const char PASSWORD[] = "\x01\xFFção \"';--";
    assert_true(password_matches(password_hash(a, PASSWORD), PASSWORD));
}

static void test_nothing_fits_where_there_is_no_user(void **state)
{
    (void)state;
    assert_false(password_matches(NULL, ""));
    assert_false(password_matches(NULL, "senha"));
}

static void test_nothing_fits_a_hash_that_is_none(void **state)
{
    (void)state;
    static const char *const HASHES[] = {
        "",
        "senha",
        "$argon2id$",
        "$argon2i$v=19$m=19456,t=2,p=1$AAAA$AAAA",
    };
    for (size_t i = 0; i < LENGTH(HASHES); i++)
        assert_false(password_matches(HASHES[i], "senha"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_password_fits_its_own_hash_alone),
        cmocka_unit_test(test_hashes_are_argon2id_with_the_parameters_of_owasp),
        cmocka_unit_test(test_the_same_password_never_has_the_same_hash),
        cmocka_unit_test(test_any_characters_may_stand_in_a_password),
        cmocka_unit_test(test_nothing_fits_where_there_is_no_user),
        cmocka_unit_test(test_nothing_fits_a_hash_that_is_none),
    };
    return UNIT_RUN(tests);
}
