/*
 * report_letter: a page of reports as a letter: short, without a stylesheet, as mail programs
 * take it, and the same in lines for those that show no HTML.
 */
#ifndef VENDAS_SALES_REPORT_LETTER_H
#define VENDAS_SALES_REPORT_LETTER_H

#include "sales/report_figures.h"
#include "sales/report_pictures.h"

/* Writes page->html and page->text. */
void report_letter_write(struct arena *a, const struct report_figures *figures,
                         const struct shown_chart *charts, size_t count,
                         struct report_page *page);

#endif
