#include "unit.h"

#include "fields.h"

static struct json_object *told(const struct problem *p, enum lang lang)
{
    struct json_object *o = json_tokener_parse(problem_json(p, lang, "req-1"));
    assert_non_null(o);
    return o;
}

static void test_the_first_problem_stands(void **state)
{
    (void)state;
    struct problem p = problem_none(a);
    assert_int_equal(p.status, 0);
    problem_set(&p, 404, "not_found");
    problem_set(&p, 500, "internal_error");
    assert_int_equal(p.status, 404);
    assert_string_equal(p.code, "not_found");
}

static void test_field_errors_add_up_in_their_order(void **state)
{
    (void)state;
    struct problem p = problem_none(a);
    char pointer[] = "/name";
    problem_field(&p, pointer, "required", NULL);
    pointer[1] = 'X'; /* the texts are copied */
    problem_field(&p, "/price", "too_small", "1");
    assert_int_equal(p.status, 422);
    assert_string_equal(p.code, "validation_failed");
    assert_string_equal(p.errors->pointer, "/name");
    assert_string_equal(p.errors->next->pointer, "/price");
    assert_string_equal(p.errors->next->argument, "1");
    assert_null(p.errors->next->next);
}

static void test_of_very_many_field_errors_the_first_are_told(void **state)
{
    (void)state;
    struct problem p = problem_none(a);
    for (int i = 0; i < 3 * PROBLEM_MAX_ERRORS; i++)
        problem_field(&p, arena_printf(a, "/%d", i), "unknown_field", NULL);
    struct json_object *o = told(&p, LANG_EN), *errors = field_value(o, "errors");
    assert_int_equal(json_object_array_length(errors), PROBLEM_MAX_ERRORS);
    assert_string_equal(field_text(json_object_array_get_idx(errors, 0), "pointer"), "/0");
    json_object_put(o);
}

static void test_a_field_error_leaves_an_earlier_problem_as_it_is(void **state)
{
    (void)state;
    struct problem p = problem_none(a);
    problem_set(&p, 409, "already_exists");
    problem_field(&p, "/sku", "already_exists", NULL);
    assert_int_equal(p.status, 409);
    assert_non_null(p.errors);
}

static void test_the_document_is_what_rfc_9457_describes(void **state)
{
    (void)state;
    struct problem p = problem_none(a);
    problem_field(&p, "/a\"b", "too_long", "80");
    struct json_object *o = told(&p, LANG_EN);
    assert_string_equal(field_text(o, "type"), "/problems/validation_failed");
    assert_string_equal(field_text(o, "title"), "Unprocessable content");
    assert_int_equal(field_integer(o, "status"), 422);
    assert_string_equal(field_text(o, "detail"), "Some fields are not valid.");
    assert_string_equal(field_text(o, "instance"), "urn:request:req-1");
    assert_string_equal(field_text(o, "code"), "validation_failed");
    struct json_object *error = json_object_array_get_idx(field_value(o, "errors"), 0);
    assert_string_equal(field_text(error, "pointer"), "/a\"b");
    assert_string_equal(field_text(error, "code"), "too_long");
    assert_string_equal(field_text(error, "detail"), "Must have at most 80 characters.");
    json_object_put(o);
}

static void test_a_problem_without_field_errors_has_an_empty_list_of_them(void **state)
{
    (void)state;
    struct problem p = problem_none(a);
    problem_set(&p, 404, "not_found");
    struct json_object *o = told(&p, LANG_PT_BR);
    assert_string_equal(field_text(o, "title"), "Não encontrado");
    assert_int_equal(json_object_array_length(field_value(o, "errors")), 0);
    json_object_put(o);
}

static void test_what_sql_tells_becomes_members_and_field_errors(void **state)
{
    (void)state;
    struct problem p = problem_none(a);
    problem_set(&p, 409, "insufficient_stock");
    problem_detail(&p, "{\"pointer\": \"/items/0\", \"available\": 3, \"legal\": [\"paid\"]}");
    struct json_object *o = told(&p, LANG_EN);
    assert_int_equal(field_integer(o, "available"), 3);
    assert_string_equal(field_json(field_value(o, "legal")), "[\"paid\"]");
    assert_false(field_present(o, "pointer"));
    struct json_object *error = json_object_array_get_idx(field_value(o, "errors"), 0);
    assert_string_equal(field_text(error, "pointer"), "/items/0");
    assert_string_equal(field_text(error, "code"), "insufficient_stock");
    json_object_put(o);
}

static void test_sql_tells_of_several_fields_at_once(void **state)
{
    (void)state;
    struct problem p = problem_none(a);
    problem_set(&p, 422, "validation_failed");
    problem_detail(&p,
                   "{\"errors\": [{\"pointer\": \"/a\", \"code\": \"not_choice\","
                   " \"argument\": \"P, M\"}, {\"pointer\": \"/b\", \"code\": \"required\"}]}");
    struct json_object *o = told(&p, LANG_EN), *errors = field_value(o, "errors");
    assert_int_equal(json_object_array_length(errors), 2);
    struct json_object *first = json_object_array_get_idx(errors, 0);
    assert_string_equal(field_text(first, "pointer"), "/a");
    assert_string_equal(field_text(first, "code"), "not_choice");
    assert_string_equal(field_text(first, "detail"), "Must be one of these: P, M.");
    assert_string_equal(field_text(json_object_array_get_idx(errors, 1), "code"), "required");
    json_object_put(o);
}

static void test_a_detail_that_is_no_object_is_passed_over(void **state)
{
    (void)state;
    static const char *const DETAILS[] = {NULL, "", "text", "[1]", "7", "null", "{\"a\":"};
    for (size_t i = 0; i < LENGTH(DETAILS); i++) {
        struct problem p = problem_none(a);
        problem_set(&p, 404, "not_found");
        problem_detail(&p, DETAILS[i]);
        assert_null(p.members);
        assert_null(p.errors);
        json_object_put(told(&p, LANG_EN));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_first_problem_stands),
        cmocka_unit_test(test_field_errors_add_up_in_their_order),
        cmocka_unit_test(test_of_very_many_field_errors_the_first_are_told),
        cmocka_unit_test(test_a_field_error_leaves_an_earlier_problem_as_it_is),
        cmocka_unit_test(test_the_document_is_what_rfc_9457_describes),
        cmocka_unit_test(test_a_problem_without_field_errors_has_an_empty_list_of_them),
        cmocka_unit_test(test_what_sql_tells_becomes_members_and_field_errors),
        cmocka_unit_test(test_sql_tells_of_several_fields_at_once),
        cmocka_unit_test(test_a_detail_that_is_no_object_is_passed_over),
    };
    return UNIT_RUN(tests);
}
