#include "unit.h"

#include <time.h>

#include "uuid.h"

static void test_an_id_is_a_uuid_of_version_7(void **state)
{
    (void)state;
    const char *id = uuid7(a);
    assert_int_equal(strlen(id), 36);
    for (int i = 0; i < 36; i++)
        assert_non_null(
            strchr(i == 8 || i == 13 || i == 18 || i == 23 ? "-" : "0123456789abcdef", id[i]));
    assert_int_equal(id[14], '7');
    assert_non_null(strchr("89ab", id[19]));
}

static void test_an_id_begins_with_the_milliseconds_of_its_making(void **state)
{
    (void)state;
    long long before = (long long)time(NULL) * 1000;
    const char *id = uuid7(a);
    long long made = strtoll(arena_printf(a, "%.8s%.4s", id, id + 9), NULL, 16);
    assert_in_range(made, before, (long long)(time(NULL) + 1) * 1000);
}

static void test_no_id_comes_twice(void **state)
{
    (void)state;
    assert_string_not_equal(uuid7(a), uuid7(a));
}

static void test_a_uuid_is_known_by_its_form(void **state)
{
    (void)state;
    static const char *const OTHERS[] = {
        "",
        "0190a5c0-1234-7abc-8def-0123456789a",
        "0190a5c0-1234-7abc-8def-0123456789abc",
        "0190A5C0-1234-7abc-8def-0123456789ab",
        "0190a5c001234-7abc-8def-0123456789ab",
        "0190a5c0-1234-7abc-8def-0123456789ag",
        "{0190a5c0-1234-7abc-8def-0123456789}",
    };
    assert_true(uuid_valid(uuid7(a)));
    for (size_t i = 0; i < LENGTH(OTHERS); i++)
        assert_false(uuid_valid(OTHERS[i]));
}

static void test_an_id_tells_when_it_was_made(void **state)
{
    (void)state;
    time_t now = time(NULL), made = uuid7_time(uuid7(a));
    assert_true(made >= now && made <= now + 1);
    assert_int_equal(uuid7_time("017f22e2-79b0-7cc3-98c4-dc0c0c07398f"), 1645557742);
    assert_int_equal(uuid7_time("017f22e2-79b0-4cc3-98c4-dc0c0c07398f"), 0);
    assert_int_equal(uuid7_time("017f22e2"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_id_is_a_uuid_of_version_7),
        cmocka_unit_test(test_an_id_begins_with_the_milliseconds_of_its_making),
        cmocka_unit_test(test_no_id_comes_twice),
        cmocka_unit_test(test_an_id_tells_when_it_was_made),
        cmocka_unit_test(test_a_uuid_is_known_by_its_form),
    };
    return UNIT_RUN(tests);
}
