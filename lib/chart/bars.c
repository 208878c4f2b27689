#include "chart/kinds.h"
#include "chart/plot.h"

enum { WIDEST = 56, SHARP = 4 }; /* pixels: of a bar; of a slot whose bars have sharp edges */

static const double BAR = 0.72; /* of its slot */

static double half_width(const struct canvas *c, const struct plot *plot)
{
    double half = plot->slot * BAR / 2, most = canvas_px(c, WIDEST) / 2.0;
    return half > most ? most : half;
}

/* The part of the bar at index between two values; at least a line of it is seen. */
static void draw_part(struct canvas *c, const struct plot *plot, size_t index, long long from,
                      long long to, int color)
{
    double middle = plot_x(plot, index), half = half_width(c, plot);
    double y0 = plot_y(plot, from), y1 = plot_y(plot, to);
    if (y0 - y1 < c->scale && y1 - y0 < c->scale)
        y1 = to < from ? y0 + c->scale : y0 - c->scale;
    struct area bar = {(int)(middle - half + 0.5), (int)((y0 < y1 ? y0 : y1) + 0.5),
                       (int)(middle + half + 0.5), (int)((y0 < y1 ? y1 : y0) + 0.5)};
    if (plot->slot >= SHARP * c->scale) {
        canvas_box(c, &bar, color);
        return;
    }
    struct point corners[] = {{middle - half, bar.top},
                              {middle + half, bar.top},
                              {middle + half, bar.bottom},
                              {middle - half, bar.bottom}};
    ink_polygon(&c->ink, corners, 4);
    ink_fill(&c->ink, color, 1);
}

void kind_bars(struct canvas *c)
{
    const struct chart *chart = c->chart;
    long long least, most;
    size_t peak = 0;
    chart_extremes(chart, 1, &least, &most);
    struct plot plot = plot_new(c, canvas_heading(c), least, most);
    for (size_t i = 0; i < chart->count; i++) {
        long long value = chart_value(chart, 0, i);
        if (value > chart_value(chart, 0, peak))
            peak = i;
        if (value != CHART_NONE && value != 0)
            draw_part(c, &plot, i, 0, value, c->colors->series[0]);
    }
    if (chart_is_nothing(chart, 1))
        canvas_note(c, &plot.area, chart->nothing);
    else
        plot_value(c, &plot, peak, most < 0 ? 0 : most, most);
}

/* Stacks ----------------------------------------------------------------------------------- */

struct stack {
    long long below, above; /* sums of what is under and over zero */
};

static struct stack stack_of(const struct chart *chart, size_t index)
{
    struct stack stack = {0, 0};
    for (size_t s = 0; s < chart->series_count; s++) {
        long long value = chart_value(chart, s, index);
        if (value != CHART_NONE)
            *(value < 0 ? &stack.below : &stack.above) += value;
    }
    return stack;
}

static void draw_stack(struct canvas *c, const struct plot *plot, size_t index)
{
    struct stack done = {0, 0};
    for (size_t s = 0; s < c->chart->series_count; s++) {
        long long value = chart_value(c->chart, s, index);
        if (value == CHART_NONE || value == 0)
            continue;
        long long *reached = value < 0 ? &done.below : &done.above;
        draw_part(c, plot, index, *reached, *reached + value, c->colors->series[s]);
        /* A line between neighbours, for those who see few colours. */
        int y = (int)(plot_y(plot, *reached) + 0.5), left = (int)(plot_x(plot, index));
        int half = (int)half_width(c, plot) + 1;
        if (*reached && plot->slot >= SHARP * c->scale)
            canvas_box(c, &(struct area){left - half, y, left + half, y + c->scale},
                       c->colors->background);
        *reached += value;
    }
}

void kind_stacked(struct canvas *c)
{
    const struct chart *chart = c->chart;
    struct stack extremes = {0, 0};
    size_t peak = 0;
    for (size_t i = 0; i < chart->count; i++) {
        struct stack stack = stack_of(chart, i);
        if (stack.above > extremes.above) {
            extremes.above = stack.above;
            peak = i;
        }
        extremes.below = stack.below < extremes.below ? stack.below : extremes.below;
    }
    struct area area = plot_legend(c, canvas_heading(c), chart->series_count, false);
    struct plot plot = plot_new(c, area, extremes.below, extremes.above);
    for (size_t i = 0; i < chart->count; i++)
        draw_stack(c, &plot, i);
    if (chart_is_nothing(chart, chart->series_count))
        canvas_note(c, &plot.area, chart->nothing);
    else if (extremes.above)
        plot_value(c, &plot, peak, extremes.above,
                   extremes.above + stack_of(chart, peak).below);
}
