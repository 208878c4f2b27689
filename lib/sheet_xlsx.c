#include <libxml/xmlreader.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zip.h>

#include "arena.h"
#include "buf.h"
#include "sheet.h"

enum { MAX_ROWS = 1048576, PATH_LENGTH = 256 }; /* rows: Excel's own limit */

struct book {
    zip_t *zip;
    size_t packed, unpacked; /* bytes of the file, and of what was read of its parts */
    const char *fault;
    char sheet[PATH_LENGTH], texts[PATH_LENGTH];
    /* The shared texts, each ended by a NUL, in a file without a name. */
    FILE *store;
    char *stored;
    size_t stored_size;
    size_t *starts, start_count, start_room;
};

/* Parts as XML ----------------------------------------------------------------------------- */

struct part {
    struct book *book;
    zip_file_t *file;
};

static int read_part(void *context, char *p, int n)
{
    struct part *part = context;
    struct book *book = part->book;
    zip_int64_t got = zip_fread(part->file, p, (zip_uint64_t)n);
    if (got < 0)
        return -1;
    book->unpacked += (size_t)got;
    if (book->unpacked > SHEET_MAX_UNPACKED ||
        (book->unpacked > SHEET_RATIO_COUNTS_FROM &&
         book->unpacked / SHEET_MAX_RATIO > book->packed)) {
        book->fault = "sheet_too_large";
        return -1;
    }
    return (int)got;
}

static int close_part(void *context)
{
    struct part *part = context;
    return zip_fclose(part->file);
}

static void be_silent(void *context, xmlErrorPtr error)
{
    (void)context;
    (void)error;
}

typedef bool element_fn(struct book *book, xmlTextReaderPtr reader, void *context);

/* Calls each for every node of a part. A document type, with which entities come, is refused;
 * nothing is ever loaded from outside. False with the fault set. */
static bool read_xml(struct book *book, const char *name, element_fn *each, void *context)
{
    struct part part = {book, zip_fopen(book->zip, name, 0)};
    xmlTextReaderPtr reader =
        part.file ? xmlReaderForIO(read_part, close_part, &part, NULL, NULL, XML_PARSE_NONET)
                  : NULL;
    if (!reader) {
        book->fault = book->fault ? book->fault : "sheet_broken";
        return false;
    }
    xmlTextReaderSetStructuredErrorHandler(reader, be_silent, NULL);
    int more;
    bool on = true;
    while (on && (more = xmlTextReaderRead(reader)) == 1) {
        int type = xmlTextReaderNodeType(reader);
        if (type == XML_READER_TYPE_DOCUMENT_TYPE || type == XML_READER_TYPE_ENTITY_REFERENCE)
            more = -1;
        if (more < 0)
            break;
        on = each(book, reader, context);
    }
    if (on && more < 0 && !book->fault)
        book->fault = "sheet_broken";
    xmlFreeTextReader(reader);
    return !book->fault;
}

static bool is_element(xmlTextReaderPtr reader, const char *name)
{
    return xmlTextReaderNodeType(reader) == XML_READER_TYPE_ELEMENT &&
           !strcmp((const char *)xmlTextReaderConstLocalName(reader), name);
}

static bool is_end(xmlTextReaderPtr reader, const char *name)
{
    return xmlTextReaderNodeType(reader) == XML_READER_TYPE_END_ELEMENT &&
           !strcmp((const char *)xmlTextReaderConstLocalName(reader), name);
}

static bool is_text(xmlTextReaderPtr reader)
{
    int type = xmlTextReaderNodeType(reader);
    return type == XML_READER_TYPE_TEXT || type == XML_READER_TYPE_CDATA ||
           type == XML_READER_TYPE_SIGNIFICANT_WHITESPACE || type == XML_READER_TYPE_WHITESPACE;
}

/* An attribute of the element at hand by its local name; "" when it has none. */
static void attribute(xmlTextReaderPtr reader, const char *name, char *out, size_t room)
{
    *out = '\0';
    for (int more = xmlTextReaderMoveToFirstAttribute(reader); more == 1;
         more = xmlTextReaderMoveToNextAttribute(reader))
        if (!strcmp((const char *)xmlTextReaderConstLocalName(reader), name))
            snprintf(out, room, "%s", (const char *)xmlTextReaderConstValue(reader));
    xmlTextReaderMoveToElement(reader);
}

/* Where things are (ISO/IEC 29500-2: the workbook names relationships, these the parts) ------
 */

static bool find_sheet(struct book *book, xmlTextReaderPtr reader, void *context)
{
    (void)book;
    char *id = context;
    if (!is_element(reader, "sheet"))
        return true;
    /* r:id, beside sheetId, whose local name differs. */
    attribute(reader, "id", id, PATH_LENGTH);
    return false;
}

static void part_name(char *out, const char *target)
{
    if (*target == '/')
        snprintf(out, PATH_LENGTH, "%s", target + 1);
    else
        snprintf(out, PATH_LENGTH, "xl/%.*s", PATH_LENGTH - 4, target);
}

