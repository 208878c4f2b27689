#include "unit.h"

#include "fields.h"
#include "json.h"
#include "sales/discount.h"

static struct json_object *json(const char *text)
{
    struct json_object *o = json_tokener_parse(text);
    assert_non_null(o);
    return json_keep(a, o);
}

static const char ALL[] = "{\"code\": \"%s\", \"kind\": \"%s\", \"value\": %d,"
                          " \"minimum\": 0, \"stackable\": true}";

/* Three lines of 1000, 2000 and 333 by one piece, of products p0, p1 and p2; p2 stands in c. */
static struct pricing cart(void)
{
    static const long long PRICES[] = {1000, 2000, 333};
    static const char *const PRODUCTS[] = {"p0", "p1", "p2"};
    struct pricing out = {.line_count = 3, .currency = "BRL", .items = 3333};
    out.lines = arena_alloc(a, 3 * sizeof *out.lines);
    for (int i = 0; i < 3; i++)
        out.lines[i] = (struct pricing_line){.product_id = PRODUCTS[i],
                                             .quantity = 1,
                                             .unit_price = PRICES[i],
                                             .total = PRICES[i]};
    out.lines[2].category_ids = json("[\"b\", \"c\"]");
    return out;
}

static struct json_object *coupon(const char *code, const char *kind, int value)
{
    return json(arena_printf(a, ALL, code, kind, value));
}

static struct json_object *list(struct json_object *first, struct json_object *second)
{
    struct json_object *all = json_keep(a, json_object_new_array());
    json_object_array_add(all, json_object_get(first));
    if (second)
        json_object_array_add(all, json_object_get(second));
    return all;
}

static struct pricing apply(const char *codes, struct json_object *rules)
{
    struct problem p = problem_none(a);
    struct pricing out = cart();
    assert_true(discount_apply(&p, json(codes), rules, &out));
    return out;
}

static void assert_refused(const char *codes, struct json_object *rules, const char *pointer,
                           const char *code)
{
    struct problem p = problem_none(a);
    struct pricing out = cart();
    assert_false(discount_apply(&p, json(codes), rules, &out));
    assert_int_equal(p.status, 422);
    assert_int_equal(p.error_count, 1);
    assert_string_equal(p.errors->pointer, pointer);
    assert_string_equal(p.errors->code, code);
}

static void assert_discounts(const struct pricing *got, long long x, long long y, long long z)
{
    assert_int_equal(got->lines[0].discount, x);
    assert_int_equal(got->lines[1].discount, y);
    assert_int_equal(got->lines[2].discount, z);
    assert_int_equal(got->discount, x + y + z);
    assert_int_equal(got->lines[0].total, 1000 - x);
}

static void test_shares_make_the_whole(void **state)
{
    (void)state;
    long long sum = 0, before = 0;
    for (long long part = 1; part < 100; part += 7) {
        long long share = discount_portion(101, part, before, 750);
        assert_true(share >= 0 && share <= part);
        sum += share;
        before += part;
    }
    assert_int_equal(before, 750);
    assert_int_equal(sum, 101);
    assert_int_equal(discount_portion(0, 0, 0, 0), 0);
    long long most = 100000000000000000;
    assert_int_equal(discount_portion(most, most, 0, most), most);
}

static void test_a_percentage_is_rounded_once_and_spread(void **state)
{
    (void)state;
    /* 3333 * 10 % = 333.3; shares of 333 up to 1000, 3000 and 3333 of 3333. */
    struct pricing got = apply("[\"DEZ\"]", list(coupon("DEZ", "percent", 1000), NULL));
    assert_discounts(&got, 99, 200, 34);
    assert_int_equal(got.coupons[0].discount, 333);
}

static void test_an_amount_takes_no_more_than_there_is(void **state)
{
    (void)state;
    struct pricing got = apply("[\"X\"]", list(coupon("X", "amount", 9000), NULL));
    assert_discounts(&got, 1000, 2000, 333);
    assert_int_equal(got.coupons[0].discount, 3333);
}

