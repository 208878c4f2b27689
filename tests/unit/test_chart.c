#include "unit.h"

#include <gd.h>

#include "chart.h"
#include "chart/palette.h"
#include "charts.h"

#define FIRST_SERIES(theme) (palette_of(theme)->series[0])

static struct chart_picture drawn(const struct chart *chart)
{
    struct chart_picture picture;
    assert_true(chart_draw(a, chart, &picture));
    return picture;
}

static gdImagePtr image_of(const struct chart *chart)
{
    struct chart_picture picture = drawn(chart);
    gdImagePtr image = gdImageCreateFromPngPtr((int)picture.n, (void *)picture.png);
    assert_non_null(image);
    assert_int_equal(gdImageSX(image), picture.width);
    assert_int_equal(gdImageSY(image), picture.height);
    return image;
}

static int pixel(gdImagePtr image, int x, int y)
{
    return gdImageGetTrueColorPixel(image, x, y) & 0xFFFFFF;
}

/* Pixels of a colour in a column of the picture. */
static int height_at(gdImagePtr image, int x, int color)
{
    int count = 0;
    for (int y = 0; y < gdImageSY(image); y++)
        count += pixel(image, x, y) == color;
    return count;
}

static int count_of(gdImagePtr image, int color)
{
    int count = 0;
    for (int x = 0; x < gdImageSX(image); x++)
        count += height_at(image, x, color);
    return count;
}

static const struct chart_box *box_of(const struct chart_picture *picture, enum chart_part part,
                                      size_t index)
{
    for (size_t i = 0; i < picture->box_count; i++)
        if (picture->boxes[i].part == part && picture->boxes[i].index == index)
            return &picture->boxes[i];
    return NULL;
}

static size_t boxes_of(const struct chart_picture *picture, enum chart_part part)
{
    size_t count = 0;
    for (size_t i = 0; i < picture->box_count; i++)
        count += picture->boxes[i].part == part;
    return count;
}

/* The middle of a text, from left to right. */
static int middle_of(const struct chart_picture *picture, enum chart_part part, size_t index)
{
    const struct chart_box *box = box_of(picture, part, index);
    assert_non_null(box);
    return box->x + box->width / 2;
}

/* What is drawn ---------------------------------------------------------------------------- */

static void test_bars_are_as_high_as_their_values(void **state)
{
    (void)state;
    static const long long VALUES[] = {100000, 50000, 0, -25000};
    struct chart chart = chart_sized(sample(CHART_BARS), 1, LENGTH(VALUES));
    memcpy(values_of(&chart, 0), VALUES, sizeof VALUES);
    struct chart_picture picture = drawn(&chart);
    gdImagePtr image = image_of(&chart);
    int height[LENGTH(VALUES)];
    for (size_t i = 0; i < LENGTH(VALUES); i++)
        height[i] = height_at(image, middle_of(&picture, CHART_LABEL, i), FIRST_SERIES(0));
    assert_in_range(height[0], 150, 340);
    assert_in_range(height[1], height[0] / 2 - 2, height[0] / 2 + 2);
    assert_int_equal(height[2], 0);
    assert_in_range(height[3], height[0] / 4 - 2, height[0] / 4 + 2);
    assert_string_equal(box_of(&picture, CHART_VALUE, 0)->text, "R$\xC2\xA0"
                                                                "1.000,00");
    gdImageDestroy(image);
}

static void test_stacks_have_the_height_of_their_sums(void **state)
{
    (void)state;
    struct chart chart = chart_sized(sample(CHART_STACKED), 3, 2);
    for (size_t s = 0; s < 3; s++) {
        values_of(&chart, s)[0] = 200000;
        values_of(&chart, s)[1] = s == 1 ? 300000 : CHART_NONE;
    }
    struct chart_picture picture = drawn(&chart);
    gdImagePtr image = image_of(&chart);
    int first = middle_of(&picture, CHART_LABEL, 0) + 10;
    int second = middle_of(&picture, CHART_LABEL, 1) + 10;
    int third = height_at(image, first, palette_of(CHART_LIGHT)->series[0]);
    assert_in_range(third, 50, 120);
    for (size_t s = 1; s < 3; s++)
        assert_in_range(height_at(image, first, palette_of(CHART_LIGHT)->series[s]), third - 3,
                        third + 3);
    assert_in_range(height_at(image, second, palette_of(CHART_LIGHT)->series[1]),
                    third * 3 / 2 - 3, third * 3 / 2 + 3);
    assert_int_equal(height_at(image, second, palette_of(CHART_LIGHT)->series[0]), 0);
    gdImageDestroy(image);
}

