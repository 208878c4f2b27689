#include "unit.h"

#include "digest.h"
#include "fields.h"
#include "sales/stripe_signature.h"

static const char SECRET[] = "whsec_test", BODY[] = "{\"id\":\"evt_1\"}";
static const long long NOW = 1767225600;

/* What openssl made of it: printf '1767225600.{"id":"evt_1"}' | openssl dgst -sha256 -hmac
 * whsec_test */
#define MAC "45b40331de0325606dc5400202ade162460fbe48daf9401adfdcd0d7b4f35470"
#define OTHER "0000000000000000000000000000000000000000000000000000000000000000"

static enum signature_result judge(const char *header, const char *secrets)
{
    return stripe_signature_verify(a, header, secrets, BODY, strlen(BODY), NOW, NULL);
}

/* The header of the body, signed at a time. */
static const char *signed_at(long long t)
{
    return arena_printf(a, "t=%lld,v1=%s", t, digest_hmac_at(a, SECRET, t, BODY, strlen(BODY)));
}

struct example {
    const char *header;
    enum signature_result result;
};

static void check(const struct example *e, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        enum signature_result result = judge(e[i].header, SECRET);
        if (result != e[i].result)
            fail_msg("%s: %s", e[i].header, signature_word(result));
    }
}

static void test_a_body_that_was_signed_is_taken(void **state)
{
    (void)state;
    static const struct example EXAMPLES[] = {
        {"t=1767225600,v1=" MAC, SIGNATURE_VALID},
        {"v1=" MAC ",t=1767225600", SIGNATURE_VALID},
        {"t=1767225600,v0=" OTHER ",v1=" MAC, SIGNATURE_VALID},
        {"t=1767225600,v1=" OTHER ",v1=" MAC, SIGNATURE_VALID},
        {"t=1767225600,v1=" MAC ",v1=" OTHER, SIGNATURE_VALID},
        {"t=1767225600,v1=12,v1=" MAC, SIGNATURE_VALID},
        {"scheme,,=,t=1767225600,v2=x,v1=" MAC ",", SIGNATURE_VALID},
        {"t=01767225600,v1=" MAC, SIGNATURE_VALID},
    };
    check(EXAMPLES, LENGTH(EXAMPLES));
}

static void test_every_other_header_is_refused_with_its_reason(void **state)
{
    (void)state;
    static const struct example EXAMPLES[] = {
        {NULL, SIGNATURE_NO_HEADER},
        {"", SIGNATURE_NO_HEADER},
        {"hello", SIGNATURE_MALFORMED},
        {"v1=" MAC, SIGNATURE_MALFORMED},
        {"t=,v1=" MAC, SIGNATURE_MALFORMED},
        {"t=now,v1=" MAC, SIGNATURE_MALFORMED},
        {"t=-1767225600,v1=" MAC, SIGNATURE_MALFORMED},
        {"t=1767225600 ,v1=" MAC, SIGNATURE_MALFORMED},
        {"t=0x6955b900,v1=" MAC, SIGNATURE_MALFORMED},
        {"t=99999999999999999999,v1=" MAC, SIGNATURE_MALFORMED},
        {"t=1767225600,t=1767225600,v1=" MAC, SIGNATURE_MALFORMED},
        {" t=1767225600,v1=" MAC, SIGNATURE_MALFORMED},
        {"t=1767225600,v1=", SIGNATURE_MALFORMED},
        {"t=1767225600,v1=" MAC ",v1=", SIGNATURE_MALFORMED},
        {"t=1767225600,v1=" MAC ",v1", SIGNATURE_MALFORMED},
        {"t=1767225600,v1=" MAC ",t", SIGNATURE_MALFORMED},
        {"t=1767225600,v1=" MAC "=", SIGNATURE_MALFORMED},
        {"t=1767225600,v1=" MAC "0", SIGNATURE_MALFORMED},
        {"t=1767225600,v1=45B40331DE0325606DC5400202ADE162460FBE48DAF9401ADFDCD0D7B4F35470",
         SIGNATURE_MALFORMED},
        {"t=1767225600", SIGNATURE_OTHER_SCHEME},
        {"t=1767225600,v0=" MAC, SIGNATURE_OTHER_SCHEME},
        {"t=1767225600, v1=" MAC, SIGNATURE_OTHER_SCHEME},
        {"t=1767225600,V1=" MAC, SIGNATURE_OTHER_SCHEME},
        {"t=1767225600,v1=" OTHER, SIGNATURE_MISMATCH},
        {"t=1767225600,v1=" OTHER ",v1=" OTHER, SIGNATURE_MISMATCH},
        {"t=1767225601,v1=" MAC, SIGNATURE_MISMATCH},
    };
    check(EXAMPLES, LENGTH(EXAMPLES));
}

