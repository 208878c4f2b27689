#include "token.h"

#include <dirent.h>
#include <jwt.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "buf.h"
#include "digest.h"
#include "log.h"
#include "settings.h"
#include "words.h"

/* A key, one before it and one after it; more are never in force at once. */
enum { MAX_KEYS = 8, MAX_PEM = 4096, MAX_TOKEN = 8192, LEEWAY_SECONDS = 5 };

/* How old what was read of the keys may be: at all, and where a key is asked for that is not
 * among them. */
enum { KEEP_SECONDS = 60, KEEP_WITHOUT_SECONDS = 1 };

static const char AUDIENCE[] = "vendas";

struct key {
    char kid[64];
    char private_pem[MAX_PEM], public_pem[MAX_PEM]; /* empty when there is no such file */
};

static struct {
    struct key list[MAX_KEYS];
    int count;
    time_t read_at;
} keys;

static void read_pem(const char *kid, const char *ending, char pem[MAX_PEM])
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s%s", settings()->jwt_keys, kid, ending);
    FILE *f = fopen(path, "r");
    size_t n = f ? fread(pem, 1, MAX_PEM - 1, f) : 0;
    pem[n] = '\0';
    if (f)
        fclose(f);
}

static int is_public_key(const struct dirent *e)
{
    size_t n = strlen(e->d_name);
    return n > 4 && n - 4 < sizeof keys.list[0].kid && !strcmp(e->d_name + n - 4, ".pub");
}

static void read_keys(void)
{
    struct dirent **files;
    int n = scandir(settings()->jwt_keys, &files, is_public_key, alphasort);
    keys.count = 0;
    keys.read_at = time(NULL);
    for (int i = 0; i < n; i++) {
        if (n - i <= MAX_KEYS) {
            struct key *k = &keys.list[keys.count++];
            snprintf(k->kid, sizeof k->kid, "%.*s", (int)strlen(files[i]->d_name) - 4,
                     files[i]->d_name);
            read_pem(k->kid, ".pub", k->public_pem);
            read_pem(k->kid, ".key", k->private_pem);
        }
        free(files[i]);
    }
    if (n >= 0)
        free(files);
    if (n <= 0)
        log_error("no keys for tokens", "folder", settings()->jwt_keys, NULL);
}

/* That is how a running program learns of a key that was added or taken away. */
static void keep_keys(time_t seconds)
{
    if (!keys.count || time(NULL) - keys.read_at > seconds)
        read_keys();
}

static const struct key *signing_key(void)
{
    keep_keys(KEEP_SECONDS);
    for (int i = keys.count - 1; i >= 0; i--)
        if (*keys.list[i].private_pem)
            return &keys.list[i];
    return NULL;
}

static const struct key *find_key(const char *kid)
{
    for (int i = 0; i < keys.count; i++)
        if (!strcmp(keys.list[i].kid, kid))
            return &keys.list[i];
    return NULL;
}

static const struct key *verifying_key(const char *kid)
{
    keep_keys(KEEP_SECONDS);
    if (!find_key(kid))
        keep_keys(KEEP_WITHOUT_SECONDS);
    return find_key(kid);
}

char *token_sign(struct arena *a, const struct identity *who, long long seconds)
{
    const struct key *k = signing_key();
    jwt_t *jwt;
    if (!k || jwt_new(&jwt))
        return NULL;
    long now = time(NULL);
    int bad = jwt_add_header(jwt, "kid", k->kid);
    bad |= jwt_add_grant(jwt, "iss", settings()->public_url);
    bad |= jwt_add_grant(jwt, "aud", AUDIENCE);
    bad |= jwt_add_grant(jwt, "sub", who->user);
    bad |= jwt_add_grant(jwt, "sid", who->session);
    bad |= jwt_add_grant(jwt, "role", who->role);
    bad |= jwt_add_grant(jwt, "scope", who->scope);
    bad |= jwt_add_grant_int(jwt, "iat", now);
    bad |= jwt_add_grant_int(jwt, "exp", now + seconds);
    bad |= jwt_add_grant(jwt, "jti", digest_random(a, 12));
    bad |= jwt_set_alg(jwt, JWT_ALG_ES256, (const unsigned char *)k->private_pem,
                       (int)strlen(k->private_pem));
    char *text = bad ? NULL : jwt_encode_str(jwt), *copy = arena_strdup(a, text);
    free(text); /* libjwt 1.10 has no jwt_free_str(); without own allocators it is free() */
    jwt_free(jwt);
    return copy;
}