static void test_a_line_has_its_area_and_gaps(void **state)
{
    (void)state;
    struct chart chart = chart_sized(sample(CHART_LINE), 1, 100);
    for (size_t i = 0; i < chart.count; i++)
        values_of(&chart, 0)[i] = i >= 40 && i < 60 ? CHART_NONE : 100000;
    gdImagePtr image = image_of(&chart);
    int fill = palette_mix(FIRST_SERIES(0), 0xFFFFFF, 0.16);
    assert_in_range(height_at(image, 300, fill), 150, 340);
    assert_in_range(height_at(image, 300, FIRST_SERIES(0)), 1, 3);
    assert_int_equal(height_at(image, 490, fill), 0);
    assert_int_equal(height_at(image, 490, FIRST_SERIES(0)), 0);
    gdImageDestroy(image);
}

static void test_a_comparison_is_dashed_and_named(void **state)
{
    (void)state;
    struct chart chart = chart_sized(sample(CHART_LINE), 2, 50);
    for (size_t i = 0; i < chart.count; i++) {
        values_of(&chart, 0)[i] = 100000;
        values_of(&chart, 1)[i] = 50000;
    }
    struct chart_picture picture = drawn(&chart);
    gdImagePtr image = image_of(&chart);
    int with = 0, top = box_of(&picture, CHART_SERIES, 1)->y + 30;
    for (int x = 200; x < 800; x++) {
        int dashed = 0;
        for (int y = top; y < gdImageSY(image); y++)
            dashed |= pixel(image, x, y) == palette_of(CHART_LIGHT)->series[1];
        with += dashed;
    }
    assert_in_range(with, 200, 350);
    gdImageDestroy(image);
}

static void test_cells_have_the_colour_of_their_values(void **state)
{
    (void)state;
    struct chart chart = chart_sized(sample(CHART_HEAT), 2, 3);
    const struct palette *palette = palette_of(CHART_LIGHT);
    static const long long VALUES[2][3] = {{0, 50, 100}, {100, CHART_NONE, 25}};
    for (size_t s = 0; s < 2; s++)
        memcpy(values_of(&chart, s), VALUES[s], sizeof VALUES[s]);
    struct chart_picture picture = drawn(&chart);
    gdImagePtr image = image_of(&chart);
    for (size_t s = 0; s < 2; s++)
        for (size_t i = 0; i < 3; i++) {
            const struct chart_box *name = box_of(&picture, CHART_SERIES, s);
            assert_int_equal(
                pixel(image, middle_of(&picture, CHART_LABEL, i), name->y + name->height / 2),
                VALUES[s][i] == CHART_NONE ? palette->empty
                                           : palette_at(palette, (double)VALUES[s][i] / 100));
        }
    gdImageDestroy(image);
}

static void test_the_map_has_every_state_once(void **state)
{
    (void)state;
    struct chart chart = sample(CHART_STATES);
    struct chart_picture picture = drawn(&chart);
    for (size_t i = 0; i < LENGTH(STATES); i++)
        assert_string_equal(box_of(&picture, CHART_LABEL, i)->text, STATES[i]);
    assert_int_equal(boxes_of(&picture, CHART_LABEL), LENGTH(STATES));
    assert_int_equal(boxes_of(&picture, CHART_NOTE), 0);
    assert_string_equal(box_of(&picture, CHART_VALUE, 25)->text, "R$\xC2\xA0"
                                                                 "99,12\xC2\xA0"
                                                                 "mil");
    /* North is above south, and west left of east. */
    assert_true(box_of(&picture, CHART_LABEL, 21)->y < box_of(&picture, CHART_LABEL, 22)->y);
    assert_true(box_of(&picture, CHART_LABEL, 0)->x < box_of(&picture, CHART_LABEL, 14)->x);
}

static void test_what_is_not_on_the_map_is_counted(void **state)
{
    (void)state;
    static const char *const LABELS[] = {"SP", "EX", "", "RJ"};
    struct chart chart = chart_sized(sample(CHART_STATES), 1, LENGTH(LABELS));
    chart.labels = LABELS;
    values_of(&chart, 0)[0] = 5;
    struct chart_picture picture = drawn(&chart);
    assert_string_equal(box_of(&picture, CHART_NOTE, 0)->text, "mais 2 fora do mapa");
}

