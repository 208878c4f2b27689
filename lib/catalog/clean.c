#include "catalog/clean.h"

#include <libxml/HTMLparser.h>
#include <string.h>

#include "catalog/page.h"
#include "utf8.h"

/* The text of an HTML fragment, white space not yet collapsed. */
static const char *without_markup(struct arena *a, const char *text)
{
    if (!text[strcspn(text, "<&")])
        return text;
    /* A space before each tag, so that "<li>a</li><li>b</li>" does not become "ab". */
    char *spaced = arena_alloc(a, 2 * strlen(text) + 1), *o = spaced;
    for (const char *s = text; *s; s++) {
        if (*s == '<')
            *o++ = ' ';
        *o++ = *s;
    }
    htmlDocPtr doc =
        htmlReadMemory(spaced, (int)(o - spaced), NULL, "UTF-8", PAGE_PARSE_OPTIONS);
    xmlChar *content = doc ? xmlNodeGetContent((xmlNodePtr)doc) : NULL;
    const char *plain = arena_strdup(a, content ? (const char *)content : "");
    xmlFree(content);
    xmlFreeDoc(doc);
    return plain;
}

/* Length of the white space or control character at s, 0 for anything else. */
static size_t space(const char *s)
{
    unsigned char c = (unsigned char)*s;
    if (c && (c <= ' ' || c == 0x7F))
        return 1;
    if (!strncmp(s, "\xC2\xA0", 2))
        return 2;
    return strncmp(s, "\xE2\x80\x8B", 3) && strncmp(s, "\xEF\xBB\xBF", 3) ? 0 : 3;
}

char *clean_line(struct arena *a, const char *text, size_t max)
{
    if (!text)
        return NULL;
    const char *s = without_markup(a, text);
    char *out = arena_alloc(a, strlen(s) + 1), *o = out;
    for (size_t count = 0, n; *s && count < max;) {
        if ((n = space(s))) {
            while ((n = space(s)))
                s += n;
            if (o > out && o[-1] != ' ' && *s) {
                *o++ = ' ';
                count++;
            }
        } else if ((n = utf8_char(s, UTF8_LONGEST)) == 0) {
            s++; /* a byte that is no text */
        } else {
            memcpy(o, s, n);
            o += n;
            s += n;
            count++;
        }
    }
    while (o > out && o[-1] == ' ')
        o--;
    *o = '\0';
    return *out ? out : NULL;
}
