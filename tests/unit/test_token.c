#include "unit.h"

#include <json-c/json.h>
#include <jwt.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <time.h>
#include <unistd.h>

#include "digest.h"
#include "fields.h"
#include "token.h"

/* The keys of these tests: one of each name in a folder of its own, and two that are not. */
static char folder[] = "/tmp/vendas-test-token-XXXXXX";
static char *stranger_pem, *rsa_pem;
static const struct identity ANA = {"u1", "s1", "manager", "products:write orders:read"};

/* The tests' clock, which can be put forward. */
static time_t ahead;

time_t time(time_t *out)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    now.tv_sec += ahead;
    if (out)
        *out = now.tv_sec;
    return now.tv_sec;
}

static char *path_of(const char *name)
{
    return arena_printf(a, "%s/%s", folder, name);
}

static void write_pem(const char *name, EVP_PKEY *key, bool private)
{
    FILE *f = fopen(path_of(name), "w");
    assert_non_null(f);
    assert_true(private ? PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL)
                        : PEM_write_PUBKEY(f, key));
    fclose(f);
}

static char *private_pem(EVP_PKEY *key)
{
    char *text;
    BIO *bio = BIO_new(BIO_s_mem());
    assert_true(PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL));
    long n = BIO_get_mem_data(bio, &text);
    char *copy = arena_memdup(a, text, (size_t)n);
    BIO_free(bio);
    return copy;
}

static int setup(void **state)
{
    unit_begin(state);
    assert_non_null(mkdtemp(folder));
    EVP_PKEY *key = EVP_EC_gen("P-256"), *stranger = EVP_EC_gen("P-256");
    EVP_PKEY *rsa = EVP_RSA_gen(2048);
    write_pem("2026-1.key", key, true);
    write_pem("2026-1.pub", key, false);
    stranger_pem = private_pem(stranger);
    rsa_pem = private_pem(rsa);
    EVP_PKEY_free(key);
    EVP_PKEY_free(stranger);
    EVP_PKEY_free(rsa);
    setenv("VENDAS_JWT_KEYS", folder, 1);
    return settings_load();
}

static int teardown(void **state)
{
    static const char *const NAMES[] = {
        "2026-1.key", "2026-1.pub", "2026-2.key", "2026-2.pub", "kid-ec-sign.pub",
    };
    for (size_t i = 0; i < LENGTH(NAMES); i++)
        unlink(path_of(NAMES[i]));
    rmdir(folder);
    return unit_end(state);
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
        {"aud", "vendas"}, {"sub", "u1"}, {"sid", "s1"}, {"role", "manager"}, {"scope", "x"},
    };
    long now = time(NULL);
    jwt_add_grant(jwt, "iss", settings()->public_url);
    for (size_t i = 0; i < LENGTH(TEXTS); i++)
        jwt_add_grant(jwt, TEXTS[i][0], TEXTS[i][1]);
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

static char *our_pem(void)
{
    size_t n;
    return unit_file(path_of("2026-1.key"), &n);
}

static bool accepted(const char *token)
{
    struct identity who;
    bool ok = token_verify(a, token, &who);
    assert_int_equal(ok, who.user != NULL);
    return ok;
}

static void test_a_token_speaks_for_whom_it_was_signed_for(void **state)
{
    (void)state;
    struct identity who;
    assert_true(token_verify(a, token_sign(a, &ANA, 60), &who));
    assert_string_equal(who.user, ANA.user);
    assert_string_equal(who.session, ANA.session);
    assert_string_equal(who.role, ANA.role);
    assert_string_equal(who.scope, ANA.scope);
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
        {{NULL, NULL, 0}, true},          {{"iss", "http://other.example", 0}, false},
        {{"iss", NULL, 0}, false},        {{"aud", "other", 0}, false},
        {{"aud", NULL, 0}, false},        {{"exp", NULL, now - 60}, false},
        {{"exp", NULL, 0}, false},        {{"exp", "never", 0}, false},
        {{"nbf", NULL, now + 60}, false}, {{"nbf", NULL, now - 60}, true},
        {{"sub", NULL, 0}, false},        {{"sid", NULL, 0}, false},
        {{"role", NULL, 0}, false},       {{"scope", NULL, 0}, false},
        {{"sub", NULL, 7}, false},
    };
    for (size_t i = 0; i < LENGTH(cases); i++)
        if (accepted(signed_by(our_pem(), JWT_ALG_ES256, "2026-1", cases[i].change)) !=
            cases[i].accepted)
            fail_msg("claim %s (case %zu)", cases[i].change.claim, i);
}

