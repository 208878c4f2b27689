/*
 * report_pictures: the charts of a page, drawn for whoever looks at it: light and dark, wide
 * and narrow (phones), all with two pixels to one of the page.
 */
#ifndef VENDAS_SALES_REPORT_PICTURES_H
#define VENDAS_SALES_REPORT_PICTURES_H

#include "chart.h"
#include "sales/report_page.h"

/* How much of a page's width a picture takes. */
enum picture_span { SPAN_HALF, SPAN_FULL, SPAN_MAIL };

enum { PICTURE_NARROW = 358 }; /* CSS pixels: a phone's width but for its margins */

/* A chart on a page: its figures, and the pictures of them. */
struct shown_chart {
    const char *name; /* "sales" */
    struct chart chart;
    enum picture_span span;
    const struct report_picture *files[2][2]; /* by narrow, dark; NULL: not drawn */
    int heights[2];                           /* CSS pixels, by narrow */
};

/* What the page of a kind shows, in its sequence; *count of them. For a letter only the light
 * ones, and few. Adds the pictures to the page's. False with the problem filled. */
bool report_pictures_make(struct arena *a, struct problem *p, enum lang lang, bool for_mail,
                          struct report_page *page, struct shown_chart **charts, size_t *count);

/* CSS pixels. */
int report_picture_width(enum picture_span span);

#endif
