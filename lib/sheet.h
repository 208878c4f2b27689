/*
 * sheet: tables that people keep in files, read a row at a time, so that memory does not grow
 * with the file.
 *
 * CSV is read as RFC 4180 has it and as spreadsheets write it: separated by comma, semicolon or
 * tab, whichever the first line has most of; UTF-8 with or without a byte order mark, or
 * Windows-1252 where it is no UTF-8. Of XLSX (ISO/IEC 29500) the first worksheet is read:
 * texts, and numbers as people in Brazil write them, "1234,5" (as many digits as Excel keeps,
 * 15). Nothing of the file is trusted: see the limits below.
 */
#ifndef VENDAS_SHEET_H
#define VENDAS_SHEET_H

#include <stdbool.h>
#include <stddef.h>

enum {
    SHEET_MAX_COLUMNS = 2000,
    SHEET_MAX_CELL = 1 << 18,         /* bytes */
    SHEET_MAX_UNPACKED = 1 << 30,     /* bytes of an XLSX's parts together */
    SHEET_MAX_RATIO = 400,            /* unpacked to packed; repetitive tables reach 100 */
    SHEET_RATIO_COUNTS_FROM = 1 << 24 /* bytes unpacked; less than that does no harm */
};

enum sheet_format { SHEET_NONE, SHEET_CSV, SHEET_XLSX };

/* A row; empty cells are "", and those behind the last one that is not are left out. Valid
 * during the call. */
struct sheet_row {
    int line; /* the first is 1; empty rows count */
    int count;
    const char *const *cells; /* UTF-8 */
};

/* Called for each row that is not empty; false ends the reading. */
typedef bool sheet_each(void *context, const struct sheet_row *row);

/* What a file is by its content; SHEET_NONE for what is no table. */
enum sheet_format sheet_recognize(const char *bytes, size_t n);

/* Reads a file. Returns NULL, also where each() ended it, or a code of lib/messages:
 * "not_a_sheet", "sheet_broken", "sheet_too_large", "cell_too_long", "too_many_columns". */
const char *sheet_read(const char *path, sheet_each *each, void *context);

/* The same for one format; bytes are the file's, mapped. For sheet.c. */
const char *sheet_read_csv(const char *bytes, size_t n, sheet_each *each, void *context);
const char *sheet_read_xlsx(const char *bytes, size_t n, sheet_each *each, void *context);

#endif
