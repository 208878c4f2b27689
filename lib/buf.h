/*
 * buf: text that grows, in an arena. The writers are named after what they escape, so that
 * forgetting it looks wrong: buf_raw writes as is, buf_html, buf_url and buf_json escape.
 */
#ifndef VENDAS_BUF_H
#define VENDAS_BUF_H

#include <stddef.h>

#include "arena.h"

struct buf {
    struct arena *arena;
    char *data; /* NUL-terminated at every moment once something was written; NULL before */
    size_t len, size;
};

/* An empty buffer whose memory comes from a. */
struct buf buf_new(struct arena *a);

/* Appends len bytes / a string / formatted text, unchanged. */
void buf_bytes(struct buf *b, const void *p, size_t len);
void buf_raw(struct buf *b, const char *s);
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Appends s with & < > " ' as character references: for HTML text and quoted attributes. */
void buf_html(struct buf *b, const char *s);

/* Appends s as one segment of an address's path: all but unreserved characters as %XX (RFC 3986
 * section 2). */
void buf_url(struct buf *b, const char *s);

/* Appends s as a JSON string, quotes included (RFC 8259 section 7). NULL gives null.
 * s must be UTF-8; a byte that is not becomes U+FFFD. */
void buf_json(struct buf *b, const char *s);

/* The text so far, "" when nothing was written. Belongs to the arena. */
const char *buf_text(const struct buf *b);

#endif
