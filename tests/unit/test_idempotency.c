#include "rows.h"

#include "harness.h"
#include "idempotency.h"

static struct request *post(const char *key, const char *body)
{
    const char **environment = arena_alloc(a, 3 * sizeof *environment);
    environment[0] = arena_printf(a, "CONTENT_LENGTH=%zu", strlen(body));
    environment[1] = key ? arena_printf(a, "HTTP_IDEMPOTENCY_KEY=%s", key) : NULL;
    struct request *req = harness_request(a, environment, body, strlen(body));
    req->method = "POST";
    req->path = "/v1/orders";
    req->user.user = "u1";
    return req;
}

static const char *fingerprint(struct request *req)
{
    struct idempotency key;
    assert_true(idempotency_read(req, &key));
    return key.fingerprint;
}

static void test_a_key_is_read_with_its_caller(void **state)
{
    (void)state;
    struct idempotency key;
    assert_true(idempotency_read(post("k-1 ~!", "{}"), &key));
    assert_string_equal(key.caller, "u1");
    assert_string_equal(key.key, "k-1 ~!");
    assert_memory_equal(key.fingerprint, "\\x", 2);
    assert_int_equal(strlen(key.fingerprint), 2 + 64);
}

static void test_a_key_must_be_there(void **state)
{
    (void)state;
    static const char *const KEYS[] = {NULL, ""};
    for (size_t i = 0; i < LENGTH(KEYS); i++) {
        struct request *req = post(KEYS[i], "{}");
        struct idempotency key;
        assert_false(idempotency_read(req, &key));
        assert_int_equal(req->problem.status, 400);
        assert_string_equal(req->problem.code, "idempotency_key_required");
    }
}

static void test_a_key_has_at_most_255_visible_characters(void **state)
{
    (void)state;
    struct idempotency key;
    assert_true(idempotency_read(post(arena_printf(a, "%0255d", 0), "{}"), &key));
    const char *const bad[] = {arena_printf(a, "%0256d", 0), "a\tb", "a\x7F", "maçã", "\xFF"};
    for (size_t i = 0; i < LENGTH(bad); i++) {
        struct request *req = post(bad[i], "{}");
        assert_false(idempotency_read(req, &key));
        assert_int_equal(req->problem.status, 400);
        assert_string_equal(req->problem.code, "idempotency_key_invalid");
    }
}

static void test_the_fingerprint_is_that_of_the_request_alone(void **state)
{
    (void)state;
    struct request *put = post("k", "{}"), *elsewhere = post("k", "{}");
    const char *first = fingerprint(post("k", "{}"));
    put->method = "PUT";
    elsewhere->path = "/v1/payments";
    assert_string_equal(first, fingerprint(post("other", "{}")));
    assert_string_not_equal(first, fingerprint(post("k", "{ }")));
    assert_string_not_equal(first, fingerprint(put));
    assert_string_not_equal(first, fingerprint(elsewhere));
}

static void test_the_first_answer_and_its_replay_differ_by_a_header(void **state)
{
    (void)state;
    static const char *const FIRST[] = {"{\"id\":1}", "f"}, *const AGAIN[] = {"{\"id\":1}",
                                                                              "t"};
    struct request *req = post("k", "{}");
    idempotency_respond(req, 201, rows_of(2, 1, FIRST), NULL);
    assert_int_equal(req->response->status, 201);
    assert_string_equal(req->response->body, "{\"id\":1}");
    assert_null(strstr(response_head(req), "Idempotent-Replayed"));
    req = post("k", "{}");
    idempotency_respond(req, 201, rows_of(2, 1, AGAIN), NULL);
    assert_int_equal(req->response->status, 201);
    assert_string_equal(req->response->body, "{\"id\":1}");
    assert_non_null(strstr(response_head(req), "Idempotent-Replayed: true\r\n"));
}

static void test_what_was_made_is_found_below_its_folder(void **state)
{
    (void)state;
    static const char *const MADE[] = {"{}", "f", "4711"};
    struct request *req = post("k", "{}");
    idempotency_respond(req, 201, rows_of(3, 1, MADE), "/v1/orders");
    assert_non_null(strstr(response_head(req), "Location: /v1/orders/4711\r\n"));
    req = post("k", "{}");
    idempotency_respond(req, 201, rows_of(3, 1, MADE), NULL);
    assert_null(strstr(response_head(req), "Location"));
}

static void test_without_rows_the_problem_is_left_to_be_told(void **state)
{
    (void)state;
    struct request *req = post("k", "{}");
    idempotency_respond(req, 201, NULL, "/v1/orders");
    assert_int_equal(req->response->status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_key_is_read_with_its_caller),
        cmocka_unit_test(test_a_key_must_be_there),
        cmocka_unit_test(test_a_key_has_at_most_255_visible_characters),
        cmocka_unit_test(test_the_fingerprint_is_that_of_the_request_alone),
        cmocka_unit_test(test_the_first_answer_and_its_replay_differ_by_a_header),
        cmocka_unit_test(test_what_was_made_is_found_below_its_folder),
        cmocka_unit_test(test_without_rows_the_problem_is_left_to_be_told),
    };
    return UNIT_RUN(tests);
}
