#include "sales/report_letter.h"

#include <string.h>

#include "messages.h"
#include "sales/report_html.h"
#include "settings.h"

enum { TOLD = 8 }; /* of the key figures */

/* Mail programs pass over stylesheets: each element says how it looks. */
#define FONT "font-family:'Segoe UI',Roboto,Helvetica,Arial,sans-serif;"
#define MUTED "color:#5b6472;font-size:14px;"

static const char *const NEWS[][2] = {{"good", "#15803d"}, {"bad", "#b91c1c"}};

static const char *say(struct arena *a, const struct report_figures *f, const char *code)
{
    return message_with(a, code, f->lang, NULL);
}

static const char *color_of(const char *news)
{
    for (size_t i = 0; i < sizeof NEWS / sizeof *NEWS; i++)
        if (!strcmp(NEWS[i][0], news))
            return NEWS[i][1];
    return "#5b6472";
}

static const char *link_to(struct arena *a, const struct report_page *page)
{
    return arena_printf(a, "%s/reports/%s", settings()->public_url, page->address);
}

static const char *name_of(struct arena *a, const struct report_figures *f, size_t kpi)
{
    return say(a, f, REPORT_KPIS[kpi].code);
}

/* The change that the page goes by, and with what; NULL where there is none. */
static const char *change_of(struct arena *a, const struct report_figures *f, size_t kpi,
                             const char **news)
{
    const struct comparison *with = &f->comparisons[0];
    const char *change = f->comparison_count ? report_change_text(a, f, kpi, with, news) : NULL;
    return change ? arena_printf(a, "%s %s", change, say(a, f, with->code)) : NULL;
}

/* HTML ------------------------------------------------------------------------------------- */

static void write_kpis(struct buf *b, const struct report_figures *f)
{
    buf_raw(b, "<table role=\"presentation\" width=\"100%\" cellspacing=\"0\" cellpadding=\"0\""
               " style=\"border-collapse:collapse\">");
    for (size_t i = 0; i < TOLD; i++) {
        const char *news = "", *change = change_of(b->arena, f, i, &news);
        if (i % 2 == 0)
            buf_raw(b, "\n<tr>");
        buf_raw(b, "<td width=\"50%\" style=\"" FONT "padding:8px 8px 8px 0;"
                   "border-bottom:1px solid #e5e7eb;vertical-align:top\">");
        html_element(b, "div", " style=\"" MUTED "\"", name_of(b->arena, f, i));
        html_element(b, "div", " style=\"font-size:20px;font-weight:600\"",
                     report_kpi_text(b->arena, &REPORT_KPIS[i], f->values[i], f->lang));
        if (change)
            html_element(
                b, "div",
                arena_printf(b->arena, " style=\"font-size:13px;color:%s\"", color_of(news)),
                change);
        buf_raw(b, i % 2 == 0 ? "</td>" : "</td></tr>");
    }
    buf_raw(b, "</table>\n");
}

static void write_changes(struct buf *b, const struct report_figures *f)
{
    html_element(b, "h2", " style=\"font-size:17px;margin:20px 0 4px\"",
                 say(b->arena, f, "report_look"));
    for (size_t i = 0; i < f->change_count; i++) {
        bool rose = f->changes[i].now > f->changes[i].before;
        buf_printf(b, "\n<p style=\"margin:6px 0\"><span style=\"color:%s\">%s</span> ",
                   color_of(rose ? "good" : "bad"), rose ? "▲" : "▼");
        buf_html(
            b, report_change_sentence(b->arena, &f->changes[i], settings()->currency, f->lang));
        buf_raw(b, "</p>");
    }
    if (f->change_count == 0 && f->comparison_count > 0)
        html_element(b, "p", " style=\"margin:6px 0\"", say(b->arena, f, "report_no_changes"));
    html_element(b, "p", " style=\"" MUTED "margin:6px 0 16px\"",
                 report_compared_text(b->arena, f));
}

static void write_picture(struct buf *b, const struct shown_chart *shown)
{
    buf_printf(b,
               "\n<p style=\"margin:12px 0\"><img src=\"cid:%s\" width=\"%d\""
               " style=\"width:100%%;max-width:%dpx;height:auto;border:0\" alt=\"",
               shown->files[0][0]->cid, report_picture_width(shown->span),
               report_picture_width(shown->span));
    buf_html(b, shown->chart.title);
    buf_raw(b, "\"></p>");
}

static void write_html(struct buf *b, const struct report_figures *f,
                       const struct shown_chart *charts, size_t count,
                       const struct report_page *page)
{
    buf_printf(b,
               "<!doctype html>\n<html lang=\"%s\"><head><meta charset=\"utf-8\">\n"
               "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">",
               lang_tag(f->lang));
    html_element(b, "title", "", page->title);
    buf_raw(b, "</head>\n<body style=\"margin:0;padding:16px;background:#fff;color:#1f2937;"
               "font-size:16px;line-height:1.5;" FONT "\">\n"
               "<div style=\"max-width:480px;margin:0 auto\">");
    html_element(b, "h1", " style=\"font-size:22px;line-height:1.25;margin:0 0 4px\"",
                 page->title);
    html_element(b, "p", " style=\"" MUTED "margin:0 0 12px\"",
                 period_text(b->arena, &f->period, f->lang));
    write_kpis(b, f);
    write_changes(b, f);
    for (size_t i = 0; i < count; i++)
        write_picture(b, &charts[i]);
    buf_raw(b, "\n<p style=\"margin:20px 0\"><a style=\"color:#0f766e\" href=\"");
    buf_html(b, link_to(b->arena, page));
    buf_raw(b, "\">");
    buf_html(b, say(b->arena, f, "report_whole"));
    buf_raw(b, "</a></p>\n</div></body></html>\n");
}

/* Lines ------------------------------------------------------------------------------------ */

static void write_text(struct buf *b, const struct report_figures *f,
                       const struct report_page *page)
{
    buf_printf(b, "%s\n%s\n\n", page->title, period_text(b->arena, &f->period, f->lang));
    for (size_t i = 0; i < TOLD; i++) {
        const char *news, *change = change_of(b->arena, f, i, &news);
        buf_printf(b, "%s: %s", name_of(b->arena, f, i),
                   report_kpi_text(b->arena, &REPORT_KPIS[i], f->values[i], f->lang));
        buf_printf(b, change ? " (%s)\n" : "\n", change);
    }
    buf_printf(b, "\n%s\n", say(b->arena, f, "report_look"));
    for (size_t i = 0; i < f->change_count; i++)
        buf_printf(
            b, "- %s\n",
            report_change_sentence(b->arena, &f->changes[i], settings()->currency, f->lang));
    if (f->change_count == 0 && f->comparison_count > 0)
        buf_printf(b, "%s\n", say(b->arena, f, "report_no_changes"));
    buf_printf(b, "%s\n\n%s: %s\n", report_compared_text(b->arena, f),
               say(b->arena, f, "report_whole"), link_to(b->arena, page));
}

void report_letter_write(struct arena *a, const struct report_figures *figures,
                         const struct shown_chart *charts, size_t count,
                         struct report_page *page)
{
    page->html = buf_new(a);
    page->text = buf_new(a);
    write_html(&page->html, figures, charts, count, page);
    write_text(&page->text, figures, page);
}
