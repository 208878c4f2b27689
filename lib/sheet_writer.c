#include "sheet_writer.h"

#include <csv.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xlsxwriter.h>

#include "buf.h"

enum { EXCEL_DIGITS = 15, COLUMN_WIDTH = 18, FIRST_YEAR = 1900, LAST_YEAR = 9999 };
enum { KINDS = SHEET_TIME + 1 };

/* Number formats of XLSX by kind (ISO/IEC 29500-1 section 18.8.31); NULL for the general one.
 */
static const char *const FORMATS[][KINDS] = {
    [LANG_PT_BR] = {"@", NULL, "#,##0.00", "#,##0", "0.00%", "dd/mm/yyyy",
                    "dd/mm/yyyy hh:mm:ss"},
    [LANG_EN] = {"@", NULL, "#,##0.00", "#,##0", "0.00%", "yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss"},
};

static const char HEX_DIGITS[] = "0123456789abcdefABCDEF";

struct sheet_writer {
    struct arena *arena; /* of a cell */
    enum lang lang;
    FILE *csv;
    bool sync;
    lxw_workbook *book;
    lxw_worksheet *sheet;
    lxw_format *head, *formats[KINDS], *totals[KINDS];
    lxw_row_t row;
    /* for further worksheets */
    const char *title;
    int sheets;
    struct arena *kept;
    struct sheet_cell *header;
    int columns;
};

/* CSV -------------------------------------------------------------------------------------- */

/* A number or a date, which needs no quotes: nothing in it separates cells. */
static void write_plain(struct sheet_writer *w, const struct sheet_cell *cell)
{
    for (const char *c = cell->text; *c; c++)
        putc(*c == ',' && w->lang == LANG_EN ? '.' : *c, w->csv);
    if (cell->kind == SHEET_PERCENT)
        putc('%', w->csv);
}

static bool write_csv(struct sheet_writer *w, const struct sheet_cell *cells, int count)
{
    for (int i = 0; i < count; i++) {
        const char *text = cells[i].text;
        if (i)
            putc(w->lang == LANG_EN ? ',' : ';', w->csv);
        if (!text || !*text)
            continue;
        if (cells[i].kind == SHEET_TEXT)
            csv_fwrite(w->csv, text, strlen(text));
        else
            write_plain(w, &cells[i]);
    }
    fputs("\r\n", w->csv);
    return !ferror(w->csv);
}

/* XLSX ------------------------------------------------------------------------------------- */

/* libxlsxwriter writes what XML can't hold as _x000D_; where a text has that itself, its _ is
 * written so (ISO/IEC 29500-1 section 22.9.2.19). */
static const char *escaped(struct arena *a, const char *text)
{
    if (!strstr(text, "_x"))
        return text;
    struct buf b = buf_new(a);
    for (; *text; text++) {
        bool escape =
            !strncmp(text, "_x", 2) && strspn(text + 2, HEX_DIGITS) >= 4 && text[6] == '_';
        buf_raw(&b, escape ? "_x005F" : "");
        buf_bytes(&b, text, 1);
    }
    return buf_text(&b);
}

static lxw_error write_text(struct sheet_writer *w, lxw_col_t column, const char *text,
                            lxw_format *format)
{
    lxw_error error =
        worksheet_write_string(w->sheet, w->row, column, escaped(w->arena, text), format);
    arena_reset(w->arena);
    return error;
}

static lxw_error write_number(struct sheet_writer *w, lxw_col_t column,
                              const struct sheet_cell *cell, lxw_format *format)
{
    enum { HUNDRED = 100 };
    char text[EXCEL_DIGITS + 4];
    snprintf(text, sizeof text, "%s", cell->text);
    char *comma = strchr(text, ',');
    if (comma)
        *comma = '.';
    double number = strtod(text, NULL);
    return worksheet_write_number(w->sheet, w->row, column,
                                  cell->kind == SHEET_PERCENT ? number / HUNDRED : number,
                                  format);
}

/* A date or time that spreadsheets know: they begin in 1900. */
static bool read_date(const struct sheet_cell *cell, lxw_datetime *date)
{
    int seconds = 0, n = 0;
    *date = (lxw_datetime){0};
    bool ok = cell->kind == SHEET_DATE
                  ? sscanf(cell->text, "%4d-%2d-%2d%n", &date->year, &date->month, &date->day,
                           &n) == 3
                  : sscanf(cell->text, "%4d-%2d-%2d %2d:%2d:%2d%n", &date->year, &date->month,
                           &date->day, &date->hour, &date->min, &seconds, &n) == 6;
    date->sec = seconds;
    return ok && !cell->text[n] && date->year >= FIRST_YEAR && date->year <= LAST_YEAR;
}

static lxw_error write_cell(struct sheet_writer *w, lxw_col_t column,
                            const struct sheet_cell *cell, lxw_format *const formats[KINDS])
{
    lxw_format *format = formats[cell->kind];
    lxw_datetime date;
    if (cell->kind == SHEET_DATE || cell->kind == SHEET_TIME) {
        if (read_date(cell, &date))
            return worksheet_write_datetime(w->sheet, w->row, column, &date, format);
    } else if (cell->kind != SHEET_TEXT && strlen(cell->text) <= EXCEL_DIGITS) {
        return write_number(w, column, cell, format);
    }
    return write_text(w, column, cell->text, formats[SHEET_TEXT]);
}

