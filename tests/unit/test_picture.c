#include "unit.h"

#include "picture.h"

static const struct {
    const char *name, *kind;
    int width, height;
} SEEDS[] = {
    {"jpeg", "jpeg", 9, 7}, {"jpeg-exif", "jpeg", 9, 7},     {"png", "png", 9, 7},
    {"gif", "gif", 9, 7},   {"webp", "webp", 9, 7},          {"webp-lossless", "webp", 9, 7},
    {"avif", "avif", 9, 7}, {"webp-extended", "webp", 9, 7},
};

static char *seed(const char *name, size_t *n)
{
    char *bytes = unit_file(arena_printf(a, "%s/fuzz/corpus/picture/%s", ROOT, name), n);
    assert_non_null(bytes);
    return bytes;
}

static void test_each_kind_is_known_by_its_content(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(SEEDS); i++) {
        size_t n;
        struct picture picture;
        const char *bytes = seed(SEEDS[i].name, &n);
        assert_null(picture_read(bytes, n, &picture));
        assert_string_equal(picture.kind, SEEDS[i].kind);
        assert_string_equal(picture.type, arena_printf(a, "image/%s", SEEDS[i].kind));
        assert_int_equal(picture.width, SEEDS[i].width);
        assert_int_equal(picture.height, SEEDS[i].height);
    }
}

/* Whatever is cut off: a size that was read is the right one. */
static void test_a_file_that_is_cut_is_refused_or_told_rightly(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(SEEDS); i++) {
        size_t n;
        const char *bytes = seed(SEEDS[i].name, &n);
        for (size_t cut = 0; cut < n; cut++) {
            struct picture picture;
            char *part = malloc(cut + !cut); /* so that reading behind it is seen */
            memcpy(part, bytes, cut);
            const char *fault = picture_read(part, cut, &picture);
            free(part);
            if (fault)
                assert_true(!strcmp(fault, "picture_kind") || !strcmp(fault, "picture_broken"));
            else
                assert_int_equal(picture.width, SEEDS[i].width);
        }
    }
}

static void test_what_is_no_such_picture_is_refused(void **state)
{
    (void)state;
    struct picture picture;
    static const char *const TEXTS[] = {"", "<svg/>", "BM", "%PDF-1.7", "GIF88a", "II*"};
    for (size_t i = 0; i < LENGTH(TEXTS); i++)
        assert_string_equal(picture_read(TEXTS[i], strlen(TEXTS[i]), &picture), "picture_kind");
}

static void test_sizes_have_bounds(void **state)
{
    (void)state;
    assert_null(picture_size_fault(1, 1));
    assert_null(picture_size_fault(10000, 5000));
    assert_null(picture_size_fault(PICTURE_MAX_SIDE, 1));
    assert_string_equal(picture_size_fault(10000, 5001), "picture_too_large");
    assert_string_equal(picture_size_fault(1, PICTURE_MAX_SIDE + 1), "picture_too_large");
    assert_string_equal(picture_size_fault(0xFFFFFFFF, 0xFFFFFFFF), "picture_too_large");
    assert_string_equal(picture_size_fault(0, 5), "picture_empty");
    assert_string_equal(picture_size_fault(5, 0), "picture_empty");
}

/* An AVIF file of parts, the first of which is said to be larger than any number holds. */
static void test_the_largest_part_is_the_size_whatever_its_area(void **state)
{
    (void)state;
    static const char FILE_OF_PARTS[] = "\0\0\0\x14"
                                        "ftypavif\0\0\0\0avif"
                                        "\0\0\0\x44"
                                        "meta\0\0\0\0"
                                        "\0\0\0\x38"
                                        "iprp"
                                        "\0\0\0\x30"
                                        "ipco"
                                        "\0\0\0\x14"
                                        "ispe\0\0\0\0"
                                        "\xFF\xFF\xFF\xFF"
                                        "\xFF\xFF\xFF\xFF"
                                        "\0\0\0\x14"
                                        "ispe\0\0\0\0"
                                        "\0\0\0\x09"
                                        "\0\0\0\x07";
    struct picture picture;
    const char *fault = picture_read(FILE_OF_PARTS, sizeof FILE_OF_PARTS - 1, &picture);
    assert_non_null(fault);
    assert_string_equal(fault, "picture_too_large");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_kind_is_known_by_its_content),
        cmocka_unit_test(test_a_file_that_is_cut_is_refused_or_told_rightly),
        cmocka_unit_test(test_what_is_no_such_picture_is_refused),
        cmocka_unit_test(test_sizes_have_bounds),
        cmocka_unit_test(test_the_largest_part_is_the_size_whatever_its_area),
    };
    return UNIT_RUN(tests);
}
