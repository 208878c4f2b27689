#include "unit.h"

#include <math.h>

#include "chart/ink.h"

enum { SIDE = 40 };

static struct raster raster;
static struct ink ink;

static int sheet(void **state)
{
    (void)state;
    if (!raster_new(&raster, SIDE, SIDE, 0))
        return -1;
    ink = ink_new(a, &raster);
    return 0;
}

static int away(void **state)
{
    (void)state;
    raster_free(&raster);
    return 0;
}

static int color_at(int x, int y)
{
    return raster.colors[raster.image->pixels[y][x]];
}

/* How much white is on the black sheet, in pixels. */
static double white(void)
{
    double sum = 0;
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++)
            sum += (color_at(x, y) & 0xFF) / 255.0;
    return sum;
}

static void assert_about(double value, double wanted, double margin)
{
    if (fabs(value - wanted) > margin)
        fail_msg("%f is not about %f", value, wanted);
}

static void test_a_shape_covers_its_area(void **state)
{
    (void)state;
    static const struct point TRIANGLE[] = {{3.25, 4.5}, {30.75, 10}, {12, 33.3}};
    ink_polygon(&ink, TRIANGLE, 3);
    ink_fill(&ink, 0xFFFFFF, 1);
    double area = fabs((30.75 - 3.25) * (33.3 - 4.5) - (12 - 3.25) * (10 - 4.5)) / 2;
    assert_about(white(), area, 0.5);
}

static void test_edges_between_pixels_are_as_light_as_they_are_covered(void **state)
{
    (void)state;
    static const struct point BOX[] = {{10.25, 10}, {20, 10}, {20, 20.5}, {10.25, 20.5}};
    ink_polygon(&ink, BOX, 4);
    ink_fill(&ink, 0xFFFFFF, 1);
    assert_int_equal(color_at(10, 15) & 0xFF, 191);
    assert_int_equal(color_at(15, 15), 0xFFFFFF);
    assert_int_equal(color_at(15, 20) & 0xFF, 128);
    assert_int_equal(color_at(20, 15), 0);
}

static void test_lines_are_as_wide_as_asked(void **state)
{
    (void)state;
    static const struct point LINE[] = {{5, 5}, {20, 25}, {35, 5}};
    ink_line(&ink, LINE, 3, 2, 0);
    ink_fill(&ink, 0xFFFFFF, 1);
    assert_about(white(), 2 * 2 * 25, 4);
}

static void test_dashes_are_half_of_a_line(void **state)
{
    (void)state;
    static const struct point LINE[] = {{2, 20}, {38, 20}};
    ink_line(&ink, LINE, 2, 2, 4);
    ink_fill(&ink, 0xFFFFFF, 1);
    assert_about(white(), 2 * 20, 0.5);
}

static void test_dots_and_rings_are_round(void **state)
{
    (void)state;
    ink_dot(&ink, (struct point){20, 20}, 10);
    ink_fill(&ink, 0xFFFFFF, 0.5);
    assert_about(white(), 0.5 * acos(-1) * 100, 2);
    ink_ring(&ink, (struct point){20, 20}, 12, 18, acos(-1), 2 * acos(-1));
    ink_fill(&ink, 0xFFFFFF, 1);
    assert_about(white(), 0.5 * acos(-1) * 100 + acos(-1) * (324 - 144) / 2, 3);
}

static void test_shapes_that_overlap_have_no_holes(void **state)
{
    (void)state;
    static const struct point LINES[][3] = {{{5, 10}, {20, 30}, {35, 10}},
                                            {{35, 30}, {20, 10}, {5, 30}},
                                            {{20, 5}, {21, 20}, {20, 35}}};
    for (size_t i = 0; i < LENGTH(LINES); i++) {
        raster_box(&raster, 0, 0, SIDE, SIDE, 0);
        ink_line(&ink, LINES[i], 3, 4, 0);
        ink_dot(&ink, LINES[i][1], 6);
        ink_fill(&ink, 0xFFFFFF, 1);
        int x = (int)LINES[i][1].x, y = (int)LINES[i][1].y;
        for (int dy = -4; dy <= 4; dy++)
            for (int dx = -4; dx < 4; dx++)
                assert_int_equal(color_at(x + dx, y + dy * (abs(dx) < 3)), 0xFFFFFF);
    }
}

static void test_what_lies_outside_harms_nothing(void **state)
{
    (void)state;
    static const struct point FAR[] = {{-1e9, -1e9}, {1e9, -50}, {1e9, 1e9}, {-70, 1e9}};
    ink_polygon(&ink, FAR, 4);
    ink_line(&ink, FAR, 4, 3, 1e8);
    ink_fill(&ink, 0xFFFFFF, 1);
    ink_line(&ink, FAR, 1, 3, 0);
    ink_line(&ink, (struct point[]){{5, 5}, {5, 5}, {5, 5}}, 3, 3, 2);
    ink_fill(&ink, 0xFFFFFF, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_shape_covers_its_area, sheet, away),
        cmocka_unit_test_setup_teardown(
            test_edges_between_pixels_are_as_light_as_they_are_covered, sheet, away),
        cmocka_unit_test_setup_teardown(test_lines_are_as_wide_as_asked, sheet, away),
        cmocka_unit_test_setup_teardown(test_dashes_are_half_of_a_line, sheet, away),
        cmocka_unit_test_setup_teardown(test_dots_and_rings_are_round, sheet, away),
        cmocka_unit_test_setup_teardown(test_shapes_that_overlap_have_no_holes, sheet, away),
        cmocka_unit_test_setup_teardown(test_what_lies_outside_harms_nothing, sheet, away),
    };
    return UNIT_RUN(tests);
}
