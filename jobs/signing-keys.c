/*
 * signing-keys: keeps the keys that sign access tokens young (lib/keyring.h). It lays a new one
 * KEY_LEAD_SECONDS before the present one is VENDAS_SIGNING_KEY_DAYS old, takes a private key
 * away once another one signs, and its public half once the last token of it has run out. The
 * first run makes the first key. Run daily, on one host: it goes with the folder.
 */
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "arena.h"
#include "digest.h"
#include "file.h"
#include "job.h"
#include "keyring.h"
#include "log.h"
#include "settings.h"

enum { SECONDS_PER_DAY = 86400 };

static const char *path_of(struct arena *a, const char *kid, const char *ending)
{
    return arena_printf(a, "%s/%s%s", settings()->jwt_keys, kid, ending);
}

static bool write_pem(struct arena *a, const char *kid, EVP_PKEY *key, bool private)
{
    char *text;
    BIO *bio = BIO_new(BIO_s_mem());
    bool ok = private ? PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL)
                      : PEM_write_bio_PUBKEY(bio, key);
    long n = BIO_get_mem_data(bio, &text);
    ok = ok && !file_write(path_of(a, kid, private ? ".key" : ".pub"), text, (size_t)n,
                           private ? 0600 : 0644);
    BIO_free(bio);
    return ok;
}

/* The public half comes first: a key that was cut short signs nothing, and the next run makes
 * another one. */
static bool lay_key(struct arena *a, time_t start)
{
    char from[32];
    unsigned char name[4];
    struct tm utc;
    strftime(from, sizeof from, "%Y%m%dT%H%M%SZ", gmtime_r(&start, &utc));
    random_bytes(name, sizeof name);
    const char *kid = arena_printf(a, "%s-%s", from, hex_encode(a, name, sizeof name));
    EVP_PKEY *key = EVP_EC_gen("P-256");
    bool ok = key && write_pem(a, kid, key, false) && write_pem(a, kid, key, true);
    EVP_PKEY_free(key);
    if (ok)
        log_info("a new signing key", "kid", kid, NULL);
    return ok;
}

/* Lays the next key, where it is time; false when it could not be laid. */
static bool renew(struct arena *a, const struct signing_key *keys, int count, time_t now)
{
    const struct signing_key *newest = NULL;
    for (int i = 0; i < count; i++)
        if (*keys[i].private_pem)
            newest = &keys[i];
    if (!newest)
        return lay_key(a, now);
    time_t due = newest->start + settings()->signing_key_days * SECONDS_PER_DAY;
    time_t soonest = now + KEY_LEAD_SECONDS;
    return due > soonest || lay_key(a, soonest);
}

/* When another key took over from the i-th; 0 while it signs or is yet to sign. */
static time_t superseded_at(const struct signing_key *keys, int count, int i, time_t now)
{
    for (int later = i + 1; later < count; later++)
        if (*keys[later].private_pem && keys[later].start && keys[later].start <= now)
            return keys[later].start;
    return 0;
}

static void take_away(struct arena *a, const char *kid, const char *ending)
{
    if (!unlink(path_of(a, kid, ending)))
        log_info("a signing key was taken away", "file", arena_printf(a, "%s%s", kid, ending),
                 NULL);
}

static void retire(struct arena *a, const struct signing_key *keys, int count, time_t now)
{
    for (int i = 0; i < count; i++) {
        time_t since = superseded_at(keys, count, i, now);
        if (since && *keys[i].private_pem)
            take_away(a, keys[i].kid, ".key");
        if (since && now - since > MAX_ACCESS_TOKEN_SECONDS + KEYRING_SECONDS)
            take_away(a, keys[i].kid, ".pub");
    }
}

int main(void)
{
    if (job_begin("signing-keys", NULL))
        return EXIT_FAILURE;
    struct arena *a = arena_new();
    int count;
    const struct signing_key *keys = keyring_read(&count);
    time_t now = time(NULL);
    bool ok = renew(a, keys, count, now);
    retire(a, keys, count, now);
    arena_free(a);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
