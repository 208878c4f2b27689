/*
 * digest: hashes, randomness and their text forms, all from OpenSSL.
 */
#ifndef VENDAS_DIGEST_H
#define VENDAS_DIGEST_H

#include <stddef.h>

#include "arena.h"

/* SHA-256 of n bytes, as 64 lower-case hexadecimal digits (FIPS 180-4). */
char *digest_sha256(struct arena *a, const void *p, size_t n);

/* The same of a random token, as a bytea parameter. It has entropy enough to need no salt. */
char *digest_token(struct arena *a, const char *token);

/* HMAC-SHA-256 (RFC 2104) of n bytes under a key, as 64 lower-case hexadecimal digits; NULL when
 * OpenSSL fails. */
char *digest_hmac(struct arena *a, const char *key, const void *p, size_t n);

/* The same of a time in Unix seconds, a full stop and n bytes: what a webhook's header says as
 * "t=SECONDS,v1=DIGITS". */
char *digest_hmac_at(struct arena *a, const char *key, long long at, const void *p, size_t n);

/* n random bytes from the system. Where it has none the program ends: nothing that needs them
 * may go on without. */
void random_bytes(void *p, size_t n);

/* bytes random bytes from the system as base64url text: a token nobody can guess. */
char *digest_random(struct arena *a, size_t bytes);

/* Lower-case hexadecimal digits, two for each byte; PostgreSQL's bytea is "\\x" and these.
 * Decoding takes the digits up to the end of text, in either case: NULL for anything else, and
 * the length in *n; a NUL stands after the decoded bytes. */
char *hex_encode(struct arena *a, const void *p, size_t n);
char *hex_decode(struct arena *a, const char *text, size_t *n);

/* base64url without padding (RFC 4648 section 5). Decoding gives NULL for anything else, and
 * the length in *n; a NUL stands after the decoded bytes. */
char *base64url_encode(struct arena *a, const void *p, size_t n);
char *base64url_decode(struct arena *a, const char *text, size_t *n);

/* Decodes base64 with its padding (RFC 4648 section 4), as strictly. */
char *base64_decode(struct arena *a, const char *text, size_t *n);

#endif
