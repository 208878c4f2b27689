/*
 * digest: hashes, randomness and their text forms, all from OpenSSL.
 */
#ifndef VENDAS_DIGEST_H
#define VENDAS_DIGEST_H

#include <stddef.h>

#include "arena.h"

/* SHA-256 of n bytes, as 64 lower-case hexadecimal digits (FIPS 180-4). */
char *digest_sha256(struct arena *a, const void *p, size_t n);

/* bytes random bytes from the system as base64url text: a token nobody can guess. */
char *digest_random(struct arena *a, size_t bytes);

/* base64url without padding (RFC 4648 section 5). Decoding gives NULL for anything else, and
 * the length in *n; a NUL stands after the decoded bytes. */
char *base64url_encode(struct arena *a, const void *p, size_t n);
char *base64url_decode(struct arena *a, const char *text, size_t *n);

#endif
