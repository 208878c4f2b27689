#include "certs.h"

#include "fields.h"
#include "sales/paypal_signature.h"

static const char WEBHOOK[] = "8PT597110X687430LKGECATA";
static const char BODY[] = "{\"id\":\"WH-1\",\"summary\":\"caf\xC3\xA9\"}";

static struct cert paypal;
static struct paypal_signer *signer;
static struct paypal_notification good;

static const char *signed_with(const char *id, const char *time, const char *webhook,
                               const char *sum)
{
    size_t n;
    const char *text = arena_printf(a, "%s|%s|%s|%s", id, time, webhook, sum);
    const void *made = certs_sign(paypal.key, text, &n);
    char *base64 = arena_alloc(a, n * 2);
    EVP_EncodeBlock((unsigned char *)base64, made, (int)n);
    return base64;
}

static int setup(void **state)
{
    int status = unit_begin(state);
    paypal = certs_make((struct wanted){.name = PAYPAL, .ca = true});
    const char *pem = certs_pem(&paypal, 1);
    assert_int_equal(paypal_signer_read(pem, strlen(pem), certs_file(pem), NOW, &signer),
                     SIGNATURE_VALID);
    good = (struct paypal_notification){
        .transmission_id = "b2384410-f8d2-11e4-8bf3-77339302725b",
        .transmission_time = "2026-01-01T00:00:00Z",
        .cert_url = "https://api.paypal.com/v1/notifications/certs/CERT-1",
        .auth_algo = "SHA256withRSA",
        .body = BODY,
        .n = strlen(BODY),
    };
    /* The sum is what Python's zlib.crc32() makes of the body. */
    good.transmission_sig =
        signed_with(good.transmission_id, good.transmission_time, WEBHOOK, "3941939251");
    return status;
}

static int teardown(void **state)
{
    paypal_signer_free(signer);
    certs_free(&paypal);
    return unit_end(state);
}

static enum signature_result judge(const struct paypal_notification *n)
{
    return paypal_signature_verify_by(a, n, WEBHOOK, signer, NOW);
}

static void test_a_notification_that_was_signed_is_taken(void **state)
{
    (void)state;
    assert_int_equal(judge(&good), SIGNATURE_VALID);
    assert_int_equal(paypal_signature_verify_by(a, &good, WEBHOOK, signer, NOW + 2 * A_YEAR),
                     CERTIFICATE_NOT_CURRENT);
}

static void test_whatever_is_signed_counts(void **state)
{
    (void)state;
    struct paypal_notification n = good;
    n.body = "{}";
    n.n = 2;
    assert_int_equal(judge(&n), SIGNATURE_MISMATCH);
    n = good;
    n.n--;
    assert_int_equal(judge(&n), SIGNATURE_MISMATCH);
    n = good;
    n.transmission_id = "b2384410-f8d2-11e4-8bf3-77339302725c";
    assert_int_equal(judge(&n), SIGNATURE_MISMATCH);
    n = good;
    n.transmission_time = "2026-01-01T00:00:00.000Z";
    assert_int_equal(judge(&n), SIGNATURE_MISMATCH);
    assert_int_equal(paypal_signature_verify_by(a, &good, "other", signer, NOW),
                     SIGNATURE_MISMATCH);
}

static void test_the_sum_is_of_raw_bytes_and_has_no_sign(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        size_t n;
        const char *sum;
    } CASES[] = {{"", 0, "0"},
                 {NULL, 0, "0"},
                 {"123456789", 9, "3421780262"},
                 {"\0\0", 2, "1104745215"}};
    for (size_t i = 0; i < LENGTH(CASES); i++) {
        struct paypal_notification n = good;
        n.body = CASES[i].body;
        n.n = CASES[i].n;
        n.transmission_sig =
            signed_with(n.transmission_id, n.transmission_time, WEBHOOK, CASES[i].sum);
        assert_int_equal(judge(&n), SIGNATURE_VALID);
    }
}

static void test_every_header_has_to_be_there(void **state)
{
    (void)state;
    static const size_t MEMBERS[] = {
        offsetof(struct paypal_notification, transmission_id),
        offsetof(struct paypal_notification, transmission_time),
        offsetof(struct paypal_notification, transmission_sig),
        offsetof(struct paypal_notification, cert_url),
        offsetof(struct paypal_notification, auth_algo),
    };
    for (size_t i = 0; i < LENGTH(MEMBERS); i++) {
        struct paypal_notification n = good;
        const char **member = (const char **)((char *)&n + MEMBERS[i]);
        *member = NULL;
        assert_int_equal(judge(&n), SIGNATURE_NO_HEADER);
        *member = "";
        assert_int_equal(judge(&n), SIGNATURE_NO_HEADER);
    }
    assert_int_equal(paypal_signature_verify_by(a, &good, "", signer, NOW),
                     SIGNATURE_NOT_SET_UP);
    assert_int_equal(paypal_signature_verify_by(a, &good, NULL, signer, NOW),
                     SIGNATURE_NOT_SET_UP);
}

