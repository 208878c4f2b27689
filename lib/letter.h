/*
 * letter: what the shop writes to people about their account, in pt-BR or English.
 *
 * A letter says what happened, what to do, how long its link is valid and what to do if it was
 * not you. It holds nothing that a person wrote, no name either: who registers somebody else's
 * address must not have the shop deliver his own words there.
 *
 * It is stored in registry.outbox by registry.post_letter() in the transaction of what it tells
 * about, sealed, as it holds an address and a token; the job "deliver" sends it (lib/mail).
 *
 *     kind               says                                    link to /account/  life
 *     confirm_email      confirm that this address is yours      #confirm=TOKEN     24 hours
 *     account_exists     somebody registered your address again  (no token)         72 hours
 *     reset_password     choose a new password                   #reset=TOKEN       60 minutes
 *     confirm_new_email  confirm your new address                #email=TOKEN       24 hours
 *     email_changing     to the old address: it is to change     (no token)         72 hours
 *     password_changed   your password was changed               (no token)         72 hours
 *     second_factor_added, second_factor_removed
 *                        signing in asks for a code now, or not  (no token)         72 hours
 *     account_deleted    your account was deleted                none               72 hours
 */
#ifndef VENDAS_LETTER_H
#define VENDAS_LETTER_H

#include <stdbool.h>

#include "arena.h"
#include "lang.h"
#include "mail.h"

struct letter {
    const char *id;      /* of its row in registry.outbox */
    const char *payload; /* {"to", "subject", "body"} and, of letters with pictures, {"html",
                            "unsubscribe", "pictures": [{"name", "cid", "png"}]}, sealed: a
                            bytea parameter */
    const char *seconds; /* life of its link, after which it is not sent any more either: an int
                            parameter */
};

/* Writes a letter of one of the kinds above to an address; token is the one in its link, NULL
 * for kinds without. All belongs to a. Of no kind: all NULL, which the outbox refuses. */
struct letter letter_write(struct arena *a, const char *kind, enum lang lang, const char *to,
                           const char *token);

/* The same for a letter that was composed elsewhere, such as one about an order: subject and
 * body as they are, and for how many seconds it is of use to anybody. */
struct letter letter_seal(struct arena *a, const char *to, const char *subject,
                          const char *body, int seconds);

/* The same for one with a document and pictures. Without an address (NULL) it is for
 * registry.post_staff_letter(), which finds it when the letter is sent. */
struct letter letter_seal_mail(struct arena *a, const struct mail *mail, int seconds);

/* What was sealed, into *mail, but for its date. False where it does not open, or is no letter.
 */
bool letter_open(struct arena *a, const char *id, const char *payload, struct mail *mail);

/* The column that letters are sealed for (lib/seal.h). */
#define LETTER_COLUMN "registry.outbox.payload"

#endif
