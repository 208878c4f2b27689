#include "sales/report_cells.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "settings.h"

/* A number of hundredths in units: "-7" is "-0.07". As a text, so that no sum is too large. */
static char *in_units(struct arena *a, const char *hundredths, char mark)
{
    bool negative = *hundredths == '-';
    const char *digits = hundredths + negative;
    size_t n = strlen(digits), wholes = n > 2 ? n - 2 : 0;
    return arena_printf(a, "%s%.*s%c%s%s", negative ? "-" : "", wholes ? (int)wholes : 1,
                        wholes ? digits : "0", mark, n < 2 ? "0" : "", digits + wholes);
}

/* A time as a reading has it, "2026-01-31 17:05:09.123456+00". False for what is no moment of
 * four digits' years. */
static bool read_time(const char *text, struct tm *tm, int *milliseconds)
{
    char fraction[4] = "";
    *tm = (struct tm){0};
    int n = 0,
        read = sscanf(text, "%4d-%2d-%2d %2d:%2d:%2d%n.%3[0-9]", &tm->tm_year, &tm->tm_mon,
                      &tm->tm_mday, &tm->tm_hour, &tm->tm_min, &tm->tm_sec, &n, fraction);
    if (read < 6 || strstr(text, "BC"))
        return false;
    while (strlen(fraction) < 3)
        strcat(fraction, "0");
    *milliseconds = atoi(fraction);
    tm->tm_year -= 1900;
    tm->tm_mon -= 1;
    return true;
}

/* As shared.rfc3339() has it. */
static const char *utc(struct arena *a, const char *text)
{
    struct tm tm;
    int milliseconds;
    if (!read_time(text, &tm, &milliseconds))
        return text;
    return arena_printf(a, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", tm.tm_year + 1900,
                        tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
                        milliseconds);
}

/* The same in the zone that report_shop_time() has set. */
static const char *shop_time(struct arena *a, const char *text)
{
    struct tm tm;
    int milliseconds;
    if (!read_time(text, &tm, &milliseconds))
        return text;
    time_t t = timegm(&tm);
    localtime_r(&t, &tm);
    return arena_printf(a, "%04d-%02d-%02d %02d:%02d:%02d", tm.tm_year + 1900, tm.tm_mon + 1,
                        tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

void report_shop_time(void)
{
    setenv("TZ", settings()->timezone, 1);
    tzset();
}

void report_json(struct buf *b, enum report_kind kind, const char *text)
{
    if (!text)
        buf_raw(b, "null");
    else if (kind == REPORT_TEXT || kind == REPORT_DATE)
        buf_json(b, text);
    else if (kind == REPORT_TIME)
        buf_json(b, utc(b->arena, text));
    else if (kind == REPORT_DECIMAL)
        buf_raw(b, in_units(b->arena, text, '.'));
    else
        buf_raw(b, text);
}

struct sheet_cell report_cell(struct arena *a, enum report_kind kind, const char *text,
                              bool guarded)
{
    static const enum sheet_kind KINDS[] = {
        [REPORT_TEXT] = SHEET_TEXT,     [REPORT_DATE] = SHEET_DATE,
        [REPORT_TIME] = SHEET_TIME,     [REPORT_COUNT] = SHEET_COUNT,
        [REPORT_MONEY] = SHEET_MONEY,   [REPORT_PERCENT] = SHEET_PERCENT,
        [REPORT_DECIMAL] = SHEET_MONEY, [REPORT_NUMBER] = SHEET_NUMBER,
    };
    if (!text || !*text)
        return (struct sheet_cell){NULL, SHEET_TEXT};
    if (kind == REPORT_TEXT && guarded)
        text = sheet_guard(a, text);
    else if (kind == REPORT_TIME)
        text = shop_time(a, text);
    else if (kind == REPORT_MONEY || kind == REPORT_PERCENT || kind == REPORT_DECIMAL)
        text = in_units(a, text, ',');
    return (struct sheet_cell){text, KINDS[kind]};
}
