/* markdown: HTML with nothing in it that runs. */
#include "unit.h"

#include "markdown.h"

static void assert_html(const char *text, const char *html)
{
    const char *made = markdown_html(a, text);
    if (strcmp(made, html))
        fail_msg("%s gave %s", text, made);
}

static void test_what_people_write_is_shown(void **state)
{
    (void)state;
    assert_html("", "");
    assert_html("**a** < *b*", "<p><strong>a</strong> &lt; <em>b</em></p>\n");
    assert_html("# a\n\n- b\n", "<h1>a</h1>\n<ul>\n<li>b</li>\n</ul>\n");
}

static void test_raw_html_is_left_out(void **state)
{
    (void)state;
    assert_html("a <script>x</script>",
                "<p>a <!-- raw HTML omitted -->x<!-- raw HTML omitted --></p>\n");
    assert_html("<div onclick=x>", "<!-- raw HTML omitted -->\n");
}

static void test_links_have_addresses_of_the_web_or_none(void **state)
{
    (void)state;
    static const char *const KEPT[] = {
        "http://a.example/",
        "HTTPS://a.example/?b:c",
        "mailto:a@b.example",
        "tel:+551140041234",
        "/v1/products",
        "a/b:c",
        "#ab:c",
        "?x=y:z",
        "//a.example/",
        "",
    };
    static const char *const EMPTIED[] = {
        "javascript:x",
        "JavaScript:x",
        "&#x6a;avascript:x",
        "vbscript:x",
        "file:///etc/passwd",
        "data:text/html,x",
        "data:image/png;base64,AA==",
        "intent:x",
        "blob:x",
        "ab:",
        ":x",
    };
    for (size_t i = 0; i < LENGTH(KEPT); i++)
        assert_html(arena_printf(a, "[x](%s)", KEPT[i]),
                    arena_printf(a, "<p><a href=\"%s\">x</a></p>\n", KEPT[i]));
    for (size_t i = 0; i < LENGTH(EMPTIED); i++) {
        assert_html(arena_printf(a, "[x](%s)", EMPTIED[i]), "<p><a href=\"\">x</a></p>\n");
        assert_html(arena_printf(a, "[x]\n\n[x]: %s", EMPTIED[i]),
                    "<p><a href=\"\">x</a></p>\n");
    }
    assert_html("<javascript:x>", "<p><a href=\"\">javascript:x</a></p>\n");
}

static void test_pictures_come_from_the_web_alone(void **state)
{
    (void)state;
    assert_html("![x](https://a.example/b.png \"t\")",
                "<p><img src=\"https://a.example/b.png\" alt=\"x\" title=\"t\" /></p>\n");
    assert_html("![x](/images/1.jpg)", "<p><img src=\"/images/1.jpg\" alt=\"x\" /></p>\n");
    assert_html("![x](mailto:a@b.example)", "<p><img src=\"\" alt=\"x\" /></p>\n");
    assert_html("![x](data:image/png;base64,AA==)", "<p><img src=\"\" alt=\"x\" /></p>\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_people_write_is_shown),
        cmocka_unit_test(test_raw_html_is_left_out),
        cmocka_unit_test(test_links_have_addresses_of_the_web_or_none),
        cmocka_unit_test(test_pictures_come_from_the_web_alone),
    };
    return UNIT_RUN(tests);
}
