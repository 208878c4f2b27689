/* markdown: whatever people write, the HTML made of it has only elements, attributes and
 * addresses that are known to be harmless. Read back with libxml2 as a browser would read it.
 */
#include "fuzz.h"

#include <ctype.h>
#include <libxml/HTMLparser.h>
#include <strings.h>

#include "markdown.h"

/* libxml2 adds the first two. */
static const char *const ELEMENTS[] = {
    "html", "body", "p",  "br",   "hr",  "h1",         "h2", "h3",     "h4", "h5",  "h6",
    "ul",   "ol",   "li", "code", "pre", "blockquote", "em", "strong", "a",  "img", NULL};
static const char *const OF_LINK[] = {"href", "title", NULL};
static const char *const OF_IMAGE[] = {"src", "alt", "title", NULL};
static const char *const OF_CODE[] = {"class", NULL};
static const char *const OF_LIST[] = {"start", NULL};
static const char *const NONE[] = {NULL};
static const char *const SCHEMES[] = {"http", "https", "mailto", "tel", NULL};

static bool is_among(const char *const *names, const char *name)
{
    while (*names && strcmp(*names, name))
        names++;
    return *names != NULL;
}

static const char *const *attributes_of(const char *element)
{
    return !strcmp(element, "a")      ? OF_LINK
           : !strcmp(element, "img")  ? OF_IMAGE
           : !strcmp(element, "code") ? OF_CODE
           : !strcmp(element, "ol")   ? OF_LIST
                                      : NONE;
}

/* The scheme as browsers find it (URL standard, section 4.4): blanks and controls before it do
 * not count, nor do tabs and newlines within. */
static void check_address(const char *s)
{
    char scheme[16];
    size_t n = 0;
    while (*s && (unsigned char)*s <= ' ')
        s++;
    for (;
         *s && n < sizeof scheme - 1 && (isalnum((unsigned char)*s) || strchr("+-.\t\r\n", *s));
         s++)
        if (!strchr("\t\r\n", *s))
            scheme[n++] = (char)tolower((unsigned char)*s);
    scheme[n] = '\0';
    fuzz_expect(*s != ':' || is_among(SCHEMES, scheme));
}

static void check(xmlDoc *doc, xmlNode *node)
{
    for (; node; node = node->next) {
        fuzz_expect(node->type == XML_ELEMENT_NODE || node->type == XML_TEXT_NODE ||
                    node->type == XML_COMMENT_NODE);
        if (node->type == XML_COMMENT_NODE)
            fuzz_expect(!strcmp((const char *)node->content, " raw HTML omitted "));
        if (node->type != XML_ELEMENT_NODE)
            continue;
        const char *element = (const char *)node->name;
        fuzz_expect(is_among(ELEMENTS, element));
        for (xmlAttr *at = node->properties; at; at = at->next) {
            const char *name = (const char *)at->name;
            xmlChar *value = xmlNodeListGetString(doc, at->children, 1);
            fuzz_expect(is_among(attributes_of(element), name));
            if (value && (!strcmp(name, "href") || !strcmp(name, "src")))
                check_address((const char *)value);
            xmlFree(value);
        }
        check(doc, node->children);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { READ = HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING | HTML_PARSE_NONET };
    struct arena *a = fuzz_begin();
    /* Deeper than this nothing is nested that libxml2 reads to its end. */
    if (size <= 2000) {
        const char *html = markdown_html(a, arena_memdup(a, data, size));
        xmlDoc *doc =
            htmlReadMemory(html, (int)strlen(html), NULL, "UTF-8", READ | (int)XML_PARSE_HUGE);
        fuzz_expect(doc || !*html);
        if (doc)
            check(doc, xmlDocGetRootElement(doc));
        xmlFreeDoc(doc);
    }
    return fuzz_end(a);
}
