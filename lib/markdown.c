#include "markdown.h"

#include <cmark.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Whether an address may stand in a page: one without a scheme, or with one of these. */
static bool is_harmless(const char *url, bool picture)
{
    static const char *const SCHEMES[] = {"http:", "https:", "mailto:", "tel:"};
    enum { OF_PICTURES = 2 };
    size_t n = strcspn(url, ":/?#");
    if (url[n] != ':')
        return true;
    for (size_t i = 0; i < (picture ? OF_PICTURES : sizeof SCHEMES / sizeof *SCHEMES); i++)
        if (strlen(SCHEMES[i]) == n + 1 && !strncasecmp(url, SCHEMES[i], n + 1))
            return true;
    return false;
}

static void empty_harmful(cmark_node *document)
{
    cmark_iter *each = cmark_iter_new(document);
    while (cmark_iter_next(each) != CMARK_EVENT_DONE) {
        cmark_node *node = cmark_iter_get_node(each);
        const char *url = cmark_node_get_url(node); /* NULL: neither link nor picture */
        if (url && !is_harmless(url, cmark_node_get_type(node) == CMARK_NODE_IMAGE))
            cmark_node_set_url(node, "");
    }
    cmark_iter_free(each);
}

const char *markdown_html(struct arena *a, const char *text)
{
    cmark_node *document = cmark_parse_document(text, strlen(text), CMARK_OPT_VALIDATE_UTF8);
    empty_harmful(document);
    char *html = cmark_render_html(document, CMARK_OPT_DEFAULT);
    const char *kept = arena_strdup(a, html);
    free(html);
    cmark_node_free(document);
    return kept;
}
