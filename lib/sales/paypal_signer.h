/*
 * paypal_signer: the certificate that PayPal signs notifications with, once it is trusted.
 *
 * PayPal publishes it as PEM, its own certificate first and then those that lead to a CA. What
 * is asked of it is what PayPal's own clients ask (SSLUtil of its Java SDK, notifications.py of
 * its Python SDK): that it leads to a trusted CA, is valid at the time, and is issued to
 * messageverificationcerts.paypal.com; its sandbox's to
 * messageverificationcerts.sandbox.paypal.com. Those look at the subject's common name for
 * something that begins or ends so; here one of the two has to be a DNS name of the certificate
 * (or the common name where it has none), whole and without wildcards, which is the form in
 * which CAs vouch for a name. The host that the certificate was fetched from is another one,
 * and is not looked for in it. Besides, the key has to be RSA, meant for signatures, and all on
 * the way of at least 112 bits (OpenSSL's security level 2: no SHA-1, no RSA below 2048).
 * Revocation is not looked up: that is what the age limit of lib/sales/paypal_cert is for.
 */
#ifndef VENDAS_SALES_PAYPAL_SIGNER_H
#define VENDAS_SALES_PAYPAL_SIGNER_H

#include <stddef.h>

#include "sales/signature.h"

struct paypal_signer;

/* Reads n bytes of PEM and looks at them as above, at a time in Unix seconds. ca_file has the
 * CA certificates that are trusted; "" or NULL: the system's. The signer is to be freed; where
 * the result is not SIGNATURE_VALID there is none, and *signer is NULL. */
enum signature_result paypal_signer_read(const void *pem, size_t n, const char *ca_file,
                                         long long now, struct paypal_signer **signer);

/* NULL is allowed. */
void paypal_signer_free(struct paypal_signer *signer);

/* Whether these length bytes are the signer's signature (RSA PKCS #1 v1.5, SHA-256) of a text,
 * and its certificates still valid: one operation with a public key, and nothing else. */
enum signature_result paypal_signer_check(const struct paypal_signer *signer, const char *text,
                                          const void *signature, size_t length, long long now);

#endif
