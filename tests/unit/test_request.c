#include "unit.h"

#include "harness.h"

static const struct field QUERY[] = {
    {"q", FIELD_TEXT, 0, 0, 20, NULL, NULL},
    {"limit", FIELD_INTEGER, 0, 1, 100, NULL, NULL},
    {"in_stock", FIELD_BOOLEAN, 0, 0, 0, NULL, NULL},
    {"state", FIELD_STATE, 0, 0, 0, NULL, NULL},
    {"min_attr.*", FIELD_NUMBER, 0, 0, 0, NULL, NULL},
    {0},
};
static const struct field BODY[] = {
    {"name", FIELD_TEXT, FIELD_REQUIRED, 1, 10, NULL, NULL},
    {0},
};

static struct request *with_header(const char *header)
{
    const char **environment = arena_alloc(a, 2 * sizeof *environment);
    environment[0] = header;
    return harness_request(a, environment, "", 0);
}

static struct request *with_body(const char *type, const char *body, size_t n)
{
    const char **environment = arena_alloc(a, 3 * sizeof *environment);
    environment[0] = arena_printf(a, "CONTENT_TYPE=%s", type);
    environment[1] = arena_printf(a, "CONTENT_LENGTH=%zu", n);
    return harness_request(a, environment, body, n);
}

static struct request *with_json(const char *body)
{
    return with_body("application/json", body, strlen(body));
}

static void test_a_header_is_found_by_its_whole_name(void **state)
{
    (void)state;
    struct request *req = with_header("HTTP_HOST=a=b");
    assert_string_equal(req_header(req, "HTTP_HOST"), "a=b");
    assert_null(req_header(req, "HTTP_HOS"));
    assert_null(req_header(req, "HTTP_HOST2"));
    assert_null(req_header(harness_request(a, NULL, "", 0), "HTTP_HOST"));
}

static void test_path_parameters_are_found_by_name(void **state)
{
    (void)state;
    static const struct route ROUTE = {"GET", "/v1/users/{id}/addresses/{aid}", ANYONE, NULL};
    struct request *req = with_header(NULL);
    req->route = &ROUTE;
    req->parameters[0] = "me";
    req->parameters[1] = "0190a5c0-1234-7abc-8def-0123456789ab";
    assert_string_equal(req_param(req, "id"), "me");
    assert_string_equal(req_param(req, "aid"), req->parameters[1]);
    assert_string_equal(req_param_uuid(req, "aid"), req->parameters[1]);
    assert_int_equal(req->problem.status, 0);
    assert_null(req_param_uuid(req, "id"));
    assert_int_equal(req->problem.status, 404);
    assert_string_equal(req->problem.code, "not_found");
}

static struct json_object *query_of(const char *query, struct problem *p)
{
    struct request *req = with_header(arena_printf(a, "QUERY_STRING=%s", query));
    struct json_object *o = req_query(req, QUERY);
    *p = req->problem;
    return o;
}

static void test_a_query_is_read_with_the_types_of_its_table(void **state)
{
    (void)state;
    static const char *const CASES[][2] = {
        {"", "{}"},
        {"q=caf%C3%A9+com+a%c3%a7%c3%bacar", "{\"q\":\"café com açúcar\"}"},
        {"limit=20&in_stock=true", "{\"limit\":20,\"in_stock\":true}"},
        {"&&q=&", "{\"q\":\"\"}"},
        {"min_attr.kg=-1.50", "{\"min_attr.kg\":-1.50}"},
        {"min_attr.kg=0&min_attr.a%20b=123456789012345678901.5",
         "{\"min_attr.kg\":0,\"min_attr.a b\":123456789012345678901.5}"},
        {"q", "{\"q\":\"\"}"},
        {"q=a=b", "{\"q\":\"a=b\"}"},
        {"q=100%", "{\"q\":\"100%\"}"},
        {"q=%4", "{\"q\":\"%4\"}"},
        {"q=%zz%41", "{\"q\":\"%zzA\"}"},
        {"%71=x", "{\"q\":\"x\"}"},
        {"state=sp", "{\"state\":\"SP\"}"},
        {"q=7", "{\"q\":\"7\"}"},
    };
    for (size_t i = 0; i < LENGTH(CASES); i++) {
        struct problem p;
        struct json_object *query = query_of(CASES[i][0], &p);
        if (!query || strcmp(field_json(query), CASES[i][1]))
            fail_msg("%s gave %s", CASES[i][0], query ? field_json(query) : p.errors->code);
    }
}