static bool ends_with(const char *s, const char *end)
{
    size_t n = strlen(s), m = strlen(end);
    return n >= m && !strcmp(s + n - m, end);
}

static bool find_parts(struct book *book, xmlTextReaderPtr reader, void *context)
{
    char id[PATH_LENGTH], target[PATH_LENGTH], type[PATH_LENGTH];
    if (!is_element(reader, "Relationship"))
        return true;
    attribute(reader, "Id", id, sizeof id);
    attribute(reader, "Target", target, sizeof target);
    attribute(reader, "Type", type, sizeof type);
    if (!strcmp(id, context))
        part_name(book->sheet, target);
    if (ends_with(type, "/sharedStrings"))
        part_name(book->texts, target);
    return true;
}

/* Texts ------------------------------------------------------------------------------------ */

static int hex_value(const char *s)
{
    unsigned value;
    char end;
    return strspn(s, "0123456789abcdefABCDEF") >= 4 && sscanf(s, "%4x%c", &value, &end) == 2 &&
                   end == '_'
               ? (int)value
               : -1;
}

/* _x000D_ stands for a character that XML can't hold, _x005F_ for the _ of such a text
 * (ISO/IEC 29500-1 section 22.9.2.19). In place. */
static void unescape(char *s)
{
    char *out = s;
    while (*s) {
        int value = s[0] == '_' && s[1] == 'x' ? hex_value(s + 2) : -1;
        if (value > 0 && value < 0x80) {
            *out++ = (char)value;
            s += 7;
        } else {
            *out++ = *s++;
        }
    }
    *out = '\0';
}

/* Appends the text at hand, unless it is beyond what a cell holds. */
static bool gather(struct book *book, struct buf *b, xmlTextReaderPtr reader)
{
    const char *text = (const char *)xmlTextReaderConstValue(reader);
    buf_raw(b, text ? text : "");
    if (b->len > SHEET_MAX_CELL)
        book->fault = "cell_too_long";
    return !book->fault;
}

static char *gathered(struct arena *a, const struct buf *b)
{
    char *text = arena_strdup(a, buf_text(b));
    unescape(text);
    return text;
}

struct texts {
    struct arena *arena;
    struct buf text;
    bool in_t, in_phonetic;
};

static bool keep_text(struct book *book, struct texts *t)
{
    const char *text = gathered(t->arena, &t->text);
    if (book->start_count == book->start_room) {
        book->start_room = book->start_room ? 2 * book->start_room : 1024;
        size_t *wider = realloc(book->starts, book->start_room * sizeof *wider);
        if (!wider) {
            book->fault = "sheet_too_large";
            return false;
        }
        book->starts = wider;
    }
    book->starts[book->start_count++] = book->stored_size;
    book->stored_size += fwrite(text, 1, strlen(text) + 1, book->store);
    arena_reset(t->arena);
    t->text = buf_new(t->arena);
    return true;
}

static bool take_text(struct book *book, xmlTextReaderPtr reader, void *context)
{
    struct texts *t = context;
    bool empty = xmlTextReaderIsEmptyElement(reader) == 1;
    if (is_element(reader, "rPh"))
        t->in_phonetic = !empty;
    else if (is_end(reader, "rPh"))
        t->in_phonetic = false;
    else if (is_element(reader, "t"))
        t->in_t = !empty;
    else if (is_end(reader, "t"))
        t->in_t = false;
    else if (is_end(reader, "si") || (is_element(reader, "si") && empty))
        return keep_text(book, t);
    else if (t->in_t && !t->in_phonetic && is_text(reader))
        return gather(book, &t->text, reader);
    return true;
}

static bool read_texts(struct book *book)
{
    struct texts t = {.arena = arena_new()};
    t.text = buf_new(t.arena);
    book->store = tmpfile();
    bool ok = book->store && read_xml(book, book->texts, take_text, &t);
    arena_free(t.arena);
    if (ok && book->stored_size) {
        ok = !fflush(book->store);
        void *map =
            ok ? mmap(NULL, book->stored_size, PROT_READ, MAP_PRIVATE, fileno(book->store), 0)
               : MAP_FAILED;
        ok = map != MAP_FAILED;
        book->stored = ok ? map : NULL;
    }
    if (!ok && !book->fault)
        book->fault = "sheet_broken";
    return ok;
}

/* The worksheet ---------------------------------------------------------------------------- */

struct grid {
    struct arena *arena; /* of the row */
    const char *cells[SHEET_MAX_COLUMNS];
    int line, column, count;
    char type[16];
    bool in_value, in_phonetic, any;
    struct buf value;
    sheet_each *each;
    void *context;
};

/* The column of a reference such as "AB12", from 0; the one after the last where it has none.
 */
static int column_of(const char *reference, int otherwise)
{
    int column = 0, letters = 0;
    for (; *reference >= 'A' && *reference <= 'Z' && letters < 4; reference++, letters++)
        column = column * 26 + (*reference - 'A' + 1);
    return letters ? column - 1 : otherwise;
}

