#include "rows.h"

#include "cursor.h"
#include "harness.h"

static struct request *with_header(const char *header)
{
    const char **environment = arena_alloc(a, 2 * sizeof *environment);
    environment[0] = header;
    return harness_request(a, environment, "", 0);
}

static void expect_line(struct request *req, const char *line)
{
    const char *head = response_head(req);
    if (!strstr(head, arena_printf(a, "%s\r\n", line)))
        fail_msg("no \"%s\" in\n%s", line, head);
}

static void expect_no(struct request *req, const char *header)
{
    assert_null(strstr(response_head(req), header));
}

/* The ETag of a resource as it is answered first. */
static char *tag_of(const char *json, long long version)
{
    struct request *req = with_header(NULL);
    respond_resource(req, 200, json, version);
    const char *tag = strstr(buf_text(&req->response->headers), "ETag: ") + 6;
    return arena_memdup(a, tag, strcspn(tag, "\r"));
}

static int status_with(const char *method, const char *header)
{
    struct request *req = with_header(header);
    req->method = method;
    respond_resource(req, 200, "{\"a\":1}", 3);
    return req->response->status;
}

static void test_a_document_is_sent_with_type_and_length(void **state)
{
    (void)state;
    struct request *req = with_header(NULL);
    respond_json(req, 201, "{\"a\":\"ç\"}");
    respond_header(req, "Location", "/v1/x");
    response_settle(req);
    assert_int_equal(req->response->status, 201);
    assert_string_equal(req->response->body, "{\"a\":\"ç\"}");
    expect_line(req, "Status: 201 Created");
    expect_line(req, "Content-Type: application/json");
    expect_line(req, "Content-Length: 10");
    expect_line(req, "Location: /v1/x");
    const char *head = response_head(req);
    assert_string_equal(head + strlen(head) - 4, "\r\n\r\n");
}

static void test_any_bytes_can_be_the_answer(void **state)
{
    (void)state;
    struct request *req = with_header(NULL);
    respond_bytes(req, 200, "image/png", "a\0b", 3);
    expect_line(req, "Content-Type: image/png");
    expect_line(req, "Content-Length: 3");
}

static void test_no_content_has_neither_type_nor_length(void **state)
{
    (void)state;
    struct request *req = with_header(NULL);
    respond_empty(req);
    response_settle(req);
    expect_line(req, "Status: 204 No Content");
    expect_no(req, "Content-Type");
    expect_no(req, "Content-Length");
}

static void test_an_answer_to_somebody_is_stored_nowhere(void **state)
{
    (void)state;
    struct request *req = with_header(NULL);
    respond_json(req, 200, "{}");
    expect_line(req, "Cache-Control: no-cache");
    req->user.user = "u1";
    expect_line(req, "Cache-Control: no-store");
    respond_header(req, "Cache-Control", "max-age=60");
    expect_line(req, "Cache-Control: max-age=60");
    expect_no(req, "no-store");
}

static void test_the_tag_of_a_resource_names_version_and_content(void **state)
{
    (void)state;
    char *tag = tag_of("{\"a\":1}", 3);
    assert_memory_equal(tag, "\"3-", 3);
    assert_string_equal(tag, tag_of("{\"a\":1}", 3));
    assert_string_not_equal(tag, tag_of("{\"a\":2}", 3));
    assert_string_not_equal(tag, tag_of("{\"a\":1}", 4));
}

static void test_a_reader_who_has_the_resource_is_not_sent_it_again(void **state)
{
    (void)state;
    const char *tag = tag_of("{\"a\":1}", 3);
    assert_int_equal(status_with("GET", arena_printf(a, "HTTP_IF_NONE_MATCH=%s", tag)), 304);
    assert_int_equal(status_with("HEAD", arena_printf(a, "HTTP_IF_NONE_MATCH=W/%s", tag)), 304);
    assert_int_equal(status_with("GET", arena_printf(a, "HTTP_IF_NONE_MATCH=\"x\", %s", tag)),
                     304);
    assert_int_equal(status_with("GET", "HTTP_IF_NONE_MATCH=*"), 304);
    assert_int_equal(status_with("GET", "HTTP_IF_NONE_MATCH=\"3-0000000000000000\""), 200);
    assert_int_equal(status_with("GET", "HTTP_IF_NONE_MATCH="), 200);
    assert_int_equal(status_with("GET", NULL), 200);
    assert_int_equal(status_with("PATCH", arena_printf(a, "HTTP_IF_NONE_MATCH=%s", tag)), 200);
}

/* The answer to everybody with this status, to a request with this header. */
static struct request *told_to_all(int status, const char *header)
{
    struct request *req = with_header(header);
    req->second = 1700000000;
    respond_to_all(req);
    respond_json(req, status, "{\"a\":1}");
    return req;
}

static void test_what_all_may_read_is_kept_until_its_second_is_over(void **state)
{
    (void)state;
    struct request *req = told_to_all(200, NULL);
    expect_line(req, "X-Accel-Expires: @1700000000");
    const char *tag = strstr(buf_text(&req->response->headers), "ETag: ") + 6;
    assert_int_equal(strcspn(tag, "\r"), 18);
    tag = arena_memdup(a, tag, 18);
    req = told_to_all(200, arena_printf(a, "HTTP_IF_NONE_MATCH=%s", tag));
    assert_int_equal(req->response->status, 304);
    expect_line(req, arena_printf(a, "ETag: %s", tag));
    expect_no(req, "X-Accel-Expires");
}

