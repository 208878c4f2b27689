/*
 * report_html: the parts that pages of reports are put together of.
 */
#ifndef VENDAS_SALES_REPORT_HTML_H
#define VENDAS_SALES_REPORT_HTML_H

#include "buf.h"
#include "sales/report_figures.h"
#include "sales/report_pictures.h"

/* An element around a text; attributes are written as they are (" class=\"number\""). */
void html_element(struct buf *b, const char *tag, const char *attributes, const char *text);

/* A document up to and with <main>, and its end. */
void report_html_begin(struct buf *b, const char *title, enum lang lang);
void report_html_end(struct buf *b);

/* The key figures, each with its changes. */
void report_html_kpis(struct buf *b, const struct report_figures *figures);

/* What to look at. */
void report_html_changes(struct buf *b, const struct report_figures *figures);

/* A chart, for each kind of reader the picture that suits him, and the same figures as a table.
 */
void report_html_chart(struct buf *b, const struct shown_chart *shown, enum lang lang);

/* The changes, and with what, in words: "comparado com 16/11/2026 a 22/11/2026". */
const char *report_compared_text(struct arena *a, const struct report_figures *figures);

/* A change as people read it: "▲ 12,5%", "=", with the class of what it means in *news ("good",
 * "bad", ""); NULL where there is nothing to compare. */
const char *report_change_text(struct arena *a, const struct report_figures *figures,
                               size_t which, const struct comparison *with, const char **news);

#endif
