#include "unit.h"

#include <gd.h>

#include "chart.h"

enum { LIGHT_BACKGROUND = 0xFFFFFF, LIGHT_SERIES = 0x0F766E, DARK_BACKGROUND = 0x111827 };

static void test_ticks_are_round_and_reach_the_highest_value(void **state)
{
    (void)state;
    static const struct {
        long long highest;
        int wanted;
        long long tick;
    } CASES[] = {
        {1, 5, 10},          {100, 5, 20},           {499, 5, 100},
        {501, 5, 200},       {700, 5, 200},          {1000, 5, 200},
        {96000, 5, 20000},   {100000, 4, 25000},     {123456, 5, 25000},
        {746667, 5, 200000}, {14184374, 4, 5000000}, {99999999999, 6, 20000000000},
    };
    for (size_t i = 0; i < LENGTH(CASES); i++)
        assert_int_equal(chart_tick(CASES[i].highest, CASES[i].wanted), CASES[i].tick);
}

static void test_there_are_never_more_ticks_than_wanted(void **state)
{
    (void)state;
    for (long long highest = 1; highest < 4000000000000000; highest = highest * 3 / 2 + 1)
        for (int wanted = 2; wanted < 12; wanted++) {
            long long tick = chart_tick(highest, wanted);
            assert_true(tick > 0 && (highest + tick - 1) / tick <= wanted);
        }
}

static struct chart chart_of(const long long *values, size_t count)
{
    const char **labels = arena_alloc(a, (count + 1) * sizeof *labels);
    for (size_t i = 0; i < count; i++)
        labels[i] = arena_printf(a, "%02zu/11", i % 30 + 1);
    return (struct chart){
        .title = "Vendas por dia",
        .subtitle = "novembro",
        .labels = labels,
        .values = values,
        .count = count,
        .currency = "BRL",
        .nothing = "Sem vendas",
        .width = CHART_DEFAULT_WIDTH,
        .height = CHART_DEFAULT_HEIGHT,
    };
}

static gdImagePtr drawn(const struct chart *chart)
{
    size_t n = 0;
    const char *png = chart_png(a, chart, &n);
    assert_non_null(png);
    gdImagePtr image = gdImageCreateFromPngPtr((int)n, (void *)png);
    assert_non_null(image);
    assert_int_equal(gdImageSX(image), chart->width);
    assert_int_equal(gdImageSY(image), chart->height);
    return image;
}

/* Pixels of a colour in a column of the picture. */
static int height_at(gdImagePtr image, double part, int color)
{
    int x = (int)(part * gdImageSX(image)), count = 0;
    for (int y = 0; y < gdImageSY(image); y++)
        count += (gdImageGetTrueColorPixel(image, x, y) & 0xFFFFFF) == color;
    return count;
}

static void test_bars_are_as_high_as_their_values(void **state)
{
    (void)state;
    static const long long VALUES[] = {100000, 50000, 0, 25000};
    struct chart chart = chart_of(VALUES, LENGTH(VALUES));
    gdImagePtr image = drawn(&chart);
    /* The plot begins behind the tick labels, at about a tenth of the width. */
    int first = height_at(image, 0.19, LIGHT_SERIES),
        second = height_at(image, 0.41, LIGHT_SERIES);
    int third = height_at(image, 0.64, LIGHT_SERIES),
        fourth = height_at(image, 0.86, LIGHT_SERIES);
    assert_in_range(first, 200, 340);
    assert_in_range(second, first / 2 - 2, first / 2 + 2);
    assert_int_equal(third, 0);
    assert_in_range(fourth, first / 4 - 2, first / 4 + 2);
    gdImageDestroy(image);
}

static void test_many_values_are_drawn_as_an_area(void **state)
{
    (void)state;
    long long values[365];
    for (size_t i = 0; i < LENGTH(values); i++)
        values[i] = 100000;
    struct chart chart = chart_of(values, LENGTH(values));
    gdImagePtr image = drawn(&chart);
    assert_in_range(height_at(image, 0.5, 0xB7DEDA), 150, 340);
    gdImageDestroy(image);
}

static void test_a_chart_can_be_drawn_of_nothing(void **state)
{
    (void)state;
    static const long long ZEROS[] = {0, 0, 0};
    for (size_t count = 0; count <= LENGTH(ZEROS); count += LENGTH(ZEROS)) {
        struct chart chart = chart_of(ZEROS, count);
        gdImagePtr image = drawn(&chart);
        assert_int_equal(height_at(image, 0.5, LIGHT_SERIES), 0);
        gdImageDestroy(image);
    }
}

static void test_themes_and_all_sizes_are_drawn(void **state)
{
    (void)state;
    static const long long VALUES[] = {1, 999999999999, 3};
    static const int SIZES[][2] = {{CHART_MIN_WIDTH, CHART_MIN_HEIGHT},
                                   {CHART_MAX_WIDTH, CHART_MAX_HEIGHT},
                                   {CHART_MIN_WIDTH, CHART_MAX_HEIGHT}};
    for (size_t i = 0; i < LENGTH(SIZES); i++)
        for (enum chart_theme theme = CHART_LIGHT; theme <= CHART_DARK; theme++) {
            struct chart chart = chart_of(VALUES, LENGTH(VALUES));
            chart.width = SIZES[i][0];
            chart.height = SIZES[i][1];
            chart.theme = theme;
            gdImagePtr image = drawn(&chart);
            assert_int_equal(gdImageGetTrueColorPixel(image, 0, 0) & 0xFFFFFF,
                             theme == CHART_DARK ? DARK_BACKGROUND : LIGHT_BACKGROUND);
            gdImageDestroy(image);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ticks_are_round_and_reach_the_highest_value),
        cmocka_unit_test(test_there_are_never_more_ticks_than_wanted),
        cmocka_unit_test(test_bars_are_as_high_as_their_values),
        cmocka_unit_test(test_many_values_are_drawn_as_an_area),
        cmocka_unit_test(test_a_chart_can_be_drawn_of_nothing),
        cmocka_unit_test(test_themes_and_all_sizes_are_drawn),
    };
    return UNIT_RUN(tests);
}
