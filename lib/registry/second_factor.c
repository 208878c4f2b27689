#include "registry/second_factor.h"

#include <ctype.h>
#include <liboath/oath.h>
#include <openssl/crypto.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "digest.h"
#include "seal.h"

enum { STEP_SECONDS = 30, DIGITS = 6, SECRET_BYTES = 20, RECOVERY_CHARACTERS = 10 };

static const char SECRET_COLUMN[] = "registry.second_factors.secret",
                  RECOVERY_COLUMN[] = "registry.recovery_codes.hash";

struct second_factor second_factor_of(struct arena *a, const char *user, const char *secret,
                                      long long last_step)
{
    return (struct second_factor){
        .enabled = secret != NULL,
        .secret = secret ? unseal_text(a, SECRET_COLUMN, user, secret) : NULL,
        .last_step = last_step,
    };
}

/* n bytes in base32 without padding. */
static const char *base32(struct arena *a, const void *p, size_t n)
{
    char *text;
    size_t length;
    if (oath_base32_encode(p, n, &text, &length) != OATH_OK)
        abort(); /* only for want of memory */
    const char *copy = arena_memdup(a, text, strcspn(text, "="));
    free(text);
    return copy;
}

const char *second_factor_secret(struct arena *a)
{
    unsigned char bytes[SECRET_BYTES];
    random_bytes(bytes, sizeof bytes);
    return base32(a, bytes, sizeof bytes);
}

const char *second_factor_seal(struct arena *a, const char *user, const char *secret)
{
    return seal_text(a, SECRET_COLUMN, user, secret);
}

/* Percent-encoding of all but unreserved characters (RFC 3986 section 2.3). */
static void write_encoded(struct buf *b, const char *s)
{
    for (; *s; s++)
        if (isalnum((unsigned char)*s) || strchr("-._~", *s))
            buf_bytes(b, s, 1);
        else
            buf_printf(b, "%%%02X", (unsigned char)*s);
}

const char *second_factor_uri(struct arena *a, const char *issuer, const char *account,
                              const char *secret)
{
    struct buf b = buf_new(a);
    buf_raw(&b, "otpauth://totp/");
    write_encoded(&b, issuer);
    buf_raw(&b, ":");
    write_encoded(&b, account);
    buf_printf(&b, "?secret=%s&issuer=", secret);
    write_encoded(&b, issuer);
    return b.data;
}

/* The step at which the code is the secret's, 0 where it is not. All are compared, in constant
 * time. */
static int64_t matching_step(const char *secret, const char *code, time_t now)
{
    char *bytes;
    size_t n;
    int64_t found = 0;
    if (oath_base32_decode(secret, strlen(secret), &bytes, &n) != OATH_OK)
        return 0;
    for (int64_t step = now / STEP_SECONDS - 1; step <= now / STEP_SECONDS + 1; step++) {
        char expected[DIGITS + 1];
        if (oath_hotp_generate(bytes, n, (uint64_t)step, DIGITS, false,
                               OATH_HOTP_DYNAMIC_TRUNCATION, expected) == OATH_OK &&
            !CRYPTO_memcmp(expected, code, DIGITS))
            found = step;
    }
    OPENSSL_cleanse(bytes, n);
    free(bytes);
    return found;
}

bool second_factor_accepts(struct arena *a, const struct second_factor *factor,
                           const char *user, const char *code, time_t now, struct code_use *use)
{
    *use = (struct code_use){0};
    if (strlen(code) != DIGITS || strspn(code, "0123456789") != DIGITS) {
        use->recovery = recovery_code_hash(a, user, code);
        return true;
    }
    int64_t step = factor->secret ? matching_step(factor->secret, code, now) : 0;
    if (step <= factor->last_step)
        return false;
    use->step = arena_printf(a, "%lld", (long long)step);
    return true;
}

const char *recovery_code(struct arena *a)
{
    unsigned char bytes[(RECOVERY_CHARACTERS * 5 + 7) / 8];
    random_bytes(bytes, sizeof bytes);
    char *text = arena_strdup(a, base32(a, bytes, sizeof bytes));
    for (char *c = text; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    return arena_printf(a, "%.5s-%.5s", text, text + 5);
}

const char *recovery_code_hash(struct arena *a, const char *user, const char *code)
{
    struct buf b = buf_new(a);
    buf_printf(&b, "%s ", user);
    for (; *code; code++)
        if (*code != '-' && *code != ' ')
            buf_printf(&b, "%c", tolower((unsigned char)*code));
    return seal_lookup(a, RECOVERY_COLUMN, b.data);
}
