#include "chart/figure.h"
#include "chart/kinds.h"
#include "messages.h"

/* Pixels of the page. Below NARROW a name stands over its bar, where that leaves all room. */
enum { ROW_MIN = 20, ROW_MAX = 40, NARROW = 480, TWO_LINES = 31, BAR_BELOW = 10, BELOW = 14 };

static const double NAMES = 0.42, FIGURES = 0.34; /* at most, of the width */

static const double BAR = 0.62; /* of the row's height */

struct rows {
    struct area bars; /* from the first row's top on */
    size_t count;     /* that there is room for */
    int row;          /* height of each */
    struct axis axis;
    int names;    /* the width that a name may have */
    bool shortly; /* the values' texts */
    bool above;   /* the names stand over the bars */
};

static const char *value_text(const struct canvas *c, const struct rows *rows, size_t index)
{
    long long value = chart_value(c->chart, 0, index);
    return rows->shortly ? figure_short(c->arena, c->chart, value)
                         : figure_text(c->arena, c->chart, value);
}

/* The widest figure of those below zero, or of all others. */
static int widest_value(struct canvas *c, const struct rows *rows, bool negative)
{
    int widest = 0;
    for (size_t i = 0; i < rows->count; i++) {
        long long value = chart_value(c->chart, 0, i);
        if ((value != CHART_NONE && value < 0) != negative)
            continue;
        int width = canvas_text_width(c, FONT_TEXT, value_text(c, rows, i)) + canvas_px(c, GAP);
        widest = width > widest ? width : widest;
    }
    return widest;
}

static struct rows lay_out(struct canvas *c, struct area area)
{
    struct rows rows = {.count = c->chart->count};
    long long least, most;
    int room = area.bottom - area.top, row = canvas_px(c, ROW_MIN);
    if (rows.count * (size_t)row > (size_t)(room < 0 ? 0 : room)) {
        room -= row; /* for how many more there are */
        rows.count = room > 0 ? (size_t)(room / row) : 0;
    }
    rows.row = rows.count ? room / (int)rows.count : row;
    rows.row = rows.row > canvas_px(c, ROW_MAX) ? canvas_px(c, ROW_MAX) : rows.row;
    int width = area.right - area.left;
    rows.above = c->width < canvas_px(c, NARROW) && rows.count &&
                 room / (int)rows.count >= canvas_px(c, TWO_LINES);
    rows.names = canvas_widest(c, FONT_TEXT, c->chart->labels, rows.count);
    if (rows.above)
        rows.names = width;
    else if (rows.names > width * NAMES)
        rows.names = (int)(width * NAMES);
    rows.shortly = widest_value(c, &rows, false) > width * FIGURES;
    chart_extremes(c->chart, 1, &least, &most);
    rows.axis = (struct axis){least < 0 ? least : 0, most > 0 ? most : 0, 1};
    if (rows.axis.low == rows.axis.high)
        rows.axis.high = 1;
    /* Figures are not shortened, so names are where there is little room. */
    int left = width - widest_value(c, &rows, true) - widest_value(c, &rows, false) -
               canvas_px(c, GAP);
    if (!rows.above && rows.names > left)
        rows.names = left > 0 ? left : 1;
    int beside = rows.above ? 0 : rows.names + canvas_px(c, GAP);
    rows.bars = (struct area){area.left + beside + widest_value(c, &rows, true), area.top,
                              area.right - widest_value(c, &rows, false), area.bottom};
    if (rows.bars.right < rows.bars.left)
        rows.bars.right = rows.bars.left;
    return rows;
}

static void draw_row(struct canvas *c, const struct rows *rows, size_t index, int left)
{
    long long value = chart_value(c->chart, 0, index);
    int width = rows->bars.right - rows->bars.left, gap = canvas_px(c, GAP);
    int zero = rows->bars.left + (int)(width * axis_part(&rows->axis, 0) + 0.5), end = zero;
    int top = rows->bars.top + (int)index * rows->row, half = (int)(rows->row * BAR / 2);
    int middle = top + rows->row / 2, line = middle;
    if (rows->above) {
        /* Nearer to its own name than to the next one. */
        half = canvas_px(c, BAR_BELOW) / 2;
        line = top + canvas_text_height(c, FONT_TEXT) / 2;
        middle = line + canvas_px(c, BELOW);
    }
    if (value != CHART_NONE && value != 0) {
        end = rows->bars.left + (int)(width * axis_part(&rows->axis, value) + 0.5);
        end = end == zero ? zero + (value < 0 ? -c->scale : c->scale) : end;
        canvas_box(c,
                   &(struct area){end < zero ? end : zero, middle - half,
                                  end < zero ? zero : end, middle + half},
                   c->colors->series[0]);
    }
    bool negative = value != CHART_NONE && value < 0;
    struct text text = {.part = CHART_LABEL,
                        .index = index,
                        .font = FONT_TEXT,
                        .color = c->colors->text,
                        .x = left,
                        .middle = line,
                        .room = rows->names,
                        .text = c->chart->labels[index]};
    canvas_text(c, &text);
    text.part = CHART_VALUE;
    text.middle = middle;
    text.color = c->colors->muted;
    text.align = negative ? ALIGN_RIGHT : ALIGN_LEFT;
    text.x = negative ? end - gap / 2 : end + gap / 2;
    text.room = 0;
    text.text = value_text(c, rows, index);
    canvas_text(c, &text);
}

void kind_rows(struct canvas *c)
{
    struct area area = canvas_heading(c);
    long long least, most;
    if (!chart_extremes(c->chart, 1, &least, &most)) {
        canvas_note(c, &area, c->chart->nothing);
        return;
    }
    struct rows rows = lay_out(c, area);
    for (size_t i = 0; i < rows.count; i++)
        draw_row(c, &rows, i, area.left);
    if (rows.count == c->chart->count)
        return;
    int top = area.top + (int)rows.count * rows.row;
    char *more = arena_printf(c->arena, "%zu", c->chart->count - rows.count);
    canvas_text(
        c, &(struct text){.part = CHART_NOTE,
                          .font = FONT_TEXT,
                          .color = c->colors->muted,
                          .x = area.left,
                          .middle = top + canvas_px(c, ROW_MIN) / 2,
                          .room = area.right - area.left,
                          .text = message_with(c->arena, "chart_more", c->chart->lang, more)});
}
