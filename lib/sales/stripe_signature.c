#include "sales/stripe_signature.h"

#include <openssl/crypto.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "digest.h"

enum { MAC_DIGITS = 64, MAX_TIME_DIGITS = 12 };

static const char BLANKS[] = " \t\r\n", DIGITS[] = "0123456789", HEX[] = "0123456789abcdef";

/* What stands behind the name of a member, NAME=VALUE; nothing where there is a name alone. */
struct value {
    const char *p;
    size_t n;
};

/* Finds the next member of that name behind *at, which is put behind it; false at the end. */
static bool next(const char **at, const char *name, struct value *value)
{
    while (*at) {
        const char *s = *at;
        size_t all = strcspn(s, ","), own = strcspn(s, "=,");
        *at = s[all] ? s + all + 1 : NULL;
        if (own == strlen(name) && !memcmp(s, name, own)) {
            *value =
                own < all ? (struct value){s + own + 1, all - own - 1} : (struct value){s, 0};
            return true;
        }
    }
    return false;
}

/* The time, of which there is exactly one. */
static bool read_time(const char *header, long long *t)
{
    struct value value, other;
    if (!next(&header, "t", &value) || next(&header, "t", &other) || !value.n ||
        value.n > MAX_TIME_DIGITS || strspn(value.p, DIGITS) != value.n)
        return false;
    *t = strtoll(value.p, NULL, 10);
    return true;
}

static bool is_mac(const struct value *value)
{
    return value->n == MAC_DIGITS && strspn(value->p, HEX) >= MAC_DIGITS;
}

/* What the v1 of a header are, before any is computed: one has to be of the right form, and
 * none empty. */
static enum signature_result read_macs(const char *header)
{
    struct value value;
    enum signature_result result = SIGNATURE_OTHER_SCHEME;
    while (next(&header, "v1", &value)) {
        if (!value.n)
            return SIGNATURE_MALFORMED;
        if (result != SIGNATURE_VALID)
            result = is_mac(&value) ? SIGNATURE_VALID : SIGNATURE_MALFORMED;
    }
    return result;
}

/* Whether one of the v1 is this. */
static bool has_mac(const char *header, const char *mac)
{
    struct value value;
    bool found = false;
    while (next(&header, "v1", &value))
        found |= is_mac(&value) && !CRYPTO_memcmp(value.p, mac, MAC_DIGITS);
    return found;
}

static enum signature_result read_header(const char *header, long long now, long long *t)
{
    if (!header || !*header)
        return SIGNATURE_NO_HEADER;
    if (!read_time(header, t))
        return SIGNATURE_MALFORMED;
    enum signature_result result = read_macs(header);
    if (result != SIGNATURE_VALID)
        return result;
    return now - *t > STRIPE_TOLERANCE_SECONDS   ? SIGNATURE_TOO_OLD
           : *t - now > STRIPE_TOLERANCE_SECONDS ? SIGNATURE_IN_FUTURE
                                                 : SIGNATURE_VALID;
}

enum signature_result stripe_signature_verify(struct arena *a, const char *header,
                                              const char *secrets, const void *body, size_t n,
                                              long long now, long long *age)
{
    long long t = now;
    enum signature_result result = read_header(header, now, &t);
    if (age)
        *age = now - t;
    if (result != SIGNATURE_VALID)
        return result;
    /* An empty secret would be everybody's. */
    result = SIGNATURE_NOT_SET_UP;
    for (const char *s = secrets + strspn(secrets, BLANKS); *s; s += strspn(s, BLANKS)) {
        size_t length = strcspn(s, BLANKS);
        const char *mac = digest_hmac_at(a, arena_memdup(a, s, length), t, body, n);
        if (mac && has_mac(header, mac))
            return SIGNATURE_VALID;
        result = SIGNATURE_MISMATCH;
        s += length;
    }
    return result;
}
