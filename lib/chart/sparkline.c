#include "chart/figure.h"
#include "chart/kinds.h"

enum { PAD = 4 }; /* pixels of the page, for the line's width and the last dot */

static const double DOT = 2.5;

struct strip {
    struct area area;
    long long least, most;
    size_t count;
};

static double x_in(const void *place, size_t index)
{
    const struct strip *strip = place;
    double part = strip->count > 1 ? (double)index / (double)(strip->count - 1) : 0.5;
    return strip->area.left + (strip->area.right - strip->area.left) * part;
}

/* From the least to the most, as there is no axis that would have to begin at zero. */
static double y_in(const void *place, long long value)
{
    const struct strip *strip = place;
    double range = (double)strip->most - (double)strip->least;
    double part = range > 0 ? ((double)value - (double)strip->least) / range : 0.5;
    return strip->area.bottom - (strip->area.bottom - strip->area.top) * part;
}

void kind_sparkline(struct canvas *c)
{
    int pad = canvas_px(c, PAD);
    struct strip strip = {.area = {pad, pad, c->width - pad, c->height - pad},
                          .count = c->chart->count};
    if (!chart_extremes(c->chart, 1, &strip.least, &strip.most)) {
        canvas_note(c, &(struct area){0, 0, c->width, c->height}, c->chart->nothing);
        return;
    }
    double bottom = c->height;
    struct curve curve = {.x = x_in, .y = y_in, .place = &strip, .base = &bottom};
    kind_curve(c, &curve);
    curve.base = NULL;
    kind_curve(c, &curve);
    for (size_t i = c->chart->count; i-- > 0;) {
        long long value = chart_value(c->chart, 0, i);
        if (value == CHART_NONE)
            continue;
        ink_dot(&c->ink, (struct point){x_in(&strip, i), y_in(&strip, value)}, DOT * c->scale);
        ink_fill(&c->ink, c->colors->series[0], 1);
        return;
    }
}
