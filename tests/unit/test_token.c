#include "keys.h"

#include <json-c/json.h>
#include <jwt.h>
#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>

#include "digest.h"
#include "fields.h"
#include "keyring.h"
#include "token.h"

/* Our key, and two that are not. */
static const char KID[] = "2026-1";
static EVP_PKEY *ours;
static char *stranger_pem, *rsa_pem;

static const char USER[] = "0190a5c0-1234-7abc-8def-0123456789ab";
static const char SESSION[] = "0190a5c0-1234-7abc-8def-ba9876543210";
static const struct identity ANA = {USER, SESSION, "manager", "products:write orders:read"};

static int setup(void **state)
{
    int status = keys_begin(state);
    EVP_PKEY *stranger = EVP_EC_gen("P-256"), *rsa = EVP_RSA_gen(2048);
    ours = keys_make(KID);
    stranger_pem = keys_pem(stranger);
    rsa_pem = keys_pem(rsa);
    EVP_PKEY_free(stranger);
    EVP_PKEY_free(rsa);
    return status;
}

static int teardown(void **state)
{
    EVP_PKEY_free(ours);
    return keys_end(state);
}

/* The claims of a good token, of which one is replaced (by number where value is NULL) or,
 * where both are nothing, left out. */
struct change {
    const char *claim, *value;
    long number;
};

static void add_claims(jwt_t *jwt, struct change change)
{
    static const char *const TEXTS[][2] = {
        {"aud", "vendas"}, {"sub", USER}, {"sid", SESSION}, {"role", "manager"}, {"scope", "x"},
    };
    long now = time(NULL);
    jwt_add_grant(jwt, "iss", settings()->public_url);
    for (size_t i = 0; i < LENGTH(TEXTS); i++)
        jwt_add_grant(jwt, TEXTS[i][0], TEXTS[i][1]);
    jwt_add_grant_int(jwt, "iat", now);
    jwt_add_grant_int(jwt, "exp", now + 100);
    if (!change.claim)
        return;
    jwt_del_grants(jwt, change.claim);
    if (change.value)
        jwt_add_grant(jwt, change.claim, change.value);
    else if (change.number)
        jwt_add_grant_int(jwt, change.claim, change.number);
}

static char *signed_by(const char *pem, jwt_alg_t alg, const char *kid, struct change change)
{
    jwt_t *jwt;
    assert_int_equal(jwt_new(&jwt), 0);
    if (kid)
        jwt_add_header(jwt, "kid", kid);
    add_claims(jwt, change);
    assert_int_equal(
        jwt_set_alg(jwt, alg, (const unsigned char *)pem, pem ? (int)strlen(pem) : 0), 0);
    char *text = jwt_encode_str(jwt), *copy = arena_strdup(a, text);
    assert_non_null(text);
    free(text);
    jwt_free(jwt);
    return copy;
}

static bool accepted(const char *token)
{
    struct token t;
    bool ok = token_verify(a, token, &t);
    assert_int_equal(ok, t.who.user != NULL);
    return ok;
}

static void test_a_token_speaks_for_whom_it_was_signed_for(void **state)
{
    (void)state;
    struct token t;
    assert_true(token_verify(a, token_sign(a, &ANA, 60), &t));
    assert_string_equal(t.who.user, ANA.user);
    assert_string_equal(t.who.session, ANA.session);
    assert_string_equal(t.who.role, ANA.role);
    assert_string_equal(t.who.scope, ANA.scope);
    assert_in_range(t.issued_at, time(NULL) - 1, time(NULL));
    assert_int_equal(t.expires_at, t.issued_at + 60);
}

static void test_no_two_tokens_are_alike(void **state)
{
    (void)state;
    assert_string_not_equal(token_sign(a, &ANA, 60), token_sign(a, &ANA, 60));
}

