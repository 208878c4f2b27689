#include "certs.h"

#include "sales/paypal_signer.h"

/* A CA that is trusted, one of its intermediates, and PayPal's certificate by that. */
static struct cert root, between, paypal;
static const char *ca_file;

static int setup(void **state)
{
    int status = unit_begin(state);
    root = certs_make((struct wanted){.name = "Root", .ca = true});
    between = certs_make((struct wanted){.name = "Between", .ca = true, .from_ca = &root});
    paypal = certs_make((struct wanted){.name = PAYPAL,
                                        .hosts = "DNS:messageverificationcerts.paypal.com",
                                        .usage = "digitalSignature",
                                        .from_ca = &between});
    ca_file = certs_file(certs_pem(&root, 1));
    return status;
}

static int teardown(void **state)
{
    certs_free(&root);
    certs_free(&between);
    certs_free(&paypal);
    return unit_end(state);
}

static enum signature_result read_pem(const char *pem, long long now)
{
    struct paypal_signer *signer;
    enum signature_result result = paypal_signer_read(pem, strlen(pem), ca_file, now, &signer);
    assert_int_equal(signer != NULL, result == SIGNATURE_VALID);
    paypal_signer_free(signer);
    return result;
}

/* What is thought of a certificate by the intermediate, in the place of PayPal's. */
static enum signature_result judge(struct wanted wanted)
{
    wanted.from_ca = &between;
    if (!wanted.key && EVP_PKEY_up_ref(paypal.key))
        wanted.key = paypal.key;
    struct cert chain[] = {certs_make(wanted), between};
    enum signature_result result = read_pem(certs_pem(chain, 2), NOW);
    certs_free(chain);
    return result;
}

static void test_what_leads_to_a_trusted_ca_signs(void **state)
{
    (void)state;
    size_t n;
    struct paypal_signer *signer;
    struct cert chain[] = {paypal, between, root};
    const char *pem = certs_pem(chain, 3);
    assert_int_equal(paypal_signer_read(pem, strlen(pem), ca_file, NOW, &signer),
                     SIGNATURE_VALID);
    const char *made = certs_sign(paypal.key, "text", &n);
    assert_int_equal(paypal_signer_check(signer, "text", made, n, NOW), SIGNATURE_VALID);
    assert_int_equal(paypal_signer_check(signer, "Text", made, n, NOW), SIGNATURE_MISMATCH);
    assert_int_equal(paypal_signer_check(signer, "text", made, n - 1, NOW), SIGNATURE_MISMATCH);
    assert_int_equal(paypal_signer_check(signer, "text", "", 0, NOW), SIGNATURE_MISMATCH);
    made = certs_sign(between.key, "text", &n);
    assert_int_equal(paypal_signer_check(signer, "text", made, n, NOW), SIGNATURE_MISMATCH);
    paypal_signer_free(signer);
    assert_int_equal(read_pem(certs_pem(chain, 2), NOW), SIGNATURE_VALID);
}

static void test_a_signer_counts_as_long_as_all_certificates_on_its_way(void **state)
{
    (void)state;
    size_t n;
    struct paypal_signer *signer;
    struct cert brief = certs_make((struct wanted){
        .name = "Brief", .ca = true, .from = -100, .until = 100, .from_ca = &root});
    struct cert own = certs_make((struct wanted){.name = PAYPAL, .from_ca = &brief});
    const char *pem = certs_pem((struct cert[]){own, brief}, 2);
    const char *made = certs_sign(own.key, "text", &n);
    assert_int_equal(paypal_signer_read(pem, strlen(pem), ca_file, NOW, &signer),
                     SIGNATURE_VALID);
    static const struct {
        long long at;
        enum signature_result result;
    } CASES[] = {{NOW - 101, CERTIFICATE_NOT_CURRENT},
                 {NOW - 100, SIGNATURE_VALID},
                 {NOW + 99, SIGNATURE_VALID},
                 {NOW + 100, CERTIFICATE_NOT_CURRENT}};
    for (size_t i = 0; i < LENGTH(CASES); i++) {
        assert_int_equal(paypal_signer_check(signer, "text", made, n, CASES[i].at),
                         CASES[i].result);
        assert_int_equal(read_pem(pem, CASES[i].at), CASES[i].result);
    }
    paypal_signer_free(signer);
    certs_free(&brief);
    certs_free(&own);
}

