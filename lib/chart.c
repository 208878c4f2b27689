#include "chart.h"

#include <string.h>

#include "chart/kinds.h"
#include "log.h"

static void (*const DRAW[])(struct canvas *) = {
    [CHART_LINE] = kind_line,       [CHART_BARS] = kind_bars,
    [CHART_STACKED] = kind_stacked, [CHART_ROWS] = kind_rows,
    [CHART_HEAT] = kind_cells,      [CHART_COHORT] = kind_cells,
    [CHART_STATES] = kind_states,   [CHART_SPARKLINE] = kind_sparkline,
    [CHART_GAUGE] = kind_gauge,
};

static bool in_range(long long value)
{
    return value == CHART_NONE || (value >= -CHART_HIGHEST && value <= CHART_HIGHEST);
}

/* What is wrong with it; NULL for nothing. */
static const char *fault_of(const struct chart *chart)
{
    bool colored = chart->kind == CHART_LINE || chart->kind == CHART_STACKED;
    if (chart->width < CHART_MIN_SIDE || chart->width > CHART_MAX_WIDTH ||
        chart->height < CHART_MIN_SIDE || chart->height > CHART_MAX_HEIGHT)
        return "size";
    if (colored && chart->series_count > CHART_MAX_SERIES)
        return "too many series";
    if (chart->unit == CHART_MONEY && !chart->currency)
        return "no currency";
    if (chart->target && (*chart->target == CHART_NONE || !in_range(*chart->target)))
        return "target";
    for (size_t s = 0; s < chart->series_count; s++)
        for (size_t i = 0; i < chart->count; i++)
            if (!in_range(chart->series[s].values[i]))
                return "figure too large";
    return NULL;
}

static bool encode(struct canvas *c, struct chart_picture *out)
{
    struct buf png = buf_new(c->arena);
    if (!raster_png(&c->raster, &png))
        return false;
    *out =
        (struct chart_picture){png.data, png.len, c->width, c->height, c->boxes, c->box_count};
    return true;
}

/* Height ----------------------------------------------------------------------------------- */

/* Pixels of the page. Below NARROW titles take two lines, and names of rows stand above. */
enum {
    NARROW = 480,
    HEADING = 84, /* with the margin below */
    SECOND_LINES = 36,
    LABELS = 20,
    SCALE = 24,
    LEGEND_LINE = 18,
    LEGEND_ITEM = 150,
    PLOT_LEAST = 180,
    PLOT_MOST = 300,
    DIAL_MOST = 260,
    ROW = 26,
    ROW_ABOVE = 36,
    CELL = 22,
    TILES = 8 * 36,
    STRIP = 40,
};

static int within(long long value, int least, int most)
{
    return value < least ? least : value > most ? most : (int)value;
}

static int legend_height(const struct chart *chart)
{
    int beside = within(chart->width / LEGEND_ITEM, 1, CHART_MAX_SERIES);
    return ((int)chart->series_count + beside - 1) / beside * LEGEND_LINE;
}

int chart_height(const struct chart *chart)
{
    bool narrow = chart->width < NARROW;
    long long height = HEADING + (narrow ? SECOND_LINES : 0);
    switch (chart->kind) {
    case CHART_LINE:
    case CHART_STACKED:
        height += legend_height(chart);
        /* fallthrough */
    case CHART_BARS:
        height += LABELS + within(chart->width / 3, PLOT_LEAST, PLOT_MOST);
        break;
    case CHART_ROWS:
        height += (long long)chart->count * (narrow ? ROW_ABOVE : ROW);
        break;
    case CHART_HEAT:
    case CHART_COHORT:
        height += LABELS + SCALE + (long long)chart->series_count * CELL;
        break;
    case CHART_STATES:
        height += SCALE + TILES;
        break;
    case CHART_GAUGE:
        height += within(chart->width / 2, 0, DIAL_MOST);
        break;
    case CHART_SPARKLINE:
        return STRIP;
    }
    return within(height, CHART_MIN_SIDE, CHART_MAX_HEIGHT);
}

/* Drawing ---------------------------------------------------------------------------------- */

bool chart_draw(struct arena *a, const struct chart *chart, struct chart_picture *out)
{
    struct canvas c;
    const char *fault = fault_of(chart);
    if (!fault) {
        fault = canvas_new(&c, a, chart);
        if (!fault) {
            DRAW[chart->kind](&c);
            fault = encode(&c, out) ? NULL : "no memory";
        }
        canvas_free(&c);
    }
    if (fault)
        log_error("a chart could not be drawn", "reason", fault, NULL);
    return !fault;
}
