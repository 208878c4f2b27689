#include "normal.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

static bool is_ascii(const char *s)
{
    while (*s && (unsigned char)*s < 0x80)
        s++;
    return *s == '\0';
}

/* Of text that is no UTF-8 there is no form; without memory nothing goes on (arena.h). */
static char *map(struct arena *a, const char *text, int options)
{
    utf8proc_uint8_t *mapped;
    utf8proc_ssize_t n = utf8proc_map((const utf8proc_uint8_t *)text, 0, &mapped,
                                      (utf8proc_option_t)(options | UTF8PROC_NULLTERM));
    if (n == UTF8PROC_ERROR_NOMEM) {
        fputs("{\"level\":\"fatal\",\"message\":\"out of memory\"}\n", stderr);
        exit(EXIT_FAILURE);
    }
    if (n < 0)
        return arena_strdup(a, text);
    char *copy = arena_memdup(a, mapped, (size_t)n);
    free(mapped);
    return copy;
}

char *normal_nfc(struct arena *a, const char *text)
{
    if (is_ascii(text)) /* most are, and are their own form */
        return arena_strdup(a, text);
    return map(a, text, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
}

char *normal_fold(struct arena *a, const char *text)
{
    return map(a, text,
               UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD |
                   UTF8PROC_STRIPMARK | UTF8PROC_IGNORE);
}