static void test_only_paypals_names_are_taken(void **state)
{
    (void)state;
    static const struct {
        const char *name, *hosts;
        enum signature_result result;
    } CASES[] = {
        {PAYPAL, NULL, SIGNATURE_VALID},
        {"messageverificationcerts.sandbox.paypal.com", NULL, SIGNATURE_VALID},
        {"x", "DNS:messageverificationcerts.sandbox.paypal.com", SIGNATURE_VALID},
        {"x", "DNS:x.example,DNS:messageverificationcerts.paypal.com", SIGNATURE_VALID},
        {PAYPAL, "DNS:api.paypal.com", CERTIFICATE_OTHER_NAME},
        {"api.paypal.com", NULL, CERTIFICATE_OTHER_NAME},
        {"paypal.com", NULL, CERTIFICATE_OTHER_NAME},
        {"x", "DNS:*.paypal.com", CERTIFICATE_OTHER_NAME},
        {"x", "DNS:messageverificationcerts.paypal.com.evil.example", CERTIFICATE_OTHER_NAME},
        {"x", "DNS:evilmessageverificationcerts.paypal.com", CERTIFICATE_OTHER_NAME},
        {"x", "DNS:messageverificationcerts-paypal.com", CERTIFICATE_OTHER_NAME},
        {"messageverificationcerts.evil.paypal.com", NULL, CERTIFICATE_OTHER_NAME},
    };
    for (size_t i = 0; i < LENGTH(CASES); i++) {
        enum signature_result result =
            judge((struct wanted){.name = CASES[i].name, .hosts = CASES[i].hosts});
        if (result != CASES[i].result)
            fail_msg("%s, %s: %s", CASES[i].name, CASES[i].hosts, signature_word(result));
    }
}

static void test_a_name_alone_is_no_reason_to_trust(void **state)
{
    (void)state;
    struct cert self = certs_make((struct wanted){.name = PAYPAL, .ca = true});
    struct cert other = certs_make((struct wanted){.name = "Root", .ca = true});
    struct cert by_other = certs_make((struct wanted){.name = PAYPAL, .from_ca = &other});
    struct cert by_leaf = certs_make((struct wanted){.name = PAYPAL, .from_ca = &paypal});
    assert_int_equal(read_pem(certs_pem(&self, 1), NOW), CERTIFICATE_UNTRUSTED);
    assert_int_equal(read_pem(certs_pem((struct cert[]){by_other, other}, 2), NOW),
                     CERTIFICATE_UNTRUSTED);
    assert_int_equal(read_pem(certs_pem((struct cert[]){by_leaf, paypal, between}, 3), NOW),
                     CERTIFICATE_UNTRUSTED);
    assert_int_equal(read_pem(certs_pem(&paypal, 1), NOW), CERTIFICATE_UNTRUSTED);
    certs_free(&self);
    certs_free(&other);
    certs_free(&by_other);
    certs_free(&by_leaf);
}

static void test_weak_keys_and_keys_for_something_else_are_not_trusted(void **state)
{
    (void)state;
    const struct wanted CASES[] = {
        {.name = PAYPAL, .key = EVP_RSA_gen(1024)},
        {.name = PAYPAL, .key = EVP_EC_gen("P-256")},
        {.name = PAYPAL, .digest = EVP_sha1()},
        {.name = PAYPAL, .usage = "keyAgreement"},
    };
    for (size_t i = 0; i < LENGTH(CASES); i++)
        assert_int_equal(judge(CASES[i]), CERTIFICATE_UNTRUSTED);
}

static void test_what_is_no_chain_of_certificates_is_malformed(void **state)
{
    (void)state;
    static const char *const TEXTS[] = {
        "",
        "<html>Not now</html>",
        "-----BEGIN CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\n"
        "DEK-Info: AES-256-CBC,000102030405060708090A0B0C0D0E0F\n\n"
        "AAAAAAAAAAAAAAAAAAAAAA==\n-----END CERTIFICATE-----\n",
    };
    for (size_t i = 0; i < LENGTH(TEXTS); i++)
        assert_int_equal(read_pem(TEXTS[i], NOW), CERTIFICATE_MALFORMED);
    struct cert chain[9] = {paypal, between, root, root, root, root, root, root, root};
    assert_int_equal(read_pem(certs_pem(chain, 8), NOW), SIGNATURE_VALID);
    assert_int_equal(read_pem(certs_pem(chain, 9), NOW), CERTIFICATE_MALFORMED);
}

static void test_without_ca_certificates_it_is_not_set_up(void **state)
{
    (void)state;
    struct paypal_signer *signer;
    const char *pem = certs_pem((struct cert[]){paypal, between}, 2);
    const char *const FILES[] = {"/nonexistent", certs_file("")};
    for (size_t i = 0; i < LENGTH(FILES); i++)
        assert_int_equal(paypal_signer_read(pem, strlen(pem), FILES[i], NOW, &signer),
                         SIGNATURE_NOT_SET_UP);
    /* The system's do not know the tests' CA. */
    assert_int_equal(paypal_signer_read(pem, strlen(pem), "", NOW, &signer),
                     CERTIFICATE_UNTRUSTED);
    assert_int_equal(paypal_signer_read(pem, strlen(pem), NULL, NOW, &signer),
                     CERTIFICATE_UNTRUSTED);
    assert_null(signer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_leads_to_a_trusted_ca_signs),
        cmocka_unit_test(test_a_signer_counts_as_long_as_all_certificates_on_its_way),
        cmocka_unit_test(test_only_paypals_names_are_taken),
        cmocka_unit_test(test_a_name_alone_is_no_reason_to_trust),
        cmocka_unit_test(test_weak_keys_and_keys_for_something_else_are_not_trusted),
        cmocka_unit_test(test_what_is_no_chain_of_certificates_is_malformed),
        cmocka_unit_test(test_without_ca_certificates_it_is_not_set_up),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