static void test_a_query_that_does_not_fit_is_refused_by_parameter(void **state)
{
    (void)state;
    static const char *const CASES[][3] = {
        {"limit=0", "limit", "too_small"},
        {"limit=101", "limit", "too_large"},
        {"limit=ten", "limit", "not_integer"},
        {"limit=", "limit", "not_integer"},
        {"limit=1.5", "limit", "not_integer"},
        {"limit=+5", "limit", "not_integer"},
        {"limit=99999999999999999999", "limit", "too_large"},
        {"limit=--5", "limit", "not_integer"},
        {"in_stock=yes", "in_stock", "not_boolean"},
        {"min_attr.kg=01", "min_attr.kg", "not_number"},
        {"min_attr.kg=1e3", "min_attr.kg", "not_number"},
        {"min_attr.kg=1.", "min_attr.kg", "not_number"},
        {"min_attr.kg=Infinity", "min_attr.kg", "not_number"},
        {"min_attr.kg=1234567890123456789012345678901234567890.5", "min_attr.kg",
         "out_of_range"},
        {"state=XX", "state", "not_state"},
        {"other=1", "other", "unknown_parameter"},
        {"Q=1", "Q", "unknown_parameter"},
        {"q=%FF", "q", "control_character"},
        {"q=%0A", "q", "control_character"},
        {"q=a%00b", "q", "control_character"},
    };
    for (size_t i = 0; i < LENGTH(CASES); i++) {
        struct problem p;
        assert_null(query_of(CASES[i][0], &p));
        assert_int_equal(p.status, 422);
        assert_string_equal(p.errors->pointer, CASES[i][1]);
        assert_string_equal(p.errors->code, CASES[i][2]);
    }
}

static void test_a_required_parameter_is_asked_for(void **state)
{
    (void)state;
    static const struct field NEEDED[] = {
        {"from", FIELD_DATE, FIELD_REQUIRED, 0, 0, NULL, NULL},
        {0},
    };
    struct request *req = with_header("QUERY_STRING=");
    assert_null(req_query(req, NEEDED));
    assert_string_equal(req->problem.errors->code, "required");
}

static void test_a_body_that_fits_is_handed_over(void **state)
{
    (void)state;
    static const char *const TYPES[] = {
        "application/json",
        "application/json; charset=utf-8",
        "Application/JSON",
        "application/merge-patch+json",
    };
    for (size_t i = 0; i < LENGTH(TYPES); i++) {
        struct request *req = with_body(TYPES[i], "{\"name\": \"x\"}", 13);
        assert_true(req_has_body(req));
        assert_string_equal(field_text(req_body(req, BODY, false), "name"), "x");
    }
}

