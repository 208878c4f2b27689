#include "sales/report_page.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "db.h"
#include "messages.h"
#include "sales/report_html.h"
#include "sales/report_letter.h"
#include "sales/report_tables.h"
#include "settings.h"

/* When this is, by the shop's clock. */
static const char NOW[] = "SELECT to_char(now() AT TIME ZONE $1, 'YYYY-MM-DD'),"
                          "       to_char(now() AT TIME ZONE $1, 'HH24:MI')";

static const char *const FOLDERS[PAGE_KINDS] = {"daily", "weekly", "monthly"};
static const char *const TITLES[PAGE_KINDS] = {"report_of_day", "report_of_week",
                                               "report_of_month"};

/* Periods ---------------------------------------------------------------------------------- */

struct period report_period(struct arena *a, enum page_kind kind, const char *day)
{
    if (kind == PAGE_MONTH) {
        const char *first = arena_printf(a, "%.7s-01", day);
        const char *next = arena_printf(a, "%.7s-01", period_shift(a, first, 31));
        return (struct period){first, next};
    }
    const char *from =
        kind == PAGE_DAY ? arena_strdup(a, day) : period_shift(a, day, 1 - period_weekday(day));
    return (struct period){from, period_shift(a, from, kind == PAGE_DAY ? 1 : 7)};
}

const char *report_folder(enum page_kind kind)
{
    return FOLDERS[kind];
}

const char *report_page_name(struct arena *a, enum page_kind kind, const struct period *period)
{
    return arena_printf(a, "%.*s", kind == PAGE_MONTH ? 7 : 10, period->from);
}

const char *report_page_title(struct arena *a, enum page_kind kind, const struct period *period,
                              enum lang lang)
{
    const char *named = kind == PAGE_DAY     ? period_day_named(a, period->from, lang)
                        : kind == PAGE_MONTH ? period_month_named(a, period->from, lang)
                                             : period_text(a, period, lang);
    return message_with(a, TITLES[kind], lang, named);
}

/* The page --------------------------------------------------------------------------------- */

/* "01/11/2026 a 30/11/2026 · em curso · Atualizado em 24/11/2026 14:05" */
static bool write_header(struct buf *b, struct problem *p, const struct report_figures *f,
                         const struct report_page *page)
{
    struct arena *a = b->arena;
    struct rows *now = db_query(a, p, NOW, settings()->timezone);
    if (!now)
        return false;
    const char *moment = arena_printf(a, "%s %s", period_date(a, db_text(now, 0, 0), f->lang),
                                      db_text(now, 0, 1));
    buf_raw(b, "<header><nav><a href=\"../../\">");
    buf_html(b, message_with(a, "report_all", f->lang, NULL));
    buf_raw(b, "</a></nav>");
    html_element(b, "h1", "", page->title);
    html_element(
        b, "p", " class=\"muted\"",
        arena_printf(a, "%s%s%s · %s", settings()->shop_name, page->running ? " · " : "",
                     page->running ? message_with(a, "report_running", f->lang, NULL) : "",
                     message_with(a, "report_made", f->lang, moment)));
    buf_raw(b, "</header>\n");
    return true;
}

static bool write_page(struct problem *p, const struct report_figures *f,
                       const struct shown_chart *charts, size_t count, struct report_page *page)
{
    struct buf *b = &page->html;
    report_html_begin(b, page->title, f->lang);
    if (!write_header(b, p, f, page))
        return false;
    report_html_kpis(b, f);
    report_html_changes(b, f);
    buf_raw(b, "<div class=\"charts\">\n");
    for (size_t i = 0; i < count; i++)
        report_html_chart(b, &charts[i], f->lang);
    buf_raw(b, "</div>\n");
    if (!report_tables_write(b, p, f))
        return false;
    report_html_end(b);
    return true;
}

bool report_page_make(struct arena *a, struct problem *p, enum page_kind kind,
                      const struct period *period, enum lang lang, bool for_mail,
                      struct report_page *page)
{
    struct report_figures figures;
    struct shown_chart *charts;
    size_t count;
    if (!report_figures_read(a, p, kind, period, lang, &figures))
        return false;
    *page = (struct report_page){
        .kind = kind,
        .period = *period,
        .running = figures.running,
        .title = report_page_title(a, kind, period, lang),
        .address =
            arena_printf(a, "%s/%s/", report_folder(kind), report_page_name(a, kind, period)),
        .html = buf_new(a),
        .text = buf_new(a),
    };
    if (!report_pictures_make(a, p, lang, for_mail, page, &charts, &count))
        return false;
    if (!for_mail)
        return write_page(p, &figures, charts, count, page);
    report_letter_write(a, &figures, charts, count, page);
    return true;
}
