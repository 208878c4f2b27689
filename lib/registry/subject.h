/*
 * subject: the user that a path below /v1/users/{id} speaks of.
 */
#ifndef VENDAS_SUBJECT_H
#define VENDAS_SUBJECT_H

#include "request.h"

/* The id that {id} stands for: "me" is whoever calls. Others are for those with the permission
 * (NULL: for nobody), and for everybody else do not exist: NULL with the problem (404) filled.
 * A service account is no user, so that there is no "me" for it. The route asks for SIGNED_IN.
 */
const char *subject_of(struct request *req, const char *permission);

/* Whether the caller speaks of himself. */
bool subject_is_caller(const struct request *req, const char *id);

#endif
