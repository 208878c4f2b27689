/*
 * Charts: reports as pictures (PNG). Service Sales, the figures of sales.report(); drawn by
 * lib/chart.h.
 */
#include <string.h>

#include "request.h"
#include "sales/report_charts.h"
#include "sales/report_filter.h"
#include "sales/rollup.h"

enum { MIN_WIDTH = 120, MIN_HEIGHT = 40, MAX_SCALE = 2 };

static const struct field QUERY[] = {
    PERIOD_FIELDS,
    REPORT_FILTER_FIELDS,
    {"group_by", FIELD_CHOICE, 0, 0, 0, "day week month", NULL},
    {"compare", FIELD_CHOICE, 0, 0, 0, "previous year", NULL},
    {"kind", FIELD_CHOICE, 0, 0, 0, "line bars", NULL},
    {"kpi", FIELD_CHOICE, 0, 0, 0, "conversion_rate repeat_rate cancellation_rate refund_rate",
     NULL},
    {"width", FIELD_INTEGER, 0, MIN_WIDTH, CHART_MAX_WIDTH, NULL, NULL},
    {"height", FIELD_INTEGER, 0, MIN_HEIGHT, CHART_MAX_HEIGHT, NULL, NULL},
    {"scale", FIELD_INTEGER, 0, 1, MAX_SCALE, NULL, NULL},
    {"theme", FIELD_CHOICE, 0, 0, 0, "light dark", NULL},
    {"lang", FIELD_CHOICE, 0, 0, 0, "pt-BR en", NULL},
    {0},
};

static bool is(struct json_object *query, const char *name, const char *value)
{
    const char *text = field_text(query, name);
    return text && !strcmp(text, value);
}

static int number(struct json_object *query, const char *name, int otherwise)
{
    return field_present(query, name) ? (int)field_integer(query, name) : otherwise;
}

/* The language is the one asked for, else that of the request. */
static enum lang language(struct request *req, struct json_object *query)
{
    if (!field_present(query, "lang"))
        return req->lang;
    return is(query, "lang", "en") ? LANG_EN : LANG_PT_BR;
}

/* What is asked for; false with the problem filled. */
static bool read_wish(struct request *req, struct json_object *query, struct chart_wish *wish)
{
    *wish = (struct chart_wish){
        .group_by = field_text(query, "group_by"),
        .filter = field_json(report_filter(req->arena, query)),
        .compare = field_text(query, "compare"),
        .kpi = field_text(query, "kpi"),
        .line = is(query, "kind", "line"),
        .columns = is(query, "kind", "bars"),
        .lang = language(req, query),
    };
    return period_read(&req->problem, query, &wish->period);
}

static void read_chart(struct request *req)
{
    const struct report_chart *which = report_chart_find(req_param(req, "name"));
    if (!which) {
        respond_problem(req, 404, "unknown_chart");
        return;
    }
    struct chart_wish wish;
    struct chart chart;
    struct chart_picture picture;
    struct json_object *query = req_query(req, QUERY);
    if (!query || !read_wish(req, query, &wish) || !rollup_catch_up(&req->problem) ||
        !report_chart_read(req->arena, &req->problem, which, &wish, &chart))
        return;
    chart.width = number(query, "width", chart.width);
    chart.height = number(query, "height", chart.height);
    chart.scale = number(query, "scale", 1);
    chart.theme = is(query, "theme", "dark") ? CHART_DARK : CHART_LIGHT;
    if (chart_draw(req->arena, &chart, &picture))
        respond_bytes(req, 200, "image/png", picture.png, picture.n);
    else
        problem_set(&req->problem, 500, "internal_error");
}

static const struct route ROUTES[] = {
    {"GET", "/v1/charts/{name}.png", "reports:read", read_chart},
    {0},
};

int main(int argc, char **argv)
{
    return serve("sales", ROUTES, argc, argv);
}
