/* stripe_signature: the header of a notification, and behind a line end its body. The seeds are
 * signed with the secret below, at a moment that is always now. */
#include "fuzz.h"

#include "digest.h"
#include "sales/stripe_signature.h"

static const char SECRETS[] = "whsec_new whsec_test";
static const long long NOW = 1767225600;

/* What a header has to hold of a body and a secret, at some time that is allowed. */
static bool is_signed(struct arena *a, const char *header, const char *secret, long long t,
                      const char *body, size_t n)
{
    return strstr(header, arena_printf(a, "v1=%s", digest_hmac_at(a, secret, t, body, n)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = fuzz_begin();
    const uint8_t *end = size ? memchr(data, '\n', size) : NULL;
    const char *header = arena_memdup(a, data, end ? (size_t)(end - data) : size);
    const char *body = end ? (const char *)end + 1 : "";
    size_t n = end ? size - (size_t)(end + 1 - data) : 0;
    long long age = 0;
    enum signature_result result =
        stripe_signature_verify(a, header, SECRETS, body, n, NOW, &age);
    fuzz_expect(*signature_word(result));
    fuzz_expect(result != SIGNATURE_NOT_SET_UP && !signature_may_pass_later(result));
    if (result == SIGNATURE_VALID) {
        fuzz_expect(age >= -STRIPE_TOLERANCE_SECONDS && age <= STRIPE_TOLERANCE_SECONDS);
        fuzz_expect(is_signed(a, header, "whsec_test", NOW - age, body, n) ||
                    is_signed(a, header, "whsec_new", NOW - age, body, n));
    }
    fuzz_expect((result == SIGNATURE_TOO_OLD) == (age > STRIPE_TOLERANCE_SECONDS) ||
                result == SIGNATURE_OTHER_SCHEME || result == SIGNATURE_MALFORMED);
    return fuzz_end(a);
}