static void test_a_body_is_refused_for_what_is_wrong_with_it(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        int status;
        const char *code;
    } CASES[] = {
        {"", 400, "body_required"},
        {" ", 400, "invalid_json"},
        {"{", 400, "invalid_json"},
        {"{\"name\": \"x\"} x", 400, "invalid_json"},
        {"{\"name\": \"x\"}{}", 400, "invalid_json"},
        {"{\"name\": \"x\",}", 400, "invalid_json"},
        {"{'name': 'x'}", 400, "invalid_json"},
        {"{name: \"x\"}", 400, "invalid_json"},
        {"{\"name\": \"\xFF\"}", 400, "invalid_json"},
        {"{\"name\": \"\\é\"}", 400, "invalid_json"},
        {"{\"name\": é}", 400, "invalid_json"},
        {"{\"name\": NaN}", 400, "invalid_json"},
        {"{\"name\": \"\\\"N\", \"x\": [-Infinity]}", 400, "invalid_json"},
        {"{\"x\": \"\\\\NaN Infinity\"}", 422, "validation_failed"},
        {"/* x */ {\"name\": \"x\"}", 400, "invalid_json"},
        {"[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]", 400, "invalid_json"},
        {"[]", 422, "body_not_object"},
        {"7", 422, "body_not_object"},
        {"null", 422, "body_not_object"},
        {"\"x\"", 422, "body_not_object"},
        {"{}", 422, "validation_failed"},
    };
    for (size_t i = 0; i < LENGTH(CASES); i++) {
        struct request *req = with_json(CASES[i].body);
        assert_null(req_body(req, BODY, false));
        if (req->problem.status != CASES[i].status || strcmp(req->problem.code, CASES[i].code))
            fail_msg("%s: %d %s", CASES[i].body, req->problem.status, req->problem.code);
    }
}

static void test_a_nul_ends_no_body_early(void **state)
{
    (void)state;
    struct request *req = with_body("application/json", "{\"name\": \"x\"}\0{", 15);
    assert_null(req_body(req, BODY, false));
    assert_string_equal(req->problem.code, "invalid_json");
}

static void test_a_body_of_another_type_is_refused(void **state)
{
    (void)state;
    static const char *const TYPES[] = {
        "", "text/plain", "application/jsonx", "application/x-www-form-urlencoded", "json",
    };
    for (size_t i = 0; i < LENGTH(TYPES); i++) {
        struct request *req = with_body(TYPES[i], "{\"name\": \"x\"}", 13);
        assert_null(req_body(req, BODY, false));
        assert_int_equal(req->problem.status, 415);
    }
}

static void test_a_body_beyond_the_limit_is_refused_unread(void **state)
{
    (void)state;
    struct request *req = with_body("application/json", "{}", 1048577);
    size_t n;
    assert_null(req_bytes(req, &n));
    assert_int_equal(req->problem.status, 413);
}

static void test_a_body_that_ends_early_is_as_long_as_it_is(void **state)
{
    (void)state;
    static const char *const ENVIRONMENT[] = {
        "CONTENT_TYPE=application/json",
        "CONTENT_LENGTH=100",
        NULL,
    };
    struct request *req = harness_request(a, ENVIRONMENT, "{\"name\"", 7);
    size_t n;
    assert_string_equal(req_bytes(req, &n), "{\"name\"");
    assert_int_equal(n, 7);
    assert_null(req_body(req, BODY, false));
    assert_string_equal(req->problem.code, "invalid_json");
}

static void test_the_bytes_of_a_body_are_read_once_and_kept(void **state)
{
    (void)state;
    struct request *req = with_body("image/png", "\x89PNG\0x", 6);
    size_t n, again;
    const char *bytes = req_bytes(req, &n);
    assert_int_equal(n, 6);
    assert_memory_equal(bytes, "\x89PNG\0x\0", 7);
    assert_ptr_equal(req_bytes(req, &again), bytes);
    assert_int_equal(again, 6);
}

static void test_there_is_no_body_without_a_length(void **state)
{
    (void)state;
    static const char *const HEADERS[] = {
        NULL, "CONTENT_LENGTH=", "CONTENT_LENGTH=0", "CONTENT_LENGTH=-5", "CONTENT_LENGTH=x",
    };
    for (size_t i = 0; i < LENGTH(HEADERS); i++) {
        struct request *req = with_header(HEADERS[i]);
        size_t n;
        assert_false(req_has_body(req));
        assert_null(req_bytes(req, &n));
        assert_string_equal(req->problem.code, "body_required");
    }
}

