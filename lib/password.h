/*
 * password: hashing with Argon2id (RFC 9106), parameters from OWASP's Password Storage Cheat
 * Sheet.
 */
#ifndef VENDAS_PASSWORD_H
#define VENDAS_PASSWORD_H

#include <stdbool.h>

#include "arena.h"

/* The encoded hash ("$argon2id$...") of a password, with a salt of its own. */
char *password_hash(struct arena *a, const char *password);

/* Whether password fits the encoded hash. A NULL hash, where there is no such user, takes the
 * same work and is false: time does not tell which addresses have an account. */
bool password_matches(const char *hash, const char *password);

#endif
