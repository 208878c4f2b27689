/*
 * idempotency: POSTs that may be sent again (draft-ietf-httpapi-idempotency-key-header).
 *
 * The handler reads the key, and hands caller, key and fingerprint to the SQL function that
 * does the work; that function answers from sales.idempotency_keys or does the work and keeps
 * its answer, in one transaction. So an answer is kept exactly when the work was done.
 */
#ifndef VENDAS_IDEMPOTENCY_H
#define VENDAS_IDEMPOTENCY_H

#include "db.h"
#include "request.h"

struct idempotency {
    const char *caller;      /* user id */
    const char *key;         /* the header */
    const char *fingerprint; /* SHA-256 of method, path and body as a bytea literal */
};

/* Reads the header of a request whose body has been read. False with the problem filled: 400
 * when it is missing or malformed. */
bool idempotency_read(struct request *req, struct idempotency *key);

/* Answers with a row of (answer, replayed) or (answer, replayed, id): the status and body of
 * the first time, and Idempotent-Replayed: true when it is not the first. folder: the path
 * below which what was made is found by its id, for Location ("/v1/orders"), or NULL. NULL
 * rows: the problem is told. */
void idempotency_respond(struct request *req, int status, const struct rows *rows,
                         const char *folder);

/* For a request that can't be carried out as things stand now: if it was carried out before,
 * that answer is given again and the problem forgotten. */
void idempotency_replay(struct request *req, const struct idempotency *key, int status,
                        const char *folder);

#endif