static void test_no_other_way_to_sign_is_taken(void **state)
{
    (void)state;
    static const char *const OTHERS[] = {"SHA1withRSA", "SHA256withECDSA", "sha256withrsa",
                                         "none", "SHA256withRSA "};
    for (size_t i = 0; i < LENGTH(OTHERS); i++) {
        struct paypal_notification n = good;
        n.auth_algo = OTHERS[i];
        assert_int_equal(judge(&n), SIGNATURE_OTHER_SCHEME);
    }
}

static void test_headers_of_another_form_are_refused_before_anything_is_computed(void **state)
{
    (void)state;
    const char *long_text = arena_printf(a, "%01004d", 0);
    const struct {
        const char *id, *time, *sig;
    } CASES[] = {
        {"a|b", NULL, NULL},
        {"a b", NULL, NULL},
        {"a\n", NULL, NULL},
        {"caf\xC3\xA9", NULL, NULL},
        {long_text, NULL, NULL},
        {NULL, "now", NULL},
        {NULL, "2026-01-01T00:00:00Z|", NULL},
        {NULL, "2026-01-01", NULL},
        {NULL, NULL, "not base64"},
        {NULL, NULL, "AAA"},
        {NULL, NULL,
         "AA=="
         "AAAA"},
        {NULL, NULL, "-_-_"},
        {NULL, NULL, long_text},
    };
    for (size_t i = 0; i < LENGTH(CASES); i++) {
        struct paypal_notification n = good;
        n.transmission_id = CASES[i].id ? CASES[i].id : n.transmission_id;
        n.transmission_time = CASES[i].time ? CASES[i].time : n.transmission_time;
        n.transmission_sig = CASES[i].sig ? CASES[i].sig : n.transmission_sig;
        assert_int_equal(paypal_signature_verify_by(a, &n, WEBHOOK, NULL, NOW),
                         SIGNATURE_MALFORMED);
    }
}

static void test_a_certificate_elsewhere_is_not_asked_for(void **state)
{
    (void)state;
    static const struct paypal_trust LIVE = {.api = PAYPAL_API};
    struct paypal_notification n = good;
    n.cert_url = "https://api.paypal.com.evil.example/v1/notifications/certs/CERT-1";
    assert_int_equal(paypal_signature_verify(a, &n, WEBHOOK, &LIVE, NOW),
                     CERTIFICATE_ELSEWHERE);
    n.auth_algo = "SHA1withRSA";
    assert_int_equal(paypal_signature_verify(a, &n, WEBHOOK, &LIVE, NOW),
                     SIGNATURE_OTHER_SCHEME);
}

/* Vectors ---------------------------------------------------------------------------------- */

static bool accepts(struct json_object *vector)
{
    static const long long MADE =
        1796083200; /* 2026-12-01: their certificates are of November */
    struct json_object *headers = field_value(vector, "headers");
    const char *pem = field_text(vector, "cert_chain_pem"), *body = field_text(vector, "body");
    struct paypal_signer *theirs;
    struct paypal_notification n = {
        .transmission_id = field_text(headers, "PAYPAL-TRANSMISSION-ID"),
        .transmission_time = field_text(headers, "PAYPAL-TRANSMISSION-TIME"),
        .transmission_sig = field_text(headers, "PAYPAL-TRANSMISSION-SIG"),
        .cert_url = field_text(headers, "PAYPAL-CERT-URL"),
        .auth_algo = field_text(headers, "PAYPAL-AUTH-ALGO"),
        .body = body,
        .n = strlen(body),
    };
    paypal_signer_read(pem, strlen(pem), certs_file(field_text(vector, "trust_anchor_pem")),
                       MADE, &theirs);
    bool accepted = theirs && paypal_cert_is_at(a, n.cert_url, PAYPAL_API) &&
                    paypal_signature_verify_by(a, &n, field_text(vector, "webhook_id"), theirs,
                                               MADE) == SIGNATURE_VALID;
    paypal_signer_free(theirs);
    return accepted;
}

static void test_notifications_that_others_made_are_judged_as_they_should(void **state)
{
    (void)state;
    size_t n;
    const char *text = unit_shared("gateways/paypal-webhook-vectors.json", &n);
    struct json_object *file = json_tokener_parse(text),
                       *vectors = field_value(file, "vectors");
    assert_true(json_object_array_length(vectors) > 0);
    for (size_t i = 0; i < json_object_array_length(vectors); i++) {
        struct json_object *vector = json_object_array_get_idx(vectors, i);
        bool should = !strcmp(field_text(vector, "expected"), "accept");
        if (accepts(vector) != should)
            fail_msg("%s", field_text(vector, "name"));
    }
    json_object_put(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_notification_that_was_signed_is_taken),
        cmocka_unit_test(test_whatever_is_signed_counts),
        cmocka_unit_test(test_the_sum_is_of_raw_bytes_and_has_no_sign),
        cmocka_unit_test(test_every_header_has_to_be_there),
        cmocka_unit_test(test_no_other_way_to_sign_is_taken),
        cmocka_unit_test(test_headers_of_another_form_are_refused_before_anything_is_computed),
        cmocka_unit_test(test_a_certificate_elsewhere_is_not_asked_for),
        cmocka_unit_test(test_notifications_that_others_made_are_judged_as_they_should),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
