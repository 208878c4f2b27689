#include "chart/glyphs.h"

#include <string.h>

#include <utf8proc.h>

#include "buf.h"
#include "chart/typeface.h"
#include "utf8.h"

#define MISSING_LETTER "□" /* not "�", which is higher than a line */

/* Only ASCII is not asked for. */
static bool has_glyph(utf8proc_int32_t character)
{
    return character < 0x80 || typeface_open() || typeface_has(character);
}

enum kind { BLANK, UNSEEN, SYMBOL, LETTER };

static enum kind kind_of(utf8proc_int32_t character)
{
    switch (utf8proc_category(character)) {
    case UTF8PROC_CATEGORY_ZS:
        return character == 0xA0 ? LETTER : BLANK;
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
        return BLANK;
    case UTF8PROC_CATEGORY_CC:
        return character == '\t' || character == '\n' || character == '\r' ? BLANK : UNSEEN;
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_ME:
        return UNSEEN;
    case UTF8PROC_CATEGORY_SO:
    case UTF8PROC_CATEGORY_SK:
        return SYMBOL;
    default:
        return LETTER;
    }
}

static void add_character(struct buf *b, const char *bytes, size_t n, bool *blank)
{
    utf8proc_int32_t character;
    utf8proc_iterate((const utf8proc_uint8_t *)bytes, (utf8proc_ssize_t)n, &character);
    enum kind kind = kind_of(character);
    bool shown = kind == LETTER || (kind == SYMBOL && has_glyph(character));
    if (kind == BLANK)
        *blank = true;
    if (!shown)
        return;
    if (*blank && b->len)
        buf_raw(b, " ");
    *blank = false;
    if (has_glyph(character))
        buf_bytes(b, bytes, n);
    else
        buf_raw(b, MISSING_LETTER);
}

char *glyphs_shown(struct arena *a, const char *text)
{
    struct buf b = buf_new(a);
    bool blank = false, all_blank = true;
    for (const char *s = text; *s;) {
        size_t n = utf8_char(s, UTF8_LONGEST);
        if (n)
            add_character(&b, s, n, &blank);
        else
            buf_raw(&b, MISSING_LETTER);
        all_blank = all_blank && strchr(" \t\r\n", *s);
        s += n ? n : 1;
    }
    if (b.len == 0 && !all_blank)
        buf_raw(&b, MISSING_LETTER);
    return b.len ? b.data : arena_strdup(a, "");
}

char *glyphs_cut(struct arena *a, const char *text, size_t characters)
{
    const char *end = text;
    for (; *end && characters; characters--)
        end += utf8_char(end, UTF8_LONGEST);
    while (end > text && end[-1] == ' ')
        end--;
    return arena_printf(a, "%.*s…", (int)(end - text), text);
}
