/*
 * token: access tokens, JWTs signed with ES256 (RFC 7519, RFC 7518 section 3.4) by a key of
 * lib/keyring. RFC 8725 (best current practices) is what reading them is held against.
 */
#ifndef VENDAS_TOKEN_H
#define VENDAS_TOKEN_H

#include <stdbool.h>

#include "arena.h"
#include "identity.h"

/* What a token says that holds. Times are Unix seconds. */
struct token {
    struct identity who;
    long long issued_at, expires_at;
};

/* A signed token for who, valid from now for seconds. NULL when there is no key to sign with.
 */
char *token_sign(struct arena *a, const struct identity *who, long long seconds);

/* Reads a token and checks all of it: its one compact form; a header of typ, alg and kid and
 * nothing else, so that no crit, b64, jwk or x5c has a say; no member named twice; the
 * signature; iss, aud, sub, sid, role, scope, iat and exp, each of its type, and nbf where
 * there is one. Fills *t and returns true; for anything else false, and t->who is nobody.
 * Whether the session still lives it does not know: lib/identity does. */
bool token_verify(struct arena *a, const char *text, struct token *t);

#endif
