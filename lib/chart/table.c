#include "chart.h"
#include "chart/figure.h"
#include "messages.h"

static void cell(struct buf *b, const char *tag, const char *attributes, const char *text)
{
    buf_printf(b, "<%s%s>", tag, attributes);
    buf_html(b, text ? text : "");
    buf_printf(b, "</%s>", tag);
}

static void column(struct buf *b, const char *text)
{
    cell(b, "th", " scope=\"col\" class=\"number\"", text);
}

static void figure(struct buf *b, const struct chart *chart, long long value)
{
    cell(b, "td", " class=\"number\"", figure_text(b->arena, chart, value));
}

static const char *say(const struct buf *b, const struct chart *chart, const char *code)
{
    return message_with(b->arena, code, chart->lang, NULL);
}

static size_t series_shown(const struct chart *chart)
{
    bool one = chart->kind != CHART_LINE && chart->kind != CHART_STACKED;
    return one && chart->series_count > 1 ? 1 : chart->series_count;
}

static void total(struct buf *b, const struct chart *chart, size_t index)
{
    long long sum = 0;
    for (size_t s = 0; s < chart->series_count; s++)
        if (chart->series[s].values[index] != CHART_NONE)
            sum += chart->series[s].values[index];
    figure(b, chart, sum);
}

/* A row for each label, a column for each series. */
static void by_label(struct buf *b, const struct chart *chart)
{
    size_t series = series_shown(chart);
    for (size_t s = 0; s < series; s++)
        column(b, chart->series[s].name);
    if (chart->kind == CHART_STACKED)
        column(b, say(b, chart, "chart_total"));
    buf_raw(b, "</tr></thead><tbody>");
    for (size_t i = 0; i < chart->count; i++) {
        buf_raw(b, "<tr>");
        cell(b, "th", " scope=\"row\"", chart->labels[i]);
        for (size_t s = 0; s < series; s++)
            figure(b, chart, chart->series[s].values[i]);
        if (chart->kind == CHART_STACKED)
            total(b, chart, i);
        buf_raw(b, "</tr>");
    }
}

/* A row for each series, a column for each label. */
static void by_series(struct buf *b, const struct chart *chart)
{
    for (size_t i = 0; i < chart->count; i++)
        column(b, chart->labels[i]);
    buf_raw(b, "</tr></thead><tbody>");
    for (size_t s = 0; s < chart->series_count; s++) {
        buf_raw(b, "<tr>");
        cell(b, "th", " scope=\"row\"", chart->series[s].name);
        for (size_t i = 0; i < chart->count; i++)
            figure(b, chart, chart->series[s].values[i]);
        buf_raw(b, "</tr>");
    }
}

void chart_table(struct buf *b, const struct chart *chart)
{
    bool cells = chart->kind == CHART_HEAT || chart->kind == CHART_COHORT;
    buf_raw(b, "<table><caption>");
    buf_html(b, chart->title ? chart->title : "");
    buf_raw(b, "</caption><thead><tr>");
    cell(b, "th", " scope=\"col\"", chart->heading);
    if (cells)
        by_series(b, chart);
    else
        by_label(b, chart);
    if (chart->kind == CHART_GAUGE && chart->target) {
        buf_raw(b, "<tr>");
        cell(b, "th", " scope=\"row\"", say(b, chart, "chart_target_row"));
        figure(b, chart, *chart->target);
        buf_raw(b, "</tr>");
    }
    if (chart->count == 0 || chart->series_count == 0) {
        buf_printf(b, "<tr><td colspan=\"%zu\">", series_shown(chart) + 1);
        buf_html(b, chart->nothing ? chart->nothing : "");
        buf_raw(b, "</td></tr>");
    }
    buf_raw(b, "</tbody></table>");
}
