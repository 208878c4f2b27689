/*
 * report_index: the first page of all reports: what pages there are, by kind and the newest
 * first, with what was sold.
 */
#ifndef VENDAS_SALES_REPORT_INDEX_H
#define VENDAS_SALES_REPORT_INDEX_H

#include "buf.h"
#include "sales/report_page.h"

/* The names of the pages of a kind that are kept in a folder of reports, the newest first;
 * *count of them. A folder that is not there has none. */
const char **report_pages_kept(struct arena *a, const char *folder, enum page_kind kind,
                               size_t *count);

/* Writes the document about the pages kept in a folder. False with the problem filled. */
bool report_index_make(struct arena *a, struct problem *p, const char *folder, enum lang lang,
                       struct buf *html);

#endif
