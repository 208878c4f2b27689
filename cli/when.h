/*
 * when: times as the API has them (RFC 3339) and as the caller reads them: in the caller's time
 * zone, to the minute.
 */
#ifndef VENDAS_CLI_WHEN_H
#define VENDAS_CLI_WHEN_H

#include "arena.h"

/* "2026-01-31 12:00" of a time of the API; NULL where it is NULL. */
const char *when_show(struct arena *a, const char *time);

/* A time for the API of one that was given, or of a date, which is its midnight in the caller's
 * time zone; NULL where it is neither. */
const char *when_read(struct arena *a, const char *given);

#endif
