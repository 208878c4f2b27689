#include "sheet_writer.h"

#include <csv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xlsxwriter.h>

#include "buf.h"

struct sheet_writer {
    FILE *csv;
    lxw_workbook *book;
    lxw_worksheet *sheet;
    lxw_format *head, *text, *money;
    lxw_row_t row;
};

static const char HEX_DIGITS[] = "0123456789abcdefABCDEF";

enum { EXCEL_DIGITS = 15, COLUMN_WIDTH = 18 };

static bool write_csv(FILE *f, const struct sheet_cell *cells, int count)
{
    for (int i = 0; i < count; i++) {
        const char *text = cells[i].text ? cells[i].text : "";
        if (i)
            fputc(';', f);
        if (*text)
            csv_fwrite(f, text, strlen(text));
    }
    fputs("\r\n", f);
    return !ferror(f);
}

/* libxlsxwriter writes what XML can't hold as _x000D_; where a text has that itself, its _ is
 * written so (ISO/IEC 29500-1 section 22.9.2.19). */
static lxw_error write_text(struct sheet_writer *w, lxw_col_t column, const char *text,
                            lxw_format *format)
{
    struct arena *a = arena_new();
    struct buf b = buf_new(a);
    for (; *text; text++) {
        bool escape =
            !strncmp(text, "_x", 2) && strspn(text + 2, HEX_DIGITS) >= 4 && text[6] == '_';
        buf_raw(&b, escape ? "_x005F" : "");
        buf_bytes(&b, text, 1);
    }
    lxw_error error = worksheet_write_string(w->sheet, w->row, column, buf_text(&b), format);
    arena_free(a);
    return error;
}

static lxw_error write_number(struct sheet_writer *w, lxw_col_t column,
                              const struct sheet_cell *cell)
{
    char text[EXCEL_DIGITS + 4];
    snprintf(text, sizeof text, "%s", cell->text);
    char *comma = strchr(text, ',');
    if (comma)
        *comma = '.';
    return worksheet_write_number(w->sheet, w->row, column, strtod(text, NULL),
                                  cell->kind == SHEET_MONEY ? w->money : NULL);
}

static bool write_xlsx(struct sheet_writer *w, const struct sheet_cell *cells, int count,
                       lxw_format *text_format)
{
    for (int i = 0; i < count; i++) {
        const char *text = cells[i].text;
        lxw_col_t column = (lxw_col_t)i;
        if (!text || !*text)
            continue;
        /* A longer number would lose its last digits: it goes as a text. */
        bool number = cells[i].kind != SHEET_TEXT && strlen(text) <= EXCEL_DIGITS;
        if (number ? write_number(w, column, &cells[i])
                   : write_text(w, column, text, text_format))
            return false;
    }
    w->row++;
    return true;
}

static bool open_xlsx(struct sheet_writer *w, const char *path)
{
    lxw_workbook_options options = {.constant_memory = LXW_TRUE};
    w->book = workbook_new_opt(path, &options);
    w->sheet = w->book ? workbook_add_worksheet(w->book, NULL) : NULL;
    if (!w->sheet)
        return false;
    w->head = workbook_add_format(w->book);
    format_set_bold(w->head);
    w->text = workbook_add_format(w->book);
    format_set_num_format(w->text, "@");
    w->money = workbook_add_format(w->book);
    format_set_num_format(w->money, "#,##0.00");
    worksheet_freeze_panes(w->sheet, 1, 0);
    return true;
}

static bool write_header(struct sheet_writer *w, const struct sheet_cell *header, int count)
{
    if (w->csv)
        return fputs("\xEF\xBB\xBF", w->csv) >= 0 && write_csv(w->csv, header, count);
    worksheet_set_column(w->sheet, 0, (lxw_col_t)(count - 1), COLUMN_WIDTH, NULL);
    return write_xlsx(w, header, count, w->head);
}

struct sheet_writer *sheet_writer_open(const char *path, enum sheet_format format,
                                       const struct sheet_cell *header, int count)
{
    struct sheet_writer *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    if (format == SHEET_CSV)
        w->csv = fopen(path, "we");
    if ((w->csv || (format == SHEET_XLSX && open_xlsx(w, path))) &&
        write_header(w, header, count))
        return w;
    sheet_writer_close(w);
    return NULL;
}

bool sheet_writer_row(struct sheet_writer *w, const struct sheet_cell *cells, int count)
{
    return w->csv ? write_csv(w->csv, cells, count) : write_xlsx(w, cells, count, w->text);
}

bool sheet_writer_close(struct sheet_writer *w)
{
    bool ok = true;
    if (w->csv) {
        ok = !ferror(w->csv) && !fflush(w->csv) && !fsync(fileno(w->csv));
        ok = !fclose(w->csv) && ok;
    } else if (w->book) {
        ok = workbook_close(w->book) == LXW_NO_ERROR;
    }
    free(w);
    return ok;
}

static bool is_risky(const char *s)
{
    return *s && strchr("=+-@\t\r", *s);
}

const char *sheet_guard(struct arena *a, const char *text)
{
    bool guarded = *text == '\'' && (!text[1] || text[1] == '\'' || is_risky(text + 1));
    return !*text || is_risky(text) || guarded ? arena_printf(a, "'%s", text) : text;
}

const char *sheet_unguard(const char *cell)
{
    bool guarded = *cell == '\'' && (!cell[1] || cell[1] == '\'' || is_risky(cell + 1));
    return guarded ? cell + 1 : cell;
}