static void test_a_coupon_is_for_its_products_and_categories(void **state)
{
    (void)state;
    struct json_object *rule = coupon("X", "percent", 5000);
    json_object_object_add(rule, "product_ids", json_object_get(json("[\"p0\"]")));
    json_object_object_add(rule, "category_ids", json_object_get(json("[\"c\"]")));
    struct pricing got = apply("[\"x\"]", list(rule, NULL));
    assert_discounts(&got, 500, 0, 167);
    json_object_object_add(rule, "product_ids", json_object_get(json("[\"p9\"]")));
    json_object_object_add(rule, "category_ids", json_object_get(json("[\"d\"]")));
    assert_refused("[\"x\"]", list(rule, NULL), "/coupons/0", "coupon_not_for_these");
}

static void test_percentages_go_before_amounts_in_whatever_order_they_are_written(void **state)
{
    (void)state;
    struct json_object *rules = list(coupon("A", "amount", 100), coupon("B", "percent", 5000));
    struct pricing one = apply("[\"A\", \"B\"]", rules), other = apply("[\"B\", \"A\"]", rules);
    assert_int_equal(one.discount, 1667 + 100);
    for (int i = 0; i < 3; i++)
        assert_int_equal(one.lines[i].discount, other.lines[i].discount);
}

static void test_coupons_that_do_not_hold_say_why(void **state)
{
    (void)state;
    struct json_object *rule = coupon("X", "percent", 1000), *other = coupon("Y", "amount", 1);
    assert_refused("[\"Z\"]", list(rule, other), "/coupons/0", "unknown_coupon");
    assert_refused("[\"X\", \"x\"]", list(rule, other), "/coupons/1", "coupon_twice");
    json_object_object_add(rule, "minimum", json_object_new_int(3334));
    assert_refused("[\"X\"]", list(rule, other), "/coupons/0", "coupon_minimum");
    json_object_object_add(rule, "minimum", json_object_new_int(3333));
    assert_int_equal(apply("[\"X\"]", list(rule, other)).discount, 333);
    json_object_object_add(rule, "stackable", json_object_new_boolean(false));
    assert_int_equal(apply("[\"X\"]", list(rule, other)).discount, 333);
    assert_refused("[\"Y\", \"X\"]", list(rule, other), "/coupons/1", "coupon_not_stackable");
    json_object_object_add(rule, "refusal", json_object_new_string("coupon_ended"));
    assert_refused("[\"X\"]", list(rule, other), "/coupons/0", "coupon_ended");
}

static void test_free_freight_is_worth_the_cheapest_service(void **state)
{
    (void)state;
    struct pricing got = apply("[\"F\"]", list(coupon("F", "freight", 0), NULL));
    struct pricing_freight options[] = {{.service = "fast", .cost = 3000},
                                        {.service = "slow", .cost = 1700}};
    assert_int_equal(got.discount, 0);
    got.options = options;
    got.option_count = 2;
    discount_freight(&got);
    assert_int_equal(options[0].cost, 1300);
    assert_int_equal(options[1].cost, 0);
    assert_int_equal(got.coupons[0].discount, 1700);
}

static void test_what_was_agreed_stays_whatever_the_coupons_are_for_by_now(void **state)
{
    (void)state;
    struct json_object *rule = coupon("HALF", "percent", 5000);
    json_object_object_add(rule, "product_ids", json_object_get(json("[\"gone\"]")));
    json_object_object_add(rule, "discount", json_object_new_int64(503));
    struct pricing got = cart();
    discount_keep(a, json("[{\"discount\": 500}, {\"discount\": 0}, {\"discount\": 3}]"),
                  list(rule, NULL), &got);
    assert_discounts(&got, 500, 0, 3);
    assert_int_equal(got.lines[0].total, 500);
    assert_int_equal(got.lines[2].total, 330);
    assert_int_equal(got.discount, 503);
    assert_int_equal(got.coupon_count, 1);
    assert_string_equal(got.coupons[0].kind, "percent");
    assert_int_equal(got.coupons[0].discount, 503);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shares_make_the_whole),
        cmocka_unit_test(test_a_percentage_is_rounded_once_and_spread),
        cmocka_unit_test(test_an_amount_takes_no_more_than_there_is),
        cmocka_unit_test(test_a_coupon_is_for_its_products_and_categories),
        cmocka_unit_test(test_percentages_go_before_amounts_in_whatever_order_they_are_written),
        cmocka_unit_test(test_coupons_that_do_not_hold_say_why),
        cmocka_unit_test(test_free_freight_is_worth_the_cheapest_service),
        cmocka_unit_test(test_what_was_agreed_stays_whatever_the_coupons_are_for_by_now),
    };
    return UNIT_RUN(tests);
}
