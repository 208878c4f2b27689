/*
 * uuid: ids that a program has to know before their row is in the database.
 */
#ifndef VENDAS_UUID_H
#define VENDAS_UUID_H

#include "arena.h"

/* A new id, ordered by time (UUIDv7, RFC 9562 section 5.7), in lower case; what shared.uuid7()
 * is in SQL. */
char *uuid7(struct arena *a);

#endif