static void test_if_match_asks_for_a_version(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        int version;
    } CASES[] = {
        {NULL, 0},
        {"HTTP_IF_MATCH=*", 0},
        {"HTTP_IF_MATCH=\"3-0123456789abcdef\"", 3},
        {"HTTP_IF_MATCH=\"12\"", 12},
        {"HTTP_IF_MATCH=", -1},
        {"HTTP_IF_MATCH=3", -1},
        {"HTTP_IF_MATCH=\"0-x\"", -1},
        {"HTTP_IF_MATCH=\"-3-x\"", -1},
        {"HTTP_IF_MATCH=\"3x\"", -1},
        {"HTTP_IF_MATCH=W/\"3-x\"", -1},
        {"HTTP_IF_MATCH=\"99999999999999999999-x\"", -1},
        {"HTTP_IF_MATCH=\"abc\"", -1},
    };
    for (size_t i = 0; i < LENGTH(CASES); i++) {
        struct request *req = with_header(CASES[i].header);
        if (req_if_match(req) != CASES[i].version)
            fail_msg("%s", CASES[i].header);
        assert_int_equal(req->problem.status, CASES[i].version < 0 ? 412 : 0);
    }
}

static void test_nobody_has_a_permission_without_a_token(void **state)
{
    (void)state;
    static const char *const HEADERS[] = {
        NULL,
        "HTTP_AUTHORIZATION=",
        "HTTP_AUTHORIZATION=Bearer",
        "HTTP_AUTHORIZATION=Bearer x",
        "HTTP_AUTHORIZATION=Basic dTpw",
    };
    for (size_t i = 0; i < LENGTH(HEADERS); i++) {
        struct request *req = with_header(HEADERS[i]);
        assert_false(req_may(req, "orders:read"));
        assert_null(req->user.user);
    }
}

static void test_a_permission_is_had_by_whom_it_was_given_to(void **state)
{
    (void)state;
    struct request *req = with_header(NULL);
    req->user = (struct identity){"u1", "s1", "support", "orders:read"};
    req->identified = true;
    assert_true(req_may(req, "orders:read"));
    assert_false(req_may(req, "orders:write"));
}

static void test_any_character_of_a_body_is_kept(void **state)
{
    (void)state;
    static const char NAME[] = "é€\xF0\x9F\x98\x80\xF4\x8F\xBF\xBF";
    struct request *req = with_json(arena_printf(a, "{\"name\": \"\\\\%s\"}", NAME));
    struct json_object *body = req_body(req, BODY, false);
    assert_non_null(body);
    assert_string_equal(field_text(body, "name"), arena_printf(a, "\\%s", NAME));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_character_of_a_body_is_kept),
        cmocka_unit_test(test_a_header_is_found_by_its_whole_name),
        cmocka_unit_test(test_path_parameters_are_found_by_name),
        cmocka_unit_test(test_a_query_is_read_with_the_types_of_its_table),
        cmocka_unit_test(test_a_query_that_does_not_fit_is_refused_by_parameter),
        cmocka_unit_test(test_a_required_parameter_is_asked_for),
        cmocka_unit_test(test_a_body_that_fits_is_handed_over),
        cmocka_unit_test(test_a_body_is_refused_for_what_is_wrong_with_it),
        cmocka_unit_test(test_a_nul_ends_no_body_early),
        cmocka_unit_test(test_a_body_of_another_type_is_refused),
        cmocka_unit_test(test_a_body_beyond_the_limit_is_refused_unread),
        cmocka_unit_test(test_a_body_that_ends_early_is_as_long_as_it_is),
        cmocka_unit_test(test_the_bytes_of_a_body_are_read_once_and_kept),
        cmocka_unit_test(test_there_is_no_body_without_a_length),
        cmocka_unit_test(test_if_match_asks_for_a_version),
        cmocka_unit_test(test_nobody_has_a_permission_without_a_token),
        cmocka_unit_test(test_a_permission_is_had_by_whom_it_was_given_to),
    };
    return UNIT_RUN(tests);
}
