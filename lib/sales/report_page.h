/*
 * report_page: a day, a week or a month of the shop on one page: key figures with their change,
 * what to look at, charts and tables. The job "report" writes pages beside their pictures, and
 * letters carry the same in a short form.
 *
 *     struct period period = report_period(a, PAGE_WEEK, "2026-11-26");
 *     struct report_page page;
 *     if (report_page_make(a, &problem, PAGE_WEEK, &period, LANG_PT_BR, true, &page))
 *         ... page.title, page.html.data, page.text.data, page.pictures ...
 */
#ifndef VENDAS_SALES_REPORT_PAGE_H
#define VENDAS_SALES_REPORT_PAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "buf.h"
#include "lang.h"
#include "problem.h"
#include "sales/period.h"

enum page_kind { PAGE_DAY, PAGE_WEEK, PAGE_MONTH, PAGE_KINDS };

/* A picture of a page. Its name is that of its bytes, too: what has this name never changes. */
struct report_picture {
    const char *name; /* "sales-light-5f2a90c1.png", the file beside the page */
    const char *cid;  /* what a letter's HTML calls it: src="cid:CID"; the part's header is
                         Content-ID: <CID> (RFC 2392) */
    const char *png;
    size_t n; /* bytes */
};

struct report_page {
    enum page_kind kind;
    struct period period; /* all its days, also those that are yet to come */
    bool running;         /* whether it is not over yet */
    const char *title;    /* "Vendas de novembro de 2026"; a letter's subject */
    const char *address;  /* of the page below /reports/: "monthly/2026-11/" */
    struct buf html;      /* a whole document */
    struct buf text;      /* of a letter: the same without pictures, in lines; else empty */
    const struct report_picture *pictures;
    size_t picture_count;
};

/* The day, the week (from Monday) or the month that a day (YYYY-MM-DD) is in. */
struct period report_period(struct arena *a, enum page_kind kind, const char *day);

/* The folder of pages of a kind ("daily", "weekly", "monthly"), and the name that the page of a
 * period has in it: "2026-11-30", of weeks their Monday, "2026-11" of months. */
const char *report_folder(enum page_kind kind);
const char *report_page_name(struct arena *a, enum page_kind kind, const struct period *period);

/* "Vendas de novembro de 2026". */
const char *report_page_title(struct arena *a, enum page_kind kind, const struct period *period,
                              enum lang lang);

/* Makes the page of a period, which is one that report_period() gives. All of it goes with the
 * arena. For a letter the document is a short one with a link to the whole page, styled for
 * mail programs, its pictures named by cid: and few. False with the problem filled. */
bool report_page_make(struct arena *a, struct problem *p, enum page_kind kind,
                      const struct period *period, enum lang lang, bool for_mail,
                      struct report_page *page);

#endif
