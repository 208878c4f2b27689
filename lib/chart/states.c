#include <string.h>

#include "chart/figure.h"
#include "chart/kinds.h"
#include "chart/plot.h"
#include "messages.h"

/* Brazil as tiles of one size, each state beside its neighbours as far as that goes. */
static const struct tile {
    char code[3];
    int row, column;
} TILES[] = {
    {"RR", 0, 1}, {"AP", 0, 2}, {"AM", 1, 1}, {"PA", 1, 2}, {"MA", 1, 3}, {"CE", 1, 4},
    {"RN", 1, 5}, {"AC", 2, 0}, {"RO", 2, 1}, {"TO", 2, 2}, {"PI", 2, 3}, {"PE", 2, 4},
    {"PB", 2, 5}, {"MT", 3, 1}, {"GO", 3, 2}, {"DF", 3, 3}, {"BA", 3, 4}, {"AL", 3, 5},
    {"MS", 4, 2}, {"MG", 4, 3}, {"ES", 4, 4}, {"SE", 4, 5}, {"PR", 5, 2}, {"SP", 5, 3},
    {"RJ", 5, 4}, {"SC", 6, 2}, {"RS", 7, 2},
};

enum { STATES = sizeof TILES / sizeof *TILES, ROWS = 8, COLUMNS = 6, SPACE = 3 };

static const double WIDEST = 2.2; /* a tile, by its height */

struct map {
    int left, top, width, height; /* the first tile's place, the size of all */
    enum writing writing;
    struct scale scale;
};

/* Which of the labels is a state; count where none is. */
static size_t label_of(const struct chart *chart, const char *code)
{
    size_t i = 0;
    while (i < chart->count && strcmp(chart->labels[i], code) != 0)
        i++;
    return i;
}

static bool values_fit(const struct canvas *c, const struct map *map)
{
    int beside = canvas_px(c, map->writing == WRITTEN_BARE ? SPACE + 2 : 2 * SPACE + 2);
    if (map->height < canvas_text_height(c, FONT_BOLD) + canvas_text_height(c, FONT_SMALL) +
                          canvas_px(c, SPACE))
        return false;
    for (size_t i = 0; i < STATES; i++) {
        long long value = chart_value(c->chart, 0, label_of(c->chart, TILES[i].code));
        if (value != CHART_NONE &&
            canvas_text_width(c, FONT_SMALL, plot_cell_text(c, map->writing, value)) + beside >
                map->width)
            return false;
    }
    return true;
}

static struct map lay_out(struct canvas *c, const struct area *area, const struct scale *scale)
{
    struct map map = {.scale = *scale,
                      .width = (area->right - area->left) / COLUMNS,
                      .height = (area->bottom - area->top) / ROWS};
    if (map.width > map.height * WIDEST)
        map.width = (int)(map.height * WIDEST);
    if (map.height > map.width)
        map.height = map.width;
    map.left = (area->left + area->right - map.width * COLUMNS) / 2;
    map.top = area->top;
    map.writing = WRITTEN_SHORT;
    while (map.writing && !values_fit(c, &map))
        map.writing--;
    return map;
}

static void draw_tile(struct canvas *c, const struct map *map, const struct tile *tile)
{
    size_t index = label_of(c->chart, tile->code);
    long long value = chart_value(c->chart, 0, index);
    bool known = value != CHART_NONE;
    int left = map->left + tile->column * map->width, top = map->top + tile->row * map->height;
    int color = known ? plot_scale_color(c, value, &map->scale) : c->colors->empty;
    int space = canvas_px(c, SPACE), middle = top + (map->height - space) / 2;
    int shift = map->writing ? canvas_text_height(c, FONT_SMALL) / 2 : 0;
    canvas_box(c,
               &(struct area){left, top, left + map->width - space, top + map->height - space},
               color);
    struct text text = {.part = CHART_LABEL,
                        .index = index,
                        .font = FONT_BOLD,
                        .color = known ? palette_on(color) : c->colors->muted,
                        .align = ALIGN_CENTRE,
                        .x = left + (map->width - space) / 2,
                        .middle = middle - shift,
                        .text = tile->code};
    if (map->height < canvas_text_height(c, FONT_BOLD))
        text.font = FONT_SMALL;
    canvas_text(c, &text);
    if (!map->writing || !known)
        return;
    text.part = CHART_VALUE;
    text.font = FONT_SMALL;
    text.middle = middle + canvas_text_height(c, FONT_BOLD) / 2;
    text.text = plot_cell_text(c, map->writing, value);
    canvas_text(c, &text);
}

/* What is below the map: the scale, and how much is elsewhere. */
static struct area draw_foot(struct canvas *c, struct area area, const struct scale *scale)
{
    const struct chart *chart = c->chart;
    size_t elsewhere = chart->count;
    struct area above = plot_scale(c, area, scale);
    for (size_t i = 0; i < STATES; i++)
        elsewhere -= label_of(chart, TILES[i].code) < chart->count;
    char *count = arena_printf(c->arena, "%zu", elsewhere);
    if (elsewhere)
        canvas_text(c, &(struct text){.part = CHART_NOTE,
                                      .font = FONT_SMALL,
                                      .color = c->colors->muted,
                                      .x = area.left,
                                      .middle = area.bottom - canvas_px(c, GAP) / 2,
                                      .text = message_with(c->arena, "chart_elsewhere",
                                                           chart->lang, count)});
    return above;
}

void kind_states(struct canvas *c)
{
    struct area area = canvas_heading(c);
    struct scale scale = {.beyond = false};
    chart_extremes(c->chart, 1, &scale.least, &scale.most);
    if (chart_is_nothing(c->chart, 1))
        area = canvas_foot(c, area, c->chart->nothing);
    else
        area = draw_foot(c, area, &scale);
    struct map map = lay_out(c, &area, &scale);
    for (size_t i = 0; i < STATES; i++)
        draw_tile(c, &map, &TILES[i]);
}
