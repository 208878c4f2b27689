#include <math.h>

#include "chart/figure.h"
#include "chart/kinds.h"
#include "messages.h"

enum { STEPS = 5, FULL = 10000 /* 100% */ };

static const double BAND = 0.24, TARGET = 0.014; /* of the radius; of the half circle */

struct dial {
    struct axis axis;
    struct point centre;
    double radius;
};

/* The angle of a value: the left end is half a turn. */
static double angle_of(const struct dial *dial, long long value)
{
    return acos(-1) * (1 + axis_part(&dial->axis, value));
}

static void draw_ring(struct canvas *c, const struct dial *dial, double from, double to,
                      double beyond, int color)
{
    ink_ring(&c->ink, dial->centre, dial->radius * (1 - BAND - beyond),
             dial->radius * (1 + beyond), from, to);
    ink_fill(&c->ink, color, 1);
}

static void draw_text(struct canvas *c, struct text text, double x, double middle)
{
    text.align = ALIGN_CENTRE;
    text.x = (int)(x + 0.5);
    text.middle = (int)(middle + 0.5);
    canvas_text(c, &text);
}

static void draw_texts(struct canvas *c, const struct dial *dial, long long value)
{
    const struct chart *chart = c->chart;
    double inner = dial->radius * (1 - BAND), x = dial->centre.x, y = dial->centre.y;
    int room = (int)(1.6 * inner), small = canvas_text_height(c, FONT_TEXT);
    const char *text = figure_text(c->arena, chart, value);
    enum font font = FONT_FIGURE;
    if (canvas_text_width(c, font, text) > room)
        font = FONT_TITLE;
    if (canvas_text_width(c, font, text) > room)
        text = figure_short(c->arena, chart, value);
    if (canvas_text_width(c, font, text) > room)
        font = FONT_BOLD;
    int below = chart->target ? small : 0;
    draw_text(c,
              (struct text){.part = CHART_VALUE,
                            .index = chart->count - 1,
                            .font = font,
                            .color = c->colors->text,
                            .text = text},
              x, y - below - canvas_text_height(c, FONT_FIGURE) / 2.0);
    if (chart->target) {
        const char *target = figure_short(c->arena, chart, *chart->target);
        draw_text(
            c,
            (struct text){.part = CHART_VALUE,
                          .index = chart->count,
                          .font = FONT_TEXT,
                          .color = c->colors->muted,
                          .room = (int)(1.9 * inner),
                          .text = message_with(c->arena, "chart_target", chart->lang, target)},
            x, y - small / 2.0);
    }
    struct text end = {.part = CHART_TICK, .font = FONT_SMALL, .color = c->colors->muted};
    double middle = y + canvas_px(c, LINE_HEIGHT) / 2.0, band = dial->radius * (1 - BAND / 2);
    end.text = axis_text(c->arena, chart, &dial->axis, dial->axis.low);
    draw_text(c, end, x - band, middle);
    end.text = axis_text(c->arena, chart, &dial->axis, dial->axis.high);
    draw_text(c, end, x + band, middle);
}

static struct dial lay_out(const struct canvas *c, const struct area *area, long long value)
{
    long long least = value, most = value;
    if (c->chart->target) {
        /* The dial goes on behind it. */
        long long target = *c->chart->target, beyond = target + target / 8;
        least = beyond < least ? beyond : least;
        most = beyond > most ? beyond : most;
    }
    struct dial dial = {.axis = axis_of(c->chart->unit, least, most, STEPS)};
    if (c->chart->unit == CHART_PERCENT && dial.axis.low == 0 && dial.axis.high < FULL)
        dial.axis.high = FULL;
    double width = area->right - area->left;
    double height = area->bottom - area->top - canvas_px(c, LINE_HEIGHT + GAP);
    dial.radius = width / 2 < height ? width / 2 : height;
    dial.radius = dial.radius > 1 ? dial.radius : 1;
    dial.centre =
        (struct point){(area->left + area->right) / 2.0,
                       area->top + canvas_px(c, GAP) +
                           (height > dial.radius ? (height + dial.radius) / 2 : dial.radius)};
    return dial;
}

void kind_gauge(struct canvas *c)
{
    const struct chart *chart = c->chart;
    struct area area = canvas_heading(c);
    long long value = chart->count ? chart_value(chart, 0, chart->count - 1) : CHART_NONE;
    if (value == CHART_NONE) {
        canvas_note(c, &area, chart->nothing);
        return;
    }
    struct dial dial = lay_out(c, &area, value);
    double half = acos(-1), zero = angle_of(&dial, 0), at = angle_of(&dial, value);
    draw_ring(c, &dial, half, 2 * half, 0, c->colors->grid);
    draw_ring(c, &dial, zero < at ? zero : at, zero < at ? at : zero, 0, c->colors->series[0]);
    if (chart->target) {
        double target = angle_of(&dial, *chart->target), wide = half * TARGET / 2;
        draw_ring(c, &dial, target - wide, target + wide, 0.05, c->colors->text);
    }
    draw_texts(c, &dial, value);
}
