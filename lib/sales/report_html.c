#include "sales/report_html.h"

#include "messages.h"
#include "sales/report_style.h"
#include "settings.h"

void html_element(struct buf *b, const char *tag, const char *attributes, const char *text)
{
    buf_printf(b, "<%s%s>", tag, attributes);
    buf_html(b, text);
    buf_printf(b, "</%s>", tag);
}

static const char *say(struct buf *b, enum lang lang, const char *code)
{
    return message_with(b->arena, code, lang, NULL);
}

void report_html_begin(struct buf *b, const char *title, enum lang lang)
{
    buf_printf(b,
               "<!doctype html>\n<html lang=\"%s\"><head><meta charset=\"utf-8\">\n"
               "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
               "<meta name=\"robots\" content=\"noindex\">\n"
               "<link rel=\"icon\" href=\"/icon.svg\">\n",
               lang_tag(lang));
    html_element(b, "title", "", title);
    buf_printf(b, "\n<style>\n%s</style></head>\n<body><main>\n", PAGE_STYLE);
}

void report_html_end(struct buf *b)
{
    buf_raw(b, "</main></body></html>\n");
}

/* Key figures ------------------------------------------------------------------------------ */

const char *report_change_text(struct arena *a, const struct report_figures *figures,
                               size_t which, const struct comparison *with, const char **news)
{
    int direction, good;
    const char *change = report_kpi_change(a, figures, which, with, &direction, &good);
    *news = good > 0 ? "good" : good < 0 ? "bad" : "";
    if (!change)
        return NULL;
    return direction == 0 ? "=" : arena_printf(a, "%s %s", direction > 0 ? "▲" : "▼", change);
}

/* "▲ 12,5% ante a semana anterior"; nothing where that is not known. */
static void write_change(struct buf *b, const struct report_figures *figures, size_t which,
                         const struct comparison *with)
{
    const char *news;
    const char *change = report_change_text(b->arena, figures, which, with, &news);
    if (!change)
        return;
    buf_raw(b, "<dd>");
    html_element(b, "span", arena_printf(b->arena, " class=\"%s\"", news), change);
    buf_raw(b, " ");
    buf_html(b, say(b, figures->lang, with->code));
    buf_raw(b, "</dd>");
}

void report_html_kpis(struct buf *b, const struct report_figures *figures)
{
    buf_raw(b, "<dl class=\"kpis\">\n");
    for (size_t i = 0; i < KPI_COUNT; i++) {
        const struct kpi *kpi = &REPORT_KPIS[i];
        buf_printf(b, "<div class=\"card%s\">", i < KPI_FIRST_ROW ? " first" : "");
        html_element(b, "dt", "", say(b, figures->lang, kpi->code));
        html_element(b, "dd", " class=\"figure\"",
                     report_kpi_text(b->arena, kpi, figures->values[i], figures->lang));
        for (size_t c = 0; c < figures->comparison_count; c++)
            write_change(b, figures, i, &figures->comparisons[c]);
        buf_raw(b, "</div>\n");
    }
    buf_raw(b, "</dl>\n");
}

/* What to look at -------------------------------------------------------------------------- */

const char *report_compared_text(struct arena *a, const struct report_figures *figures)
{
    if (figures->comparison_count == 0)
        return message_with(a, "report_first_day", figures->lang, NULL);
    return message_with(a, "report_compared", figures->lang,
                        period_text(a, &figures->comparisons[0].then, figures->lang));
}

void report_html_changes(struct buf *b, const struct report_figures *figures)
{
    buf_raw(b, "<section class=\"card look\">");
    html_element(b, "h2", "", say(b, figures->lang, "report_look"));
    buf_raw(b, "<ol>");
    for (size_t i = 0; i < figures->change_count; i++) {
        const struct report_change *change = &figures->changes[i];
        bool rose = change->now > change->before;
        buf_printf(b, "\n<li><span class=\"%s\" aria-hidden=\"true\">%s</span>",
                   rose ? "good" : "bad", rose ? "▲" : "▼");
        buf_html(b,
                 report_change_sentence(b->arena, change, settings()->currency, figures->lang));
        buf_raw(b, "</li>");
    }
    if (figures->change_count == 0 && figures->comparison_count > 0)
        html_element(b, "li", "", say(b, figures->lang, "report_no_changes"));
    buf_raw(b, "</ol>");
    html_element(b, "p", " class=\"muted\"", report_compared_text(b->arena, figures));
    buf_raw(b, "</section>\n");
}

/* Charts ----------------------------------------------------------------------------------- */

static void write_source(struct buf *b, const struct shown_chart *shown, bool narrow, bool dark)
{
    buf_printf(
        b, "<source media=\"screen%s%s\" srcset=\"%s 2x\" width=\"%d\" height=\"%d\">",
        narrow ? " and (max-width: 600px)" : "",
        dark ? " and (prefers-color-scheme: dark)" : "", shown->files[narrow][dark]->name,
        narrow ? PICTURE_NARROW : report_picture_width(shown->span), shown->heights[narrow]);
}

/* Paper takes the wide and light one, which is the last. */
void report_html_chart(struct buf *b, const struct shown_chart *shown, enum lang lang)
{
    const char *picture = shown->files[false][false]->name;
    buf_printf(b, "<figure class=\"card chart%s\"><picture>",
               shown->span == SPAN_FULL ? " full" : "");
    write_source(b, shown, true, true);
    write_source(b, shown, true, false);
    write_source(b, shown, false, true);
    buf_printf(b, "<img src=\"%s\" srcset=\"%s 2x\" width=\"%d\" height=\"%d\" alt=\"", picture,
               picture, report_picture_width(shown->span), shown->heights[false]);
    buf_html(b, shown->chart.title);
    buf_raw(b, "\"></picture>\n<details>");
    html_element(b, "summary", "", say(b, lang, "chart_figures"));
    chart_table(b, &shown->chart);
    buf_raw(b, "</details></figure>\n");
}
