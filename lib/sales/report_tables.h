/*
 * report_tables: the tables of a page: what sold best, where to, to whom, with which coupons.
 */
#ifndef VENDAS_SALES_REPORT_TABLES_H
#define VENDAS_SALES_REPORT_TABLES_H

#include "buf.h"
#include "sales/report_figures.h"

/* Reads and appends them. False with the problem filled. */
bool report_tables_write(struct buf *b, struct problem *p,
                         const struct report_figures *figures);

#endif