static void test_a_signature_counts_for_five_minutes_either_way(void **state)
{
    (void)state;
    static const struct {
        long long t;
        enum signature_result result;
    } CASES[] = {
        {NOW - 301, SIGNATURE_TOO_OLD}, {NOW - 300, SIGNATURE_VALID},
        {NOW + 300, SIGNATURE_VALID},   {NOW + 301, SIGNATURE_IN_FUTURE},
        {0, SIGNATURE_TOO_OLD},         {999999999999, SIGNATURE_IN_FUTURE},
    };
    for (size_t i = 0; i < LENGTH(CASES); i++) {
        long long age = 0;
        assert_int_equal(stripe_signature_verify(a, signed_at(CASES[i].t), SECRET, BODY,
                                                 strlen(BODY), NOW, &age),
                         CASES[i].result);
        assert_true(age == NOW - CASES[i].t);
    }
}

static void test_a_secret_that_is_being_rolled_is_two(void **state)
{
    (void)state;
    const char *header = signed_at(NOW);
    assert_int_equal(judge(header, "whsec_new whsec_test"), SIGNATURE_VALID);
    assert_int_equal(judge(header, "whsec_test whsec_new"), SIGNATURE_VALID);
    assert_int_equal(judge(header, "\nwhsec_new\r\n\twhsec_test\n"), SIGNATURE_VALID);
    assert_int_equal(judge(header, "whsec_new whsec_tes"), SIGNATURE_MISMATCH);
}

static void test_without_a_secret_nothing_is_valid(void **state)
{
    (void)state;
    const char *header =
        arena_printf(a, "t=%lld,v1=%s", NOW, digest_hmac_at(a, "", NOW, BODY, strlen(BODY)));
    assert_int_equal(judge(header, ""), SIGNATURE_NOT_SET_UP);
    assert_int_equal(judge(header, " \n"), SIGNATURE_NOT_SET_UP);
    assert_int_equal(judge("hello", ""), SIGNATURE_MALFORMED);
}

static void test_a_body_is_bytes_and_all_of_them_count(void **state)
{
    (void)state;
    static const char BYTES[] = "a\0b\xFF\r\n";
    size_t n = sizeof BYTES - 1;
    const char *header =
        arena_printf(a, "t=%lld,v1=%s", NOW, digest_hmac_at(a, SECRET, NOW, BYTES, n));
    assert_int_equal(stripe_signature_verify(a, header, SECRET, BYTES, n, NOW, NULL),
                     SIGNATURE_VALID);
    assert_int_equal(stripe_signature_verify(a, header, SECRET, BYTES, n - 1, NOW, NULL),
                     SIGNATURE_MISMATCH);
    assert_int_equal(stripe_signature_verify(a, header, SECRET, NULL, 0, NOW, NULL),
                     SIGNATURE_MISMATCH);
}

static void test_stripes_own_client_judges_alike(void **state)
{
    (void)state;
    size_t n;
    const char *text = unit_shared("gateways/stripe-webhook-vectors.json", &n);
    struct json_object *file = json_tokener_parse(text), *vectors;
    assert_non_null(file);
    assert_int_equal(field_integer(file, "tolerance_seconds"), STRIPE_TOLERANCE_SECONDS);
    vectors = field_value(file, "vectors");
    assert_true(json_object_array_length(vectors) > 0);
    for (size_t i = 0; i < json_object_array_length(vectors); i++) {
        struct json_object *vector = json_object_array_get_idx(vectors, i);
        const char *body = field_text(vector, "payload");
        enum signature_result result =
            stripe_signature_verify(a, field_text(vector, "header"), field_text(file, "secret"),
                                    body, strlen(body), field_integer(file, "now"), NULL);
        if ((result == SIGNATURE_VALID) != field_boolean(vector, "valid"))
            fail_msg("%s: %s", field_text(vector, "name"), signature_word(result));
    }
    json_object_put(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_body_that_was_signed_is_taken),
        cmocka_unit_test(test_every_other_header_is_refused_with_its_reason),
        cmocka_unit_test(test_a_signature_counts_for_five_minutes_either_way),
        cmocka_unit_test(test_a_secret_that_is_being_rolled_is_two),
        cmocka_unit_test(test_without_a_secret_nothing_is_valid),
        cmocka_unit_test(test_a_body_is_bytes_and_all_of_them_count),
        cmocka_unit_test(test_stripes_own_client_judges_alike),
    };
    return UNIT_RUN(tests);
}
