/*
 * signature: what came of checking that a notification is a gateway's. Each gateway has its own
 * way to sign; what a caller does with the result is the same for all.
 *
 * The word of a result is stable: it is what a log says, and a code of lib/messages.
 */
#ifndef VENDAS_SALES_SIGNATURE_H
#define VENDAS_SALES_SIGNATURE_H

#include <stdbool.h>

enum signature_result {
    SIGNATURE_VALID,
    SIGNATURE_NOT_SET_UP,   /* the shop's own fault: no secret, webhook id or CA certificates */
    SIGNATURE_NO_HEADER,    /* a header of the signature is missing or empty */
    SIGNATURE_MALFORMED,    /* a header is not of the form that the gateway gives it */
    SIGNATURE_OTHER_SCHEME, /* signed in a way that is not taken */
    SIGNATURE_TOO_OLD,
    SIGNATURE_IN_FUTURE,
    SIGNATURE_MISMATCH, /* forged, changed on its way, or meant for somebody else */

    /* Of gateways that sign by a certificate. */
    CERTIFICATE_ELSEWHERE,   /* it is said to lie where the gateway's certificates do not */
    CERTIFICATE_MISSING,     /* the gateway has none of this name */
    CERTIFICATE_MALFORMED,   /* what lies there is no chain of certificates */
    CERTIFICATE_UNTRUSTED,   /* does not lead to a CA that is trusted, or is no signer's */
    CERTIFICATE_NOT_CURRENT, /* has expired, or is not valid yet */
    CERTIFICATE_OTHER_NAME,  /* somebody else's */
    CERTIFICATE_UNAVAILABLE, /* could not be had now: nothing is known of the signature */
    SIGNATURE_RESULTS,       /* how many there are */
};

/* Whether trying again may come to something else: the answer is 503, and the gateway sends the
 * notification again. All else but SIGNATURE_VALID is refused for good. */
bool signature_may_pass_later(enum signature_result result);

/* "valid", "signature_too_old", ... */
const char *signature_word(enum signature_result result);

#endif
