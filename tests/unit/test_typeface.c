#include "unit.h"

#include "chart/typeface.h"

enum { WIDTH = 600, HEIGHT = 120, X = 40, Y = 80 };

enum { FAINT = 1 }; /* pixels at a letter's edge that none of sixteen steps shows */

static int open_fonts(void **state)
{
    assert_null(typeface_open());
    return unit_begin(state);
}

/* Where the ink of a text is in a picture, and that no more and no less was measured. */
static void check_ink(enum font font, int scale, const char *text)
{
    struct raster raster;
    struct brush brush;
    assert_true(raster_new(&raster, WIDTH, HEIGHT, 0xFFFFFF));
    brush_new(&brush, &raster, 0, 1);
    typeface_write(&brush, font, scale, X, Y, text);
    struct extent found = {0, WIDTH, HEIGHT, 0, 0};
    struct extent told = typeface_measure(font, scale, text);
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++) {
            if (raster.image->pixels[y][x] == 0)
                continue;
            found.left = x < found.left ? x : found.left;
            found.top = y < found.top ? y : found.top;
            found.right = x + 1 > found.right ? x + 1 : found.right;
            found.bottom = y + 1 > found.bottom ? y + 1 : found.bottom;
        }
    assert_in_range(found.left - (X + told.left), 0, FAINT);
    assert_in_range(found.top - (Y + told.top), 0, FAINT);
    assert_in_range(X + told.right - found.right, 0, FAINT);
    assert_in_range(Y + told.bottom - found.bottom, 0, FAINT);
    raster_free(&raster);
}

static void test_ink_is_where_it_is_measured(void **state)
{
    (void)state;
    static const char *const TEXTS[] = {"Ação",
                                        "R$\xC2\xA0"
                                        "1.234,56",
                                        "AVATAR",
                                        "j",
                                        "Ônibus §…",
                                        "□□"};
    for (size_t i = 0; i < LENGTH(TEXTS); i++)
        for (enum font font = 0; font < FONTS; font++)
            for (int scale = 1; scale <= TYPEFACE_SCALES; scale++)
                check_ink(font, scale, TEXTS[i]);
}

static void test_what_has_no_ink_moves_the_pen(void **state)
{
    (void)state;
    struct extent blank = typeface_measure(FONT_TEXT, 1, "\xC2\xA0");
    assert_in_range(blank.advance, 2, 6);
    assert_int_equal(blank.left, blank.right);
    assert_int_equal(typeface_measure(FONT_TEXT, 1, "").advance, 0);
}

static void test_letters_are_kept_apart_by_character_font_and_scale(void **state)
{
    (void)state;
    static int before[FONTS][TYPEFACE_SCALES];
    /* More letters than are kept, twice. */
    for (int round = 0; round < 2; round++) {
        for (enum font font = 0; font < FONTS; font++)
            for (int scale = 1; scale <= TYPEFACE_SCALES; scale++) {
                int sum = 0;
                for (int c = 0x21; c < 0x21 + 500; c++) {
                    char text[3] = {(char)c};
                    if (c >= 0x80) {
                        text[0] = (char)(0xC0 | c >> 6);
                        text[1] = (char)(0x80 | (c & 0x3F));
                    }
                    sum += typeface_measure(font, scale, text).advance;
                }
                if (round)
                    assert_int_equal(sum, before[font][scale - 1]);
                before[font][scale - 1] = sum;
            }
    }
    assert_true(before[FONT_SMALL][0] < before[FONT_TEXT][0]);
    assert_true(before[FONT_TEXT][0] < before[FONT_BOLD][0]);
    assert_in_range(before[FONT_TEXT][1], before[FONT_TEXT][0] * 19 / 10,
                    before[FONT_TEXT][0] * 21 / 10);
}

static void test_the_fonts_have_letters_but_no_ideographs(void **state)
{
    (void)state;
    assert_true(typeface_has('A'));
    assert_true(typeface_has(0x25A1));
    assert_false(typeface_has(0x65E5));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ink_is_where_it_is_measured),
        cmocka_unit_test(test_what_has_no_ink_moves_the_pen),
        cmocka_unit_test(test_letters_are_kept_apart_by_character_font_and_scale),
        cmocka_unit_test(test_the_fonts_have_letters_but_no_ideographs),
    };
    return cmocka_run_group_tests(tests, open_fonts, unit_end);
}
