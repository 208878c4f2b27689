#include "markdown.h"

#include <cmark.h>
#include <stdlib.h>
#include <string.h>

const char *markdown_html(struct arena *a, const char *text)
{
    char *html = cmark_markdown_to_html(text, strlen(text), CMARK_OPT_VALIDATE_UTF8);
    const char *kept = arena_strdup(a, html);
    free(html);
    return kept;
}
