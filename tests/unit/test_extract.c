#include "unit.h"

#include "catalog/extract.h"
#include "fields.h"

static const char URL[] = "https://loja.example/p/1";

static struct json_object *extract(const char *html, size_t n, const char **refusal)
{
    struct page page = page_parse(a, URL, NULL, html, n);
    return extract_product(a, &page, "BRL", refusal);
}

/* The item of a page whose one script is this. */
static struct json_object *item_of(const char *script)
{
    const char *refusal;
    char *html = arena_printf(
        a, "<html><head><script type=\"application/ld+json\">%s</script></head></html>",
        script);
    struct json_object *item = extract(html, strlen(html), &refusal);
    if (!item)
        fail_msg("refused as %s: %s", refusal, script);
    return item;
}

static const char *refusal_of(const char *html)
{
    const char *refusal;
    assert_null(extract(html, strlen(html), &refusal));
    return refusal;
}

/* A product with these further members; price 10. */
static struct json_object *product_with(const char *members)
{
    return item_of(arena_printf(
        a, "{\"@type\": \"Product\", \"name\": \"x\", \"offers\": {\"price\": 10}, %s}",
        members));
}

static void test_a_whole_product_is_read(void **state)
{
    (void)state;
    struct json_object *item =
        item_of("{\"@context\": \"https://schema.org\", \"@type\": \"Product\","
                "\"name\": \"Cafeteira <b>X</b> &amp; filtro\", \"description\": \" Boa\\n \","
                "\"brand\": {\"@type\": \"Brand\", \"name\": \"Ótima\"},"
                "\"gtin13\": \"7891000315507\", \"sku\": \"C-1\","
                "\"image\": [\"/a.jpg\", {\"url\": \"b.jpg\"}, \"data:x\"],"
                "\"category\": \"Casa > Cozinha\", \"color\": \"preta\","
                "\"additionalProperty\": [{\"name\": \"Volume\", \"value\": 1.5}],"
                "\"offers\": {\"price\": \"1299.90\", \"priceCurrency\": \"BRL\","
                "  \"availability\": \"https://schema.org/InStock\","
                "  \"seller\": {\"name\": \"Loja\"}}}");
    assert_string_equal(
        json_object_to_json_string_ext(item, JSON_C_TO_STRING_NOSLASHESCAPE),
        "{\"name\":\"Cafeteira X & filtro\",\"price\":129990,\"currency\":\"BRL\","
        "\"availability\":\"in_stock\",\"seller\":\"Loja\",\"description\":\"Boa\","
        "\"brand\":\"Ótima\",\"gtin\":\"7891000315507\",\"sku\":\"C-1\","
        "\"images\":[\"https://loja.example/a.jpg\",\"https://loja.example/p/b.jpg\"],"
        "\"attributes\":{\"color\":\"preta\",\"Volume\":\"1.5\"},"
        "\"category\":\"Casa > Cozinha\",\"url\":\"https://loja.example/p/1\","
        "\"source_id\":\"C-1\"}");
}

static void test_a_product_is_found_wherever_pages_put_it(void **state)
{
    (void)state;
    static const char *const SCRIPTS[] = {
        "[{\"@type\": \"WebSite\"}, {\"@type\": \"Product\", \"name\": \"x\", \"offers\": "
        "{\"price\": 1}}]",
        "{\"@graph\": [{\"@type\": \"Product\", \"name\": \"x\", \"offers\": {\"price\": 1}}]}",
        "{\"@type\": \"WebPage\", \"mainEntity\": {\"@type\": \"Product\", \"name\": \"x\","
        " \"offers\": {\"price\": 1}}}",
        "{\"@type\": [\"Thing\", \"http://schema.org/Product\"], \"name\": \"x\","
        " \"offers\": {\"price\": 1}}",
        "//<![CDATA[\n{\"@type\": \"Product\", \"name\": \"x\", \"offers\": {\"price\": "
        "1},}\n//]]>",
        "/* <![CDATA[ */ [{\"@type\": \"Product\", \"name\": \"x\", \"offers\": {\"price\": "
        "1}}]\n/* ]]> */",
        "<!-- {\"@type\": \"Product\", \"name\": \"x\", \"offers\": {\"price\": 1}} -->",
        "{\"@type\": \"ProductGroup\", \"name\": \"x\", \"hasVariant\": [{\"@type\": "
        "\"Product\","
        " \"name\": \"x P\", \"offers\": {\"price\": 1}}]}",
    };
    for (size_t i = 0; i < LENGTH(SCRIPTS); i++)
        assert_string_equal(field_text(item_of(SCRIPTS[i]), "name"), "x");
}

static void test_a_related_product_is_not_that_of_the_page(void **state)
{
    (void)state;
    assert_string_equal(
        refusal_of(
            "<script type='application/ld+json'>{\"@type\": \"WebPage\", \"isRelatedTo\":"
            " {\"@type\": \"Product\", \"name\": \"y\", \"offers\": {\"price\": 1}}}"
            "</script>"),
        "no_product");
}

