#include "unit.h"

#include <time.h>

#include "rfc3339.h"

/* Which dates and times there are is tested with the fields that hold them (test_fields). */

static const char *date_in(int days)
{
    char text[16];
    time_t then = time(NULL) + days * 86400L;
    strftime(text, sizeof text, "%Y-%m-%d", gmtime(&then));
    return arena_strdup(a, text);
}

static void test_the_future_begins_after_today(void **state)
{
    (void)state;
    assert_false(rfc3339_in_future("1900-01-01"));
    assert_false(rfc3339_in_future(date_in(-1)));
    assert_false(rfc3339_in_future(date_in(0)));
    assert_true(rfc3339_in_future(date_in(2)));
    assert_true(rfc3339_in_future("9999-12-31"));
}

static void test_a_date_has_nothing_behind_it(void **state)
{
    (void)state;
    assert_true(rfc3339_is_date("2024-02-29"));
    assert_false(rfc3339_is_date("2024-02-29T00:00:00Z"));
    assert_true(rfc3339_is_time("2024-02-29T00:00:00Z"));
    assert_false(rfc3339_is_time("2024-02-29"));
}

static void test_a_time_is_read_as_the_second_that_it_is(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        time_t seconds;
    } CASES[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"2024-02-29T12:30:45Z", 1709209845},
        {"2024-02-29t12:30:45.999z", 1709209845},
        {"2024-02-29T09:30:45-03:00", 1709209845},
        {"2024-02-29T18:00:45.5+05:30", 1709209845},
        {"2016-12-31T23:59:60Z", 1483228800},
        {"1969-12-31T23:59:59Z", -1},
    };
    for (size_t i = 0; i < LENGTH(CASES); i++) {
        time_t seconds = 7;
        assert_true(rfc3339_read(CASES[i].text, &seconds));
        assert_int_equal(seconds, CASES[i].seconds);
    }
    time_t seconds = 7;
    assert_false(rfc3339_read("2024-02-30T12:30:45Z", &seconds));
    assert_false(rfc3339_read("", &seconds));
    assert_int_equal(seconds, 7);
}

static void test_a_time_is_written_in_utc(void **state)
{
    (void)state;
    assert_string_equal(rfc3339_write(a, 0), "1970-01-01T00:00:00.000Z");
    assert_string_equal(rfc3339_write(a, 1709209845), "2024-02-29T12:30:45.000Z");
    assert_string_equal(rfc3339_write(a, 253402300799), "9999-12-31T23:59:59.000Z");
    rfc3339_write(a, INT64_MAX); /* no more than that it comes back */
    rfc3339_write(a, INT64_MIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_future_begins_after_today),
        cmocka_unit_test(test_a_date_has_nothing_behind_it),
        cmocka_unit_test(test_a_time_is_read_as_the_second_that_it_is),
        cmocka_unit_test(test_a_time_is_written_in_utc),
    };
    return UNIT_RUN(tests);
}
