#include "chart/kinds.h"
#include "chart/plot.h"

/* Pixels of the page: below this distance points have no dots. */
enum { DOT_EVERY = 16, DASH = 5 };

static const double LINE_WIDTH = 2, DOT = 3, FILL = 0.16;

/* Draws the points from..to, between which there is no gap. */
static void draw_run(struct canvas *c, const struct curve *curve, size_t from, size_t to)
{
    size_t n = to - from;
    int color = c->colors->series[curve->series];
    struct point *points = arena_alloc(c->arena, (n + 2) * sizeof *points);
    for (size_t i = 0; i < n; i++)
        points[i] = (struct point){
            curve->x(curve->place, from + i),
            curve->y(curve->place, chart_value(c->chart, curve->series, from + i))};
    if (curve->base) {
        points[n] = (struct point){points[n - 1].x, *curve->base};
        points[n + 1] = (struct point){points[0].x, *curve->base};
        ink_polygon(&c->ink, points, n + 2);
        ink_fill(&c->ink, color, FILL);
        return;
    }
    ink_line(&c->ink, points, n, LINE_WIDTH * c->scale, curve->dash);
    bool apart = n < 2 || points[1].x - points[0].x >= canvas_px(c, DOT_EVERY);
    for (size_t i = 0; apart && i < n && curve->dash == 0; i++)
        ink_dot(&c->ink, points[i], DOT * c->scale);
    if (n == 1 && curve->dash > 0)
        ink_dot(&c->ink, points[0], DOT * c->scale);
    ink_fill(&c->ink, color, 1);
}

void kind_curve(struct canvas *c, const struct curve *curve)
{
    size_t from = 0, count = c->chart->count;
    for (size_t i = 0; i <= count; i++) {
        if (i < count && chart_value(c->chart, curve->series, i) != CHART_NONE)
            continue;
        if (i > from)
            draw_run(c, curve, from, i);
        from = i + 1;
    }
}

static double x_in(const void *plot, size_t index)
{
    return plot_x(plot, index);
}

static double y_in(const void *plot, long long value)
{
    return plot_y(plot, value);
}

/* Names the highest value of the first series. */
static void draw_peak(struct canvas *c, const struct plot *plot)
{
    size_t peak = 0;
    for (size_t i = 0; i < c->chart->count; i++)
        if (chart_value(c->chart, 0, i) > chart_value(c->chart, 0, peak))
            peak = i;
    long long value = chart_value(c->chart, 0, peak);
    if (value != CHART_NONE)
        plot_value(c, plot, peak, value, value);
}

void kind_line(struct canvas *c)
{
    size_t n = c->chart->series_count;
    long long least, most;
    struct area area = canvas_heading(c);
    if (n > 1)
        area = plot_legend(c, area, n, true);
    chart_extremes(c->chart, n, &least, &most);
    struct plot plot = plot_new(c, area, least, most);
    struct curve curve = {.x = x_in, .y = y_in, .place = &plot};
    double zero = plot_y(&plot, 0);
    curve.base = &zero;
    kind_curve(c, &curve);
    /* The first one last, so that it lies over what it is compared with. */
    curve.base = NULL;
    for (size_t s = n; s-- > 0;) {
        curve.series = s;
        curve.dash = s ? canvas_px(c, DASH) : 0;
        kind_curve(c, &curve);
    }
    if (chart_is_nothing(c->chart, n))
        canvas_note(c, &plot.area, c->chart->nothing);
    else
        draw_peak(c, &plot);
}
