#include "unit.h"

#include "digest.h"

static void test_sha256_gives_the_digests_of_the_standard(void **state)
{
    (void)state;
    assert_string_equal(digest_sha256(a, "", 0), "e3b0c44298fc1c149afbf4c8996fb924"
                                                 "27ae41e4649b934ca495991b7852b855");
    assert_string_equal(digest_sha256(a, "abc", 3), "ba7816bf8f01cfea414140de5dae2223"
                                                    "b00361a396177a9cb410ff61f20015ad");
}

static void test_hmac_gives_what_the_rfc_says(void **state)
{
    (void)state;
    static const char DATA[] = "what do ya want for nothing?"; /* RFC 4231 section 4.3 */
    assert_string_equal(digest_hmac(a, "Jefe", DATA, strlen(DATA)),
                        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    assert_string_not_equal(digest_hmac(a, "jefe", DATA, strlen(DATA)),
                            digest_hmac(a, "Jefe", DATA, strlen(DATA)));
}

static void test_a_time_goes_before_what_is_signed_at_it(void **state)
{
    (void)state;
    static const char BYTES[] = "a\0b";
    assert_string_equal(digest_hmac_at(a, "key", 17, BYTES, 3),
                        digest_hmac(a, "key", "17.a\0b", 6));
    assert_string_equal(digest_hmac_at(a, "key", 17, NULL, 0), digest_hmac(a, "key", "17.", 3));
}

static void test_random_texts_are_as_long_as_asked_and_differ(void **state)
{
    (void)state;
    char *one = digest_random(a, 32), *other = digest_random(a, 32);
    assert_int_equal(strlen(one), 43);
    assert_string_not_equal(one, other);
}

static void test_hexadecimal_goes_both_ways_and_nothing_else_is_read(void **state)
{
    (void)state;
    size_t n;
    assert_string_equal(hex_encode(a, "\x00\x7f\xff", 3), "007fff");
    assert_memory_equal(hex_decode(a, "007fFF", &n), "\x00\x7f\xff", 3);
    assert_int_equal(n, 3);
    assert_null(hex_decode(a, "007", &n));
    assert_null(hex_decode(a, "0g", &n));
}

static void test_base64url_follows_the_rfc(void **state)
{
    (void)state;
    static const char *const VECTORS[][2] = {
        {"", ""},
        {"f", "Zg"},
        {"fo", "Zm8"},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg"},
        {"fooba", "Zm9vYmE"},
        {"foobar", "Zm9vYmFy"},
        {"\xFB\xFF\xFE", "-__-"},
    };
    for (size_t i = 0; i < LENGTH(VECTORS); i++) {
        size_t n;
        const char *plain = VECTORS[i][0], *text = VECTORS[i][1];
        assert_string_equal(base64url_encode(a, plain, strlen(plain)), text);
        assert_string_equal(base64url_decode(a, text, &n), plain);
        assert_int_equal(n, strlen(plain));
    }
}

static void test_any_bytes_come_back_from_base64url(void **state)
{
    (void)state;
    unsigned char bytes[257];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(i * 151);
    for (size_t length = 0; length <= sizeof bytes; length++) {
        size_t n;
        char *back = base64url_decode(a, base64url_encode(a, bytes, length), &n);
        assert_int_equal(n, length);
        assert_memory_equal(back, bytes, n);
        assert_int_equal(back[n], '\0');
    }
}

static void test_what_is_not_base64url_is_refused(void **state)
{
    (void)state;
    static const char *const TEXTS[] = {
        "A", "AAAAA", "Zg==", "Zm9v=", "+/+/", "Zm 9v", "Zm9v\n", "Zmñv",
    };
    for (size_t i = 0; i < LENGTH(TEXTS); i++) {
        size_t n;
        if (base64url_decode(a, TEXTS[i], &n))
            fail_msg("\"%s\" was decoded", TEXTS[i]);
    }
}

static void test_bytes_have_one_base64url_form_only(void **state)
{
    (void)state;
    size_t n; /* RFC 4648 section 3.5: the bits left over must be zero */
    assert_null(base64url_decode(a, "Zh", &n));
    assert_null(base64url_decode(a, "Zm9", &n));
}

static void test_base64_has_its_padding_and_one_form(void **state)
{
    (void)state;
    static const char *const VECTORS[][2] = {
        {"", ""},        {"f", "Zg=="},         {"fo", "Zm8="},
        {"foo", "Zm9v"}, {"foobar", "Zm9vYmFy"}, {"\xFB\xFF\xFE", "+//+"},
    };
    static const char *const OTHERS[] = {"Zg",   "Zg=",  "Zg===", "=",    "==",   "====",
                                         "Zh==", "Zm9=", "-__-",  "Zm9\n", "Zg==Zg==", "Z===",
                                         "Zg =", "Zm9v\n"};
    size_t n;
    for (size_t i = 0; i < LENGTH(VECTORS); i++) {
        assert_string_equal(base64_decode(a, VECTORS[i][1], &n), VECTORS[i][0]);
        assert_int_equal(n, strlen(VECTORS[i][0]));
    }
    for (size_t i = 0; i < LENGTH(OTHERS); i++)
        if (base64_decode(a, OTHERS[i], &n))
            fail_msg("%s was decoded", OTHERS[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sha256_gives_the_digests_of_the_standard),
        cmocka_unit_test(test_hmac_gives_what_the_rfc_says),
        cmocka_unit_test(test_a_time_goes_before_what_is_signed_at_it),
        cmocka_unit_test(test_random_texts_are_as_long_as_asked_and_differ),
        cmocka_unit_test(test_hexadecimal_goes_both_ways_and_nothing_else_is_read),
        cmocka_unit_test(test_base64url_follows_the_rfc),
        cmocka_unit_test(test_any_bytes_come_back_from_base64url),
        cmocka_unit_test(test_what_is_not_base64url_is_refused),
        cmocka_unit_test(test_bytes_have_one_base64url_form_only),
        cmocka_unit_test(test_base64_has_its_padding_and_one_form),
    };
    return UNIT_RUN(tests);
}
