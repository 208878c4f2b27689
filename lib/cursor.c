#include "cursor.h"

#include <string.h>

#include "digest.h"
#include "utf8.h"

/* The parts are joined by a character that no sort value holds (ASCII unit separator). */
static const char SEPARATOR = '\x1F';

char *cursor_encode(struct arena *a, const char *name, const char *first, const char *second)
{
    const char *plain =
        arena_printf(a, "%s%c%s%c%s", name, SEPARATOR, first, SEPARATOR, second);
    return base64url_encode(a, plain, strlen(plain));
}

bool cursor_decode(struct problem *p, const char *text, const char *name, const char **first,
                   const char **second)
{
    *first = *second = NULL;
    if (!text)
        return true;
    size_t n;
    char *plain = base64url_decode(p->arena, text, &n);
    char *one = plain && utf8_valid(plain, n) ? strchr(plain, SEPARATOR) : NULL;
    char *two = one ? strchr(one + 1, SEPARATOR) : NULL;
    if (two) {
        *one = *two = '\0';
        if (!strcmp(plain, name) && !strchr(two + 1, SEPARATOR)) {
            *first = one + 1;
            *second = two + 1;
            return true;
        }
    }
    problem_field(p, "cursor", "not_cursor", NULL);
    return false;
}