static bool claims_hold(jwt_t *jwt)
{
    const char *issuer = jwt_get_grant(jwt, "iss"), *audience = jwt_get_grant(jwt, "aud");
    long now = time(NULL), expires = jwt_get_grant_int(jwt, "exp");
    long not_before = jwt_get_grant_int(jwt, "nbf");
    return issuer && audience && !strcmp(issuer, settings()->public_url) &&
           !strcmp(audience, AUDIENCE) && expires > now - LEEWAY_SECONDS &&
           not_before <= now + LEEWAY_SECONDS;
}

/* The key that the header names. alg is read before anything is verified: a token that says
 * HS256 would otherwise be checked with our public key as a shared secret, which everybody
 * knows. */
static const struct key *key_of(const char *token)
{
    jwt_t *unverified;
    if (jwt_decode(&unverified, token, NULL, 0))
        return NULL;
    const char *kid = jwt_get_header(unverified, "kid"),
               *alg = jwt_get_header(unverified, "alg");
    const struct key *k = kid && alg && !strcmp(alg, "ES256") ? verifying_key(kid) : NULL;
    jwt_free(unverified);
    return k;
}

/* Whether the token is three parts of base64url and nothing else (RFC 7515 section 7.1). libjwt
 * passes over padding, blanks and left-over bits, so that one signature would have many forms.
 */
static bool is_compact(struct arena *a, const char *token)
{
    size_t length = 0, n;
    for (int part = 0; part < 3; part++, token += length) {
        token += part > 0;
        length = strcspn(token, ".");
        if (length == 0 || token[length] != (part < 2 ? '.' : '\0') ||
            !base64url_decode(a, arena_memdup(a, token, length), &n))
            return false;
    }
    return true;
}

static bool is_complete(const struct identity *who)
{
    return who->user && who->session && who->role && who->scope;
}

bool token_verify(struct arena *a, const char *token, struct identity *who)
{
    *who = (struct identity){0};
    bool readable = strlen(token) <= MAX_TOKEN && is_compact(a, token);
    const struct key *k = readable ? key_of(token) : NULL;
    jwt_t *jwt;
    if (!k || jwt_decode(&jwt, token, (const unsigned char *)k->public_pem,
                         (int)strlen(k->public_pem)))
        return false;
    bool ok = jwt_get_alg(jwt) == JWT_ALG_ES256 && claims_hold(jwt);
    if (ok) {
        who->user = arena_strdup(a, jwt_get_grant(jwt, "sub"));
        who->session = arena_strdup(a, jwt_get_grant(jwt, "sid"));
        who->role = arena_strdup(a, jwt_get_grant(jwt, "role"));
        who->scope = arena_strdup(a, jwt_get_grant(jwt, "scope"));
    }
    jwt_free(jwt);
    if (!is_complete(who))
        *who = (struct identity){0};
    return is_complete(who);
}

bool identity_may(const struct identity *who, const char *permission)
{
    return words_hold(who->scope, permission);
}

/* The affine coordinates of a P-256 public key, 32 bytes each. */
static bool coordinates(const char *pem, unsigned char xy[64])
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    EVP_PKEY *key = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
    BIGNUM *x = NULL, *y = NULL;
    bool ok = key && EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_EC_PUB_X, &x) &&
              EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_EC_PUB_Y, &y) &&
              BN_bn2binpad(x, xy, 32) == 32 && BN_bn2binpad(y, xy + 32, 32) == 32;
    BN_free(x);
    BN_free(y);
    EVP_PKEY_free(key);
    BIO_free(bio);
    return ok;
}

char *token_jwks(struct arena *a)
{
    struct buf b = buf_new(a);
    const char *separator = "";
    read_keys();
    buf_raw(&b, "{\"keys\":[");
    for (int i = 0; i < keys.count; i++) {
        unsigned char xy[64];
        if (!coordinates(keys.list[i].public_pem, xy))
            continue;
        buf_printf(&b, "%s{\"kty\":\"EC\",\"crv\":\"P-256\",\"use\":\"sig\",\"alg\":\"ES256\",",
                   separator);
        buf_raw(&b, "\"kid\":");
        buf_json(&b, keys.list[i].kid);
        buf_printf(&b, ",\"x\":\"%s\",\"y\":\"%s\"}", base64url_encode(a, xy, 32),
                   base64url_encode(a, xy + 32, 32));
        separator = ",";
    }
    buf_raw(&b, "]}");
    return b.data;
}