static void test_the_price_is_that_of_the_cheapest_offer(void **state)
{
    (void)state;
    static const struct {
        const char *offers;
        long long price;
        const char *currency;
    } CASES[] = {
        {"{\"price\": 10}", 1000, "BRL"},
        {"{\"price\": 10.5}", 1050, "BRL"},
        {"{\"price\": \"1.234\"}", 123, "BRL"},
        {"{\"price\": \"R$ 1.234,56\"}", 123456, "BRL"},
        {"{\"price\": \"7\", \"priceCurrency\": \"USD\"}", 700, "USD"},
        {"[{\"price\": 12}, {\"price\": 11}, {\"price\": 13}]", 1100, "BRL"},
        {"{\"@type\": \"AggregateOffer\", \"lowPrice\": 9, \"highPrice\": 20}", 900, "BRL"},
        {"{\"@type\": \"AggregateOffer\", \"offers\": [{\"price\": 8}, {\"price\": 7}]}", 700,
         "BRL"},
        {"{\"priceSpecification\": {\"price\": 6, \"priceCurrency\": \"EUR\"}}", 600, "EUR"},
        {"{\"priceSpecification\": [{\"price\": 5}]}", 500, "BRL"},
    };
    for (size_t i = 0; i < LENGTH(CASES); i++) {
        struct json_object *item = item_of(arena_printf(
            a, "{\"@type\": \"Product\", \"name\": \"x\", \"offers\": %s}", CASES[i].offers));
        if (field_integer(item, "price") != CASES[i].price)
            fail_msg("%s was read as %lld", CASES[i].offers, field_integer(item, "price"));
        assert_string_equal(field_text(item, "currency"), CASES[i].currency);
    }
}

static void test_pages_without_a_plausible_product_are_refused_with_the_reason(void **state)
{
    (void)state;
    static const char *const CASES[][2] = {
        {"", "no_product"},
        {"<p>Cafeteira R$ 10</p>", "no_product"},
        {"<script>{\"@type\": \"Product\"}</script>", "no_product"},
        {"<script type='application/ld+json'>{\"@type\": </script>", "invalid_json"},
        {"<script type='application/ld+json'>{\"@type\": \"Product\"}</script>", "no_name"},
        {"<script type='application/ld+json'>{\"@type\": \"Product\", \"name\": \" <b></b>\"}"
         "</script>",
         "no_name"},
        {"<script type='application/ld+json'>{\"@type\": \"Product\", \"name\": "
         "\"x\"}</script>",
         "no_price"},
        {"<script type='application/ld+json'>{\"@type\": \"Product\", \"name\": \"x\","
         " \"offers\": {\"price\": \"sob consulta\"}}</script>",
         "no_price"},
        {"<script type='application/ld+json'>{\"@type\": \"Product\", \"name\": \"x\","
         " \"offers\": {\"price\": 0}}</script>",
         "implausible_price"},
        {"<script type='application/ld+json'>{\"@type\": \"Product\", \"name\": \"x\","
         " \"offers\": {\"price\": 10000001}}</script>",
         "implausible_price"},
    };
    for (size_t i = 0; i < LENGTH(CASES); i++)
        assert_string_equal(refusal_of(CASES[i][0]), CASES[i][1]);
}

static void test_a_broken_script_does_not_hide_a_good_one(void **state)
{
    (void)state;
    const char *refusal;
    static const char HTML[] =
        "<script type='application/ld+json'>{broken</script>"
        "<script type='application/LD+JSON; charset=utf-8'>{\"@type\": \"Product\","
        " \"name\": \"x\", \"offers\": {\"price\": 1}}</script>";
    assert_non_null(extract(HTML, strlen(HTML), &refusal));
    assert_null(refusal);
}

static void test_availability_is_told_in_our_words(void **state)
{
    (void)state;
    static const char *const CASES[][2] = {
        {"https://schema.org/InStock", "in_stock"},
        {"http://schema.org/OutOfStock", "out_of_stock"},
        {"SoldOut", "out_of_stock"},
        {"preorder", "preorder"},
        {"BackOrder", "backorder"},
        {"Discontinued", "discontinued"},
        {"InStoreOnly", "in_store_only"},
        {"https://schema.org/Perhaps", NULL},
    };
    for (size_t i = 0; i < LENGTH(CASES); i++) {
        struct json_object *item = item_of(
            arena_printf(a,
                         "{\"@type\": \"Product\", \"name\": \"x\", \"offers\": {\"price\": 1,"
                         " \"availability\": \"%s\"}}",
                         CASES[i][0]));
        const char *got = field_text(item, "availability");
        assert_string_equal(got ? got : "", CASES[i][1] ? CASES[i][1] : "");
    }
}

