/* report_cells: what a value of a report looks like in each format. */
#include "unit.h"

#include "sales/report_cells.h"

static const char *json(enum report_kind kind, const char *text)
{
    struct buf b = buf_new(a);
    report_json(&b, kind, text);
    return buf_text(&b);
}

static void expect_cell(enum report_kind kind, const char *text, const char *cell,
                        enum sheet_kind of)
{
    struct sheet_cell found = report_cell(a, kind, text, true);
    assert_string_equal(found.text, cell);
    assert_int_equal(found.kind, of);
}

static void test_what_is_not_known_is_null_and_empty(void **state)
{
    (void)state;
    for (enum report_kind kind = REPORT_TEXT; kind <= REPORT_NUMBER; kind++) {
        assert_string_equal(json(kind, NULL), "null");
        assert_null(report_cell(a, kind, NULL, true).text);
    }
}

static void test_texts_are_themselves(void **state)
{
    (void)state;
    assert_string_equal(json(REPORT_TEXT, "=a\"\n"), "\"=a\\\"\\n\"");
    assert_string_equal(json(REPORT_DATE, "2026-01-31"), "\"2026-01-31\"");
    expect_cell(REPORT_TEXT, "=a", "'=a", SHEET_TEXT);
    assert_string_equal(report_cell(a, REPORT_TEXT, "=a", false).text, "=a");
    assert_null(report_cell(a, REPORT_TEXT, "", true).text);
    expect_cell(REPORT_DATE, "2026-01-31", "2026-01-31", SHEET_DATE);
}

static void test_amounts_are_minor_units_for_programs_and_units_for_people(void **state)
{
    (void)state;
    static const char *const CASES[][2] = {
        {"0", "0,00"},
        {"7", "0,07"},
        {"-7", "-0,07"},
        {"42", "0,42"},
        {"100", "1,00"},
        {"-123456", "-1234,56"},
        {"99999999999999999999999", "999999999999999999999,99"},
    };
    for (size_t i = 0; i < LENGTH(CASES); i++) {
        assert_string_equal(json(REPORT_MONEY, CASES[i][0]), CASES[i][0]);
        expect_cell(REPORT_MONEY, CASES[i][0], CASES[i][1], SHEET_MONEY);
    }
}

static void test_other_numbers(void **state)
{
    (void)state;
    assert_string_equal(json(REPORT_COUNT, "1234"), "1234");
    expect_cell(REPORT_COUNT, "1234", "1234", SHEET_COUNT);
    assert_string_equal(json(REPORT_NUMBER, "1234"), "1234");
    expect_cell(REPORT_NUMBER, "1234", "1234", SHEET_NUMBER);
    assert_string_equal(json(REPORT_PERCENT, "1250"), "1250");
    expect_cell(REPORT_PERCENT, "1250", "12,50", SHEET_PERCENT);
    assert_string_equal(json(REPORT_DECIMAL, "250"), "2.50");
    assert_string_equal(json(REPORT_DECIMAL, "-5"), "-0.05");
    expect_cell(REPORT_DECIMAL, "250", "2,50", SHEET_MONEY);
}

static void test_times_are_utc_for_programs_and_the_shop_s_for_people(void **state)
{
    (void)state;
    report_shop_time(); /* America/Sao_Paulo */
    assert_string_equal(json(REPORT_TIME, "2026-02-01 01:05:09.9876+00"),
                        "\"2026-02-01T01:05:09.987Z\"");
    assert_string_equal(json(REPORT_TIME, "2026-02-01 01:05:09.5+00"),
                        "\"2026-02-01T01:05:09.500Z\"");
    assert_string_equal(json(REPORT_TIME, "2026-02-01 01:05:09+00"),
                        "\"2026-02-01T01:05:09.000Z\"");
    expect_cell(REPORT_TIME, "2026-02-01 01:05:09.9+00", "2026-01-31 22:05:09", SHEET_TIME);
    /* In summer, when there still was a time for it. */
    expect_cell(REPORT_TIME, "2017-01-15 01:05:09+00", "2017-01-14 23:05:09", SHEET_TIME);
    assert_string_equal(json(REPORT_TIME, "infinity"), "\"infinity\"");
    expect_cell(REPORT_TIME, "0044-03-15 12:00:00+00 BC", "0044-03-15 12:00:00+00 BC",
                SHEET_TIME);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_not_known_is_null_and_empty),
        cmocka_unit_test(test_texts_are_themselves),
        cmocka_unit_test(test_amounts_are_minor_units_for_programs_and_units_for_people),
        cmocka_unit_test(test_other_numbers),
        cmocka_unit_test(test_times_are_utc_for_programs_and_the_shop_s_for_people),
    };
    return UNIT_RUN(tests);
}
