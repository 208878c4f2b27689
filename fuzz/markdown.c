/* markdown: whatever people write, the HTML made of it has no element, attribute or address
 * that could run something. Read back with libxml2 as a browser would read it. */
#include <libxml/HTMLparser.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "markdown.h"

static const char *const ELEMENTS[] = {
    "html", "body", "p",  "br",   "hr",  "h1",         "h2", "h3",     "h4", "h5",  "h6",
    "ul",   "ol",   "li", "code", "pre", "blockquote", "em", "strong", "a",  "img", NULL};
static const char *const ATTRIBUTES[] = {"href", "src", "alt", "title", "class", "start", NULL};
static const char *const SCHEMES[] = {"javascript:", "vbscript:", "file:", "data:", NULL};

static void must_be_among(const char *const *names, const xmlChar *name)
{
    while (*names && strcmp(*names, (const char *)name))
        names++;
    if (!*names)
        abort();
}

static void check_address(const xmlChar *address)
{
    for (const char *const *s = SCHEMES; *s && address; s++)
        if (!strncasecmp((const char *)address, *s, strlen(*s)) &&
            strncasecmp((const char *)address, "data:image/", 11))
            abort();
}

static void check(xmlDoc *doc, xmlNode *node)
{
    for (; node; node = node->next) {
        if (node->type != XML_ELEMENT_NODE)
            continue;
        must_be_among(ELEMENTS, node->name);
        for (xmlAttr *at = node->properties; at; at = at->next) {
            xmlChar *value = xmlNodeListGetString(doc, at->children, 1);
            must_be_among(ATTRIBUTES, at->name);
            check_address(value);
            xmlFree(value);
        }
        check(doc, node->children);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 10000 || memchr(data, 0, size))
        return 0;
    struct arena *a = arena_new();
    const char *html = markdown_html(a, arena_memdup(a, (const char *)data, size));
    xmlDoc *doc = htmlReadMemory(html, (int)strlen(html), NULL, "UTF-8",
                                 HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING | HTML_PARSE_NONET);
    if (doc)
        check(doc, xmlDocGetRootElement(doc));
    xmlFreeDoc(doc);
    arena_free(a);
    return 0;
}
