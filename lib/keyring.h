/*
 * keyring: the keys that sign access tokens.
 *
 * They are files in the folder VENDAS_JWT_KEYS: KID.key holds a private P-256 key, KID.pub its
 * public half, both PEM. A kid begins with the UTC time from which its key signs, such as
 * 20261125T023400Z-0badcafe; one that begins with no such time has always signed. Of those
 * whose time has come the latest signs; all verify and are published.
 *
 * So a key is rotated without signing anybody out: the new one is laid beside the old,
 * published KEY_LEAD_SECONDS before its time, so that whoever keeps our key set (for
 * JWKS_SECONDS at most) knows it by then, and the old one stays until its last token has run
 * out. jobs/signing-keys does all that. A running program knows a new key at once when it meets
 * a token of it, and one that was taken away for KEYRING_SECONDS at most. Only the registry
 * needs .key files.
 */
#ifndef VENDAS_KEYRING_H
#define VENDAS_KEYRING_H

#include <stdbool.h>
#include <time.h>

#include "arena.h"

enum { KEY_LEAD_SECONDS = 86400, JWKS_SECONDS = 300, KEYRING_SECONDS = 60 };

struct signing_key {
    char kid[64];
    time_t start;                             /* 0 where the kid tells none */
    char private_pem[4096], public_pem[4096]; /* empty where there is no such file */
};

/* The keys of the folder, read anew, by their time, then by kid; *count of them. Valid until
 * the next call of any function here. */
const struct signing_key *keyring_read(int *count);

/* The key that signs now; NULL where there is none. */
const struct signing_key *keyring_signing(void);

/* The key that a token names; NULL where there is none. */
const struct signing_key *keyring_find(const char *kid);

/* Changes whenever a key was found to be gone or another one in its place, so that what was
 * verified with it counts no more. */
unsigned keyring_generation(void);

/* The public keys as a JWK Set (RFC 7517 section 5), JSON text. */
char *keyring_jwks(struct arena *a);

#endif
