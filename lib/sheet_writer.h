/*
 * sheet_writer: tables as files that spreadsheets open, a row at a time; memory does not grow
 * with the file. What is written here lib/sheet reads back without a loss.
 *
 * CSV comes as spreadsheets open it by a double click: UTF-8 with a byte order mark, CR LF (RFC
 * 4180), in Brazil ";" between cells and a decimal comma, in English "," and a point. Texts are
 * quoted. XLSX has its first row fixed and bold, and goes on in another worksheet where one is
 * full.
 */
#ifndef VENDAS_SHEET_WRITER_H
#define VENDAS_SHEET_WRITER_H

#include <stdio.h>

#include "arena.h"
#include "lang.h"
#include "sheet.h"

enum sheet_kind {
    SHEET_TEXT,
    SHEET_NUMBER,  /* as it stands */
    SHEET_MONEY,   /* two decimals, thousands grouped */
    SHEET_COUNT,   /* a whole number, thousands grouped */
    SHEET_PERCENT, /* "12,50": CSV adds the sign */
    SHEET_DATE,    /* "2026-01-31"; a date in XLSX if it is one from 1900 on */
    SHEET_TIME,    /* "2026-01-31 14:05:09", likewise */
};

enum { SHEET_MAX_ROWS = 1048576 }; /* of a worksheet */

/* Numbers with a decimal comma and nothing between thousands: "1234,56". In XLSX one of more
 * than 15 characters is a text, as its last digits would be lost. */
struct sheet_cell {
    const char *text; /* UTF-8; NULL or "" for an empty one */
    enum sheet_kind kind;
};

/* Where a table goes, and how. */
struct sheet_target {
    enum sheet_format format;
    const char *path;   /* the file */
    FILE *stream;       /* in its place, CSV alone; the writer closes it */
    enum lang lang;     /* whose marks CSV has, and whose dates XLSX */
    const char *title;  /* of the worksheets, at most 25 characters; NULL for the library's */
    const char *folder; /* of temporary files; NULL for the system's */
};

struct sheet_writer;

/* Begins a table, with its header. NULL when it can't be made. */
struct sheet_writer *sheet_writer_to(const struct sheet_target *target,
                                     const struct sheet_cell *header, int count);

/* The same for a file as it is in Brazil. */
struct sheet_writer *sheet_writer_open(const char *path, enum sheet_format format,
                                       const struct sheet_cell *header, int count);

/* Adds a row. False when it can't be written, or a cell holds more than XLSX can. */
bool sheet_writer_row(struct sheet_writer *w, const struct sheet_cell *cells, int count);

/* The same for the last one, the sum of those above: bold in XLSX. */
bool sheet_writer_totals(struct sheet_writer *w, const struct sheet_cell *cells, int count);

/* Completes the file; that of a path is on disk, then. False when some of it could not be
 * written. */
bool sheet_writer_close(struct sheet_writer *w);

/* A text that no spreadsheet takes for a formula: ' before = + - @ tab, CR and LF, and before
 * a ' that could be taken for such a one (OWASP, CSV injection). An empty text becomes ', as an
 * empty cell says nothing. */
const char *sheet_guard(struct arena *a, const char *text);

/* The text that sheet_guard() was given. */
const char *sheet_unguard(const char *cell);

#endif
