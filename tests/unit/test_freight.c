#include "unit.h"

#include "fields.h"
#include "json.h"
#include "sales/freight.h"

static struct json_object *json(const char *text)
{
    struct json_object *o = json_tokener_parse(text);
    assert_non_null(o);
    return json_keep(a, o);
}

/* One line of two pieces for 5000 each, as heavy and large in all as is said. */
static struct pricing cart(long long weight_g, long long volume_cm3)
{
    struct pricing out = {.line_count = 1};
    out.lines = arena_alloc(a, sizeof *out.lines);
    out.lines[0] = (struct pricing_line){.quantity = 2,
                                         .unit_price = 5000,
                                         .total = 10000,
                                         .weight_g = weight_g,
                                         .volume_cm3 = volume_cm3};
    return out;
}

/* The cost of the one service by these rules, -1 where none carries it. */
static long long cost(const char *rules, long long weight_g, long long volume_cm3)
{
    struct pricing out = cart(weight_g, volume_cm3);
    freight_options(a, json(rules), &out);
    assert_true(out.option_count <= 1);
    return out.option_count ? out.options[0].cost : -1;
}

#define RULE(MORE)                                                                             \
    "{\"service\": \"s\", \"name\": \"S\", \"base\": 100, \"per_kg\": 10, \"days\": 2" MORE "}"

static void test_volume_counts_where_it_is_more_than_weight(void **state)
{
    (void)state;
    static const char WITH[] = "[" RULE(", \"cubic_divisor\": 6000") "]";
    assert_int_equal(cost("[" RULE("") "]", 1000, 60000), 110);
    assert_int_equal(cost(WITH, 1000, 60000), 200);
    assert_int_equal(cost(WITH, 1000, 60001), 210);
    assert_int_equal(cost(WITH, 11000, 60000), 210);
    assert_int_equal(cost(WITH, 1, 0), 110);
}

static void test_value_is_charged_by_what_is_paid(void **state)
{
    (void)state;
    assert_int_equal(cost("[" RULE(", \"value_bp\": 30") "]", 0, 0), 100 + 30);
    struct pricing out = cart(0, 0);
    out.lines[0].discount = 5000;
    freight_options(a, json("[" RULE(", \"value_bp\": 30") "]"), &out);
    assert_int_equal(out.options[0].cost, 100 + 15);
}

static void test_the_first_rule_that_carries_the_load_counts(void **state)
{
    (void)state;
    static const char BANDS[] =
        "[" RULE(", \"max_weight_g\": 1000") ", "
                                             "{\"service\": \"s\", \"name\": \"S\", \"base\": "
                                             "900, \"per_kg\": 0, \"days\": 2,"
                                             " \"max_weight_g\": 30000}]";
    assert_int_equal(cost(BANDS, 1000, 0), 110);
    assert_int_equal(cost(BANDS, 1001, 0), 900);
    assert_int_equal(cost(BANDS, 30001, 0), -1);
}

static void test_freight_is_free_from_what_is_paid_on(void **state)
{
    (void)state;
    assert_int_equal(cost("[" RULE(", \"free_above\": 10000") "]", 0, 0), 0);
    assert_int_equal(cost("[" RULE(", \"free_above\": 10001") "]", 0, 0), 100);
}

static void test_no_load_is_too_large_to_count(void **state)
{
    (void)state;
    static const char DEAR[] = "[{\"service\": \"s\", \"name\": \"S\", \"base\": 0,"
                               " \"per_kg\": 100000000, \"days\": 2, \"cubic_divisor\": 1000}]";
    assert_int_equal(cost(DEAR, 0, 1000000000000000000), 100000000000000000);
}

static void test_of_equal_costs_the_faster_comes_first(void **state)
{
    (void)state;
    struct pricing_freight options[] = {{.service = "c", .cost = 5, .days = 3},
                                        {.service = "b", .cost = 5, .days = 2},
                                        {.service = "a", .cost = 5, .days = 3}};
    struct pricing out = {.options = options, .option_count = 3};
    struct problem p = problem_none(a);
    assert_true(freight_choose(&p, NULL, &out));
    assert_string_equal(out.freight->service, "b");
    assert_string_equal(options[1].service, "a");
    out.freight = NULL;
    assert_false(freight_choose(&p, "z", &out));
    assert_string_equal(p.errors->code, "no_freight");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_volume_counts_where_it_is_more_than_weight),
        cmocka_unit_test(test_value_is_charged_by_what_is_paid),
        cmocka_unit_test(test_the_first_rule_that_carries_the_load_counts),
        cmocka_unit_test(test_freight_is_free_from_what_is_paid_on),
        cmocka_unit_test(test_no_load_is_too_large_to_count),
        cmocka_unit_test(test_of_equal_costs_the_faster_comes_first),
    };
    return UNIT_RUN(tests);
}
