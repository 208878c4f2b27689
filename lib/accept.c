#include "accept.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* How well a range names a type: as itself, by its family or as any; -1 where it does not. */
static int fit(const char *range, size_t n, const char *type)
{
    size_t family = strcspn(type, "/") + 1;
    if (n == strlen(type) && !strncasecmp(range, type, n))
        return 2;
    if (n == family + 1 && range[family] == '*' && !strncasecmp(range, type, family))
        return 1;
    return n == 3 && !strncmp(range, "*/*", n) ? 0 : -1;
}

/* The weight behind a range, which ends at the next comma. */
static double weight(const char *parameters, size_t n)
{
    for (size_t i = 0; i + 2 < n; i++)
        if (strchr("; \t", parameters[i]) && strchr("qQ", parameters[i + 1]) &&
            parameters[i + 2] == '=')
            return strtod(parameters + i + 3, NULL);
    return 1;
}

static double weight_of(const char *accept, const char *type)
{
    int best = -1;
    double found = 0;
    for (const char *s = accept; *s; s += strcspn(s, ",")) {
        s += strspn(s, ", \t");
        size_t whole = strcspn(s, ","), n = strcspn(s, ",; \t");
        int fits = fit(s, n, type);
        if (fits > best) {
            best = fits;
            found = weight(s + n, whole - n);
        }
    }
    return found;
}

int accept_choose(const char *accept, const char *const *types)
{
    int chosen = 0;
    double best = 0;
    for (int i = 0; accept && types[i]; i++) {
        double w = weight_of(accept, types[i]);
        if (w > best) {
            best = w;
            chosen = i;
        }
    }
    return chosen;
}
