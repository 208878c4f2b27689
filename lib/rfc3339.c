#include "rfc3339.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>
#include <time.h>

/* Whether s begins with that shape: 9 is any digit, all else stands for itself. */
static bool has_shape(const char *s, const char *shape)
{
    for (; *shape; s++, shape++)
        if (*shape == '9' ? !isdigit((unsigned char)*s) : *s != *shape)
            return false;
    return true;
}

static int two_digits(const char *s)
{
    return (s[0] - '0') * 10 + s[1] - '0';
}

/* Whether s begins with a full-date; years begin with 1. */
static bool begins_with_date(const char *s)
{
    static const int DAYS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (!has_shape(s, "9999-99-99"))
        return false;
    int year = two_digits(s) * 100 + two_digits(s + 2);
    int month = two_digits(s + 5), day = two_digits(s + 8);
    if (year < 1 || month < 1 || month > 12 || day < 1)
        return false;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return day <= DAYS[month - 1] + (month == 2 && leap);
}

bool rfc3339_is_date(const char *s)
{
    return begins_with_date(s) && s[10] == '\0';
}

/* The offsets that PostgreSQL takes; the widest in use is +14:00. */
enum { MAX_OFFSET_HOURS = 15 };

/* time-offset: Z or such as -03:00. */
static bool is_offset(const char *s)
{
    if (!strcasecmp(s, "Z"))
        return true;
    return (*s == '+' || *s == '-') && has_shape(s + 1, "99:99") && s[6] == '\0' &&
           two_digits(s + 1) <= MAX_OFFSET_HOURS && two_digits(s + 4) <= 59;
}

bool rfc3339_is_time(const char *s)
{
    if (!begins_with_date(s) || (s[10] != 'T' && s[10] != 't'))
        return false;
    s += 11;
    if (!has_shape(s, "99:99:99") || two_digits(s) > 23 || two_digits(s + 3) > 59 ||
        two_digits(s + 6) > 60)
        return false;
    s += 8;
    if (*s == '.') {
        size_t digits = strspn(s + 1, "0123456789");
        if (digits == 0 || digits > 9)
            return false;
        s += 1 + digits;
    }
    return is_offset(s);
}

bool rfc3339_read(const char *s, time_t *seconds)
{
    if (!rfc3339_is_time(s))
        return false;
    struct tm utc = {
        .tm_year = two_digits(s) * 100 + two_digits(s + 2) - 1900,
        .tm_mon = two_digits(s + 5) - 1,
        .tm_mday = two_digits(s + 8),
        .tm_hour = two_digits(s + 11),
        .tm_min = two_digits(s + 14),
        .tm_sec = two_digits(s + 17),
    };
    const char *offset = s + strlen(s) - strlen("+00:00");
    time_t ahead = 0; /* of UTC */
    if (*offset == '+' || *offset == '-')
        ahead = two_digits(offset + 1) * 3600 + two_digits(offset + 4) * 60;
    *seconds = timegm(&utc) - (*offset == '-' ? -ahead : ahead);
    return true;
}

char *rfc3339_write(struct arena *a, time_t seconds)
{
    struct tm utc;
    char text[sizeof "-2147481748-01-01T00:00:00.000Z"] = "";
    if (gmtime_r(&seconds, &utc))
        strftime(text, sizeof text, "%FT%T.000Z", &utc);
    return arena_strdup(a, text);
}

bool rfc3339_in_future(const char *s)
{
    char today[sizeof "YYYY-MM-DD"];
    time_t now = time(NULL);
    struct tm utc;
    strftime(today, sizeof today, "%F", gmtime_r(&now, &utc));
    return strcmp(s, today) > 0;
}