static void test_only_our_keys_and_our_algorithm_count(void **state)
{
    (void)state;
    const struct change none = {0};
    size_t n;
    const char *public_pem = unit_file(path_of("2026-1.pub"), &n);
    assert_false(accepted(signed_by(stranger_pem, JWT_ALG_ES256, "2026-1", none)));
    assert_false(accepted(signed_by(our_pem(), JWT_ALG_ES256, "2026-9", none)));
    assert_false(accepted(signed_by(our_pem(), JWT_ALG_ES256, "../2026-1", none)));
    assert_false(accepted(signed_by(our_pem(), JWT_ALG_ES256, NULL, none)));
    assert_false(accepted(signed_by(NULL, JWT_ALG_NONE, "2026-1", none)));
    assert_false(accepted(signed_by(public_pem, JWT_ALG_HS256, "2026-1", none)));
    assert_false(accepted(signed_by(rsa_pem, JWT_ALG_RS256, "2026-1", none)));
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

static void test_a_permission_is_held_by_its_whole_name(void **state)
{
    (void)state;
    assert_true(identity_may(&ANA, "products:write"));
    assert_true(identity_may(&ANA, "orders:read"));
    assert_false(identity_may(&ANA, "orders"));
    assert_false(identity_may(&ANA, "orders:rea"));
    assert_false(identity_may(&ANA, "rders:read"));
    assert_false(identity_may(&ANA, "products:write orders:read"));
    assert_false(identity_may(&ANA, ""));
    assert_false(identity_may(&(struct identity){0}, "orders:read"));
    assert_false(identity_may(&(struct identity){.scope = ""}, ""));
}

static void test_the_public_keys_are_told_as_a_jwk_set(void **state)
{
    (void)state;
    struct json_object *set = json_tokener_parse(token_jwks(a));
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

static void test_a_new_key_signs_and_the_old_one_still_verifies(void **state)
{
    (void)state;
    char *before = token_sign(a, &ANA, 60);
    EVP_PKEY *key = EVP_EC_gen("P-256");
    write_pem("2026-2.key", key, true);
    write_pem("2026-2.pub", key, false);
    EVP_PKEY_free(key);
    json_object_put(json_tokener_parse(token_jwks(a))); /* reads the folder again */
    char *after = token_sign(a, &ANA, 60);
    size_t n;
    char *header = base64url_decode(a, arena_memdup(a, after, strcspn(after, ".")), &n);
    assert_non_null(strstr(header, "2026-2"));
    assert_true(accepted(before));
    assert_true(accepted(after));
    unlink(path_of("2026-2.key"));
    unlink(path_of("2026-2.pub"));
    token_jwks(a);
    assert_true(accepted(before));
    assert_false(accepted(after));
}

static void test_a_running_program_learns_of_keys_that_come_and_go(void **state)
{
    (void)state;
    EVP_PKEY *key = EVP_EC_gen("P-256");
    const char *pem = private_pem(key);
    const char *token = signed_by(pem, JWT_ALG_ES256, "2026-2", (struct change){0});
    token_jwks(a); /* reads the folder */
    write_pem("2026-2.pub", key, false);
    EVP_PKEY_free(key);
    ahead += 2;
    assert_true(accepted(token));
    unlink(path_of("2026-2.pub"));
    ahead += 61;
    assert_false(accepted(token));
}

static void test_a_key_that_holds_nothing_verifies_nothing(void **state)
{
    (void)state;
    FILE *f = fopen(path_of("2026-2.pub"), "w");
    assert_non_null(f);
    fclose(f);
    token_jwks(a);
    assert_false(accepted(signed_by(our_pem(), JWT_ALG_ES256, "2026-2", (struct change){0})));
    unlink(path_of("2026-2.pub"));
    token_jwks(a);
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
        write_pem("kid-ec-sign.pub", key, false);
        char *pem = private_pem(key);
        EVP_PKEY_free(key);
        token_jwks(a);
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
        cmocka_unit_test(test_a_permission_is_held_by_its_whole_name),
        cmocka_unit_test(test_the_public_keys_are_told_as_a_jwk_set),
        cmocka_unit_test(test_a_new_key_signs_and_the_old_one_still_verifies),
        cmocka_unit_test(test_a_running_program_learns_of_keys_that_come_and_go),
        cmocka_unit_test(test_a_key_that_holds_nothing_verifies_nothing),
        cmocka_unit_test(test_no_public_signature_vector_is_taken_for_a_token),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
