/*
 * account: entering an account, and proving once more that one is its owner.
 *
 * Both count as attempts (registry/attempt.h) until account_succeed() or open_session() takes
 * them back. An unknown address costs the same work as a wrong password.
 */
#ifndef VENDAS_ACCOUNT_H
#define VENDAS_ACCOUNT_H

#include "registry/attempt.h"
#include "registry/second_factor.h"
#include "request.h"

struct account {
    const char *id, *name, *email, *role;
    const char *scope; /* permissions, separated by blanks */
    enum lang lang;    /* of letters to the owner */
    const char *password_hash;
    struct second_factor factor; /* .enabled where one is asked for */
    struct attempt attempt;
};

/* For field tables: what account_prove_both() takes. */
extern const struct field ACCOUNT_PROOF[];

/* Whom to write to about the account with this id: fills email and lang. False with the problem
 * filled, 404 where there is none. */
bool account_owner(struct request *req, const char *id, struct account *account);

/* The account with this address, if the password is its own. False with the problem filled:
 * 429 too_many_attempts or 401 invalid_credentials. */
bool account_enter(struct request *req, const char *email, const char *password,
                   struct account *account);

/* The account of whoever calls, for something else of his to be compared; counts as an attempt
 * all the same. False with the problem filled: 429. */
bool account_attempt(struct request *req, struct account *account);

/* The account of whoever calls, if the password is its own. False with the problem filled: 429,
 * or 422 with wrong_password at pointer. */
bool account_prove(struct request *req, const char *pointer, const char *password,
                   struct account *account);

/* The same by a body of ACCOUNT_PROOF: the password and, where the account has a second factor,
 * a code of it, which is used up. The attempt is taken back only when both were right: codes
 * are no more to be guessed than passwords. */
bool account_prove_both(struct request *req, struct account *account);

/* Takes the attempt back. */
void account_succeed(struct request *req, const struct account *account);

#endif
