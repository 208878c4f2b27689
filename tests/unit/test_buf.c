#include "unit.h"

#include <json-c/json.h>

#include "buf.h"

static void test_an_empty_buffer_reads_as_an_empty_text(void **state)
{
    (void)state;
    struct buf b = buf_new(a);
    assert_string_equal(buf_text(&b), "");
    assert_null(b.data);
    buf_raw(&b, "");
    assert_non_null(b.data);
    assert_string_equal(buf_text(&b), "");
}

static void test_text_grows_and_always_ends_with_a_nul(void **state)
{
    (void)state;
    struct buf b = buf_new(a);
    for (size_t i = 1; i <= 2000; i++) {
        buf_bytes(&b, "x", 1);
        assert_int_equal(b.len, i);
        assert_int_equal(b.data[i], '\0');
    }
    buf_bytes(&b, buf_text(&b), 2000); /* its own text, while it moves */
    assert_int_equal(strspn(b.data, "x"), 4000);
}

static void test_bytes_may_hold_a_nul(void **state)
{
    (void)state;
    struct buf b = buf_new(a);
    buf_bytes(&b, "a\0b", 3);
    assert_int_equal(b.len, 3);
    assert_memory_equal(b.data, "a\0b", 4);
}

static void test_formatted_text_is_appended(void **state)
{
    (void)state;
    struct buf b = buf_new(a);
    buf_raw(&b, "R$ ");
    buf_printf(&b, "%d,%02d", 12, 5);
    assert_string_equal(buf_text(&b), "R$ 12,05");
}

static void test_html_can_hold_no_markup(void **state)
{
    (void)state;
    struct buf b = buf_new(a);
    buf_html(&b, "<a href=\"x\" title='y'>&amp; ção</a>");
    assert_string_equal(buf_text(&b), "&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;"
                                      "&amp;amp; ção&lt;/a&gt;");
}

static void test_a_segment_of_an_address_holds_unreserved_characters_alone(void **state)
{
    (void)state;
    struct buf b = buf_new(a);
    buf_url(&b, "aZ09-._~ tensão/?#%");
    assert_string_equal(buf_text(&b), "aZ09-._~%20tens%C3%A3o%2F%3F%23%25");
}

static void test_json_strings_are_escaped_as_the_rfc_asks(void **state)
{
    (void)state;
    static const char *const CASES[][2] = {
        {"", "\"\""},
        {"maçã 🍎", "\"maçã 🍎\""},
        {"a\"b\\c/d", "\"a\\\"b\\\\c/d\""},
        {"\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\""},
        {"\x01\x1F\x7F", "\"\\u0001\\u001f\x7F\""},
        {"a\xFF"
         "b",
         "\"a\xEF\xBF\xBD"
         "b\""},
        {"\xC3", "\"\xEF\xBF\xBD\""},
        {NULL, "null"},
    };
    for (size_t i = 0; i < LENGTH(CASES); i++) {
        struct buf b = buf_new(a);
        buf_json(&b, CASES[i][0]);
        assert_string_equal(buf_text(&b), CASES[i][1]);
    }
}

static void test_every_json_string_is_read_back_as_it_was(void **state)
{
    (void)state;
    char text[128];
    for (int c = 1; c < 128; c++)
        text[c - 1] = (char)c;
    text[127] = '\0';
    struct buf b = buf_new(a);
    buf_json(&b, text);
    struct json_object *read = json_tokener_parse(b.data);
    assert_string_equal(json_object_get_string(read), text);
    json_object_put(read);
}

/* A name of a field may be as long as the largest body, and is told back. */
static void test_a_long_string_takes_no_longer_than_its_length_asks(void **state)
{
    (void)state;
    enum { LONG = 8 * 1024 * 1024 };
    char *text = memset(arena_alloc(a, LONG + 1), 'x', LONG);
    struct buf b = buf_new(a);
    buf_json(&b, text);
    assert_int_equal(b.len, LONG + 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_empty_buffer_reads_as_an_empty_text),
        cmocka_unit_test(test_text_grows_and_always_ends_with_a_nul),
        cmocka_unit_test(test_bytes_may_hold_a_nul),
        cmocka_unit_test(test_formatted_text_is_appended),
        cmocka_unit_test(test_html_can_hold_no_markup),
        cmocka_unit_test(test_a_segment_of_an_address_holds_unreserved_characters_alone),
        cmocka_unit_test(test_json_strings_are_escaped_as_the_rfc_asks),
        cmocka_unit_test(test_every_json_string_is_read_back_as_it_was),
        cmocka_unit_test(test_a_long_string_takes_no_longer_than_its_length_asks),
    };
    return UNIT_RUN(tests);
}
