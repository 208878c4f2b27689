/*
 * token: access tokens, JWTs signed with ES256 (RFC 7519, RFC 7518 section 3.4).
 *
 * Keys are files in the folder VENDAS_JWT_KEYS: KID.key holds a private P-256 key, KID.pub its
 * public half, both PEM. The last kid in alphabetical order signs; all verify, so that a new
 * key can be laid beside an old one without signing anybody out. A running program knows a new
 * key at once, and one that was taken away for a minute. Only the registry needs .key files.
 */
#ifndef VENDAS_TOKEN_H
#define VENDAS_TOKEN_H

#include <stdbool.h>

#include "arena.h"

/* Who a token speaks for. */
struct identity {
    const char *user;    /* id, NULL for nobody */
    const char *session; /* id of the session it was given out in */
    const char *role;
    const char *scope; /* permissions, separated by blanks (RFC 8693 section 4.2) */
};

/* A signed token for who, valid from now for seconds. NULL when there is no key to sign with.
 */
char *token_sign(struct arena *a, const struct identity *who, long long seconds);

/* Reads a token: the signature, alg, kid, iss, aud, exp and nbf must all be right. Fills *who
 * and returns true; for anything else false, and *who is nobody. */
bool token_verify(struct arena *a, const char *token, struct identity *who);

/* Whether the identity has a permission. */
bool identity_may(const struct identity *who, const char *permission);

/* The public keys as a JWK Set (RFC 7517 section 5), JSON text. */
char *token_jwks(struct arena *a);

#endif
