#include "lang.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The weight of one range such as "en-US;q=0.8". */
static double quality(const char *range, size_t n)
{
    for (size_t i = 0; i + 2 < n; i++)
        if ((range[i] == 'q' || range[i] == 'Q') && range[i + 1] == '=')
            return strtod(range + i + 2, NULL);
    return 1;
}

static int matches(const char *range, size_t n, const char *tag)
{
    return n >= 2 && !strncasecmp(range, tag, 2) && (n == 2 || strchr("-; \t", range[2]));
}

enum lang lang_from_accept(const char *accept_language)
{
    double best[] = {[LANG_PT_BR] = 0, [LANG_EN] = 0};
    for (const char *s = accept_language; s && *s; s += strcspn(s, ",")) {
        s += strspn(s, ", \t");
        size_t n = strcspn(s, ",");
        double q = quality(s, n);
        if (matches(s, n, "pt") && q > best[LANG_PT_BR])
            best[LANG_PT_BR] = q;
        if (matches(s, n, "en") && q > best[LANG_EN])
            best[LANG_EN] = q;
    }
    return best[LANG_EN] > best[LANG_PT_BR] ? LANG_EN : LANG_PT_BR;
}

const char *lang_tag(enum lang lang)
{
    return lang == LANG_EN ? "en" : "pt-BR";
}