static void test_every_claim_must_be_right(void **state)
{
    (void)state;
    long now = time(NULL);
    const struct {
        struct change change;
        bool accepted;
    } cases[] = {
        {{NULL, NULL, 0}, true},
        {{"iss", "http://other.example", 0}, false},
        {{"iss", NULL, 0}, false},
        {{"aud", "other", 0}, false},
        {{"aud", NULL, 0}, false},
        {{"exp", NULL, now - 60}, false},
        {{"exp", NULL, -1}, false},
        {{"exp", NULL, 0}, false},
        {{"exp", NULL, now + 90000}, false},
        {{"exp", NULL, LONG_MAX}, false},
        {{"exp", "never", 0}, false},
        {{"exp", arena_printf(a, "%ld", now + 100), 0}, false},
        {{"iat", NULL, 0}, false},
        {{"iat", NULL, now + 60}, false},
        {{"iat", NULL, -1}, false},
        {{"iat", "now", 0}, false},
        {{"nbf", NULL, now + 60}, false},
        {{"nbf", NULL, now - 60}, true},
        {{"nbf", "0", 0}, false},
        {{"sub", NULL, 0}, false},
        {{"sub", "' OR 1=1", 0}, false},
        {{"sub", NULL, 7}, false},
        {{"sid", NULL, 0}, false},
        {{"sid", "", 0}, false},
        {{"role", NULL, 0}, false},
        {{"scope", NULL, 0}, false},
        {{"scope", NULL, 7}, false},
    };
    for (size_t i = 0; i < LENGTH(cases); i++)
        if (accepted(signed_by(keys_pem(ours), JWT_ALG_ES256, KID, cases[i].change)) !=
            cases[i].accepted)
            fail_msg("claim %s (case %zu)", cases[i].change.claim, i);
}

static void test_only_our_keys_and_our_algorithm_count(void **state)
{
    (void)state;
    const struct change none = {0};
    size_t n;
    const char *public_pem = unit_file(keys_path("2026-1.pub"), &n);
    assert_false(accepted(signed_by(stranger_pem, JWT_ALG_ES256, KID, none)));
    assert_false(accepted(signed_by(keys_pem(ours), JWT_ALG_ES256, "2026-9", none)));
    assert_false(accepted(signed_by(keys_pem(ours), JWT_ALG_ES256, "../2026-1", none)));
    assert_false(accepted(signed_by(keys_pem(ours), JWT_ALG_ES256, NULL, none)));
    assert_false(accepted(signed_by(NULL, JWT_ALG_NONE, KID, none)));
    assert_false(accepted(signed_by(public_pem, JWT_ALG_HS256, KID, none)));
    assert_false(accepted(signed_by(rsa_pem, JWT_ALG_RS256, KID, none)));
}

static void test_a_token_whose_bytes_were_touched_is_refused(void **state)
{
    (void)state;
    char *good = token_sign(a, &ANA, 60);
    assert_true(accepted(good));
    for (size_t i = 0; good[i]; i++) {
        char *bad = arena_strdup(a, good);
        bad[i] = bad[i] == '.' ? 'A' : bad[i] == 'A' ? 'B' : 'A';
        if (accepted(bad))
            fail_msg("byte %zu of %s does not matter", i, good);
    }
    for (size_t n = 0; n < strlen(good); n++)
        if (accepted(arena_memdup(a, good, n)))
            fail_msg("%zu bytes of %s suffice", n, good);
}

static void test_a_token_has_one_form_only(void **state)
{
    (void)state;
    char *good = token_sign(a, &ANA, 60);
    assert_false(accepted(arena_printf(a, "%s=", good)));
    assert_false(accepted(arena_printf(a, "%s.", good)));
    assert_false(accepted(arena_printf(a, "%s.x", good)));
    assert_false(accepted(arena_printf(a, " %s", good)));
    assert_false(accepted(arena_printf(a, "%s\n", good)));
    assert_false(accepted(arena_printf(a, "%sAA", good)));
    assert_false(accepted(""));
    assert_false(accepted("."));
    assert_false(accepted(".."));
    assert_false(accepted("a.b.c"));
    assert_false(accepted(arena_printf(a, "%s%09000d", good, 0)));
}

/* Signed as ES256 wants it (RFC 7518 section 3.4), whatever the parts say: only what they say
 * is then to be refused. */
static char *rightly_signed(const char *header, const char *claims)
{
    char *text = arena_printf(a, "%s.%s", base64url_encode(a, header, strlen(header)),
                              base64url_encode(a, claims, strlen(claims)));
    unsigned char der[80], raw[64];
    size_t n = sizeof der;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, ours), 1);
    assert_int_equal(EVP_DigestSign(context, der, &n, (unsigned char *)text, strlen(text)), 1);
    EVP_MD_CTX_free(context);
    const unsigned char *p = der;
    ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &p, (long)n);
    BN_bn2binpad(ECDSA_SIG_get0_r(signature), raw, 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(signature), raw + 32, 32);
    ECDSA_SIG_free(signature);
    return arena_printf(a, "%s.%s", text, base64url_encode(a, raw, sizeof raw));
}

