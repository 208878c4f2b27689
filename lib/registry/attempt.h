/*
 * attempt: whoever guesses passwords is slowed down, and the owner is not (OWASP ASVS 4.0.3
 * 2.2.1).
 *
 * Attempts are counted in registry.attempts under keyed hashes of the account, of the client's
 * address, and of both. After VENDAS_SIGN_IN_ATTEMPTS failures an account's next attempts wait
 * 1, 2, 4 ... seconds, up to VENDAS_SIGN_IN_LONGEST_WAIT_SECONDS; an address's the same after
 * VENDAS_SIGN_IN_ATTEMPTS_PER_ADDRESS. An address at which the account was entered within 90
 * days counts by itself: attacks from elsewhere do not make its owner wait. It makes no
 * difference whether there is such an account.
 */
#ifndef VENDAS_ATTEMPT_H
#define VENDAS_ATTEMPT_H

#include "request.h"

/* The keys, bytea parameters of registry.begin_attempt() and the like; and the settings as its
 * int parameters. */
struct attempt {
    const char *account, *address, *both;
    const char *free_account, *free_address, *longest;
};

/* An attempt of this request on an account, which is named in any way that is its own: an
 * e-mail address (its case does not matter) or an id. */
struct attempt attempt_of(struct request *req, const char *account);

/* The keyed hash under which letters to an address are counted (registry.may_write_to()). */
const char *letter_key(struct arena *a, const char *email);

/* Refuses the request because it has to wait so many seconds: 429 with Retry-After. */
void attempt_refuse(struct request *req, int seconds);

/* The network that a client is counted as: an IPv4 address, or the /64 of an IPv6 address, of
 * which one customer has as many as he likes (RFC 6177). An IPv4 address that a socket for both
 * tells as one of IPv6 is still that one. What is neither counts as it is. */
const char *attempt_network(struct arena *a, const char *address);

#endif