static void test_a_gauge_shows_value_and_target(void **state)
{
    (void)state;
    struct chart chart = sample(CHART_GAUGE);
    struct chart_picture picture = drawn(&chart);
    gdImagePtr image = image_of(&chart);
    assert_string_equal(box_of(&picture, CHART_VALUE, 0)->text, "R$\xC2\xA0"
                                                                "61.234,56");
    assert_string_equal(box_of(&picture, CHART_VALUE, 1)->text, "meta: R$\xC2\xA0"
                                                                "80\xC2\xA0"
                                                                "mil");
    assert_int_equal(boxes_of(&picture, CHART_TICK), 2);
    /* 61 of 100 thousand are filled. */
    double filled = count_of(image, FIRST_SERIES(0));
    double rest = count_of(image, palette_of(CHART_LIGHT)->grid);
    assert_in_range(filled * 100 / (filled + rest), 58, 65);
    gdImageDestroy(image);
}

static void test_rows_that_do_not_fit_are_counted(void **state)
{
    (void)state;
    struct chart chart = chart_sized(sample(CHART_ROWS), 1, 100);
    struct chart_picture picture = drawn(&chart);
    size_t shown = boxes_of(&picture, CHART_LABEL);
    assert_in_range(shown, 10, 20);
    assert_int_equal(boxes_of(&picture, CHART_VALUE), shown);
    assert_string_equal(box_of(&picture, CHART_NOTE, 0)->text,
                        arena_printf(a, "e mais %zu na tabela", 100 - shown));
}

static void test_long_names_are_shortened_between_characters(void **state)
{
    (void)state;
    static const char *const LABELS[] = {
        "Ação de aniversário com nome comprido demais para um gráfico de barras, oitenta e um",
        "🎉🎉", "Café"};
    struct chart chart = chart_sized(sample(CHART_ROWS), 1, LENGTH(LABELS));
    chart.labels = LABELS;
    struct chart_picture picture = drawn(&chart);
    const char *text = box_of(&picture, CHART_LABEL, 0)->text;
    assert_memory_equal(text, LABELS[0], strlen(text) - strlen("…"));
    assert_string_equal(text + strlen(text) - strlen("…"), "…");
    assert_string_equal(box_of(&picture, CHART_LABEL, 1)->text, "□");
    assert_string_equal(box_of(&picture, CHART_LABEL, 2)->text, "Café");
}

static void test_all_labels_are_there_where_they_have_room(void **state)
{
    (void)state;
    struct chart bars = sample(CHART_BARS);
    struct chart_picture picture = drawn(&bars);
    assert_int_equal(boxes_of(&picture, CHART_LABEL), 12);
    struct chart cohort = sample(CHART_COHORT);
    picture = drawn(&cohort);
    assert_int_equal(boxes_of(&picture, CHART_LABEL), 12);
    assert_int_equal(boxes_of(&picture, CHART_SERIES), 12);
    assert_int_equal(boxes_of(&picture, CHART_VALUE), 12 * 13 / 2);
}

static void test_nothing_is_said_in_the_picture(void **state)
{
    (void)state;
    for (enum chart_kind kind = 0; kind <= CHART_GAUGE; kind++)
        for (size_t count = 0; count < 3; count++) {
            struct chart chart = chart_sized(sample(kind), count ? 2 : 0, count);
            chart.target = NULL;
            for (size_t s = 0; s < chart.series_count; s++)
                for (size_t i = 0; i < count; i++)
                    values_of(&chart, s)[i] = CHART_NONE;
            struct chart_picture picture = drawn(&chart);
            assert_string_equal(box_of(&picture, CHART_NOTE, 0)->text, chart.nothing);
            gdImagePtr image = image_of(&chart);
            assert_int_equal(count_of(image, FIRST_SERIES(0)) > 400, 0);
            gdImageDestroy(image);
        }
}

static void test_themes_and_scales_are_drawn(void **state)
{
    (void)state;
    for (enum chart_kind kind = 0; kind <= CHART_GAUGE; kind++)
        for (int scale = 0; scale <= 2; scale++)
            for (enum chart_theme theme = CHART_LIGHT; theme <= CHART_DARK; theme++) {
                struct chart chart = sample(kind);
                chart.scale = scale;
                chart.theme = theme;
                gdImagePtr image = image_of(&chart);
                assert_int_equal(gdImageSX(image), chart.width * (scale ? scale : 1));
                assert_int_equal(pixel(image, 0, 0), palette_of(theme)->background);
                gdImageDestroy(image);
            }
}

static void test_what_breaks_a_rule_is_refused(void **state)
{
    (void)state;
    static const long long TARGET = CHART_HIGHEST + 1;
    struct chart_picture picture;
    struct chart chart = sample(CHART_GAUGE);
    chart.target = &TARGET;
    assert_false(chart_draw(a, &chart, &picture));
    chart = sample(CHART_BARS);
    chart.width = CHART_MAX_WIDTH + 1;
    assert_false(chart_draw(a, &chart, &picture));
    chart = sample(CHART_BARS);
    chart.currency = NULL;
    assert_false(chart_draw(a, &chart, &picture));
    chart = chart_sized(sample(CHART_STACKED), CHART_MAX_SERIES + 1, 1);
    assert_false(chart_draw(a, &chart, &picture));
    chart = chart_sized(sample(CHART_ROWS), 1, 1);
    values_of(&chart, 0)[0] = -CHART_HIGHEST - 1;
    assert_false(chart_draw(a, &chart, &picture));
}

