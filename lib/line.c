#include "line.h"

#include <stdbool.h>
#include <string.h>

#include <utf8proc.h>

enum { ZERO_WIDTH_NON_JOINER = 0x200C, ZERO_WIDTH_JOINER = 0x200D };

static bool is_letter(utf8proc_category_t c)
{
    return c >= UTF8PROC_CATEGORY_LU && c <= UTF8PROC_CATEGORY_LO;
}

static bool is_mark(utf8proc_category_t c)
{
    return c >= UTF8PROC_CATEGORY_MN && c <= UTF8PROC_CATEGORY_ME;
}

static bool is_blank(utf8proc_category_t c)
{
    return c == UTF8PROC_CATEGORY_ZS;
}

/* Nobody sees it, or it is not Unicode's to say what is seen. */
static bool is_unseen(utf8proc_int32_t point, utf8proc_category_t c)
{
    if (point == ZERO_WIDTH_NON_JOINER || point == ZERO_WIDTH_JOINER)
        return false;
    return c == UTF8PROC_CATEGORY_CN || c == UTF8PROC_CATEGORY_ZL ||
           c == UTF8PROC_CATEGORY_ZP || c >= UTF8PROC_CATEGORY_CC;
}

/* The accents that keyboards have beside the apostrophe stand for it wherever they are alone;
 * in a city's name, which is to be one spelling, so do the curved ones. */
static utf8proc_int32_t plain_apostrophe(enum line_kind kind, utf8proc_int32_t point)
{
    bool accent = point == '`' || point == 0x00B4;
    bool curved = point == 0x2018 || point == 0x2019 || point == 0x02BC;
    return (kind != LINE_ANY && accent) || (kind == LINE_CITY && curved) ? '\'' : point;
}

static bool may_stand(enum line_kind kind, utf8proc_int32_t point, utf8proc_category_t c)
{
    if (point == '<' || point == '>')
        return false;
    bool written = is_letter(c) || is_mark(c) || point == '-' || point == '\'' ||
                   c == UTF8PROC_CATEGORY_CF; /* a joiner, as no other comes here */
    switch (kind) {
    case LINE_NAME:
        if (point < 0x80)
            return written || (point >= '0' && point <= '9') || strchr("\".,&/()+", point);
        return written || (c >= UTF8PROC_CATEGORY_ND && c <= UTF8PROC_CATEGORY_PO);
    case LINE_CITY:
        return written || c == UTF8PROC_CATEGORY_PD;
    default:
        return true;
    }
}

const char *line_normalize(enum line_kind kind, char *text, char refused[UTF8_LONGEST + 1])
{
    size_t letters = 0;
    bool blank = false;
    char *out = text;
    for (const char *s = text; *s;) {
        utf8proc_int32_t point;
        utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)s, -1, &point);
        utf8proc_category_t c = n > 0 ? utf8proc_category(point) : UTF8PROC_CATEGORY_CC;
        if (is_unseen(point, c))
            return "control_character";
        if (!is_blank(c)) {
            if (blank && out > text)
                *out++ = ' ';
            point = plain_apostrophe(kind, point);
            if (!may_stand(kind, point, c)) {
                memcpy(refused, s, (size_t)n);
                refused[n] = '\0';
                return "forbidden_character";
            }
            out += utf8proc_encode_char(point, (utf8proc_uint8_t *)out);
            letters += is_letter(c);
        }
        blank = is_blank(c);
        s += n;
    }
    *out = '\0';
    return kind != LINE_ANY && out > text && !letters ? "letter_missing" : NULL;
}
