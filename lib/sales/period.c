#include "sales/period.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "settings.h"

enum { SECONDS_PER_DAY = 86400 };

/* Nothing was sold before, and PostgreSQL has no year 0. */
static const char FIRST_DAY[] = "0001-01-01";

/* Days are counted at noon UTC, where no time zone's clock changes can reach. */
static time_t noon(const char *day)
{
    struct tm tm = {.tm_hour = 12};
    if (sscanf(day, "%4d-%2d-%2d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday) != 3)
        return 0;
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    return timegm(&tm);
}

static char *format_day(struct arena *a, const struct tm *tm)
{
    char text[32];
    strftime(text, sizeof text, "%Y-%m-%d", tm);
    return arena_strdup(a, text);
}

char *period_shift(struct arena *a, const char *day, int days)
{
    time_t t = noon(day) + (time_t)days * SECONDS_PER_DAY;
    struct tm tm;
    gmtime_r(&t, &tm);
    return format_day(a, &tm);
}

char *period_today(struct arena *a)
{
    time_t now = time(NULL);
    struct tm tm;
    setenv("TZ", settings()->timezone, 1);
    tzset();
    localtime_r(&now, &tm);
    return format_day(a, &tm);
}

/* Months as they are written in short (CLDR). */
static const char *const MONTHS[][2] = {
    {"jan", "Jan"}, {"fev", "Feb"}, {"mar", "Mar"}, {"abr", "Apr"},
    {"mai", "May"}, {"jun", "Jun"}, {"jul", "Jul"}, {"ago", "Aug"},
    {"set", "Sep"}, {"out", "Oct"}, {"nov", "Nov"}, {"dez", "Dec"},
};

static const char *month_name(int month, enum lang lang)
{
    return month >= 1 && month <= 12 ? MONTHS[month - 1][lang] : "?";
}

char *period_date(struct arena *a, const char *day, enum lang lang)
{
    int year = 0, month = 0, d = 0;
    sscanf(day, "%4d-%2d-%2d", &year, &month, &d);
    if (lang == LANG_EN)
        return arena_printf(a, "%d %s %d", d, month_name(month, lang), year);
    return arena_printf(a, "%02d/%02d/%d", d, month, year);
}

char *period_text(struct arena *a, const struct period *period, enum lang lang)
{
    const char *last = period_shift(a, period->to, -1);
    if (!strcmp(period->from, last))
        return period_date(a, last, lang);
    return arena_printf(a, "%s %s %s", period_date(a, period->from, lang),
                        lang == LANG_EN ? "to" : "a", period_date(a, last, lang));
}

char *period_label(struct arena *a, const char *key, enum lang lang)
{
    int year = 0, month = 0, d = 0;
    if (sscanf(key, "%4d-%2d-%2d", &year, &month, &d) == 2)
        return arena_printf(a, lang == LANG_EN ? "%s %02d" : "%s/%02d", month_name(month, lang),
                            year % 100);
    if (lang == LANG_EN)
        return arena_printf(a, "%d %s", d, month_name(month, lang));
    return arena_printf(a, "%02d/%02d", d, month);
}

static const char *const MONTHS_NAMED[][2] = {
    {"janeiro", "January"}, {"fevereiro", "February"}, {"março", "March"},
    {"abril", "April"},     {"maio", "May"},           {"junho", "June"},
    {"julho", "July"},      {"agosto", "August"},      {"setembro", "September"},
    {"outubro", "October"}, {"novembro", "November"},  {"dezembro", "December"},
};

static const char *const WEEKDAYS[][2] = {
    {"segunda-feira", "Monday"},  {"terça-feira", "Tuesday"}, {"quarta-feira", "Wednesday"},
    {"quinta-feira", "Thursday"}, {"sexta-feira", "Friday"},  {"sábado", "Saturday"},
    {"domingo", "Sunday"},
};

static const char *const WEEKDAYS_SHORT[][2] = {
    {"seg", "Mon"}, {"ter", "Tue"}, {"qua", "Wed"}, {"qui", "Thu"},
    {"sex", "Fri"}, {"sáb", "Sat"}, {"dom", "Sun"},
};

const char *period_weekday_short(int weekday, enum lang lang)
{
    return WEEKDAYS_SHORT[weekday - 1][lang];
}

int period_weekday(const char *day)
{
    time_t t = noon(day);
    struct tm tm;
    gmtime_r(&t, &tm);
    return (tm.tm_wday + 6) % 7 + 1;
}

char *period_month_named(struct arena *a, const char *day, enum lang lang)
{
    int year = 0, month = 1;
    sscanf(day, "%4d-%2d", &year, &month);
    return arena_printf(a, lang == LANG_EN ? "%s %d" : "%s de %d",
                        MONTHS_NAMED[month - 1][lang], year);
}

char *period_day_named(struct arena *a, const char *day, enum lang lang)
{
    return arena_printf(a, lang == LANG_EN ? "%s, %d %s" : "%s, %d de %s",
                        WEEKDAYS[period_weekday(day) - 1][lang], atoi(day + 8),
                        period_month_named(a, day, lang));
}

bool period_read(struct problem *p, struct json_object *query, struct period *out)
{
    const char *from = field_text(query, "from"), *to = field_text(query, "to");
    if (!to)
        to = from && strcmp(from, period_today(p->arena)) > 0
                 ? period_shift(p->arena, from, PERIOD_DEFAULT_DAYS)
                 : period_shift(p->arena, period_today(p->arena), 1);
    if (!from)
        from = period_shift(p->arena, to, -PERIOD_DEFAULT_DAYS);
    if (strcmp(from, FIRST_DAY) < 0)
        from = FIRST_DAY;
    if (strcmp(from, to) >= 0)
        problem_field(p, "to", "period_reversed", NULL);
    else if (noon(to) - noon(from) > (time_t)PERIOD_MAX_DAYS * SECONDS_PER_DAY)
        problem_field(p, "to", "period_too_long",
                      arena_printf(p->arena, "%d", PERIOD_MAX_DAYS));
    *out = (struct period){from, to};
    return !p->status;
}