static bool write_cells(struct sheet_writer *w, const struct sheet_cell *cells, int count,
                        lxw_format *const formats[KINDS])
{
    for (int i = 0; i < count; i++)
        if (cells[i].text && *cells[i].text && write_cell(w, (lxw_col_t)i, &cells[i], formats))
            return false;
    w->row++;
    return true;
}

static bool add_sheet(struct sheet_writer *w)
{
    lxw_format *heads[KINDS] = {w->head, w->head};
    const char *name = NULL;
    if (w->title)
        name = w->sheets ? arena_printf(w->kept, "%s %d", w->title, w->sheets + 1) : w->title;
    w->sheets++;
    w->row = 0;
    w->sheet = workbook_add_worksheet(w->book, name);
    if (!w->sheet)
        return false;
    worksheet_freeze_panes(w->sheet, 1, 0);
    worksheet_set_column(w->sheet, 0, (lxw_col_t)(w->columns - 1), COLUMN_WIDTH, NULL);
    return write_cells(w, w->header, w->columns, heads);
}

static bool write_xlsx(struct sheet_writer *w, const struct sheet_cell *cells, int count,
                       lxw_format *const formats[KINDS])
{
    return (w->row < SHEET_MAX_ROWS || add_sheet(w)) && write_cells(w, cells, count, formats);
}

static lxw_format *new_format(struct sheet_writer *w, const char *number, bool bold)
{
    lxw_format *f = workbook_add_format(w->book);
    if (number)
        format_set_num_format(f, number);
    if (bold)
        format_set_bold(f);
    return f;
}

static bool open_xlsx(struct sheet_writer *w, const struct sheet_target *target)
{
    lxw_workbook_options options = {.constant_memory = LXW_TRUE,
                                    .tmpdir = (char *)(uintptr_t)target->folder};
    w->book = workbook_new_opt(target->path, &options);
    if (!w->book)
        return false;
    w->head = new_format(w, NULL, true);
    for (int i = 0; i < KINDS; i++) {
        w->formats[i] = new_format(w, FORMATS[w->lang][i], false);
        w->totals[i] = new_format(w, FORMATS[w->lang][i], true);
    }
    return add_sheet(w);
}

/* Both ------------------------------------------------------------------------------------- */

static bool open_csv(struct sheet_writer *w, const struct sheet_target *target)
{
    w->csv = target->stream ? target->stream : fopen(target->path, "we");
    w->sync = !target->stream;
    return w->csv && fputs("\xEF\xBB\xBF", w->csv) >= 0 && write_csv(w, w->header, w->columns);
}

/* What is said of a table may go before it is closed. */
static void keep(struct sheet_writer *w, const struct sheet_target *target,
                 const struct sheet_cell *header, int count)
{
    w->lang = target->lang;
    w->title = arena_strdup(w->kept, target->title);
    w->header = arena_alloc(w->kept, (size_t)count * sizeof *header);
    w->columns = count;
    for (int i = 0; i < count; i++)
        w->header[i] = (struct sheet_cell){arena_strdup(w->kept, header[i].text), SHEET_TEXT};
}

struct sheet_writer *sheet_writer_to(const struct sheet_target *target,
                                     const struct sheet_cell *header, int count)
{
    struct sheet_writer *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    w->arena = arena_new();
    w->kept = arena_new();
    keep(w, target, header, count);
    if (target->format == SHEET_CSV ? open_csv(w, target) : open_xlsx(w, target))
        return w;
    sheet_writer_close(w);
    return NULL;
}

struct sheet_writer *sheet_writer_open(const char *path, enum sheet_format format,
                                       const struct sheet_cell *header, int count)
{
    return sheet_writer_to(&(struct sheet_target){.format = format, .path = path}, header,
                           count);
}

bool sheet_writer_row(struct sheet_writer *w, const struct sheet_cell *cells, int count)
{
    return w->csv ? write_csv(w, cells, count) : write_xlsx(w, cells, count, w->formats);
}

bool sheet_writer_totals(struct sheet_writer *w, const struct sheet_cell *cells, int count)
{
    return w->csv ? write_csv(w, cells, count) : write_xlsx(w, cells, count, w->totals);
}

bool sheet_writer_close(struct sheet_writer *w)
{
    bool ok = true;
    if (w->csv) {
        ok = !ferror(w->csv) && !fflush(w->csv) && (!w->sync || !fsync(fileno(w->csv)));
        ok = !fclose(w->csv) && ok;
    } else if (w->book) {
        ok = workbook_close(w->book) == LXW_NO_ERROR;
    }
    arena_free(w->arena);
    arena_free(w->kept);
    free(w);
    return ok;
}

static bool is_risky(const char *s)
{
    return *s && strchr("=+-@\t\r\n", *s);
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
