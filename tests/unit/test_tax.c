#include "unit.h"

#include "fields.h"
#include "json.h"
#include "sales/tax.h"

static struct json_object *json(const char *text)
{
    struct json_object *o = json_tokener_parse(text);
    assert_non_null(o);
    return json_keep(a, o);
}

/* Two lines: 1005 of NCM 85166000 in category c, 500 without either. */
static struct pricing levied(const char *rules)
{
    struct pricing out = {.line_count = 2};
    out.lines = arena_alloc(a, 2 * sizeof *out.lines);
    out.lines[0] = (struct pricing_line){.quantity = 1,
                                         .unit_price = 1005,
                                         .total = 1005,
                                         .ncm = "85166000",
                                         .category_ids = json("[\"c\"]")};
    out.lines[1] = (struct pricing_line){.quantity = 5, .unit_price = 100, .total = 500};
    tax_add(a, json(rules), &out);
    return out;
}

static void assert_tax(const struct pricing_tax *tax, const char *code, long long rate_bp,
                       long long base, long long amount)
{
    assert_string_equal(tax->code, code);
    assert_int_equal(tax->rate_bp, rate_bp);
    assert_int_equal(tax->base, base);
    assert_int_equal(tax->amount, amount);
}

static void test_the_first_rule_that_fits_a_line_counts(void **state)
{
    (void)state;
    struct pricing got = levied(
        "[{\"code\": \"ICMS\", \"rate_bp\": 400, \"included\": true, \"ncm\": \"8516\"},"
        " {\"code\": \"ICMS\", \"rate_bp\": 700, \"included\": true, \"category_id\": \"c\"},"
        " {\"code\": \"ICMS\", \"rate_bp\": 1800, \"included\": true}]");
    assert_int_equal(got.tax_count, 2);
    assert_tax(&got.taxes[0], "ICMS", 400, 1005, 40);
    assert_tax(&got.taxes[1], "ICMS", 1800, 500, 90);
    assert_int_equal(got.tax_rule_count, 2);
    assert_int_equal(got.tax, 0);
}

static void test_a_rule_of_a_category_is_for_what_stands_in_it(void **state)
{
    (void)state;
    struct pricing got = levied("[{\"code\": \"IS\", \"rate_bp\": 1000, \"included\": false,"
                                " \"category_id\": \"c\"}]");
    assert_tax(&got.taxes[0], "IS", 1000, 1005, 101);
    assert_int_equal(got.lines[0].total, 1005 + 101);
    assert_int_equal(got.lines[1].total, 500);
    assert_int_equal(got.tax, 101);
}

static void test_a_reduced_base_is_rounded_before_the_tax_of_it(void **state)
{
    (void)state;
    struct pricing got = levied(
        "[{\"code\": \"CBS\", \"rate_bp\": 5000, \"base_bp\": 5000, \"included\": false}]");
    /* 502.5 is 503, half of it 251.5 is 252; 250 and 125. */
    assert_tax(&got.taxes[0], "CBS", 5000, 503 + 250, 252 + 125);
}

static void test_difal_is_the_rate_there_less_the_interstate_one(void **state)
{
    (void)state;
    struct pricing got =
        levied("[{\"code\": \"DIFAL\", \"rate_bp\": 2050, \"included\": true, \"less_code\": "
               "\"ICMS\"},"
               " {\"code\": \"ICMS\", \"rate_bp\": 400, \"included\": true, \"ncm\": \"85\"},"
               " {\"code\": \"ICMS\", \"rate_bp\": 700, \"included\": true}]");
    assert_int_equal(got.tax_count, 4);
    assert_tax(&got.taxes[0], "DIFAL", 1650, 1005, 166);
    assert_tax(&got.taxes[1], "DIFAL", 1350, 500, 68);
    assert_tax(&got.taxes[2], "ICMS", 400, 1005, 40);
    assert_tax(&got.taxes[3], "ICMS", 700, 500, 35);
}

static void test_a_difference_of_nothing_is_not_levied(void **state)
{
    (void)state;
    assert_int_equal(levied("[{\"code\": \"DIFAL\", \"rate_bp\": 1800, \"included\": true,"
                            " \"less_code\": \"ICMS\"},"
                            " {\"code\": \"ICMS\", \"rate_bp\": 1800, \"included\": true}]")
                         .tax_count,
                     1);
    assert_int_equal(levied("[{\"code\": \"DIFAL\", \"rate_bp\": 1800, \"included\": true,"
                            " \"less_code\": \"ICMS\"}]")
                         .tax_count,
                     0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_first_rule_that_fits_a_line_counts),
        cmocka_unit_test(test_a_rule_of_a_category_is_for_what_stands_in_it),
        cmocka_unit_test(test_a_reduced_base_is_rounded_before_the_tax_of_it),
        cmocka_unit_test(test_difal_is_the_rate_there_less_the_interstate_one),
        cmocka_unit_test(test_a_difference_of_nothing_is_not_levied),
    };
    return UNIT_RUN(tests);
}
