/*
 * uuid: ids, such as those that a program has to know before their row is in the database.
 */
#ifndef VENDAS_UUID_H
#define VENDAS_UUID_H

#include <stdbool.h>
#include <time.h>

#include "arena.h"

/* A new id, ordered by time (UUIDv7, RFC 9562 section 5.7), in lower case; what shared.uuid7()
 * is in SQL. */
char *uuid7(struct arena *a);

/* When a UUIDv7 was made, in seconds since the epoch; 0 for a text that is none. */
time_t uuid7_time(const char *id);

/* Whether the text is one as we write them: in lower case, with its hyphens. */
bool uuid_valid(const char *text);

#endif
