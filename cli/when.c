#include "when.h"

#include <stddef.h>
#include <time.h>

#include "rfc3339.h"

enum { LONGEST = 32 };

const char *when_show(struct arena *a, const char *time)
{
    struct tm tm = {0};
    char text[LONGEST];
    /* The API's times are in UTC. */
    if (!time || !strptime(time, "%Y-%m-%dT%H:%M:%S", &tm))
        return time;
    time_t moment = timegm(&tm);
    localtime_r(&moment, &tm);
    strftime(text, sizeof text, "%Y-%m-%d %H:%M", &tm);
    return arena_strdup(a, text);
}

const char *when_read(struct arena *a, const char *given)
{
    struct tm tm = {.tm_isdst = -1};
    char text[LONGEST];
    if (rfc3339_is_time(given))
        return given;
    if (!rfc3339_is_date(given) || !strptime(given, "%Y-%m-%d", &tm))
        return NULL;
    time_t midnight = mktime(&tm);
    gmtime_r(&midnight, &tm);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
    return arena_strdup(a, text);
}
