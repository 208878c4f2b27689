/*
 * rfc3339: dates and times as the API writes them.
 */
#ifndef VENDAS_RFC3339_H
#define VENDAS_RFC3339_H

#include <stdbool.h>
#include <time.h>

#include "arena.h"

/* Whether text is a full-date of the calendar, from the year 1: 2024-02-29. */
bool rfc3339_is_date(const char *text);

/* Whether text is a date-time with at most nine decimals and an offset that PostgreSQL takes.
 */
bool rfc3339_is_time(const char *text);

/* Reads a date-time to the second, a leap second as the next minute's first. False, and *seconds
 * as it was, for what is none. */
bool rfc3339_read(const char *text, time_t *seconds);

/* Seconds since the epoch as the API writes a time: "2024-02-29T12:00:00.000Z". */
char *rfc3339_write(struct arena *a, time_t seconds);

/* Whether text, a full-date, lies after today in UTC. */
bool rfc3339_in_future(const char *text);

#endif
