/*
 * keys: a folder of signing keys for the unit tests that need one, and a clock that can be put
 * forward.
 */
#ifndef VENDAS_KEYS_H
#define VENDAS_KEYS_H

#include <dirent.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <time.h>
#include <unistd.h>

#include "unit.h"

static char keys_folder[] = "/tmp/vendas-test-keys-XXXXXX";

/* Seconds by which the tests' clock is ahead. */
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

static inline char *keys_path(const char *name)
{
    return arena_printf(a, "%s/%s", keys_folder, name);
}

static inline void keys_write(const char *name, EVP_PKEY *key, bool private)
{
    FILE *f = fopen(keys_path(name), "w");
    assert_non_null(f);
    assert_true(private ? PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL)
                        : PEM_write_PUBKEY(f, key));
    fclose(f);
}

/* A new key, with its files KID.key and KID.pub; the caller's to free. */
static inline EVP_PKEY *keys_make(const char *kid)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    keys_write(arena_printf(a, "%s.key", kid), key, true);
    keys_write(arena_printf(a, "%s.pub", kid), key, false);
    return key;
}

static inline void keys_remove(const char *kid)
{
    unlink(keys_path(arena_printf(a, "%s.key", kid)));
    unlink(keys_path(arena_printf(a, "%s.pub", kid)));
}

/* The kid of a key that signs from so many seconds before now. */
static inline char *keys_kid(long seconds)
{
    char text[32];
    struct tm utc;
    time_t start = time(NULL) - seconds;
    strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", gmtime_r(&start, &utc));
    return arena_printf(a, "%s-0badcafe", text);
}

static inline char *keys_pem(EVP_PKEY *key)
{
    char *text;
    BIO *bio = BIO_new(BIO_s_mem());
    assert_true(PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL));
    long n = BIO_get_mem_data(bio, &text);
    char *copy = arena_memdup(a, text, (size_t)n);
    BIO_free(bio);
    return copy;
}

/* The settings with this folder, which is empty. */
static inline int keys_begin(void **state)
{
    unit_begin(state);
    assert_non_null(mkdtemp(keys_folder));
    setenv("VENDAS_JWT_KEYS", keys_folder, 1);
    return settings_load();
}

static inline int keys_end(void **state)
{
    DIR *folder = opendir(keys_folder);
    for (struct dirent *e; (e = readdir(folder));)
        unlink(keys_path(e->d_name));
    closedir(folder);
    rmdir(keys_folder);
    return unit_end(state);
}

#endif