static void test_a_code_counts_only_where_its_check_digit_is_right(void **state)
{
    (void)state;
    assert_string_equal(field_text(product_with("\"gtin\": \"789-1000-315507\""), "gtin"),
                        "7891000315507");
    assert_string_equal(
        field_text(product_with("\"gtin13\": \"1\", \"gtin8\": \"96385074\""), "gtin"),
        "96385074");
    assert_string_equal(field_text(product_with("\"gtin\": 7891000315507"), "gtin"),
                        "7891000315507");
    assert_null(field_text(product_with("\"gtin\": \"7891000315508\""), "gtin"));
}

static void test_the_category_comes_from_the_breadcrumb_where_none_is_named(void **state)
{
    (void)state;
    struct json_object *item = item_of(
        "[{\"@type\": \"BreadcrumbList\", \"itemListElement\": [{\"name\": \"Início\"},"
        " {\"item\": {\"name\": \"Casa\"}}, {\"name\": \"Cozinha\"}, {\"name\": "
        "\"Cafeteira\"}]},"
        " {\"@type\": \"Product\", \"name\": \"Cafeteira\", \"offers\": {\"price\": 1}}]");
    assert_string_equal(field_text(item, "category"), "Casa > Cozinha");
}

static void test_a_product_without_code_is_known_by_its_canonical_address(void **state)
{
    (void)state;
    const char *refusal;
    static const char HTML[] =
        "<link rel='canonical' href='/p/canonical'><script type='application/ld+json'>"
        "{\"@type\": \"Product\", \"name\": \"x\", \"offers\": {\"price\": 1}}</script>";
    struct json_object *item = extract(HTML, strlen(HTML), &refusal);
    assert_string_equal(field_text(item, "source_id"), "https://loja.example/p/canonical");
    assert_string_equal(field_text(product_with("\"x\": 1"), "source_id"), URL);
    assert_string_equal(field_text(product_with("\"mpn\": \"M-1\""), "source_id"), "M-1");
}

static void test_texts_are_cut_to_what_ingest_takes(void **state)
{
    (void)state;
    struct json_object *item = item_of(arena_printf(
        a, "{\"@type\": \"Product\", \"name\": \"%0300d\", \"offers\": {\"price\": 1}}", 0));
    assert_int_equal(strlen(field_text(item, "name")), 200);
}

static void test_nesting_without_end_is_not_followed(void **state)
{
    (void)state;
    char *deep = arena_alloc(a, 100000 * 13 + 1), *d = deep;
    for (int i = 0; i < 100000; i++)
        d += sprintf(d, "{\"@graph\":[");
    assert_string_equal(
        refusal_of(arena_printf(a, "<script type='application/ld+json'>%s</script>", deep)),
        "invalid_json");
}

/* What the hand-written expectations of the public pages say of those in JSON-LD. */
static void test_the_public_pages_give_what_a_reader_sees(void **state)
{
    (void)state;
    static const char *const PAGES[] = {"0010", "0029", "0030", "3475"};
    size_t n;
    struct json_object *all = json_tokener_parse(unit_shared("corpus/pages.json", &n));
    for (size_t i = 0; i < LENGTH(PAGES); i++) {
        struct json_object *expected =
            field_value(all, arena_printf(a, "schemaorg-%s-*", PAGES[i]));
        const char *html = unit_shared(
                       arena_printf(a, "corpus/pages/schemaorg-%s-jsonld.html", PAGES[i]), &n),
                   *refusal;
        assert_non_null(expected);
        struct json_object *item = extract(html, n, &refusal);
        if (!field_value(expected, "price")) {
            assert_string_equal(refusal, "no_price");
            continue;
        }
        assert_string_equal(field_text(item, "name"), field_text(expected, "name"));
        assert_int_equal(field_integer(item, "price"), field_integer(expected, "price"));
        assert_string_equal(field_text(item, "currency"), field_text(expected, "currency"));
        assert_string_equal(field_text(item, "availability"),
                            field_text(expected, "availability"));
    }
    json_object_put(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_whole_product_is_read),
        cmocka_unit_test(test_a_product_is_found_wherever_pages_put_it),
        cmocka_unit_test(test_a_related_product_is_not_that_of_the_page),
        cmocka_unit_test(test_the_price_is_that_of_the_cheapest_offer),
        cmocka_unit_test(test_pages_without_a_plausible_product_are_refused_with_the_reason),
        cmocka_unit_test(test_a_broken_script_does_not_hide_a_good_one),
        cmocka_unit_test(test_availability_is_told_in_our_words),
        cmocka_unit_test(test_a_code_counts_only_where_its_check_digit_is_right),
        cmocka_unit_test(test_the_category_comes_from_the_breadcrumb_where_none_is_named),
        cmocka_unit_test(test_a_product_without_code_is_known_by_its_canonical_address),
        cmocka_unit_test(test_texts_are_cut_to_what_ingest_takes),
        cmocka_unit_test(test_nesting_without_end_is_not_followed),
        cmocka_unit_test(test_the_public_pages_give_what_a_reader_sees),
    };
    return UNIT_RUN(tests);
}
