/*
 * password: which ones are taken, and how they are kept.
 *
 * Taken is what has 8 to 128 characters of any kind (FIELD_PASSWORD), can't be guessed from the
 * lists that attackers begin with, and does not hold who chose it: NIST SP 800-63B section
 * 5.1.1.2; OWASP ASVS 4.0.3 sections 2.1.2 to 2.1.10, whose 2.1.1 would have 12. There are no
 * rules of composition and no expiry.
 *
 * Kept is a hash: Argon2id (RFC 9106), parameters from OWASP's Password Storage Cheat Sheet.
 */
#ifndef VENDAS_PASSWORD_H
#define VENDAS_PASSWORD_H

#include <stdbool.h>

#include "arena.h"
#include "problem.h"

/* Characters, in Normalization Form C. */
enum { PASSWORD_MIN = 8, PASSWORD_MAX = 128 };

/* Whether a password, checked as a field, may be that of a person. Adds to *p the field errors
 * "password_common" (on VENDAS_COMMON_PASSWORDS, itself or without the few digits and signs
 * around it; or nothing but runs of the alphabet, the digits, the keyboard or one character)
 * and "password_holds_identity" (name, address or a longer part of them), all compared without
 * case and accents. Where the list can't be read nobody gets a password: 500, and a line in the
 * log.
 */
bool password_acceptable(struct problem *p, const char *pointer, const char *password,
                         const char *name, const char *email);

/* The encoded hash ("$argon2id$...") of a password, with a salt of its own. */
char *password_hash(struct arena *a, const char *password);

/* Whether password fits the encoded hash. A NULL hash, where there is no such user, takes the
 * same work and is false: time does not tell which addresses have an account. */
bool password_matches(const char *hash, const char *password);

/* Whether a hash costs less to try than those made now, so that it is to be made anew when the
 * password is next told. */
bool password_outdated(const char *hash);

#endif
