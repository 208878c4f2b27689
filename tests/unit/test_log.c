#include "unit.h"

#include <json-c/json.h>
#include <unistd.h>

#include "fields.h"
#include "log.h"

/* What log() writes to stderr, which must be one line holding one JSON object. */
static struct json_object *logged(void (*log)(void))
{
    FILE *file = tmpfile();
    int kept = dup(STDERR_FILENO);
    dup2(fileno(file), STDERR_FILENO);
    log();
    dup2(kept, STDERR_FILENO);
    close(kept);
    rewind(file);
    char line[8192] = "";
    size_t n = fread(line, 1, sizeof line - 1, file);
    fclose(file);
    assert_true(n > 0);
    assert_ptr_equal(strchr(line, '\n'), line + n - 1);
    struct json_object *object = json_tokener_parse(line);
    assert_non_null(object);
    return object;
}

static void an_error(void)
{
    log_program("unit");
    log_error("it \"broke\"\n", "reason", "line\nbreak", "nothing", NULL, "last", "x", NULL);
}

static void test_an_event_is_one_line_whatever_it_tells(void **state)
{
    (void)state;
    struct json_object *o = logged(an_error);
    assert_string_equal(field_text(o, "level"), "error");
    assert_string_equal(field_text(o, "program"), "unit");
    assert_string_equal(field_text(o, "message"), "it \"broke\"\n");
    assert_string_equal(field_text(o, "reason"), "line\nbreak");
    assert_string_equal(field_text(o, "last"), "x");
    assert_false(field_present(o, "nothing"));
    json_object_put(o);
}

static void test_no_file_takes_the_place_of_a_closed_standard_error(void **state)
{
    (void)state;
    int kept = dup(STDERR_FILENO);
    close(STDERR_FILENO);
    log_program("unit");
    FILE *next = tmpfile();
    int taken = fileno(next);
    log_error("nobody hears this", NULL);
    dup2(kept, STDERR_FILENO);
    close(kept);
    assert_int_not_equal(taken, STDERR_FILENO);
    assert_int_equal(lseek(taken, 0, SEEK_END), 0);
    fclose(next);
}

static void some_information(void)
{
    log_info("done", NULL);
}

static void test_the_time_is_rfc_3339_in_utc(void **state)
{
    (void)state;
    static const struct field TIME = {.type = FIELD_TIME};
    struct json_object *o = logged(some_information), *normal = NULL;
    struct problem p = problem_none(a);
    assert_string_equal(field_text(o, "level"), "info");
    assert_true(field_check(&p, &TIME, "", field_value(o, "time"), &normal));
    const char *time = field_text(o, "time");
    assert_int_equal(time[strlen(time) - 1], 'Z');
    json_object_put(o);
}

static void a_request(void)
{
    log_request(&(struct log_answer){.request_id = "req-1",
                                     .method = "GET",
                                     .route = "/v1/products/{id}",
                                     .status = 200,
                                     .bytes = 99,
                                     .microseconds = 1234});
}

static void a_failed_request(void)
{
    log_request(&(struct log_answer){.request_id = "req-2",
                                     .method = "POST",
                                     .route = "/v1/orders",
                                     .status = 503,
                                     .user = "user-1",
                                     .code = "busy"});
}

static void test_a_request_tells_what_happened(void **state)
{
    (void)state;
    struct json_object *o = logged(a_request);
    assert_string_equal(field_text(o, "level"), "info");
    assert_string_equal(field_text(o, "request_id"), "req-1");
    assert_string_equal(field_text(o, "method"), "GET");
    assert_string_equal(field_text(o, "route"), "/v1/products/{id}");
    assert_int_equal(field_integer(o, "status"), 200);
    assert_int_equal(field_integer(o, "bytes"), 99);
    assert_int_equal(field_integer(o, "microseconds"), 1234);
    assert_false(field_present(o, "user"));
    assert_false(field_present(o, "code"));
    assert_false(field_present(o, "cut"));
    json_object_put(o);
}

static void test_a_fault_of_ours_is_an_error(void **state)
{
    (void)state;
    struct json_object *o = logged(a_failed_request);
    assert_string_equal(field_text(o, "level"), "error");
    assert_string_equal(field_text(o, "user"), "user-1");
    assert_string_equal(field_text(o, "code"), "busy");
    json_object_put(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_event_is_one_line_whatever_it_tells),
        cmocka_unit_test(test_no_file_takes_the_place_of_a_closed_standard_error),
        cmocka_unit_test(test_the_time_is_rfc_3339_in_utc),
        cmocka_unit_test(test_a_request_tells_what_happened),
        cmocka_unit_test(test_a_fault_of_ours_is_an_error),
    };
    return UNIT_RUN(tests);
}
