/*
 * identity: who calls.
 *
 * A token's signature is checked once: the worker remembers what it verified until the token
 * runs out, under the SHA-256 of the whole token, in a table of fixed size. What a token says
 * was true when it was given out. So its session is looked up again (registry.live_identity)
 * whenever VENDAS_SESSION_CHECK_SECONDS have gone by since then or since the last look: that is
 * the bound within which signing out, another role, another password or the end of an account
 * counts in every worker. Between looks a request costs no round trip.
 */
#ifndef VENDAS_IDENTITY_H
#define VENDAS_IDENTITY_H

#include <stdbool.h>

#include "arena.h"
#include "problem.h"

struct identity {
    const char *user;    /* id of the user or service account, NULL for nobody */
    const char *session; /* id of the session the token was given out in */
    const char *role;
    const char *scope; /* permissions, separated by blanks (RFC 8693 section 4.2) */
};

/* Who bears this access token, with role and scope as of the last look. Nobody (who->user is
 * NULL) where the token does not hold or its session has ended; and, with *p filled, where the
 * database was to be asked and could not. *who goes with the arena. */
void identity_read(struct arena *a, struct problem *p, const char *token, struct identity *who);

/* Whether it is a service account's and no user's: sub and sid of its tokens are the same. */
bool identity_is_program(const struct identity *who);

/* Whether the identity has a permission. */
bool identity_may(const struct identity *who, const char *permission);

#endif
