/*
 * markdown: what people write about goods, as HTML that may stand in a page. CommonMark by
 * libcmark: raw HTML is left out, and so is every address, whoever wrote it, that is none of the
 * web's own: links may be relative, http, https, mailto or tel, pictures relative, http or https.
 */
#ifndef VENDAS_MARKDOWN_H
#define VENDAS_MARKDOWN_H

#include "arena.h"

/* The text, UTF-8, as an HTML fragment of the arena. */
const char *markdown_html(struct arena *a, const char *text);

#endif
