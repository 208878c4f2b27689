#include "sales/paypal_signature.h"

#include <stdbool.h>
#include <string.h>
#include <zlib.h>

#include "digest.h"
#include "rfc3339.h"

static const char ALGORITHM[] = "SHA256withRSA";

/* Room for twice what PayPal's published schema allows (verify-webhook-signature). */
enum { MAX_ID = 100, MAX_SIGNATURE = 1000 };

/* A signature, decoded. */
struct decoded {
    const char *bytes;
    size_t n;
};

/* Whether it is a word of visible ASCII; the bar stands between the parts of what is signed. */
static bool is_id(const char *s)
{
    size_t n = 0;
    while (s[n] > ' ' && s[n] <= '~' && s[n] != '|')
        n++;
    return n > 0 && n <= MAX_ID && !s[n];
}

static enum signature_result read_headers(struct arena *a, const struct paypal_notification *n,
                                          const char *webhook_id, struct decoded *signature)
{
    const char *const headers[] = {n->transmission_id, n->transmission_time,
                                   n->transmission_sig, n->cert_url, n->auth_algo};
    if (!webhook_id || !*webhook_id)
        return SIGNATURE_NOT_SET_UP;
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        if (!headers[i] || !*headers[i])
            return SIGNATURE_NO_HEADER;
    if (strcmp(n->auth_algo, ALGORITHM))
        return SIGNATURE_OTHER_SCHEME;
    if (!is_id(n->transmission_id) || !rfc3339_is_time(n->transmission_time) ||
        strlen(n->transmission_sig) > MAX_SIGNATURE)
        return SIGNATURE_MALFORMED;
    signature->bytes = base64_decode(a, n->transmission_sig, &signature->n);
    return signature->bytes ? SIGNATURE_VALID : SIGNATURE_MALFORMED;
}

static enum signature_result check(struct arena *a, const struct paypal_notification *n,
                                   const char *webhook_id, const struct decoded *signature,
                                   const struct paypal_signer *signer, long long now)
{
    const char *text = arena_printf(a, "%s|%s|%s|%lu", n->transmission_id, n->transmission_time,
                                    webhook_id, crc32_z(0, n->body, n->n));
    return paypal_signer_check(signer, text, signature->bytes, signature->n, now);
}

enum signature_result paypal_signature_verify(struct arena *a,
                                              const struct paypal_notification *notification,
                                              const char *webhook_id,
                                              const struct paypal_trust *trust, long long now)
{
    struct decoded signature;
    const struct paypal_signer *signer;
    enum signature_result result = read_headers(a, notification, webhook_id, &signature);
    if (result == SIGNATURE_VALID)
        result = paypal_cert_signer(a, notification->cert_url, trust, now, &signer);
    return result == SIGNATURE_VALID
               ? check(a, notification, webhook_id, &signature, signer, now)
               : result;
}

enum signature_result paypal_signature_verify_by(struct arena *a,
                                                 const struct paypal_notification *notification,
                                                 const char *webhook_id,
                                                 const struct paypal_signer *signer,
                                                 long long now)
{
    struct decoded signature;
    enum signature_result result = read_headers(a, notification, webhook_id, &signature);
    return result == SIGNATURE_VALID
               ? check(a, notification, webhook_id, &signature, signer, now)
               : result;
}