static const char *number_text(struct arena *a, const char *text)
{
    char *end;
    double n = strtod(text, &end);
    if (end == text || *end || !isfinite(n))
        return text;
    char *out = arena_printf(a, fabs(n) < 1e15 ? "%.15g" : "%.0f", n);
    if (strpbrk(out, "e")) /* small: as many decimals as 15 digits need */
        out = arena_printf(a, "%.20f", n);
    char *point = strchr(out, '.');
    if (point)
        *point = ',';
    return out;
}

static const char *cell_text(struct book *book, struct grid *g)
{
    const char *text = gathered(g->arena, &g->value);
    if (!strcmp(g->type, "s")) {
        char *end;
        unsigned long i = strtoul(text, &end, 10);
        if (end == text || i >= book->start_count) {
            book->fault = "sheet_broken";
            return "";
        }
        return book->stored + book->starts[i];
    }
    if (!strcmp(g->type, "b"))
        return strcmp(text, "1") ? "false" : "true";
    return !*g->type || !strcmp(g->type, "n") ? number_text(g->arena, text) : text;
}

static bool begin_cell(struct book *book, struct grid *g, xmlTextReaderPtr reader)
{
    char reference[16];
    attribute(reader, "r", reference, sizeof reference);
    attribute(reader, "t", g->type, sizeof g->type);
    g->column = column_of(reference, g->column + 1);
    g->value = buf_new(g->arena);
    if (g->column >= SHEET_MAX_COLUMNS)
        book->fault = "too_many_columns";
    return !book->fault;
}

static bool end_cell(struct book *book, struct grid *g)
{
    const char *text = cell_text(book, g);
    if (!*text || book->fault)
        return !book->fault;
    while (g->count <= g->column)
        g->cells[g->count++] = "";
    g->cells[g->column] = text;
    g->any = true;
    return true;
}

static void begin_row(struct book *book, struct grid *g, xmlTextReaderPtr reader)
{
    char number[16];
    attribute(reader, "r", number, sizeof number);
    long line = *number ? strtol(number, NULL, 10) : g->line + 1;
    if (line <= g->line || line > MAX_ROWS)
        book->fault = "sheet_broken";
    else
        g->line = (int)line;
    g->column = -1;
    g->count = 0;
    g->any = false;
    arena_reset(g->arena);
    g->value = buf_new(g->arena);
}

static bool take_cell(struct book *book, xmlTextReaderPtr reader, void *context)
{
    struct grid *g = context;
    bool empty = xmlTextReaderIsEmptyElement(reader) == 1;
    if (is_element(reader, "row")) {
        begin_row(book, g, reader);
    } else if (is_element(reader, "c")) {
        return begin_cell(book, g, reader);
    } else if (is_element(reader, "v") || is_element(reader, "t")) {
        g->in_value = !empty;
    } else if (is_end(reader, "v") || is_end(reader, "t")) {
        g->in_value = false;
    } else if (is_element(reader, "rPh")) {
        g->in_phonetic = !empty;
    } else if (is_end(reader, "rPh")) {
        g->in_phonetic = false;
    } else if (g->in_value && !g->in_phonetic && is_text(reader)) {
        return gather(book, &g->value, reader);
    } else if (is_end(reader, "c")) {
        return end_cell(book, g);
    } else if (is_end(reader, "row") && g->any) {
        struct sheet_row row = {g->line, g->count, g->cells};
        return g->each(g->context, &row);
    }
    return !book->fault;
}

static void read_grid(struct book *book, sheet_each *each, void *context)
{
    struct grid *g = calloc(1, sizeof *g);
    if (!g) {
        book->fault = "sheet_broken";
        return;
    }
    g->arena = arena_new();
    g->value = buf_new(g->arena);
    g->column = -1;
    g->each = each;
    g->context = context;
    read_xml(book, book->sheet, take_cell, g);
    arena_free(g->arena);
    free(g);
}

static void close_book(struct book *book)
{
    if (book->stored)
        munmap(book->stored, book->stored_size);
    if (book->store)
        fclose(book->store);
    free(book->starts);
    zip_discard(book->zip);
}

const char *sheet_read_xlsx(const char *bytes, size_t n, sheet_each *each, void *context)
{
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t *source = zip_source_buffer_create(bytes, n, 0, &error);
    struct book book = {.packed = n};
    char id[PATH_LENGTH] = "";
    book.zip = source ? zip_open_from_source(source, ZIP_RDONLY, &error) : NULL;
    zip_error_fini(&error);
    if (!book.zip) {
        zip_source_free(source);
        return "not_a_sheet";
    }
    if (zip_name_locate(book.zip, "xl/workbook.xml", 0) < 0)
        book.fault = "not_a_sheet";
    else if (read_xml(&book, "xl/workbook.xml", find_sheet, id) &&
             read_xml(&book, "xl/_rels/workbook.xml.rels", find_parts, id) &&
             (!*book.texts || read_texts(&book)))
        read_grid(&book, each, context);
    close_book(&book);
    return book.fault;
}
