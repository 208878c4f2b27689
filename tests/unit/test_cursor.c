#include "unit.h"

#include "cursor.h"
#include "digest.h"

static void test_a_cursor_carries_its_row(void **state)
{
    (void)state;
    static const char *const ROWS[][2] = {
        {"2026-01-31T12:00:00Z", "0190a5c0-0000-7000-8000-000000000001"},
        {"Café com açúcar", "x"},
        {"", ""},
    };
    for (size_t i = 0; i < LENGTH(ROWS); i++) {
        struct problem p = problem_none(a);
        const char *first, *second;
        char *text = cursor_encode(a, "products:name", ROWS[i][0], ROWS[i][1]);
        assert_true(cursor_decode(&p, text, "products:name", &first, &second));
        assert_string_equal(first, ROWS[i][0]);
        assert_string_equal(second, ROWS[i][1]);
        assert_int_equal(p.status, 0);
    }
}

static void test_a_cursor_can_stand_in_a_query_string(void **state)
{
    (void)state;
    char *text = cursor_encode(a, "n", "\xFF\xFE?>", "~~~");
    assert_int_equal(strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789-_"),
                     strlen(text));
}

static void test_no_cursor_is_the_first_page(void **state)
{
    (void)state;
    struct problem p = problem_none(a);
    const char *first = "x", *second = "x";
    assert_true(cursor_decode(&p, NULL, "orders", &first, &second));
    assert_null(first);
    assert_null(second);
}

static void test_what_is_no_cursor_of_this_list_is_a_field_error(void **state)
{
    (void)state;
    const char *const texts[] = {
        "",
        "*",
        "AAAA=",
        "not a cursor",
        base64url_encode(a, "orders", 6),
        base64url_encode(a,
                         "orders\x1F"
                         "a",
                         8),
        base64url_encode(a,
                         "orders\x1F"
                         "a\x1F"
                         "b\x1F"
                         "c",
                         12),
        base64url_encode(a,
                         "orders\x1F"
                         "a\0\x1F"
                         "b",
                         11),
        base64url_encode(a,
                         "orders\x1F\xFF\x1F"
                         "b",
                         10),
        cursor_encode(a, "products", "a", "b"),
        cursor_encode(a, "order", "a", "b"),
    };
    for (size_t i = 0; i < LENGTH(texts); i++) {
        struct problem p = problem_none(a);
        const char *first, *second;
        if (cursor_decode(&p, texts[i], "orders", &first, &second))
            fail_msg("\"%s\" was taken for a cursor", texts[i]);
        assert_null(first);
        assert_null(second);
        assert_int_equal(p.status, 422);
        assert_string_equal(p.errors->pointer, "cursor");
        assert_string_equal(p.errors->code, "not_cursor");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_cursor_carries_its_row),
        cmocka_unit_test(test_a_cursor_can_stand_in_a_query_string),
        cmocka_unit_test(test_no_cursor_is_the_first_page),
        cmocka_unit_test(test_what_is_no_cursor_of_this_list_is_a_field_error),
    };
    return UNIT_RUN(tests);
}
