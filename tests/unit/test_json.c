#include "unit.h"

#include "json.h"

static struct json_object *value_of(const char *text)
{
    struct json_object *value;
    assert_true(json_read(a, text, strlen(text), &value));
    return value;
}

static void test_members_are_read_by_their_type(void **state)
{
    (void)state;
    struct json_object *o = value_of("{\"t\": \"x\", \"n\": 7, \"d\": 7.0, \"yes\": true,"
                                     " \"no\": false, \"z\": null, \"in\": {\"t\": \"y\"}}");
    long long n = -1;
    assert_string_equal(json_text(o, "t"), "x");
    assert_null(json_text(o, "n"));
    assert_null(json_text(o, "z"));
    assert_null(json_text(o, "absent"));
    assert_string_equal(json_text(json_member(o, "in"), "t"), "y");
    assert_false(json_number(o, "d", &n));
    assert_false(json_number(o, "t", &n));
    assert_int_equal(n, -1);
    assert_true(json_number(o, "n", &n));
    assert_int_equal(n, 7);
    assert_true(json_is_true(o, "yes"));
    assert_false(json_is_true(o, "no"));
    assert_false(json_is_true(o, "n"));
}

static void test_what_is_no_object_has_no_members(void **state)
{
    (void)state;
    long long n = -1;
    static const char *const OTHERS[] = {"[1]", "\"t\"", "7", "true", "null"};
    for (size_t i = 0; i < LENGTH(OTHERS); i++) {
        struct json_object *other = value_of(OTHERS[i]);
        assert_null(json_member(other, "t"));
        assert_null(json_text(other, "t"));
        assert_false(json_number(other, "t", &n));
        assert_false(json_is_true(other, "t"));
    }
}

static void test_lists_end(void **state)
{
    (void)state;
    struct json_object *list = value_of("[\"x\", \"y\"]");
    assert_string_equal(json_object_get_string(json_item(list, 1)), "y");
    assert_null(json_item(list, 2));
    assert_null(json_item(value_of("{\"0\": 1}"), 0));
    assert_null(json_item(NULL, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members_are_read_by_their_type),
        cmocka_unit_test(test_what_is_no_object_has_no_members),
        cmocka_unit_test(test_lists_end),
    };
    return UNIT_RUN(tests);
}
