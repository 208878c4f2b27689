#include "catalog/page.h"

#include <libxml/uri.h>
#include <libxml/xpath.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "utf8.h"

static void release_doc(void *doc)
{
    xmlFreeDoc(doc);
}

/* charset=... of a Content-Type header (RFC 9110 section 8.3.2), or NULL. */
static const char *charset_of(struct arena *a, const char *content_type)
{
    const char *at = content_type ? strcasestr(content_type, "charset=") : NULL;
    if (!at)
        return NULL;
    at += strlen("charset=");
    at += *at == '"';
    return arena_memdup(a, at, strcspn(at, "\"; \t"));
}

struct page page_parse(struct arena *a, const char *url, const char *content_type,
                       const char *bytes, size_t n)
{
    const char *charset = charset_of(a, content_type);
    if (!charset && utf8_valid(bytes, n))
        charset = "UTF-8";
    struct page page = {.url = arena_strdup(a, url)};
    if (n > 0 && n < INT32_MAX)
        page.doc = htmlReadMemory(bytes, (int)n, NULL, charset, PAGE_PARSE_OPTIONS);
    if (page.doc)
        arena_defer(a, release_doc, page.doc);
    return page;
}

const char **page_texts(struct arena *a, const struct page *page, const char *xpath)
{
    static const char *none[] = {NULL};
    xmlXPathContextPtr context = page->doc ? xmlXPathNewContext(page->doc) : NULL;
    xmlXPathObjectPtr found =
        context ? xmlXPathEvalExpression((const xmlChar *)xpath, context) : NULL;
    int n = found && found->nodesetval ? found->nodesetval->nodeNr : 0, count = 0;
    const char **texts = n ? arena_alloc(a, ((size_t)n + 1) * sizeof *texts) : none;
    for (int i = 0; i < n; i++) {
        xmlChar *content = xmlNodeGetContent(found->nodesetval->nodeTab[i]);
        if (content && *content)
            texts[count++] = arena_strdup(a, (const char *)content);
        xmlFree(content);
    }
    xmlXPathFreeObject(found);
    xmlXPathFreeContext(context);
    return texts;
}

const char *page_resolve(struct arena *a, const char *base, const char *reference)
{
    static const char BLANKS[] = " \t\r\n";
    reference += strspn(reference, BLANKS);
    size_t length = strlen(reference);
    while (length && strchr(BLANKS, reference[length - 1]))
        length--;
    reference = arena_memdup(a, reference, length);
    /* What browsers do with the blanks and letters of real links, URIs do not allow as they
     * are. */
    xmlChar *escaped =
        xmlURIEscapeStr((const xmlChar *)reference, (const xmlChar *)":/?#[]@!$&'()*+,;=%~");
    xmlChar *absolute = escaped ? xmlBuildURI(escaped, (const xmlChar *)base) : NULL;
    char *url = absolute ? arena_strdup(a, (const char *)absolute) : NULL;
    xmlFree(escaped);
    xmlFree(absolute);
    if (!url || (strncasecmp(url, "http://", 7) && strncasecmp(url, "https://", 8)))
        return NULL;
    url[strcspn(url, "#")] = '\0';
    return url;
}

bool page_same_host(const char *a, const char *b)
{
    const char *x = strstr(a, "//"), *y = strstr(b, "//");
    size_t n = x ? strcspn(x + 2, "/?#") : 0;
    return x && y && n == strcspn(y + 2, "/?#") && !strncasecmp(x + 2, y + 2, n);
}

const char **page_links(struct arena *a, const struct page *page)
{
    const char **texts = page_texts(a, page, "//a/@href");
    size_t n = 0, count = 0;
    while (texts[n] && n < PAGE_MAX_LINKS)
        n++;
    const char **links = arena_alloc(a, (n + 1) * sizeof *links);
    for (size_t i = 0; i < n; i++) {
        const char *url = page_resolve(a, page->url, texts[i]);
        size_t seen = 0;
        while (url && seen < count && strcmp(links[seen], url))
            seen++;
        if (url && seen == count)
            links[count++] = url;
    }
    return links;
}
