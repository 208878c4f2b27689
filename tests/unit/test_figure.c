#include "unit.h"

#include "chart/figure.h"

#define NBSP "\xC2\xA0"

static void test_axes_end_at_round_numbers(void **state)
{
    (void)state;
    static const struct {
        enum chart_unit unit;
        long long least, most;
        int wanted;
        struct axis axis;
    } CASES[] = {
        {CHART_MONEY, 0, 1, 5, {0, 1, 1}},
        {CHART_MONEY, 0, 100, 5, {0, 100, 20}},
        {CHART_MONEY, 0, 499, 5, {0, 500, 100}},
        {CHART_MONEY, 0, 501, 10, {0, 600, 100}},
        {CHART_MONEY, 300, 96000, 5, {0, 100000, 20000}},
        {CHART_MONEY, 0, 123456, 5, {0, 150000, 50000}},
        {CHART_MONEY, 0, 99999999999, 6, {0, 100000000000, 20000000000}},
        {CHART_MONEY, -4200, 9100, 5, {-5000, 10000, 5000}},
        {CHART_MONEY, -900, -100, 5, {-1000, 0, 200}},
        {CHART_MONEY, 0, 0, 5, {0, 100, 20}},
        {CHART_COUNT, 0, 0, 5, {0, 1, 1}},
        {CHART_COUNT, 0, 3, 5, {0, 3, 1}},
        {CHART_COUNT, 0, 1000000000000, 4, {0, 1000000000000, 500000000000}},
        {CHART_PERCENT, 0, 1230, 4, {0, 1500, 500}},
        {CHART_DECIMAL, 0, 175, 4, {0, 200, 50}},
    };
    for (size_t i = 0; i < LENGTH(CASES); i++) {
        struct axis axis =
            axis_of(CASES[i].unit, CASES[i].least, CASES[i].most, CASES[i].wanted);
        assert_int_equal(axis.low, CASES[i].axis.low);
        assert_int_equal(axis.high, CASES[i].axis.high);
        assert_int_equal(axis.step, CASES[i].axis.step);
    }
}

static bool is_round(long long step)
{
    while (step % 10 == 0)
        step /= 10;
    return step == 1 || step == 2 || step == 5;
}

static void test_axes_hold_all_values_in_few_round_steps(void **state)
{
    (void)state;
    static const enum chart_unit UNITS[] = {CHART_MONEY, CHART_COUNT, CHART_PERCENT};
    for (size_t u = 0; u < LENGTH(UNITS); u++)
        for (long long most = -CHART_HIGHEST; most < CHART_HIGHEST; most += CHART_HIGHEST / 50)
            for (long long size = 1; size < CHART_HIGHEST; size = size * 7 / 2 + 1)
                for (int wanted = 2; wanted < 12; wanted++) {
                    long long least = most % 2 ? -size : size, top = most / size;
                    struct axis axis = axis_of(UNITS[u], least < top ? least : top,
                                               least < top ? top : least, wanted);
                    assert_true(axis.low <= least && axis.low <= top && axis.low <= 0);
                    assert_true(axis.high >= least && axis.high >= top && axis.high >= 0);
                    assert_true(is_round(axis.step) && axis.low % axis.step == 0);
                    assert_in_range((axis.high - axis.low) / axis.step, 1, wanted);
                }
}

static void test_figures_are_written_in_both_languages(void **state)
{
    (void)state;
    static const struct {
        enum chart_unit unit;
        long long value;
        const char *texts[2], *shorts[2];
    } CASES[] = {
        {CHART_MONEY,
         123456,
         {"R$" NBSP "1.234,56", "R$1,234.56"},
         {"R$" NBSP "1,23" NBSP "mil", "R$1.23K"}},
        {CHART_MONEY, 0, {"R$" NBSP "0,00", "R$0.00"}, {"R$" NBSP "0", "R$0"}},
        {CHART_MONEY, 5, {"R$" NBSP "0,05", "R$0.05"}, {"R$" NBSP "0,05", "R$0.05"}},
        {CHART_MONEY,
         100000000000000,
         {"R$" NBSP "1.000.000.000.000,00", "R$1,000,000,000,000.00"},
         {"R$" NBSP "1" NBSP "tri", "R$1T"}},
        {CHART_COUNT, -1500, {"-1.500", "-1,500"}, {"-1,5" NBSP "mil", "-1.5K"}},
        {CHART_DECIMAL, 175, {"1,75", "1.75"}, {"1,8", "1.8"}},
        {CHART_PERCENT, 1250, {"12,5%", "12.5%"}, {"13%", "13%"}},
        {CHART_PERCENT, -995, {"-9,95%", "-9.95%"}, {"-10%", "-10%"}},
        {CHART_PERCENT, 10000, {"100%", "100%"}, {"100%", "100%"}},
        {CHART_PERCENT, 0, {"0%", "0%"}, {"0%", "0%"}},
        {CHART_MONEY, CHART_NONE, {"–", "–"}, {"–", "–"}},
    };
    for (size_t i = 0; i < LENGTH(CASES); i++)
        for (enum lang lang = LANG_PT_BR; lang <= LANG_EN; lang++) {
            struct chart chart = {.unit = CASES[i].unit, .currency = "BRL", .lang = lang};
            assert_string_equal(figure_text(a, &chart, CASES[i].value), CASES[i].texts[lang]);
            assert_string_equal(figure_short(a, &chart, CASES[i].value), CASES[i].shorts[lang]);
        }
}

static void test_bare_figures_have_three_digits_at_most(void **state)
{
    (void)state;
    static const struct {
        enum chart_unit unit;
        long long value;
        const char *text;
    } CASES[] = {
        {CHART_MONEY, 0, "0"},
        {CHART_MONEY, 45037, "450"},
        {CHART_MONEY, -45050, "-451"},
        {CHART_MONEY, 123456, "1,2" NBSP "mil"},
        {CHART_MONEY, 9912345, "99" NBSP "mil"},
        {CHART_MONEY, 99999949, "1" NBSP "mi"},
        {CHART_COUNT, 999, "999"},
        {CHART_COUNT, 123456, "123" NBSP "mil"},
        {CHART_COUNT, 9999, "10" NBSP "mil"},
        {CHART_PERCENT, 3541, "35"},
        {CHART_PERCENT, 10000, "100"},
        {CHART_DECIMAL, 175, "1,8"},
        {CHART_DECIMAL, 1749, "17"},
        {CHART_MONEY, CHART_NONE, "–"},
    };
    for (size_t i = 0; i < LENGTH(CASES); i++) {
        struct chart chart = {.unit = CASES[i].unit, .currency = "BRL"};
        assert_string_equal(figure_bare(a, &chart, CASES[i].value), CASES[i].text);
    }
}

static void test_ticks_have_the_decimals_of_their_step(void **state)
{
    (void)state;
    struct chart chart = {.unit = CHART_MONEY, .currency = "BRL"};
    struct axis fine = {0, 100, 20}, coarse = {0, 10000, 5000};
    assert_string_equal(axis_text(a, &chart, &fine, 100), "R$" NBSP "1,00");
    assert_string_equal(axis_text(a, &chart, &coarse, 5000), "R$" NBSP "50");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_axes_end_at_round_numbers),
        cmocka_unit_test(test_axes_hold_all_values_in_few_round_steps),
        cmocka_unit_test(test_figures_are_written_in_both_languages),
        cmocka_unit_test(test_bare_figures_have_three_digits_at_most),
        cmocka_unit_test(test_ticks_have_the_decimals_of_their_step),
    };
    return UNIT_RUN(tests);
}
