/*
 * paypal_signature: whether a notification is PayPal's ("Integrate webhooks", self-verification
 * method: https://developer.paypal.com/api/rest/webhooks/rest).
 *
 * PAYPAL-TRANSMISSION-SIG is base64 of an RSA signature (PKCS #1 v1.5, SHA-256;
 * PAYPAL-AUTH-ALGO says SHA256withRSA, and nothing else is taken) over
 *
 *     PAYPAL-TRANSMISSION-ID|PAYPAL-TRANSMISSION-TIME|WEBHOOK-ID|CRC32
 *
 * where CRC32 is the raw body's (ISO 3309, zlib's), unsigned, in decimal. It is by the
 * certificate at PAYPAL-CERT-URL: see lib/sales/paypal_cert and lib/sales/paypal_signer.
 *
 * How old a transmission may be PayPal does not say, and tries again for three days: its time
 * is of the signature, but is not compared with the clock.
 *
 * A CRC is no hash: who once saw a notification of this webhook, headers and all, can make
 * another body to the same signature. So the headers are to be kept out of logs, and a
 * notification says no more than what to ask PayPal's API about: amounts and states are taken
 * from there.
 *
 * A refusal for the headers or the address costs a comparison of texts, one for the signature a
 * CRC of the body and an operation with a public key, no more than a good one does; neither
 * asks the network once the certificate is known.
 */
#ifndef VENDAS_SALES_PAYPAL_SIGNATURE_H
#define VENDAS_SALES_PAYPAL_SIGNATURE_H

#include <stddef.h>

#include "arena.h"
#include "sales/paypal_cert.h"
#include "sales/paypal_signer.h"
#include "sales/signature.h"

/* A notification: its headers, each NULL where there was none, and n bytes of body. */
struct paypal_notification {
    const char *transmission_id, *transmission_time, *transmission_sig, *cert_url, *auth_algo;
    const void *body;
    size_t n;
};

/* Judges it at a time in Unix seconds; webhook_id is PayPal's name for the endpoint it was sent
 * to. The certificate is fetched where it is not known, so this may take ten seconds:
 * CERTIFICATE_UNAVAILABLE where it can't be had. */
enum signature_result paypal_signature_verify(struct arena *a,
                                              const struct paypal_notification *notification,
                                              const char *webhook_id,
                                              const struct paypal_trust *trust, long long now);

/* The same by a certificate that is at hand; cert_url is asked for, but not looked at. */
enum signature_result paypal_signature_verify_by(struct arena *a,
                                                 const struct paypal_notification *notification,
                                                 const char *webhook_id,
                                                 const struct paypal_signer *signer,
                                                 long long now);

#endif
