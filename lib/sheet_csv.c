#include <csv.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "buf.h"
#include "sheet.h"
#include "utf8.h"

struct reading {
    struct arena *arena; /* of the row */
    const char *cells[SHEET_MAX_COLUMNS];
    int count, line, last_end;
    bool any, stopped;
    const char *fault;
    sheet_each *each;
    void *context;
};

static int no_blank(unsigned char c)
{
    (void)c;
    return 0;
}

static void *bounded_realloc(void *p, size_t n)
{
    return n > SHEET_MAX_CELL ? NULL : realloc(p, n);
}

static void take_cell(void *text, size_t n, void *context)
{
    struct reading *r = context;
    if (r->count == SHEET_MAX_COLUMNS) {
        r->fault = "too_many_columns";
        return;
    }
    r->any |= n > 0;
    r->cells[r->count++] = text ? arena_memdup(r->arena, text, n) : "";
}

/* end is the character that ended the row; of CR LF, the second one ends nothing. */
static void take_row(int end, void *context)
{
    struct reading *r = context;
    bool second = end == '\n' && r->last_end == '\r' && !r->count;
    r->last_end = end;
    if (second)
        return;
    r->line++;
    while (r->count && !*r->cells[r->count - 1])
        r->count--;
    struct sheet_row row = {r->line, r->count, r->cells};
    if (r->any && !r->stopped && !r->fault)
        r->stopped = !r->each(r->context, &row);
    r->count = 0;
    r->any = false;
    arena_reset(r->arena);
}

/* That of the three that the first line, outside of quotes, has most of. */
static unsigned char separator(const char *s, size_t n)
{
    size_t counts[3] = {0}, best = 0;
    static const char MARKS[] = ",;\t";
    bool quoted = false;
    for (size_t i = 0; i < n && (quoted || (s[i] != '\n' && s[i] != '\r')); i++) {
        const char *mark = memchr(MARKS, s[i], 3);
        quoted ^= s[i] == '"';
        if (mark && !quoted)
            counts[mark - MARKS]++;
    }
    for (size_t i = 1; i < 3; i++)
        if (counts[i] > counts[best])
            best = i;
    return (unsigned char)MARKS[best];
}

/* Windows-1252 as UTF-8; its five gaps become U+FFFD (WHATWG Encoding, index-windows-1252, has
 * C1 controls there, which nobody means). */
static void write_1252(struct buf *b, const char *s, size_t n)
{
    static const unsigned short HIGH[32] = {
        0x20AC, 0xFFFD, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
        0x2039, 0x0152, 0xFFFD, 0x017D, 0xFFFD, 0xFFFD, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
        0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0xFFFD, 0x017E, 0x0178};
    for (size_t i = 0; i < n; i++) {
        unsigned c = (unsigned char)s[i];
        if (c >= 0x80 && c < 0xA0)
            c = HIGH[c - 0x80];
        char out[3] = {(char)c};
        size_t length = c < 0x80 ? 1 : c < 0x800 ? 2 : 3;
        if (length == 2) {
            out[0] = (char)(0xC0 | c >> 6);
            out[1] = (char)(0x80 | (c & 0x3F));
        } else if (length == 3) {
            out[0] = (char)(0xE0 | c >> 12);
            out[1] = (char)(0x80 | (c >> 6 & 0x3F));
            out[2] = (char)(0x80 | (c & 0x3F));
        }
        buf_bytes(b, out, length);
    }
}

enum { CHUNK = 16384 };

/* Feeds the text to the parser, as UTF-8, until it ends or something is wrong. */
static bool feed(struct csv_parser *parser, struct reading *r, const char *s, size_t n)
{
    bool utf8 = utf8_valid(s, n), ok = true;
    struct arena *a = arena_new();
    for (size_t at = 0; ok && at < n && !r->fault && !r->stopped; at += CHUNK) {
        size_t length = n - at < CHUNK ? n - at : CHUNK;
        struct buf converted = buf_new(a);
        if (!utf8)
            write_1252(&converted, s + at, length);
        const char *text = utf8 ? s + at : buf_text(&converted);
        length = utf8 ? length : converted.len;
        ok = csv_parse(parser, text, length, take_cell, take_row, r) == length;
        arena_reset(a);
    }
    arena_free(a);
    return ok;
}

const char *sheet_read_csv(const char *bytes, size_t n, sheet_each *each, void *context)
{
    static const char MARK[] = "\xEF\xBB\xBF";
    struct csv_parser parser;
    size_t mark = n >= 3 && !memcmp(bytes, MARK, 3) ? 3 : 0;
    if (csv_init(&parser, CSV_APPEND_NULL | CSV_REPALL_NL))
        return "sheet_broken";
    struct reading *r = calloc(1, sizeof *r);
    if (!r)
        return "sheet_broken";
    r->arena = arena_new();
    r->each = each;
    r->context = context;
    csv_set_delim(&parser, separator(bytes + mark, n - mark));
    csv_set_space_func(&parser, no_blank);
    csv_set_realloc_func(&parser, bounded_realloc);
    if (!feed(&parser, r, bytes + mark, n - mark) && !r->fault)
        r->fault = "cell_too_long";
    /* A stray quote is let pass, but not one that swallows the rest of the file. */
    csv_set_opts(&parser, CSV_APPEND_NULL | CSV_STRICT | CSV_STRICT_FINI);
    if (!r->fault && !r->stopped && csv_fini(&parser, take_cell, take_row, r) && !r->fault)
        r->fault = csv_error(&parser) == CSV_EPARSE ? "sheet_broken" : "cell_too_long";
    const char *fault = r->fault;
    csv_free(&parser);
    arena_free(r->arena);
    free(r);
    return fault;
}
