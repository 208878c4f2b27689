#include "unit.h"

#include "buf.h"
#include "catalog/page.h"

static const char URL[] = "https://loja.example/a/b?c=d";

static struct page parse(const char *type, const char *bytes)
{
    return page_parse(a, URL, type, bytes, strlen(bytes));
}

static const char *title(const char *type, const char *bytes)
{
    struct page page = parse(type, bytes);
    const char **texts = page_texts(a, &page, "//title");
    return *texts ? *texts : "";
}

static void test_the_encoding_is_that_of_the_header_else_what_the_bytes_are(void **state)
{
    (void)state;
    static const char UTF8[] = "<title>ma\xC3\xA7\xC3\xA3</title>";
    static const char LATIN1[] = "<title>ma\xE7\xE3</title>";
    static const char META[] = "<meta charset=iso-8859-1><title>ma\xE7\xE3</title>";
    assert_string_equal(title(NULL, UTF8), "maçã");
    assert_string_equal(title("text/html", UTF8), "maçã");
    assert_string_equal(title("text/html; charset=\"UTF-8\"", UTF8), "maçã");
    assert_string_equal(title("text/html;charset=ISO-8859-1", LATIN1), "maçã");
    assert_string_equal(title(NULL, META), "maçã");
}

static void test_bytes_that_are_no_page_have_no_texts(void **state)
{
    (void)state;
    struct page page = page_parse(a, URL, NULL, "", 0);
    assert_null(page.doc);
    assert_null(page_texts(a, &page, "//a")[0]);
    assert_null(page_links(a, &page)[0]);
    assert_string_equal(title("text/html; charset=no-such", "\x01\x02<<<"), "");
}

static void test_texts_are_found_in_their_order_without_empty_ones(void **state)
{
    (void)state;
    struct page page = parse(NULL, "<p>um</p><p></p><p>do<b>is</b></p>");
    const char **texts = page_texts(a, &page, "//p");
    assert_string_equal(texts[0], "um");
    assert_string_equal(texts[1], "dois");
    assert_null(texts[2]);
    assert_null(page_texts(a, &page, "//no")[0]);
    assert_null(page_texts(a, &page, "]] no XPath")[0]);
    assert_null(page_texts(a, &page, "count(//p)")[0]);
}

static void test_references_are_resolved_as_browsers_do(void **state)
{
    (void)state;
    static const char *const CASES[][2] = {
        {"x", "https://loja.example/a/x"},
        {"/x", "https://loja.example/x"},
        {"../x", "https://loja.example/x"},
        {"?p=2", "https://loja.example/a/b?p=2"},
        {"//cdn.example/x", "https://cdn.example/x"},
        {"http://outra.example", "http://outra.example"},
        {"HTTPS://outra.example/", "HTTPS://outra.example/"},
        {"  /x\n", "https://loja.example/x"},
        {"/um dois", "https://loja.example/um%20dois"},
        {"/caf\xC3\xA9", "https://loja.example/caf%C3%A9"},
        {"/x%20y", "https://loja.example/x%20y"},
        {"/x#parte", "https://loja.example/x"},
        {"#parte", "https://loja.example/a/b?c=d"},
        {"mailto:ana@example.com", NULL},
        {"javascript:void(0)", NULL},
        {"tel:+551140000000", NULL},
        {"ftp://x.example/", NULL},
        {"data:text/plain,x", NULL},
    };
    for (size_t i = 0; i < LENGTH(CASES); i++) {
        const char *url = page_resolve(a, URL, CASES[i][0]);
        if (CASES[i][1] ? !url || strcmp(url, CASES[i][1]) : url != NULL)
            fail_msg("\"%s\" became %s", CASES[i][0], url);
    }
}

static void test_each_link_stands_once(void **state)
{
    (void)state;
    struct page page =
        parse(NULL, "<a href=/2>2</a><a href='/1'>1</a><a href='/2#x'>2</a>"
                    "<a href='mailto:x@y.zz'>m</a><a>none</a><a href=''>self</a>");
    const char **links = page_links(a, &page);
    assert_string_equal(links[0], "https://loja.example/2");
    assert_string_equal(links[1], "https://loja.example/1");
    assert_null(links[2]);
}

static void test_of_very_many_links_the_first_are_read(void **state)
{
    (void)state;
    struct buf html = buf_new(a);
    for (int i = 0; i < 2 * PAGE_MAX_LINKS; i++)
        buf_printf(&html, "<a href=/%d>x</a>", i);
    struct page page = parse(NULL, html.data);
    const char **links = page_links(a, &page);
    size_t n = 0;
    while (links[n])
        n++;
    assert_int_equal(n, PAGE_MAX_LINKS);
    assert_string_equal(links[0], "https://loja.example/0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_encoding_is_that_of_the_header_else_what_the_bytes_are),
        cmocka_unit_test(test_bytes_that_are_no_page_have_no_texts),
        cmocka_unit_test(test_texts_are_found_in_their_order_without_empty_ones),
        cmocka_unit_test(test_references_are_resolved_as_browsers_do),
        cmocka_unit_test(test_each_link_stands_once),
        cmocka_unit_test(test_of_very_many_links_the_first_are_read),
    };
    return UNIT_RUN(tests);
}
