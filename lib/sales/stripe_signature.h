/*
 * stripe_signature: whether a notification is Stripe's, by its header Stripe-Signature
 * (https://docs.stripe.com/webhooks/signature, "Verify webhook signatures manually"):
 *
 *     Stripe-Signature: t=1767225600,v1=HEX,v1=HEX,v0=HEX
 *
 * v1 is HMAC-SHA-256 under the endpoint's secret over t, a full stop and the raw body, in 64
 * lower-case digits. While a secret is being rolled there is one v1 for each; any of them may
 * fit. Other schemes (v0 is for tests) and members of other names are passed over, as Stripe
 * asks.
 *
 * A refusal for the header or its time costs a walk over the header, no HMAC and no copy of the
 * body; one for the signature itself an HMAC for each secret.
 */
#ifndef VENDAS_SALES_STRIPE_SIGNATURE_H
#define VENDAS_SALES_STRIPE_SIGNATURE_H

#include <stddef.h>

#include "arena.h"
#include "sales/signature.h"

/* How far t may be from now, 300 itself included: Stripe's documentation gives its libraries a
 * tolerance of five minutes between the two. Its clients for PHP and .NET look both ways, and
 * so does this; those for Node, Ruby and Python let pass whatever lies ahead. Only a clock that
 * is behind sees such a time, and would take old notifications for new ones for as long. */
enum { STRIPE_TOLERANCE_SECONDS = 300 };

/* Judges a body of n bytes by the header (NULL where there was none) at a time in Unix seconds.
 * secrets are one or several (the old one beside the new), separated by blanks or line ends.
 * Where t could be read its age in seconds is in *age, which may be NULL: below zero, it lies
 * ahead. */
enum signature_result stripe_signature_verify(struct arena *a, const char *header,
                                              const char *secrets, const void *body, size_t n,
                                              long long now, long long *age);

#endif
