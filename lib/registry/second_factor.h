/*
 * second_factor: time-based one-time passwords (RFC 6238 with its defaults, which all
 * authenticator programs know: SHA-1, six digits, 30 seconds), and the recovery codes for
 * whoever lost the device.
 */
#ifndef VENDAS_SECOND_FACTOR_H
#define VENDAS_SECOND_FACTOR_H

#include <stdbool.h>
#include <time.h>

#include "arena.h"

struct second_factor {
    bool enabled;
    const char *secret; /* base32 (RFC 4648 section 6); NULL where it does not open, and then no
                           one-time password is right */
    long long last_step;
};

/* How a code was taken: parameters of registry.use_second_factor(), of which exactly one is not
 * NULL. */
struct code_use {
    const char *step;     /* time step of the code */
    const char *recovery; /* keyed hash of a recovery code */
};

enum { RECOVERY_CODES = 10 };

/* The second factor of a user from its row: secret as stored, sealed. */
struct second_factor second_factor_of(struct arena *a, const char *user, const char *secret,
                                      long long last_step);

/* A new secret of 160 bits (RFC 4226 section 4), in base32; and the same sealed for the user's
 * row. */
const char *second_factor_secret(struct arena *a);
const char *second_factor_seal(struct arena *a, const char *user, const char *secret);

/* What an authenticator program reads from a QR code (otpauth: scheme). */
const char *second_factor_uri(struct arena *a, const char *issuer, const char *account,
                              const char *secret);

/* Whether code is right at this time: a one-time password of the present step, or of one beside
 * it for clocks that differ, which is later than the last one used; or whatever looks like a
 * recovery code, which the database knows. */
bool second_factor_accepts(struct arena *a, const struct second_factor *factor,
                           const char *user, const char *code, time_t now,
                           struct code_use *use);

/* A new recovery code of 50 bits ("abcde-fghij"), and the keyed hash that it is stored as. Case
 * and hyphens do not matter to the hash. */
const char *recovery_code(struct arena *a);
const char *recovery_code_hash(struct arena *a, const char *user, const char *code);

#endif
