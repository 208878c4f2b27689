/*
 * Charts: reports as pictures (PNG). Service Sales, view sales.sold_orders; drawn by
 * lib/chart.h.
 */
#include <string.h>

#include "request.h"
#include "sales/sales_chart.h"

static const struct field QUERY[] = {
    PERIOD_FIELDS,
    {"group_by", FIELD_CHOICE, 0, 0, 0, "day week month", NULL},
    {"width", FIELD_INTEGER, 0, SALES_CHART_MIN_WIDTH, CHART_MAX_WIDTH, NULL, NULL},
    {"height", FIELD_INTEGER, 0, SALES_CHART_MIN_HEIGHT, CHART_MAX_HEIGHT, NULL, NULL},
    {"theme", FIELD_CHOICE, 0, 0, 0, "light dark", NULL},
    {"lang", FIELD_CHOICE, 0, 0, 0, "pt-BR en", NULL},
    {0},
};

static bool is(struct json_object *query, const char *name, const char *value)
{
    const char *text = field_text(query, name);
    return text && !strcmp(text, value);
}

static int pixels(struct json_object *query, const char *name, int otherwise)
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

static void read_chart(struct request *req)
{
    if (strcmp(req_param(req, "name"), "sales")) {
        respond_problem(req, 404, "unknown_chart");
        return;
    }
    struct sales_chart wanted = {.group_by = "day"};
    struct chart chart;
    struct chart_picture picture;
    struct json_object *query = req_query(req, QUERY);
    if (!query || !period_read(&req->problem, query, &wanted.period))
        return;
    if (field_present(query, "group_by"))
        wanted.group_by = field_text(query, "group_by");
    wanted.lang = language(req, query);
    if (!sales_chart_read(req->arena, &req->problem, &wanted, &chart))
        return;
    chart.width = pixels(query, "width", chart.width);
    chart.height = pixels(query, "height", chart.height);
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