static const char GOOD_HEADER[] = "{\"typ\":\"JWT\",\"alg\":\"ES256\",\"kid\":\"2026-1\"}";

/* The claims of a good token with these further ones behind them. */
static char *claims_and(const char *more)
{
    long now = time(NULL);
    return arena_printf(a,
                        "{\"iss\":\"%s\",\"aud\":\"vendas\",\"sub\":\"%s\",\"sid\":\"%s\","
                        "\"role\":\"manager\",\"scope\":\"x\",\"iat\":%ld,\"exp\":%ld%s}",
                        settings()->public_url, USER, SESSION, now, now + 100, more);
}

/* Headers that are not as we write them. */
static const char *const HEADERS[] = {
    "",
    "{}",
    "null",
    "[]",
    "{\"alg\":\"ES256\",\"kid\":\"2026-1\"}",
#define OURS "\"typ\":\"JWT\",\"alg\":\"ES256\",\"kid\":\"2026-1\""
    /* critical and unknown members (RFC 7515 section 4.1.11, RFC 7797) */
    "{" OURS ",\"crit\":[\"exp\"],\"exp\":1}",
    "{" OURS ",\"crit\":[]}",
    "{" OURS ",\"crit\":\"x\"}",
    "{" OURS ",\"b64\":false}",
    "{" OURS ",\"zip\":\"DEF\"}",
    "{" OURS ",\"cty\":\"JWT\"}",
    "{" OURS ",\"x\":1}",
    "{" OURS ",\"\":\"\"}",
    /* keys that the sender brings along */
    "{" OURS ",\"jwk\":{\"kty\":\"EC\"}}",
    "{" OURS ",\"jku\":\"http://127.0.0.1/jwks\"}",
    "{" OURS ",\"x5u\":\"http://127.0.0.1/x\"}",
    "{" OURS ",\"x5c\":[\"MII\"]}",
    "{" OURS ",\"x5t\":\"x\"}",
    /* members that are named twice */
    "{" OURS ",\"alg\":\"ES256\"}",
    "{\"alg\":\"none\"," OURS "}",
    "{" OURS ",\"kid\":\"x\"}",
    "{" OURS ",\"k\\u0069d\":\"2026-1\"}",
    "{" OURS ",\"typ\":\"JWT\"}",
    /* of another kind */
    "{\"typ\":\"at+jwt\",\"alg\":\"ES256\",\"kid\":\"2026-1\"}",
    "{\"typ\":7,\"alg\":\"ES256\",\"kid\":\"2026-1\"}",
    "{\"typ\":\"JWT\",\"alg\":\"ES384\",\"kid\":\"2026-1\"}",
    "{\"typ\":\"JWT\",\"alg\":\"es256\",\"kid\":\"2026-1\"}",
    "{\"typ\":\"JWT\",\"alg\":\"ES256\\u0000\",\"kid\":\"2026-1\"}",
    "{\"typ\":\"JWT\",\"alg\":[\"ES256\"],\"kid\":\"2026-1\"}",
    "{\"typ\":\"JWT\",\"alg\":\"none\",\"kid\":\"2026-1\"}",
    "{\"typ\":\"JWT\",\"alg\":\"nOnE\",\"kid\":\"2026-1\"}",
    "{\"typ\":\"JWT\",\"alg\":null,\"kid\":\"2026-1\"}",
    /* kids that lead elsewhere */
    "{\"typ\":\"JWT\",\"alg\":\"ES256\",\"kid\":\"../keys/2026-1\"}",
    "{\"typ\":\"JWT\",\"alg\":\"ES256\",\"kid\":\"/dev/null\"}",
    "{\"typ\":\"JWT\",\"alg\":\"ES256\",\"kid\":\"2026-1\\u0000\"}",
    "{\"typ\":\"JWT\",\"alg\":\"ES256\",\"kid\":\"' OR '1'='1\"}",
    "{\"typ\":\"JWT\",\"alg\":\"ES256\",\"kid\":\"\"}",
    "{\"typ\":\"JWT\",\"alg\":\"ES256\",\"kid\":7}",
    "{\"typ\":\"JWT\",\"alg\":\"ES256\",\"kid\":{\"a\":\"2026-1\"}}",
    "{\"typ\":\"JWT\",\"alg\":\"ES256\",\"kid\":[\"2026-1\"]}",
    /* no JSON */
    "{" OURS ",}",
    "{" OURS "}{}",
    "{" OURS ",\"x\":NaN}",
    "\xEF\xBB\xBF{" OURS "}",
    "{" OURS "/**/}",
};

