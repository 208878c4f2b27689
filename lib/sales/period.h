/*
 * period: the days that a report or chart is about, as a query string gives them.
 */
#ifndef VENDAS_SALES_PERIOD_H
#define VENDAS_SALES_PERIOD_H

#include "request.h"

/* "from" and "to" for a table of query fields. */
#define PERIOD_FIELDS                                                                          \
    {"from", FIELD_DATE, 0, 0, 0, NULL, NULL},                                                 \
    {                                                                                          \
        "to", FIELD_DATE, 0, 0, 0, NULL, NULL                                                  \
    }

enum { PERIOD_DEFAULT_DAYS = 30, PERIOD_MAX_DAYS = 3700 };

/* Days of the shop's time zone, YYYY-MM-DD; from is included, to is not. */
struct period {
    const char *from, *to;
};

/* Reads the period of a checked query: as given, or the last 30 days up to and with today.
 * False with the problem filled when it is reversed or longer than ten years. */
bool period_read(struct problem *p, struct json_object *query, struct period *out);

/* The day that is so many days after a day (before it, when negative), in p's arena. */
char *period_shift(struct arena *a, const char *day, int days);

/* Today in the shop's time zone. */
char *period_today(struct arena *a);

/* A day for people: "24/11/2026", in English "24 Nov 2026". */
char *period_date(struct arena *a, const char *day, enum lang lang);

/* A period for people, both its days included: "01/11/2026 a 24/11/2026"; of a single
 * day that one. */
char *period_text(struct arena *a, const struct period *period, enum lang lang);

/* A day, week or month of a report ("2026-11-24", months "2026-11") short enough for an axis:
 * "24/11", "nov/26". */
char *period_label(struct arena *a, const char *key, enum lang lang);

/* A weekday, 1 (Monday) to 7, in two or three letters. */
const char *period_weekday_short(int weekday, enum lang lang);

/* A day and a month for titles: "segunda-feira, 30 de novembro de 2026", "novembro de 2026". */
char *period_day_named(struct arena *a, const char *day, enum lang lang);
char *period_month_named(struct arena *a, const char *day, enum lang lang);

/* The weekday of a day, 1 (Monday) to 7. */
int period_weekday(const char *day);

#endif