static void test_what_is_told_to_one_or_refused_is_not_kept_for_all(void **state)
{
    (void)state;
    expect_no(told_to_all(200, "HTTP_AUTHORIZATION=Bearer x"), "X-Accel-Expires");
    expect_no(told_to_all(301, NULL), "X-Accel-Expires");
    struct request *req = told_to_all(200, NULL);
    respond_problem(req, 404, "not_found");
    response_settle(req);
    expect_no(req, "X-Accel-Expires");
    req = with_header(NULL);
    respond_json(req, 200, "{}");
    expect_no(req, "X-Accel-Expires");
    expect_no(req, "ETag");
}

static void test_a_page_ends_with_the_cursor_of_its_last_row(void **state)
{
    (void)state;
    static const char *const VALUES[] = {
        "{\"n\":1}", "a", "id1", "{\"n\":2}", "b", "id2", "{\"n\":3}", "c", "id3",
    };
    struct request *req = with_header(NULL);
    respond_page(req, rows_of(3, 3, VALUES), 2, "things");
    assert_string_equal(req->response->body,
                        arena_printf(a,
                                     "{\"data\":[{\"n\":1},{\"n\":2}],\"next_cursor\":\"%s\"}",
                                     cursor_encode(a, "things", "b", "id2")));
}

static void test_a_row_without_a_document_is_left_out_of_its_page(void **state)
{
    (void)state;
    static const char *const VALUES[] = {
        NULL, "a", "id1", "{\"n\":2}", "b", "id2", NULL, "c", "id3", "{\"n\":4}", "d", "id4",
    };
    struct request *req = with_header(NULL);
    respond_page(req, rows_of(3, 4, VALUES), 3, "things");
    assert_string_equal(req->response->body,
                        arena_printf(a, "{\"data\":[{\"n\":2}],\"next_cursor\":\"%s\"}",
                                     cursor_encode(a, "things", "c", "id3")));
}

static void test_the_last_page_has_no_cursor(void **state)
{
    (void)state;
    static const char *const VALUES[] = {"{\"n\":1}", "a", "id1"};
    struct request *req = with_header(NULL);
    respond_page(req, rows_of(3, 1, VALUES), 1, "things");
    assert_string_equal(req->response->body, "{\"data\":[{\"n\":1}],\"next_cursor\":null}");
    respond_page(req, rows_of(3, 0, NULL), 1, "things");
    assert_string_equal(req->response->body, "{\"data\":[],\"next_cursor\":null}");
}

static void test_a_page_without_rows_leaves_the_problem_to_be_told(void **state)
{
    (void)state;
    struct request *req = with_header(NULL);
    respond_page(req, NULL, 20, "things");
    assert_int_equal(req->response->status, 0);
}

static void test_a_problem_is_told_instead_of_any_answer(void **state)
{
    (void)state;
    struct request *req = with_header(NULL);
    req->lang = LANG_EN;
    respond_json(req, 200, "{}");
    respond_problem(req, 404, "not_found");
    respond_problem(req, 500, "internal_error");
    response_settle(req);
    assert_int_equal(req->response->status, 404);
    assert_string_equal(req->response->body, problem_json(&req->problem, LANG_EN, "req-1"));
    expect_line(req, "Status: 404 Not Found");
    expect_line(req, "Content-Type: application/problem+json");
    expect_line(req, "Content-Language: en");
    expect_line(req, "Cache-Control: no-store");
}

static void test_a_handler_that_says_nothing_has_failed(void **state)
{
    (void)state;
    struct request *req = with_header(NULL);
    response_settle(req);
    assert_string_equal(req->problem.code, "internal_error");
    expect_line(req, "Status: 500 Internal Server Error");
    expect_line(req, "Content-Language: pt-BR");
}

static void test_who_is_not_known_is_told_how_to_sign_in(void **state)
{
    (void)state;
    struct request *req = with_header(NULL);
    respond_problem(req, 401, "unauthorized");
    response_settle(req);
    expect_line(req, "WWW-Authenticate: Bearer realm=\"vendas\"");
    req = with_header(NULL);
    respond_problem(req, 401, "invalid_token");
    response_settle(req);
    expect_line(req, "WWW-Authenticate: Bearer realm=\"vendas\", error=\"invalid_token\"");
}

static void test_a_service_that_is_away_tells_when_to_come_back(void **state)
{
    (void)state;
    struct request *req = with_header(NULL);
    respond_problem(req, 503, "busy");
    req->problem.retry_after = 2;
    response_settle(req);
    expect_line(req, "Retry-After: 2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_document_is_sent_with_type_and_length),
        cmocka_unit_test(test_any_bytes_can_be_the_answer),
        cmocka_unit_test(test_no_content_has_neither_type_nor_length),
        cmocka_unit_test(test_an_answer_to_somebody_is_stored_nowhere),
        cmocka_unit_test(test_the_tag_of_a_resource_names_version_and_content),
        cmocka_unit_test(test_a_reader_who_has_the_resource_is_not_sent_it_again),
        cmocka_unit_test(test_what_all_may_read_is_kept_until_its_second_is_over),
        cmocka_unit_test(test_what_is_told_to_one_or_refused_is_not_kept_for_all),
        cmocka_unit_test(test_a_page_ends_with_the_cursor_of_its_last_row),
        cmocka_unit_test(test_a_row_without_a_document_is_left_out_of_its_page),
        cmocka_unit_test(test_the_last_page_has_no_cursor),
        cmocka_unit_test(test_a_page_without_rows_leaves_the_problem_to_be_told),
        cmocka_unit_test(test_a_problem_is_told_instead_of_any_answer),
        cmocka_unit_test(test_a_handler_that_says_nothing_has_failed),
        cmocka_unit_test(test_who_is_not_known_is_told_how_to_sign_in),
        cmocka_unit_test(test_a_service_that_is_away_tells_when_to_come_back),
    };
    return UNIT_RUN(tests);
}
