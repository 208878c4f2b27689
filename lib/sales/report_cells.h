/*
 * report_cells: values of a report (lib/sales/report_table.h) as its formats show them. text is
 * what a reading of the database has (lib/db.h), NULL for SQL's NULL.
 */
#ifndef VENDAS_SALES_REPORT_CELLS_H
#define VENDAS_SALES_REPORT_CELLS_H

#include "buf.h"
#include "sales/report_table.h"
#include "sheet_writer.h"

/* Appends it as a value of JSON. */
void report_json(struct buf *b, enum report_kind kind, const char *text);

/* It as a cell, after report_shop_time(). guarded: a text can't be taken for a formula. */
struct sheet_cell report_cell(struct arena *a, enum report_kind kind, const char *text,
                              bool guarded);

/* Has times shown in the shop's time zone from here on. */
void report_shop_time(void);

#endif
