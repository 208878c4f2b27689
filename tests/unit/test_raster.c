#include "unit.h"

#include <gd.h>

#include "chart/raster.h"

enum { SIDE = 40, WHITE = 0xFFFFFF };

static struct raster raster;

static int sheet(void **state)
{
    (void)state;
    return raster_new(&raster, SIDE, SIDE, WHITE) ? 0 : -1;
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

/* The furthest of the channels of two colours. */
static int distance(int one, int other)
{
    int most = 0;
    for (int shift = 0; shift <= 16; shift += 8) {
        int apart = abs((one >> shift & 0xFF) - (other >> shift & 0xFF));
        most = apart > most ? apart : most;
    }
    return most;
}

static void test_boxes_are_cut_at_the_edge(void **state)
{
    (void)state;
    raster_box(&raster, -5, -5, 2, 3, 0x123456);
    raster_box(&raster, SIDE - 1, SIDE - 1, SIDE + 9, SIDE + 9, 0x654321);
    raster_box(&raster, 9, 9, 9, 20, 0);
    raster_box(&raster, SIDE, 0, SIDE + 5, 5, 0);
    raster_box(&raster, 20, 20, 10, 10, 0);
    int first = 0, last = 0, white = 0;
    for (int i = 0; i < SIDE * SIDE; i++) {
        first += color_at(i % SIDE, i / SIDE) == 0x123456;
        last += color_at(i % SIDE, i / SIDE) == 0x654321;
        white += color_at(i % SIDE, i / SIDE) == WHITE;
    }
    assert_int_equal(first, 6);
    assert_int_equal(last, 1);
    assert_int_equal(white, SIDE * SIDE - 7);
}

static void test_brushes_mix_with_what_is_there(void **state)
{
    (void)state;
    struct brush brush;
    raster_box(&raster, 0, 0, 10, 10, 0x0000FF);
    brush_new(&brush, &raster, 0xFF0000, 0.5);
    brush_run(&brush, 5, 0, 10, COVER_FULL);
    assert_int_equal(color_at(4, 0), 0x0000FF);
    assert_int_equal(color_at(5, 0), 0x800080);
    assert_int_equal(color_at(14, 0), 0xFF8080);
    assert_int_equal(color_at(15, 0), WHITE);
    brush_run(&brush, 5, 1, 1, COVER_FULL / 2);
    assert_int_equal(color_at(5, 1), 0x4000BF);
    brush_run(&brush, 5, 2, 1, 0);
    assert_int_equal(color_at(5, 2), 0x0000FF);
}

/* More mixtures than there may be colours. */
static void paint_mixtures(void)
{
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            struct brush brush;
            brush_new(&brush, &raster, x * 6 << 16 | y * 6 << 8, 1);
            brush_run(&brush, x, y, 1, 1 + (x + y) % (COVER_FULL - 1));
        }
}

static void test_whole_colours_are_exact_after_any_mixtures(void **state)
{
    (void)state;
    paint_mixtures();
    for (int i = 0; i < 40; i++)
        raster_box(&raster, i, 0, i + 1, 1, 0x0000FF - i);
    for (int i = 0; i < 40; i++)
        assert_int_equal(color_at(i, 0), 0x0000FF - i);
    assert_in_range(raster.color_count, 200, RASTER_COLORS);
}

static void test_without_room_a_similar_colour_is_taken(void **state)
{
    (void)state;
    for (int i = 0; i < RASTER_COLORS; i++)
        raster_box(&raster, i % SIDE, 1, i % SIDE + 1, 2, i << 16 | i << 8 | i);
    assert_int_equal(raster.color_count, RASTER_COLORS);
    raster_box(&raster, 0, 0, 1, 1, 0x406050);
    assert_true(distance(color_at(0, 0), 0x406050) <= 16);
    assert_int_equal(raster.color_count, RASTER_COLORS);
}

static void test_a_png_has_the_same_pixels(void **state)
{
    (void)state;
    struct buf png = buf_new(a);
    paint_mixtures();
    assert_true(raster_png(&raster, &png));
    gdImagePtr image = gdImageCreateFromPngPtr((int)png.len, png.data);
    assert_non_null(image);
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++)
            assert_int_equal(gdImageGetTrueColorPixel(image, x, y), color_at(x, y));
    gdImageDestroy(image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_boxes_are_cut_at_the_edge, sheet, away),
        cmocka_unit_test_setup_teardown(test_brushes_mix_with_what_is_there, sheet, away),
        cmocka_unit_test_setup_teardown(test_whole_colours_are_exact_after_any_mixtures, sheet,
                                        away),
        cmocka_unit_test_setup_teardown(test_without_room_a_similar_colour_is_taken, sheet,
                                        away),
        cmocka_unit_test_setup_teardown(test_a_png_has_the_same_pixels, sheet, away),
    };
    return UNIT_RUN(tests);
}
