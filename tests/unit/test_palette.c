#include "unit.h"

#include <math.h>

#include "chart/palette.h"

enum { VISIONS = 4 };

/* How full colour vision and its three severe deficiencies (protan, deutan, tritan) see linear
 * RGB: Machado, Oliveira and Fernandes, "A Physiologically-based Model for Simulation of Color
 * Vision Deficiency", 2009. */
static const double VISION[VISIONS][3][3] = {
    {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
    {{0.152286, 1.052583, -0.204868},
     {0.114503, 0.786281, 0.099216},
     {-0.003882, -0.048116, 1.051998}},
    {{0.367322, 0.860646, -0.227968},
     {0.280085, 0.672501, 0.047413},
     {-0.011820, 0.042940, 0.968881}},
    {{1.255528, -0.076749, -0.178779},
     {-0.078411, 0.930809, 0.147602},
     {0.004733, 0.691367, 0.303900}},
};

static double lab_part(double t)
{
    return t > 0.008856 ? cbrt(t) : 7.787 * t + 16.0 / 116;
}

/* A colour in CIELAB as it is seen. */
static void seen(int color, const double vision[3][3], double lab[3])
{
    double linear[3], rgb[3];
    for (int i = 0; i < 3; i++) {
        double part = (color >> (16 - 8 * i) & 0xFF) / 255.0;
        linear[i] = part <= 0.04045 ? part / 12.92 : pow((part + 0.055) / 1.055, 2.4);
    }
    for (int i = 0; i < 3; i++)
        rgb[i] = fmin(1, fmax(0, vision[i][0] * linear[0] + vision[i][1] * linear[1] +
                                     vision[i][2] * linear[2]));
    double x = lab_part((0.4124 * rgb[0] + 0.3576 * rgb[1] + 0.1805 * rgb[2]) / 0.9505);
    double y = lab_part(0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2]);
    double z = lab_part((0.0193 * rgb[0] + 0.1192 * rgb[1] + 0.9505 * rgb[2]) / 1.089);
    lab[0] = 116 * y - 16;
    lab[1] = 500 * (x - y);
    lab[2] = 200 * (y - z);
}

static double difference(int one, int other, int vision)
{
    double p[3], q[3];
    seen(one, VISION[vision], p);
    seen(other, VISION[vision], q);
    return sqrt(pow(p[0] - q[0], 2) + pow(p[1] - q[1], 2) + pow(p[2] - q[2], 2));
}

static void test_series_are_told_apart_by_everybody(void **state)
{
    (void)state;
    for (enum chart_theme theme = CHART_LIGHT; theme <= CHART_DARK; theme++)
        for (int vision = 0; vision < VISIONS; vision++)
            for (int i = 0; i < CHART_MAX_SERIES; i++)
                for (int j = 0; j < i; j++) {
                    const int *series = palette_of(theme)->series;
                    /* 2.3 is a just noticeable difference. */
                    assert_true(difference(series[i], series[j], vision) > 11);
                }
}

static void test_shapes_and_texts_stand_out_from_the_background(void **state)
{
    (void)state;
    for (enum chart_theme theme = CHART_LIGHT; theme <= CHART_DARK; theme++) {
        const struct palette *palette = palette_of(theme);
        assert_true(palette_contrast(palette->text, palette->background) > 7);
        assert_true(palette_contrast(palette->muted, palette->background) > 4.5);
        assert_true(palette_contrast(palette->muted, palette->empty) > 4.5);
        for (int i = 0; i < CHART_MAX_SERIES; i++)
            assert_true(palette_contrast(palette->series[i], palette->background) > 3);
    }
}

static void test_scales_go_one_way_and_are_written_on(void **state)
{
    (void)state;
    for (enum chart_theme theme = CHART_LIGHT; theme <= CHART_DARK; theme++) {
        const struct palette *palette = palette_of(theme);
        double before = 0;
        for (int i = 0; i <= 100; i++) {
            int color = palette_at(palette, i / 100.0);
            double contrast = palette_contrast(color, palette->background);
            assert_true(contrast >= before);
            assert_true(palette_contrast(palette_on(color), color) > 4.5);
            before = contrast;
        }
        assert_true(before > 7);
    }
}

static void test_contrast_is_that_of_the_guideline(void **state)
{
    (void)state;
    assert_true(fabs(palette_contrast(0x000000, 0xFFFFFF) - 21) < 1e-9);
    assert_true(fabs(palette_contrast(0x777777, 0xFFFFFF) - 4.48) < 0.01);
    assert_true(fabs(palette_contrast(0x123456, 0x123456) - 1) < 1e-9);
    assert_int_equal(palette_mix(0xFF0080, 0x000000, 0.5), 0x800040);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_series_are_told_apart_by_everybody),
        cmocka_unit_test(test_shapes_and_texts_stand_out_from_the_background),
        cmocka_unit_test(test_scales_go_one_way_and_are_written_on),
        cmocka_unit_test(test_contrast_is_that_of_the_guideline),
    };
    return UNIT_RUN(tests);
}
