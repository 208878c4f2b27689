#include "unit.h"

#include "sales/report_page.h"

static void assert_period(enum page_kind kind, const char *day, const char *from,
                          const char *to)
{
    struct period period = report_period(a, kind, day);
    assert_string_equal(period.from, from);
    assert_string_equal(period.to, to);
}

static void test_a_day_is_in_a_day_a_week_and_a_month(void **state)
{
    (void)state;
    assert_period(PAGE_DAY, "2026-12-31", "2026-12-31", "2027-01-01");
    assert_period(PAGE_WEEK, "2026-11-30", "2026-11-30", "2026-12-07");
    assert_period(PAGE_WEEK, "2026-11-29", "2026-11-23", "2026-11-30");
    assert_period(PAGE_MONTH, "2026-12-31", "2026-12-01", "2027-01-01");
    assert_period(PAGE_MONTH, "2024-02-29", "2024-02-01", "2024-03-01");
    assert_period(PAGE_MONTH, "2023-02-01", "2023-02-01", "2023-03-01");
}

static void assert_named(enum page_kind kind, const char *folder, const char *name,
                         const char *title)
{
    struct period period = report_period(a, kind, "2026-11-26");
    assert_string_equal(report_folder(kind), folder);
    assert_string_equal(report_page_name(a, kind, &period), name);
    assert_string_equal(report_page_title(a, kind, &period, LANG_EN), title);
}

static void test_a_page_has_a_place_and_a_title(void **state)
{
    (void)state;
    assert_named(PAGE_DAY, "daily", "2026-11-26", "Sales: Thursday, 26 November 2026");
    assert_named(PAGE_WEEK, "weekly", "2026-11-23",
                 "Sales of the week: 23 Nov 2026 to 29 Nov 2026");
    assert_named(PAGE_MONTH, "monthly", "2026-11", "Sales: November 2026");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_day_is_in_a_day_a_week_and_a_month),
        cmocka_unit_test(test_a_page_has_a_place_and_a_title),
    };
    return UNIT_RUN(tests);
}
