/*
 * report_style: how pages of reports look, on a screen, by night and on paper. It stands in
 * each page, so that one that was kept, sent on or printed later looks as on its day.
 */
#ifndef VENDAS_SALES_REPORT_STYLE_H
#define VENDAS_SALES_REPORT_STYLE_H

extern const char PAGE_STYLE[];

#endif
