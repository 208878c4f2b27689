#include "unit.h"

#include <time.h>

#include "fields.h"
#include "sales/period.h"

/* A period read from a query of these members; the problem is p's. */
static bool read_period(struct problem *p, const char *query, struct period *out)
{
    struct json_object *o = json_tokener_parse(query);
    *p = problem_none(a);
    bool ok = period_read(p, o, out);
    if (ok)
        *out = (struct period){arena_strdup(a, out->from), arena_strdup(a, out->to)};
    json_object_put(o);
    return ok;
}

static void test_days_are_shifted_over_months_years_and_leap_days(void **state)
{
    (void)state;
    static const struct {
        const char *day;
        int days;
        const char *shifted;
    } CASES[] = {
        {"2026-01-31", 0, "2026-01-31"},     {"2026-01-31", 1, "2026-02-01"},
        {"2024-02-28", 1, "2024-02-29"},     {"2023-02-28", 1, "2023-03-01"},
        {"2026-01-01", -1, "2025-12-31"},    {"2026-11-24", -30, "2026-10-25"},
        {"2018-11-03", 1, "2018-11-04"}, /* clocks were set forward at midnight */
        {"2000-01-01", 36525, "2100-01-01"},
    };
    for (size_t i = 0; i < LENGTH(CASES); i++)
        assert_string_equal(period_shift(a, CASES[i].day, CASES[i].days), CASES[i].shifted);
}

static void test_today_is_that_of_the_shop(void **state)
{
    (void)state;
    /* 25 hours lie between these zones, so that they never have the same day. */
    setenv("VENDAS_TIMEZONE", "Etc/GMT+12", 1);
    assert_int_equal(settings_load(), 0);
    char *west = period_today(a);
    setenv("VENDAS_TIMEZONE", "Etc/GMT-14", 1);
    assert_int_equal(settings_load(), 0);
    char *east = period_today(a);
    assert_true(strcmp(west, east) < 0);
    unit_settings();
}

static void test_a_period_is_taken_as_given(void **state)
{
    (void)state;
    struct problem p;
    struct period got;
    assert_true(read_period(&p, "{\"from\": \"2026-01-01\", \"to\": \"2026-02-01\"}", &got));
    assert_string_equal(got.from, "2026-01-01");
    assert_string_equal(got.to, "2026-02-01");
}

static void test_a_period_is_thirty_days_where_an_end_is_missing(void **state)
{
    (void)state;
    struct problem p;
    struct period got;
    assert_true(read_period(&p, "{\"to\": \"2026-03-31\"}", &got));
    assert_string_equal(got.from, "2026-03-01");
    assert_true(read_period(&p, "{}", &got));
    assert_string_equal(period_shift(a, got.from, PERIOD_DEFAULT_DAYS), got.to);
    assert_true(read_period(&p, "{\"from\": \"2999-01-01\"}", &got));
    assert_string_equal(got.to, "2999-01-31");
}

static void test_a_past_start_alone_reaches_to_today(void **state)
{
    (void)state;
    struct problem p;
    struct period got;
    const char *from = period_shift(a, period_today(a), -7);
    assert_true(read_period(&p, arena_printf(a, "{\"from\": \"%s\"}", from), &got));
    assert_string_equal(got.from, from);
    assert_true(strcmp(got.to, period_today(a)) >= 0);
}

static void test_a_reversed_or_empty_period_is_refused(void **state)
{
    (void)state;
    static const char *const QUERIES[] = {
        "{\"from\": \"2026-02-01\", \"to\": \"2026-01-01\"}",
        "{\"from\": \"2026-02-01\", \"to\": \"2026-02-01\"}",
    };
    for (size_t i = 0; i < LENGTH(QUERIES); i++) {
        struct problem p;
        struct period got;
        assert_false(read_period(&p, QUERIES[i], &got));
        assert_string_equal(p.errors->pointer, "to");
        assert_string_equal(p.errors->code, "period_reversed");
    }
}

static void test_a_period_of_more_than_ten_years_is_refused(void **state)
{
    (void)state;
    struct problem p;
    struct period got;
    char *last = period_shift(a, "2010-01-01", PERIOD_MAX_DAYS);
    char *query = arena_printf(a, "{\"from\": \"2010-01-01\", \"to\": \"%s\"}", last);
    assert_true(read_period(&p, query, &got));
    last = period_shift(a, last, 1);
    query = arena_printf(a, "{\"from\": \"2010-01-01\", \"to\": \"%s\"}", last);
    assert_false(read_period(&p, query, &got));
    assert_string_equal(p.errors->code, "period_too_long");
    assert_string_equal(p.errors->argument, "3700");
}

static void test_days_and_months_have_their_names(void **state)
{
    (void)state;
    assert_string_equal(period_day_named(a, "2026-11-30", LANG_PT_BR),
                        "segunda-feira, 30 de novembro de 2026");
    assert_string_equal(period_day_named(a, "2026-03-01", LANG_EN), "Sunday, 1 March 2026");
    assert_string_equal(period_month_named(a, "2026-03-01", LANG_PT_BR), "março de 2026");
    assert_int_equal(period_weekday("2026-11-30"), 1);
    assert_int_equal(period_weekday("2024-02-29"), 4);
    assert_string_equal(period_weekday_short(6, LANG_PT_BR), "sáb");
}

static void test_a_single_day_is_told_once(void **state)
{
    (void)state;
    struct period day = {"2026-11-30", "2026-12-01"}, days = {"2026-11-29", "2026-12-01"};
    assert_string_equal(period_text(a, &day, LANG_PT_BR), "30/11/2026");
    assert_string_equal(period_text(a, &days, LANG_PT_BR), "29/11/2026 a 30/11/2026");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_days_are_shifted_over_months_years_and_leap_days),
        cmocka_unit_test(test_today_is_that_of_the_shop),
        cmocka_unit_test(test_a_period_is_taken_as_given),
        cmocka_unit_test(test_a_period_is_thirty_days_where_an_end_is_missing),
        cmocka_unit_test(test_a_past_start_alone_reaches_to_today),
        cmocka_unit_test(test_a_reversed_or_empty_period_is_refused),
        cmocka_unit_test(test_a_period_of_more_than_ten_years_is_refused),
        cmocka_unit_test(test_days_and_months_have_their_names),
        cmocka_unit_test(test_a_single_day_is_told_once),
    };
    return UNIT_RUN(tests);
}