static void test_a_header_that_is_not_ours_is_refused_even_rightly_signed(void **state)
{
    (void)state;
    assert_true(accepted(rightly_signed(GOOD_HEADER, claims_and(""))));
    for (size_t i = 0; i < LENGTH(HEADERS); i++)
        if (accepted(rightly_signed(HEADERS[i], claims_and(""))))
            fail_msg("accepted: %s", HEADERS[i]);
}

static void test_claims_that_can_be_read_in_two_ways_are_refused(void **state)
{
    (void)state;
    static const char *const MORE[] = {
        ",\"sub\":\"0190a5c0-1234-7abc-8def-0123456789ab\"",
        ",\"scope\":\"x users:write\"",
        ",\"exp\":9999999999",
        ",\"\\u0065xp\":1",
        ",\"x\":1,\"x\":1",
        ",\"x\":{\"y\":1}",
        ",\"x\":[]",
        ",\"x\":null",
        ",\"x\":true",
        ",\"x\":1.5",
        ",\"x\":\"a\\u0000b\"",
        ",\"\":1",
        ",\"x\":Infinity",
    };
    assert_true(accepted(rightly_signed(GOOD_HEADER, claims_and(",\"x\":\"a:b\\\":\""))));
    for (size_t i = 0; i < LENGTH(MORE); i++)
        if (accepted(rightly_signed(GOOD_HEADER, claims_and(MORE[i]))))
            fail_msg("accepted: %s", MORE[i]);
}

static void test_several_audiences_are_not_ours(void **state)
{
    (void)state;
    char *claims = claims_and(""), *audience = strstr(claims, "\"vendas\"");
    char *many = arena_printf(a, "%.*s[\"vendas\"]%s", (int)(audience - claims), claims,
                              audience + strlen("\"vendas\""));
    assert_false(accepted(rightly_signed(GOOD_HEADER, many)));
}

static char *with_signature(const char *token, const void *signature, size_t n)
{
    return arena_printf(a, "%.*s.%s", (int)(strrchr(token, '.') - token), token,
                        base64url_encode(a, signature, n));
}

/* r and s from 1 to n - 1, 32 bytes each (RFC 7518 section 3.4, FIPS 186-5 section 6.4.2). */
static void test_a_signature_of_another_form_is_refused(void **state)
{
    (void)state;
    static const unsigned char ORDER[32] = {
        0xFF, 0xFF, 0xFF, 0xFF, 0,    0,    0,    0,    0xFF, 0xFF, 0xFF,
        0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xBC, 0xE6, 0xFA, 0xAD, 0xA7, 0x17,
        0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51,
    };
    char *good = token_sign(a, &ANA, 60);
    size_t n, der_length = 0;
    unsigned char raw[96] = {0}, *der = NULL;
    memcpy(raw, base64url_decode(a, strrchr(good, '.') + 1, &n), 64);
    assert_int_equal(n, 64);
    assert_true(accepted(with_signature(good, raw, 64)));
    assert_false(accepted(with_signature(good, raw, 63)));
    assert_false(accepted(with_signature(good, raw, 65)));
    assert_false(accepted(with_signature(good, raw, 96)));

    ECDSA_SIG *signature = ECDSA_SIG_new();
    ECDSA_SIG_set0(signature, BN_bin2bn(raw, 32, NULL), BN_bin2bn(raw + 32, 32, NULL));
    der_length = (size_t)i2d_ECDSA_SIG(signature, &der);
    ECDSA_SIG_free(signature);
    assert_false(accepted(with_signature(good, der, der_length)));
    OPENSSL_free(der);

    const unsigned char *const ODD[] = {(unsigned char[32]){0}, ORDER};
    for (size_t i = 0; i < LENGTH(ODD); i++)
        for (int which = 0; which < 3; which++) {
            unsigned char bad[64];
            memcpy(bad, raw, 64);
            if (which != 1)
                memcpy(bad, ODD[i], 32);
            if (which != 0)
                memcpy(bad + 32, ODD[i], 32);
            assert_false(accepted(with_signature(good, bad, 64)));
        }
}

/* Wycheproof ------------------------------------------------------------------------------- */

