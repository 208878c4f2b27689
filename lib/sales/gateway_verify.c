#include "sales/gateway_verify.h"

#include "buf.h"
#include "sales/paypal_signature.h"
#include "sales/stripe_signature.h"

static enum gateway_trust trust(enum signature_result result, const char **reason)
{
    *reason = signature_word(result);
    if (result == SIGNATURE_VALID)
        return GATEWAY_GENUINE;
    return signature_may_pass_later(result) ? GATEWAY_CANNOT_TELL : GATEWAY_FORGED;
}

enum gateway_trust stripe_verify(struct arena *a, const struct merchant *m,
                                 const struct gateway_notification *n, const char **reason)
{
    struct buf secrets = buf_new(a);
    for (int i = 0; i < m->secret_count; i++)
        buf_printf(&secrets, "%s%s", i ? " " : "", m->secrets[i]);
    return trust(stripe_signature_verify(a, n->header(n->context, "HTTP_STRIPE_SIGNATURE"),
                                         buf_text(&secrets), n->body, n->n, n->now, NULL),
                 reason);
}

enum gateway_trust paypal_verify(struct arena *a, const struct merchant *m,
                                 const struct gateway_notification *n, const char **reason)
{
    const struct paypal_trust whom = {.api = m->api_url, .ca_file = m->ca_file};
    const struct paypal_notification notification = {
        .transmission_id = n->header(n->context, "HTTP_PAYPAL_TRANSMISSION_ID"),
        .transmission_time = n->header(n->context, "HTTP_PAYPAL_TRANSMISSION_TIME"),
        .transmission_sig = n->header(n->context, "HTTP_PAYPAL_TRANSMISSION_SIG"),
        .cert_url = n->header(n->context, "HTTP_PAYPAL_CERT_URL"),
        .auth_algo = n->header(n->context, "HTTP_PAYPAL_AUTH_ALGO"),
        .body = n->body,
        .n = n->n,
    };
    return trust(paypal_signature_verify(a, &notification, m->secrets[0], &whom, n->now),
                 reason);
}
