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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_future_begins_after_today),
        cmocka_unit_test(test_a_date_has_nothing_behind_it),
    };
    return UNIT_RUN(tests);
}
