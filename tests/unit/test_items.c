/* items: lists in a request's body, item by item. */
#include "unit.h"

#include "harness.h"
#include "items.h"

static struct request *body_of(const char *type, const char *body, size_t n)
{
    const char **environment = arena_alloc(a, 3 * sizeof *environment);
    environment[0] = arena_printf(a, "CONTENT_TYPE=%s", type);
    environment[1] = arena_printf(a, "CONTENT_LENGTH=%zu", n);
    return harness_request(a, environment, body, n);
}

/* The items, each in brackets; then the problem's code, if there is one. */
static const char *read_all(struct request *req)
{
    const char *text;
    size_t n;
    struct buf b = buf_new(a);
    struct items *items = items_open(req, settings()->ingest_max_bytes);
    while (items && items_next(items, &text, &n)) {
        assert_int_equal(strlen(text), n);
        buf_printf(&b, "<%s>", text);
    }
    for (const struct field_error *e = req->problem.errors; e; e = e->next)
        buf_raw(&b, e->code);
    if (req->problem.status && !req->problem.errors)
        buf_raw(&b, req->problem.code);
    return buf_text(&b);
}

static void assert_items(const char *type, const char *const (*cases)[2], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *body = cases[i][0];
        const char *items = read_all(body_of(type, body, strlen(body)));
        if (strcmp(items, cases[i][1]))
            fail_msg("%s gave %s", body, items);
    }
}

static void test_an_array_is_read_item_by_item(void **state)
{
    (void)state;
    static const char *const CASES[][2] = {
        {"[]", ""},
        {" \r\n[\t]\n", ""},
        {"[1]", "<1>"},
        {"[1,2 , 3]", "<1><2 >< 3>"},
        {"[{\"a\":[1,{\"b\":2}]},[[],[]]]", "<{\"a\":[1,{\"b\":2}]}><[[],[]]>"},
        {"[\"],[\",\"\\\",]\",\"\\\\\"]", "<\"],[\"><\"\\\",]\"><\"\\\\\">"},
    };
    assert_items("application/json", CASES, LENGTH(CASES));
    assert_items("Application/JSON; charset=utf-8", CASES, LENGTH(CASES));
}

static void test_what_is_no_array_is_told_behind_the_items_before(void **state)
{
    (void)state;
    static const char *const CASES[][2] = {
        {"[1,2", "<1>invalid_json"}, {"[1,", "<1>invalid_json"},    {"[1,]", "<1>invalid_json"},
        {"[,1]", "invalid_json"},    {"[1,,2]", "<1>invalid_json"}, {"[1]2", "<1>invalid_json"},
        {"[1]]", "<1>invalid_json"}, {"[\"a]", "invalid_json"},     {"[{]", "invalid_json"},
        {"{", "invalid_json"},       {" ", "invalid_json"},         {"{\"a\":[1]}", "not_list"},
        {"7", "not_list"},
    };
    assert_items("application/json", CASES, LENGTH(CASES));
}

static void test_an_item_may_be_no_json(void **state)
{
    (void)state;
    static const char *const CASES[][2] = {{"[a b,}]", "<a b><}>"}};
    assert_items("application/json", CASES, LENGTH(CASES));
}

static void test_lines_are_items_and_empty_ones_are_passed_over(void **state)
{
    (void)state;
    static const char *const CASES[][2] = {
        {"{}", "<{}>"},
        {"{}\n", "<{}>"},
        {"\n{\"a\":1}\r\n \t\r\n\n[2]", "<{\"a\":1}\r><[2]>"},
        {"\n\n", ""},
    };
    assert_items("application/x-ndjson", CASES, LENGTH(CASES));
    assert_items("application/ndjson", CASES, LENGTH(CASES));
}

static void test_an_item_across_pieces_is_whole(void **state)
{
    (void)state;
    enum { MANY = 5000 };
    struct buf body = buf_new(a), expected = buf_new(a);
    for (int i = 0; i < MANY; i++) {
        buf_printf(&body, "%s{\"source_id\":\"%d\",\"name\":\",]\\\"\"}", i ? "," : "[", i);
        buf_printf(&expected, "<{\"source_id\":\"%d\",\"name\":\",]\\\"\"}>", i);
    }
    buf_raw(&body, "]");
    assert_true(body.len > 100000);
    assert_string_equal(read_all(body_of("application/json", body.data, body.len)),
                        buf_text(&expected));
}

static void test_a_nul_ends_no_item(void **state)
{
    (void)state;
    static const char BODY[] = "[1\0,2]";
    const char *text;
    size_t n;
    struct request *req = body_of("application/json", BODY, sizeof BODY - 1);
    struct items *items = items_open(req, 100);
    assert_true(items_next(items, &text, &n));
    assert_int_equal(n, 2);
    assert_memory_equal(text, "1\0", 3);
    assert_true(items_next(items, &text, &n));
    assert_string_equal(text, "2");
    assert_false(items_next(items, &text, &n));
    assert_int_equal(req->problem.status, 0);
}

static void test_bodies_and_items_have_bounds(void **state)
{
    (void)state;
    size_t n = (size_t)settings()->max_body_bytes;
    char *body = arena_alloc(a, n + 5);
    memset(body, ' ', n + 5);
    memcpy(body, "[1,", 3);
    body[n + 3] = ']';
    assert_string_equal(read_all(body_of("application/json", body, n + 4)),
                        "<1>invalid_json"); /* an item of just the size */
    body[n + 3] = ' ';
    body[n + 4] = ']';
    assert_string_equal(read_all(body_of("application/json", body, n + 5)),
                        "<1>body_too_large");
    struct request *req = body_of("application/json", "[1]", 3);
    assert_null(items_open(req, 2));
    assert_int_equal(req->problem.status, 413);
}

static void test_a_body_must_be_there_and_of_a_type_that_is_a_list(void **state)
{
    (void)state;
    struct request *req = body_of("application/json", "", 0);
    assert_null(items_open(req, 10));
    assert_int_equal(req->problem.status, 400);
    req = body_of("text/csv", "1", 1);
    assert_null(items_open(req, 10));
    assert_int_equal(req->problem.status, 415);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_array_is_read_item_by_item),
        cmocka_unit_test(test_what_is_no_array_is_told_behind_the_items_before),
        cmocka_unit_test(test_an_item_may_be_no_json),
        cmocka_unit_test(test_lines_are_items_and_empty_ones_are_passed_over),
        cmocka_unit_test(test_an_item_across_pieces_is_whole),
        cmocka_unit_test(test_a_nul_ends_no_item),
        cmocka_unit_test(test_bodies_and_items_have_bounds),
        cmocka_unit_test(test_a_body_must_be_there_and_of_a_type_that_is_a_list),
    };
    return UNIT_RUN(tests);
}
