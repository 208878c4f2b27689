/*
 * rfc3339: dates and times as the API writes them.
 */
#ifndef VENDAS_RFC3339_H
#define VENDAS_RFC3339_H

#include <stdbool.h>

/* Whether text is a full-date of the calendar, from the year 1: 2024-02-29. */
bool rfc3339_is_date(const char *text);

/* Whether text is a date-time with at most nine decimals and an offset that PostgreSQL takes.
 */
bool rfc3339_is_time(const char *text);

/* Whether text, a full-date, lies after today in UTC. */
bool rfc3339_in_future(const char *text);

#endif
