#include "buf.h"

#include <stdarg.h>
#include <string.h>

#include "utf8.h"

enum { FIRST_SIZE = 256 };

struct buf buf_new(struct arena *a)
{
    return (struct buf){.arena = a};
}

void buf_bytes(struct buf *b, const void *p, size_t len)
{
    if (b->size - b->len < len + 1) {
        size_t size = b->size ? b->size : FIRST_SIZE;
        while (size - b->len < len + 1)
            size *= 2;
        char *data = arena_alloc(b->arena, size);
        if (b->len)
            memcpy(data, b->data, b->len);
        b->data = data;
        b->size = size;
    }
    if (len)
        memcpy(b->data + b->len, p, len);
    b->len += len;
    b->data[b->len] = '\0';
}

void buf_raw(struct buf *b, const char *s)
{
    buf_bytes(b, s, strlen(s));
}

void buf_printf(struct buf *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    buf_raw(b, arena_vprintf(b->arena, format, args));
    va_end(args);
}

void buf_html(struct buf *b, const char *s)
{
    for (; *s; s++) {
        switch (*s) {
        case '&':
            buf_raw(b, "&amp;");
            break;
        case '<':
            buf_raw(b, "&lt;");
            break;
        case '>':
            buf_raw(b, "&gt;");
            break;
        case '"':
            buf_raw(b, "&quot;");
            break;
        case '\'':
            buf_raw(b, "&#39;");
            break;
        default:
            buf_bytes(b, s, 1);
        }
    }
}

void buf_url(struct buf *b, const char *s)
{
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
            strchr("-._~", c))
            buf_bytes(b, s, 1);
        else
            buf_printf(b, "%%%02X", c);
    }
}

static void json_byte(struct buf *b, const char *s, size_t len)
{
    static const char SHORT[] = "\"\"\\\\\bb\ff\nn\rr\tt";
    unsigned char c = (unsigned char)*s;
    for (const char *p = SHORT; len == 1 && *p; p += 2) {
        if (*p == (char)c) {
            buf_printf(b, "\\%c", p[1]);
            return;
        }
    }
    if (c < 0x20)
        buf_printf(b, "\\u%04x", c);
    else
        buf_bytes(b, s, len);
}

void buf_json(struct buf *b, const char *s)
{
    if (!s) {
        buf_raw(b, "null");
        return;
    }
    buf_raw(b, "\"");
    while (*s) {
        size_t len = utf8_char(s, UTF8_LONGEST);
        if (len == 0) {
            buf_raw(b, "\xEF\xBF\xBD");
            len = 1;
        } else {
            json_byte(b, s, len);
        }
        s += len;
    }
    buf_raw(b, "\"");
}

const char *buf_text(const struct buf *b)
{
    return b->data ? b->data : "";
}