/* The P-256 key of a JWK, with its private half where the JWK has it. */
static EVP_PKEY *p256_key(struct json_object *jwk)
{
    size_t n;
    unsigned char point[65] = {4};
    const char *x = field_text(jwk, "x"), *y = field_text(jwk, "y"), *d = field_text(jwk, "d");
    memcpy(point + 1, base64url_decode(a, x, &n), 32);
    memcpy(point + 33, base64url_decode(a, y, &n), 32);
    BIGNUM *private = BN_bin2bn((unsigned char *)base64url_decode(a, d, &n), 32, NULL);
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0);
    OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point);
    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, private);
    OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(build);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    EVP_PKEY *key = NULL;
    EVP_PKEY_fromdata_init(context);
    assert_int_equal(EVP_PKEY_fromdata(context, &key, EVP_PKEY_KEYPAIR, parameters), 1);
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(build);
    BN_free(private);
    return key;
}

/* Lays the vectors' P-256 key among ours and returns a good token that it signed: so that
 * what is refused afterwards is not refused for want of the key. */
static char *trust_the_vectors_key(struct json_object *groups)
{
    for (size_t i = 0; i < json_object_array_length(groups); i++) {
        struct json_object *group = json_object_array_get_idx(groups, i);
        struct json_object *jwk = field_value(group, "private");
        const char *curve = field_text(jwk, "crv"), *kid = field_text(jwk, "kid");
        if (!curve || strcmp(curve, "P-256") || strcmp(kid, "kid-ec-sign"))
            continue;
        EVP_PKEY *key = p256_key(jwk);
        keys_write("kid-ec-sign.pub", key, false);
        char *pem = keys_pem(key);
        EVP_PKEY_free(key);
        keyring_jwks(a);
        return signed_by(pem, JWT_ALG_ES256, kid, (struct change){0});
    }
    fail_msg("the vectors have no P-256 key");
    return NULL;
}

/* No vector holds our claims, so none may be taken for a token, valid or not. What is wrong
 * with the signatures of the invalid ones must also be seen where the claims are ours: their
 * signature part is put behind a good header and payload. */
static void check_vectors(struct json_object *groups, const char *good)
{
    int signed_parts = (int)(strrchr(good, '.') - good);
    for (size_t g = 0; g < json_object_array_length(groups); g++) {
        struct json_object *tests = field_value(json_object_array_get_idx(groups, g), "tests");
        for (size_t t = 0; t < json_object_array_length(tests); t++) {
            struct json_object *test = json_object_array_get_idx(tests, t);
            const char *jws = field_text(test, "jws"), *signature = strrchr(jws, '.');
            if (accepted(jws) || (signature && accepted(arena_printf(a, "%.*s%s", signed_parts,
                                                                     good, signature))))
                fail_msg("case %lld: %s", field_integer(test, "tcId"),
                         field_text(test, "comment"));
        }
    }
}

static void test_no_public_signature_vector_is_taken_for_a_token(void **state)
{
    (void)state;
    size_t n;
    struct json_object *signatures =
        json_tokener_parse(unit_shared("vectors/json_web_signature_test.json", &n));
    struct json_object *keys =
        json_tokener_parse(unit_shared("vectors/json_web_key_test.json", &n));
    char *good = trust_the_vectors_key(field_value(signatures, "testGroups"));
    assert_true(accepted(good));
    check_vectors(field_value(signatures, "testGroups"), good);
    check_vectors(field_value(keys, "testGroups"), good);
    json_object_put(signatures);
    json_object_put(keys);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_token_speaks_for_whom_it_was_signed_for),
        cmocka_unit_test(test_no_two_tokens_are_alike),
        cmocka_unit_test(test_every_claim_must_be_right),
        cmocka_unit_test(test_only_our_keys_and_our_algorithm_count),
        cmocka_unit_test(test_a_token_whose_bytes_were_touched_is_refused),
        cmocka_unit_test(test_a_token_has_one_form_only),
        cmocka_unit_test(test_a_header_that_is_not_ours_is_refused_even_rightly_signed),
        cmocka_unit_test(test_claims_that_can_be_read_in_two_ways_are_refused),
        cmocka_unit_test(test_several_audiences_are_not_ours),
        cmocka_unit_test(test_a_signature_of_another_form_is_refused),
        cmocka_unit_test(test_no_public_signature_vector_is_taken_for_a_token),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