/* Tables ----------------------------------------------------------------------------------- */

static const char *table_of(const struct chart *chart)
{
    struct buf b = buf_new(a);
    chart_table(&b, chart);
    return b.data;
}

static void test_a_table_has_the_figures_of_the_picture(void **state)
{
    (void)state;
    struct chart chart = sample(CHART_ROWS);
    struct chart_picture picture = drawn(&chart);
    const char *table = table_of(&chart);
    for (size_t i = 0; i < chart.count; i++)
        assert_non_null(strstr(table, arena_printf(a, "<td class=\"number\">%s</td></tr>",
                                                   box_of(&picture, CHART_VALUE, i)->text)));
}

static void test_tables_are_read_by_everybody(void **state)
{
    (void)state;
    static const char *const LABELS[] = {"<b>\"A\"</b>"}, *const NAMES[] = {"Site", "Loja"};
    struct chart chart = chart_sized(sample(CHART_STACKED), 2, 1);
    chart.title = "Receita & canais";
    chart.labels = LABELS;
    name_series(&chart, NAMES);
    values_of(&chart, 0)[0] = 150;
    values_of(&chart, 1)[0] = CHART_NONE;
    assert_string_equal(
        table_of(&chart),
        "<table><caption>Receita &amp; canais</caption><thead><tr><th scope=\"col\">Dia</th>"
        "<th scope=\"col\" class=\"number\">Site</th><th scope=\"col\" "
        "class=\"number\">Loja</th><th scope=\"col\" class=\"number\">Total</th></tr></thead>"
        "<tbody><tr><th scope=\"row\">&lt;b&gt;&quot;A&quot;&lt;/b&gt;</th>"
        "<td class=\"number\">R$\xC2\xA0"
        "1,50</td><td class=\"number\">–</td>"
        "<td class=\"number\">R$\xC2\xA0"
        "1,50</td></tr></tbody></table>");
}

static void test_tables_of_cells_stand_as_the_picture_does(void **state)
{
    (void)state;
    struct chart chart = chart_sized(sample(CHART_HEAT), 2, 2);
    const char *table = table_of(&chart);
    assert_non_null(strstr(table, "<th scope=\"col\" class=\"number\">01/01</th>"));
    assert_non_null(strstr(table, "<th scope=\"row\">Série 2</th>"));
}

static void test_tables_say_that_there_is_nothing_and_the_target(void **state)
{
    (void)state;
    struct chart chart = chart_sized(sample(CHART_BARS), 1, 0);
    assert_non_null(
        strstr(table_of(&chart), "<td colspan=\"2\">Sem vendas neste período</td>"));
    chart = sample(CHART_GAUGE);
    assert_non_null(strstr(table_of(&chart), "<tr><th scope=\"row\">Meta</th><td "
                                             "class=\"number\">R$\xC2\xA0"
                                             "80.000,00</td>"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bars_are_as_high_as_their_values),
        cmocka_unit_test(test_stacks_have_the_height_of_their_sums),
        cmocka_unit_test(test_a_line_has_its_area_and_gaps),
        cmocka_unit_test(test_a_comparison_is_dashed_and_named),
        cmocka_unit_test(test_cells_have_the_colour_of_their_values),
        cmocka_unit_test(test_the_map_has_every_state_once),
        cmocka_unit_test(test_what_is_not_on_the_map_is_counted),
        cmocka_unit_test(test_a_gauge_shows_value_and_target),
        cmocka_unit_test(test_rows_that_do_not_fit_are_counted),
        cmocka_unit_test(test_long_names_are_shortened_between_characters),
        cmocka_unit_test(test_all_labels_are_there_where_they_have_room),
        cmocka_unit_test(test_nothing_is_said_in_the_picture),
        cmocka_unit_test(test_themes_and_scales_are_drawn),
        cmocka_unit_test(test_what_breaks_a_rule_is_refused),
        cmocka_unit_test(test_a_table_has_the_figures_of_the_picture),
        cmocka_unit_test(test_tables_are_read_by_everybody),
        cmocka_unit_test(test_tables_of_cells_stand_as_the_picture_does),
        cmocka_unit_test(test_tables_say_that_there_is_nothing_and_the_target),
    };
    return UNIT_RUN(tests);
}
