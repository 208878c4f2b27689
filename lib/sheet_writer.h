/*
 * sheet_writer: tables as files that spreadsheets open, a row at a time; memory does not grow
 * with the file. What is written here lib/sheet reads back without a loss.
 *
 * CSV comes as Excel in Brazil opens it by a double click: UTF-8 with a byte order mark, ";"
 * between cells, CR LF (RFC 4180). XLSX has its first row fixed and bold.
 */
#ifndef VENDAS_SHEET_WRITER_H
#define VENDAS_SHEET_WRITER_H

#include "arena.h"
#include "sheet.h"

enum sheet_kind { SHEET_TEXT, SHEET_NUMBER, SHEET_MONEY };

/* Numbers with a decimal comma and nothing between thousands: "1234,56". */
struct sheet_cell {
    const char *text; /* UTF-8; NULL or "" for an empty one */
    enum sheet_kind kind;
};

struct sheet_writer;

/* Begins a file, with its header. NULL when it can't be made. */
struct sheet_writer *sheet_writer_open(const char *path, enum sheet_format format,
                                       const struct sheet_cell *header, int count);

/* Adds a row. False when it can't be written, or a cell holds more than XLSX can. */
bool sheet_writer_row(struct sheet_writer *w, const struct sheet_cell *cells, int count);

/* Completes the file, on disk. False when some of it could not be written. */
bool sheet_writer_close(struct sheet_writer *w);

/* A text that no spreadsheet takes for a formula: ' before = + - @ tab and CR, and before a '
 * that could be taken for such a one (OWASP, CSV injection). An empty text becomes ', as an
 * empty cell says nothing. */
const char *sheet_guard(struct arena *a, const char *text);

/* The text that sheet_guard() was given. */
const char *sheet_unguard(const char *cell);

#endif
