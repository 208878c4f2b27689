#include "catalog/robots.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A site that asks for more does not want to be visited. */
static const long long MAX_DELAY_SECONDS = 86400;

struct rule {
    struct rule *next;
    bool allow;
    const char *pattern; /* percent-encoding normalised */
};

struct group {
    struct rule *rules;
    long long delay_ms;
    bool named; /* a group was for this agent, even if it has no rule */
};

struct robots {
    struct group own, others; /* "others" is that of "*" */
};

/* Lines ------------------------------------------------------------------------------------ */

struct line {
    char *key, *value;
};

static char *trimmed(char *s, char *end)
{
    while (s < end && isspace((unsigned char)*s))
        s++;
    while (end > s && isspace((unsigned char)end[-1]))
        end--;
    *end = '\0';
    return s;
}

/* Cuts the next line off *rest. Where the colon was forgotten, a blank stands for it; a line
 * with neither has no key. */
static bool next_line(char **rest, char *end, struct line *line)
{
    if (*rest >= end)
        return false;
    char *start = *rest, *stop = start;
    while (stop < end && *stop != '\n' && *stop != '\r')
        stop++;
    *rest = stop < end ? stop + 1 : end;
    char *comment = memchr(start, '#', (size_t)(stop - start));
    if (comment)
        stop = comment;
    while (start < stop && isspace((unsigned char)*start))
        start++;
    char *colon = start < stop ? memchr(start, ':', (size_t)(stop - start)) : NULL;
    for (char *s = start; !colon && s < stop; s++)
        if (isspace((unsigned char)*s))
            colon = s;
    *line = (struct line){0};
    if (colon) {
        line->value = trimmed(colon + 1, stop);
        line->key = trimmed(start, colon);
    }
    return true;
}

/* The product token is what stands before the first character that can't be in one
 * (RFC 9309 section 2.2.1); case does not matter. */
static bool names_agent(const char *value, const char *agent)
{
    size_t n = 0;
    while (isalpha((unsigned char)value[n]) || value[n] == '_' || value[n] == '-')
        n++;
    return n > 0 && n == strlen(agent) && !strncasecmp(value, agent, n);
}

/* Patterns --------------------------------------------------------------------------------- */

static const char HEX[] = "0123456789ABCDEF";

/* One form for what may be written in several (RFC 9309 section 2.2.2): escapes in upper case,
 * bytes outside ASCII escaped. Escapes of unreserved characters stay, as crawlers at large have
 * it: "%62" is not "b". */
static char *normalised(struct arena *a, const char *s)
{
    char *out = arena_alloc(a, 3 * strlen(s) + 1), *o = out;
    while (*s) {
        unsigned char c = (unsigned char)*s++;
        *o++ = (char)c;
        if (c == '%' && isxdigit((unsigned char)s[0]) && isxdigit((unsigned char)s[1])) {
            *o++ = (char)toupper((unsigned char)*s++);
            *o++ = (char)toupper((unsigned char)*s++);
        } else if (c >= 0x80) {
            o[-1] = '%';
            *o++ = HEX[c >> 4];
            *o++ = HEX[c & 15];
        }
    }
    return out;
}

/* Whether path begins with what pattern means: * is any run of characters, $ at the end anchors
 * there. Iterative, so that no pattern can make it slow or deep: only the last * is ever
 * retried. */
static bool matches(const char *pattern, const char *path)
{
    const char *star = NULL, *retry = NULL;
    for (;;) {
        if (*pattern == '*') {
            star = pattern++;
            retry = path;
        } else if (*pattern == '\0' || (*pattern == '$' && pattern[1] == '\0' && !*path)) {
            return true;
        } else if (*path && *pattern == *path) {
            pattern++;
            path++;
        } else if (star && *retry) {
            pattern = star + 1;
            path = ++retry;
        } else {
            return false;
        }
    }
}

/* The file --------------------------------------------------------------------------------- */

