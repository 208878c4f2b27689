#include "chart/figure.h"
#include "chart/kinds.h"
#include "chart/plot.h"

static const double NAMES = 0.3; /* at most, of the width */

/* Pixels of the page. */
enum { ROW_MAX = 48, SPACE = 2, PADDING = 2 };

struct cells {
    struct area area;
    double column, row; /* width and height of each */
    struct scale scale;
    enum writing writing;
};

/* Between cells: less where they are small, nothing where they are tiny. */
static int space_of(const struct canvas *c, const struct cells *cells)
{
    double side = (cells->column < cells->row ? cells->column : cells->row) / c->scale;
    return side > 6 * SPACE ? SPACE * c->scale : side > 3 * SPACE ? SPACE * c->scale / 2 : 0;
}

static struct area cell_area(const struct canvas *c, const struct cells *cells, size_t row,
                             size_t column)
{
    int space = space_of(c, cells);
    return (struct area){cells->area.left + (int)(cells->column * (double)column),
                         cells->area.top + (int)(cells->row * (double)row),
                         cells->area.left + (int)(cells->column * (double)(column + 1)) - space,
                         cells->area.top + (int)(cells->row * (double)(row + 1)) - space};
}

/* The first column that has values in it. Where it is beyond the scale, as all have come, it
 * says nothing that would need a figure without its unit. */
static size_t first_written(const struct cells *cells)
{
    return cells->writing == WRITTEN_BARE && cells->scale.beyond ? 1 : 0;
}

/* All values are written, or none: only some would look as if the others were nothing. */
static bool values_fit(struct canvas *c, const struct cells *cells)
{
    int beside = canvas_px(c, cells->writing == WRITTEN_BARE ? PADDING : GAP);
    if (cells->row < canvas_text_height(c, FONT_SMALL) + canvas_px(c, SPACE))
        return false;
    for (size_t r = 0; r < c->chart->series_count; r++)
        for (size_t i = first_written(cells); i < c->chart->count; i++) {
            long long value = chart_value(c->chart, r, i);
            if (value != CHART_NONE &&
                canvas_text_width(c, FONT_SMALL, plot_cell_text(c, cells->writing, value)) +
                        beside >
                    cells->column)
                return false;
        }
    return true;
}

static void draw_cell(struct canvas *c, const struct cells *cells, size_t row, size_t column)
{
    long long value = chart_value(c->chart, row, column);
    struct area area = cell_area(c, cells, row, column);
    if (value == CHART_NONE) {
        if (c->chart->kind == CHART_HEAT)
            canvas_box(c, &area, c->colors->empty);
        return;
    }
    int color = plot_scale_color(c, value, &cells->scale);
    canvas_box(c, &area, color);
    if (cells->writing && column >= first_written(cells))
        canvas_text(c, &(struct text){.part = CHART_VALUE,
                                      .index = row * c->chart->count + column,
                                      .font = FONT_SMALL,
                                      .color = palette_on(color),
                                      .align = ALIGN_CENTRE,
                                      .x = (area.left + area.right) / 2,
                                      .middle = (area.top + area.bottom) / 2,
                                      .text = plot_cell_text(c, cells->writing, value)});
}

/* The names of the rows; every second, third, ... where they are too close. */
static void draw_names(struct canvas *c, const struct cells *cells, int left)
{
    size_t stride = 1;
    while (cells->row * (double)stride < canvas_text_height(c, FONT_TEXT))
        stride++;
    for (size_t r = 0; r < c->chart->series_count; r += stride) {
        struct area first = cell_area(c, cells, r, 0);
        canvas_text(c, &(struct text){.part = CHART_SERIES,
                                      .index = r,
                                      .font = FONT_TEXT,
                                      .color = c->colors->muted,
                                      .x = left,
                                      .middle = (first.top + first.bottom) / 2,
                                      .room = cells->area.left - left,
                                      .text = c->chart->series[r].name});
    }
}

static int names_width(struct canvas *c, int width)
{
    int widest = 0;
    for (size_t r = 0; r < c->chart->series_count; r++) {
        int name = canvas_text_width(c, FONT_TEXT, c->chart->series[r].name);
        widest = name > widest ? name : widest;
    }
    return widest > width * NAMES ? (int)(width * NAMES) : widest;
}

/* What cells are coloured by. The first column of cohorts, where all have come, would leave
 * the others nearly the same: where it is above them, it is beyond the scale. */
static struct scale scale_of(const struct chart *chart)
{
    struct scale scale = {.beyond = false};
    long long least = 0, most = 0;
    bool known = false;
    chart_extremes(chart, chart->series_count, &scale.least, &scale.most);
    for (size_t r = 0; r < chart->series_count && chart->kind == CHART_COHORT; r++)
        for (size_t i = 1; i < chart->count; i++) {
            long long value = chart_value(chart, r, i);
            if (value == CHART_NONE)
                continue;
            least = !known || value < least ? value : least;
            most = !known || value > most ? value : most;
            known = true;
        }
    if (known && most > 0 && most < scale.most)
        return (struct scale){least < scale.least ? least : scale.least, most, true};
    return scale;
}

/* Columns are named above, where a triangle is full. Below is the scale or, where all is zero,
 * that there is nothing. */
static void draw_cells(struct canvas *c, struct cells *cells)
{
    const struct chart *chart = c->chart;
    int left = cells->area.left;
    cells->area.left += names_width(c, cells->area.right - left) + canvas_px(c, GAP);
    cells->area.top += canvas_px(c, LINE_HEIGHT);
    cells->column = (double)(cells->area.right - cells->area.left) / (double)chart->count;
    cells->row = (double)(cells->area.bottom - cells->area.top) / (double)chart->series_count;
    if (cells->row <= 0 || cells->column <= 0)
        return;
    if (cells->row > canvas_px(c, ROW_MAX))
        cells->row = canvas_px(c, ROW_MAX);
    cells->writing = chart->kind == CHART_COHORT ? WRITTEN_SHORT : WRITTEN_NOT;
    while (cells->writing && !values_fit(c, cells))
        cells->writing--;
    plot_labels(c,
                &(struct label_row){.left = cells->area.left,
                                    .middle = cells->area.top - canvas_px(c, LINE_HEIGHT) / 2,
                                    .slot = cells->column,
                                    .from_first = true});
    draw_names(c, cells, left);
    for (size_t r = 0; r < chart->series_count; r++)
        for (size_t i = 0; i < chart->count; i++)
            draw_cell(c, cells, r, i);
}

void kind_cells(struct canvas *c)
{
    const struct chart *chart = c->chart;
    struct cells cells = {.area = canvas_heading(c), .scale = scale_of(chart)};
    long long least, most;
    if (!chart_extremes(chart, chart->series_count, &least, &most)) {
        canvas_note(c, &cells.area, chart->nothing);
        return;
    }
    if (least || most)
        cells.area = plot_scale(c, cells.area, &cells.scale);
    else
        cells.area = canvas_foot(c, cells.area, chart->nothing);
    draw_cells(c, &cells);
}
