/*
 * paypal_cert: PayPal's certificates, by the address that a notification names
 * (PAYPAL-CERT-URL).
 *
 * Whoever sends a notification chooses that address, so it is taken for nothing but a name of
 * one of PayPal's own certificates: it has to read https://HOST/v1/notifications/certs/NAME, to
 * the letter, where NAME is letters, digits, "-" and "_" (as in
 * CERT-360caa42-fca2a594-1d93a270). HOST is that of the API as it is set or, where that begins
 * with "api-m.", the same with "api.": https://api-m.paypal.com tells its certificates to be at
 * api.paypal.com, and its sandbox likewise. With an API on loopback, of a stand-in, it is that
 * host and port, over http. There is no second way to write such an address (a port, a user,
 * escapes, capitals, a query), so that nothing which is read differently elsewhere can pass.
 *
 * What is fetched is kept in the memory of the process: what is trusted for a day, and longer
 * while PayPal does not answer; what is not for ten minutes. There is room for a few; what is
 * trusted never gives way to what is not. An address that leads to nothing known yet is fetched
 * once a second at the most, and not before four times as long as the last such fetch took, so
 * that made-up ones neither make a flood of requests nor hold up a worker for long; in between
 * they are CERTIFICATE_UNAVAILABLE at once.
 */
#ifndef VENDAS_SALES_PAYPAL_CERT_H
#define VENDAS_SALES_PAYPAL_CERT_H

#include <stdbool.h>

#include "arena.h"
#include "sales/paypal_signer.h"
#include "sales/signature.h"

#define PAYPAL_API "https://api-m.paypal.com"
#define PAYPAL_SANDBOX_API "https://api-m.sandbox.paypal.com"

struct paypal_trust {
    const char *api;     /* where PayPal's API is, without a path */
    const char *ca_file; /* the CA certificates to trust, of signers and of the API's host; ""
                            or NULL: the system's */
};

/* No address is longer. */
enum { PAYPAL_MAX_CERT_URL = 500 };

/* Whether a certificate of PayPal can lie at that address. Costs a comparison. */
bool paypal_cert_is_at(struct arena *a, const char *url, const char *api);

/* The signer whose certificate lies at that address, at a time in Unix seconds; it stays what
 * it is until the next call. The result is SIGNATURE_VALID, or says why there is none, and
 * *signer is NULL: CERTIFICATE_ELSEWHERE for an address where none can lie. Takes ten seconds
 * at the most, three of them to connect. */
enum signature_result paypal_cert_signer(struct arena *a, const char *url,
                                         const struct paypal_trust *trust, long long now,
                                         const struct paypal_signer **signer);

#endif
