#include "keyring.h"

#include <assert.h>
#include <dirent.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "digest.h"
#include "log.h"
#include "settings.h"

/* A key, one before it and one after it; more are never in force at once. */
enum { MAX_KEYS = 8 };

/* How old what was read may be where a key is asked for that is not among them: else a stranger
 * could have the folder read with every request. */
enum { KEEP_WITHOUT_SECONDS = 1 };

static_assert((int)KEY_LEAD_SECONDS > (int)JWKS_SECONDS + (int)KEYRING_SECONDS,
              "everybody knows a key before it signs");

struct keyring {
    struct signing_key list[MAX_KEYS];
    int count;
};

static struct keyring keys;
static time_t read_at;
static unsigned generation;

static time_t start_of(const char *kid)
{
    struct tm utc = {0};
    const char *end = strptime(kid, "%Y%m%dT%H%M%SZ", &utc);
    return end && end - kid == 16 ? timegm(&utc) : 0;
}

static void read_pem(const char *kid, const char *ending, char *pem, size_t size)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s%s", settings()->jwt_keys, kid, ending);
    FILE *f = fopen(path, "r");
    size_t n = f ? fread(pem, 1, size - 1, f) : 0;
    pem[n] = '\0';
    if (f)
        fclose(f);
}

static int is_public_key(const struct dirent *e)
{
    size_t n = strlen(e->d_name);
    return n > 4 && n - 4 < sizeof keys.list[0].kid && !strcmp(e->d_name + n - 4, ".pub");
}

static int by_start(const struct dirent **a, const struct dirent **b)
{
    time_t start = start_of((*a)->d_name), other = start_of((*b)->d_name);
    return start != other ? (start > other) - (start < other)
                          : strcmp((*a)->d_name, (*b)->d_name);
}

static bool still_there(const struct keyring *now, const struct signing_key *key)
{
    for (int i = 0; i < now->count; i++)
        if (!strcmp(now->list[i].kid, key->kid))
            return !strcmp(now->list[i].public_pem, key->public_pem);
    return false;
}

static void read_keys(void)
{
    static struct keyring before;
    struct dirent **files;
    int n = scandir(settings()->jwt_keys, &files, is_public_key, by_start);
    before = keys;
    keys.count = 0;
    read_at = time(NULL);
    for (int i = 0; i < n; i++) {
        if (n - i <= MAX_KEYS) {
            struct signing_key *k = &keys.list[keys.count++];
            snprintf(k->kid, sizeof k->kid, "%.*s", (int)strlen(files[i]->d_name) - 4,
                     files[i]->d_name);
            k->start = start_of(k->kid);
            read_pem(k->kid, ".pub", k->public_pem, sizeof k->public_pem);
            read_pem(k->kid, ".key", k->private_pem, sizeof k->private_pem);
        }
        free(files[i]);
    }
    if (n >= 0)
        free(files);
    for (int i = 0; i < before.count; i++)
        if (!still_there(&keys, &before.list[i]))
            generation++;
}

/* That is how a running program learns of a key that was added or taken away. */
static void keep_keys(time_t seconds)
{
    if (keys.count && time(NULL) - read_at <= seconds)
        return;
    read_keys();
    if (!keys.count)
        log_error("no keys for tokens", "folder", settings()->jwt_keys, NULL);
}

static const struct signing_key *find(const char *kid)
{
    for (int i = 0; i < keys.count; i++)
        if (!strcmp(keys.list[i].kid, kid))
            return &keys.list[i];
    return NULL;
}

const struct signing_key *keyring_read(int *count)
{
    read_keys();
    *count = keys.count;
    return keys.list;
}

const struct signing_key *keyring_signing(void)
{
    keep_keys(KEYRING_SECONDS);
    for (int i = keys.count - 1; i >= 0; i--)
        if (*keys.list[i].private_pem && keys.list[i].start <= time(NULL))
            return &keys.list[i];
    return NULL;
}

const struct signing_key *keyring_find(const char *kid)
{
    keep_keys(KEYRING_SECONDS);
    if (!find(kid))
        keep_keys(KEEP_WITHOUT_SECONDS);
    return find(kid);
}

unsigned keyring_generation(void)
{
    keep_keys(KEYRING_SECONDS);
    return generation;
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

char *keyring_jwks(struct arena *a)
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