static void add_rule(struct arena *a, struct group *g, bool allow, const char *value)
{
    static const char INDEX[] = "/index.htm";
    const char *index = allow ? strstr(value, INDEX) : NULL;
    if (!*value)
        return; /* an empty rule says nothing */
    if (index &&
        (!index[sizeof INDEX - 1] || !strcmp(index, "/index.html"))) /* the folder too */
        add_rule(a, g, true, arena_printf(a, "%.*s/$", (int)(index - value), value));
    struct rule *r = arena_alloc(a, sizeof *r);
    r->allow = allow;
    r->pattern = normalised(a, value);
    r->next = g->rules;
    g->rules = r;
}

static long long delay_of(const char *value)
{
    double seconds = strtod(value, NULL);
    if (!(seconds > 0)) /* nor a number at all */
        return 0;
    return seconds < MAX_DELAY_SECONDS ? (long long)(seconds * 1000) : MAX_DELAY_SECONDS * 1000;
}

static void apply(struct arena *a, struct group *g, const struct line *line)
{
    if (!strcasecmp(line->key, "allow"))
        add_rule(a, g, true, line->value);
    else if (!strcasecmp(line->key, "disallow"))
        add_rule(a, g, false, line->value);
    else if (!strcasecmp(line->key, "crawl-delay"))
        g->delay_ms = delay_of(line->value);
}

static bool is_rule(const struct line *line)
{
    return !strcasecmp(line->key, "allow") || !strcasecmp(line->key, "disallow");
}

struct robots *robots_parse(struct arena *a, const char *text, size_t n, const char *agent)
{
    struct robots *r = robots_allow_all(a);
    if (n > ROBOTS_MAX_BYTES)
        n = ROBOTS_MAX_BYTES;
    char *copy = arena_memdup(a, text, n), *end = copy + n;
    if (n >= 3 && !memcmp(copy, "\xEF\xBB\xBF", 3))
        copy += 3;
    bool own = false, others = false, in_rules = false;
    for (struct line line; next_line(&copy, end, &line);) {
        if (!line.key)
            continue;
        if (!strcasecmp(line.key, "user-agent")) {
            if (in_rules)
                own = others = in_rules = false; /* rules have ended the list of agents */
            own |= names_agent(line.value, agent);
            others |= *line.value == '*';
            r->own.named |= own;
            continue;
        }
        in_rules |= is_rule(&line);
        if (own)
            apply(a, &r->own, &line);
        if (others)
            apply(a, &r->others, &line);
    }
    return r;
}

struct robots *robots_allow_all(struct arena *a)
{
    return arena_alloc(a, sizeof(struct robots));
}

struct robots *robots_disallow_all(struct arena *a)
{
    struct robots *r = robots_allow_all(a);
    add_rule(a, &r->others, false, "/");
    return r;
}

static const struct group *group_of(const struct robots *r)
{
    return r->own.named ? &r->own : &r->others;
}

/* The path with its query of a URL; "/" where it has none. */
static char *path_of(struct arena *a, const char *url)
{
    const char *slashes = strstr(url, "//"), *path = url;
    if (slashes && slashes < url + strcspn(url, "/?#") + 1)
        path = slashes + 2 + strcspn(slashes + 2, "/?#;");
    char *copy = *path == '/' ? arena_strdup(a, path) : arena_printf(a, "/%s", path);
    copy[strcspn(copy, "#")] = '\0';
    for (char *c = copy; *c; c++) /* escapes in upper case, as the patterns have them */
        if (*c == '%' && isxdigit((unsigned char)c[1]) && isxdigit((unsigned char)c[2])) {
            c[1] = (char)toupper((unsigned char)c[1]);
            c[2] = (char)toupper((unsigned char)c[2]);
        }
    return copy;
}

bool robots_allows(struct arena *a, const struct robots *r, const char *url)
{
    const char *path = path_of(a, url);
    if (!strcmp(path, "/robots.txt"))
        return true;
    size_t longest = 0;
    bool allowed = true;
    for (const struct rule *rule = group_of(r)->rules; rule; rule = rule->next) {
        size_t length = strlen(rule->pattern);
        /* The most specific rule wins; of two alike the one that allows (section 2.2.2). */
        if ((length > longest || (length == longest && rule->allow)) &&
            matches(rule->pattern, path)) {
            longest = length;
            allowed = rule->allow;
        }
    }
    return allowed;
}

long long robots_delay_ms(const struct robots *r)
{
    return group_of(r)->delay_ms;
}
