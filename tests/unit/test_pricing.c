#include "unit.h"

#include "buf.h"
#include "fields.h"
#include "json.h"
#include "sales/pricing.h"

static const char FACTS[] =
    "{\"products\": ["
    "  {\"variant_id\": \"v1\", \"product_id\": \"p1\", \"sku\": \"A-1\", \"name\": \"Caneca "
    "\\\"X\\\"\","
    "   \"unit_price\": 1990, \"currency\": \"BRL\", \"weight_g\": 300},"
    "  {\"variant_id\": \"v2\", \"product_id\": \"p2\", \"sku\": \"A-2\", \"name\": \"Prato\","
    "   \"unit_price\": 333, \"currency\": \"BRL\", \"weight_g\": 1},"
    "  {\"variant_id\": \"v3\", \"product_id\": \"p3\", \"sku\": \"A-3\", \"name\": \"Iate\","
    "   \"unit_price\": 100000000000, \"currency\": \"BRL\", \"weight_g\": 0},"
    "  {\"variant_id\": \"v4\", \"product_id\": \"p4\", \"sku\": \"A-4\", \"name\": \"Livro\","
    "   \"unit_price\": 2500, \"currency\": \"BRL\", \"weight_g\": 900, \"digital\": true}],"
    " \"freight\": ["
    "  {\"service\": \"express\", \"name\": \"Expressa\", \"base\": 3000, \"per_kg\": 500, "
    "\"days\": 2,"
    "   \"free_above\": null},"
    "  {\"service\": \"economy\", \"name\": \"Econômica\", \"base\": 1500, \"per_kg\": 200, "
    "\"days\": 8,"
    "   \"free_above\": 20000}],"
    " \"taxes\": ["
    "  {\"code\": \"ICMS\", \"rate_bp\": 1800, \"included\": true},"
    "  {\"code\": \"IPI\", \"rate_bp\": 325, \"included\": false}]}";

static struct json_object *facts;

static struct json_object *json(const char *text)
{
    struct json_object *o = json_tokener_parse(text);
    assert_non_null(o);
    return json_keep(a, o);
}

static int setup(void **state)
{
    unit_begin(state);
    facts = json(FACTS);
    return 0;
}

static struct pricing price(const char *items, const char *service)
{
    struct problem p = problem_none(a);
    struct pricing out;
    struct pricing_cart cart = {.items = json(items), .service = service};
    assert_true(pricing_compute(&p, &cart, facts, &out));
    return out;
}

static struct problem refused(const char *items, struct json_object *with, const char *service)
{
    struct problem p = problem_none(a);
    struct pricing out;
    struct pricing_cart cart = {.items = json(items), .service = service};
    assert_false(pricing_compute(&p, &cart, with, &out));
    return p;
}

static void test_a_share_is_rounded_half_up(void **state)
{
    (void)state;
    static const long long CASES[][3] = {
        {0, 1800, 0},   {1, 4999, 0},    {1, 5000, 1},
        {333, 325, 11}, {1990, 325, 65}, {100, 10000, 100},
        {50, 100, 1},   {49, 100, 0},    {900000000000000, 10000, 900000000000000},
    };
    for (size_t i = 0; i < LENGTH(CASES); i++)
        assert_int_equal(pricing_share(CASES[i][0], CASES[i][1]), CASES[i][2]);
}

static void test_lines_add_up_to_the_total(void **state)
{
    (void)state;
    struct pricing got = price("[{\"variant_id\": \"v1\", \"quantity\": 3},"
                               " {\"variant_id\": \"v2\", \"quantity\": 7}]",
                               NULL);
    assert_int_equal(got.items, 3 * 1990 + 7 * 333);
    /* IPI is rounded once per line: 5970 gives 194.025, 2331 gives 75.7575. */
    assert_int_equal(got.lines[0].tax, 194);
    assert_int_equal(got.lines[1].tax, 76);
    assert_int_equal(got.tax, 270);
    assert_int_equal(got.lines[0].total, 5970 + 194);
    assert_int_equal(got.freight->cost, 1500 + 200); /* 907 g: one kilogram begun */
    assert_int_equal(got.total, 8301 + 270 + 1700);
    assert_string_equal(got.currency, "BRL");
}

static void test_a_tax_inside_the_price_is_told_but_not_added(void **state)
{
    (void)state;
    struct pricing got = price("[{\"variant_id\": \"v1\", \"quantity\": 1}]", NULL);
    assert_string_equal(got.taxes[0].code, "ICMS");
    assert_true(got.taxes[0].included);
    assert_int_equal(got.taxes[0].base, 1990);
    assert_int_equal(got.taxes[0].amount, 358);
    assert_int_equal(got.taxes[1].amount, 65);
    assert_int_equal(got.tax, 65);
}

static void test_what_is_digital_is_not_carried(void **state)
{
    (void)state;
    struct pricing alone = price("[{\"variant_id\": \"v4\", \"quantity\": 2}]", NULL);
    assert_string_equal(alone.freight->service, "digital");
    assert_int_equal(alone.freight->cost, 0);
    assert_int_equal(alone.option_count, 1);
    struct pricing mixed = price("[{\"variant_id\": \"v4\", \"quantity\": 2},"
                                 " {\"variant_id\": \"v1\", \"quantity\": 1}]",
                                 NULL);
    assert_string_equal(mixed.freight->service, "economy");
    assert_int_equal(mixed.freight->cost, 1500 + 200); /* of 300 g, not of 2100 g */
    struct problem p = refused("[{\"variant_id\": \"v4\", \"quantity\": 2}]", facts, "economy");
    assert_string_equal(p.errors->pointer, "/freight_service");
}

static void test_the_cheapest_freight_is_taken_unless_one_is_asked_for(void **state)
{
    (void)state;
    static const char ITEMS[] = "[{\"variant_id\": \"v1\", \"quantity\": 4}]";
    struct pricing got = price(ITEMS, NULL);
    assert_string_equal(got.freight->service, "economy");
    assert_string_equal(got.options[0].service, "economy");
    assert_string_equal(got.options[1].service, "express");
    got = price(ITEMS, "express");
    assert_string_equal(got.freight->service, "express");
    assert_int_equal(got.freight->cost, 3000 + 2 * 500); /* 1200 g */
    assert_int_equal(got.freight->days, 2);
}

static void test_freight_is_free_from_a_sum_on(void **state)
{
    (void)state;
    assert_int_equal(price("[{\"variant_id\": \"v2\", \"quantity\": 60}]", NULL).freight->cost,
                     1700);
    assert_int_equal(price("[{\"variant_id\": \"v2\", \"quantity\": 61}]", NULL).freight->cost,
                     0);
}

static void test_every_variant_that_is_not_for_sale_is_told(void **state)
{
    (void)state;
    struct problem p = refused("[{\"variant_id\": \"v9\", \"quantity\": 1},"
                               " {\"variant_id\": \"v1\", \"quantity\": 1},"
                               " {\"variant_id\": \"v8\", \"quantity\": 1}]",
                               facts, NULL);
    assert_int_equal(p.status, 422);
    assert_string_equal(p.errors->pointer, "/items/0/variant_id");
    assert_string_equal(p.errors->code, "unknown_variant");
    assert_string_equal(p.errors->next->pointer, "/items/2/variant_id");
}

static void test_a_place_or_service_without_delivery_is_told(void **state)
{
    (void)state;
    static const char ITEMS[] = "[{\"variant_id\": \"v1\", \"quantity\": 1}]";
    struct problem p = refused(ITEMS, facts, "balloon");
    assert_string_equal(p.errors->pointer, "/freight_service");
    assert_string_equal(p.errors->code, "no_freight");
    struct json_object *nowhere = json(FACTS);
    json_object_object_add(nowhere, "freight", json_object_new_array());
    p = refused(ITEMS, nowhere, NULL);
    assert_string_equal(p.errors->pointer, "/shipping_address/state");
}

static void test_the_largest_order_there_can_be_adds_up(void **state)
{
    (void)state;
    struct buf items = buf_new(a);
    for (int i = 0; i < PRICING_MAX_LINES; i++)
        buf_printf(&items, "%s{\"variant_id\": \"v3\", \"quantity\": %d}", i ? "," : "[",
                   PRICING_MAX_QUANTITY);
    buf_raw(&items, "]");
    struct pricing got = price(items.data, NULL);
    assert_int_equal(got.items, 100000000000 * PRICING_MAX_QUANTITY * PRICING_MAX_LINES);
    assert_int_equal(got.total, got.items + got.freight->cost + got.tax);
}

static void test_a_quote_and_its_order_agree(void **state)
{
    (void)state;
    struct pricing got = price("[{\"variant_id\": \"v1\", \"quantity\": 3},"
                               " {\"variant_id\": \"v2\", \"quantity\": 7}]",
                               "express");
    struct json_object *quote = json(pricing_quote_json(a, &got));
    struct json_object *order = json(pricing_order_json(a, &got));
    struct json_object *totals = field_value(quote, "totals");
    assert_int_equal(field_integer(totals, "items"), field_integer(order, "items_total"));
    assert_int_equal(field_integer(totals, "freight"), field_integer(order, "freight"));
    assert_int_equal(field_integer(totals, "tax"), field_integer(order, "tax"));
    assert_int_equal(field_integer(totals, "total"), field_integer(order, "total"));
    assert_int_equal(field_integer(totals, "total"), got.total);
    assert_string_equal(field_json(field_value(quote, "taxes")),
                        field_json(field_value(order, "tax_lines")));
    assert_string_equal(field_text(order, "freight_service"), "express");
}

static void test_a_quote_tells_its_lines_and_options(void **state)
{
    (void)state;
    struct pricing got = price("[{\"variant_id\": \"v1\", \"quantity\": 2}]", NULL);
    struct json_object *quote = json(pricing_quote_json(a, &got));
    struct json_object *line = json_object_array_get_idx(field_value(quote, "items"), 0);
    assert_string_equal(field_text(line, "name"), "Caneca \"X\"");
    assert_string_equal(field_text(line, "sku"), "A-1");
    assert_int_equal(field_integer(line, "quantity"), 2);
    assert_int_equal(field_integer(line, "unit_price"), 1990);
    assert_int_equal(json_object_array_length(field_value(quote, "freight_options")), 2);
}

static void test_a_quote_tells_what_there_is_of_its_lines(void **state)
{
    (void)state;
    struct pricing got = price("[{\"variant_id\": \"v1\", \"quantity\": 2},"
                               " {\"variant_id\": \"v2\", \"quantity\": 1}]",
                               NULL);
    got.stock = json("{\"v1\": {\"available\": 1, \"ahead\": {\"pieces\": 4}}}");
    struct json_object *lines = field_value(json(pricing_quote_json(a, &got)), "items");
    struct json_object *mug = json_object_array_get_idx(lines, 0);
    struct json_object *other = json_object_array_get_idx(lines, 1);
    assert_int_equal(field_integer(mug, "available"), 1);
    assert_int_equal(field_integer(field_value(mug, "ahead"), "pieces"), 4);
    assert_true(field_present(other, "available"));
    assert_null(field_value(other, "available"));
    assert_null(field_value(other, "ahead"));
}

static void test_an_order_keeps_the_rules_that_made_it(void **state)
{
    (void)state;
    struct pricing got = price("[{\"variant_id\": \"v1\", \"quantity\": 4}]", "express");
    struct json_object *rules = field_value(json(pricing_order_json(a, &got)), "rules");
    struct json_object *freight = field_value(rules, "freight");
    assert_string_equal(field_text(freight, "service"), "express");
    assert_int_equal(field_integer(freight, "per_kg"), 500);
    assert_int_equal(field_integer(freight, "billed_g"), 1200);
    assert_int_equal(json_object_array_length(field_value(rules, "taxes")), 2);
    assert_int_equal(json_object_array_length(field_value(rules, "coupons")), 0);
}

static void test_totals_that_are_not_what_was_seen_are_told_by_member(void **state)
{
    (void)state;
    struct problem p = problem_none(a);
    struct pricing got = price("[{\"variant_id\": \"v1\", \"quantity\": 1}]", NULL);
    assert_true(pricing_matches(&p, &got, NULL, "totals_changed"));
    assert_true(pricing_matches(&p, &got,
                                json("{\"items\": 1990, \"discount\": 0, \"freight\": 1700,"
                                     " \"tax\": 65, \"total\": 3755}"),
                                "totals_changed"));
    assert_int_equal(p.status, 0);
    assert_false(pricing_matches(&p, &got,
                                 json("{\"items\": 1990, \"discount\": 0, \"freight\": 1500,"
                                      " \"tax\": 65, \"total\": 3555}"),
                                 "totals_changed"));
    assert_int_equal(p.status, 409);
    assert_string_equal(p.code, "totals_changed");
    struct json_object *changed = field_value(p.members, "changed");
    assert_int_equal(json_object_object_length(changed), 2);
    assert_int_equal(field_integer(field_value(changed, "freight"), "old"), 1500);
    assert_int_equal(field_integer(field_value(changed, "freight"), "new"), 1700);
    assert_int_equal(field_integer(field_value(changed, "total"), "old"), 3555);
}

/* Generated carts and rules ------------------------------------------------------------------
 */

enum { TRIES = 3000, GOODS = 5, LINES = 6, RULES = 3 };

static unsigned long long seed;

/* A number from 0 to below n; splitmix64, so that a failure is the same again. */
static long long any(long long n)
{
    seed += 0x9e3779b97f4a7c15ULL;
    unsigned long long z = seed;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return (long long)((z ^ (z >> 31)) % (unsigned long long)n);
}

/* Facts of any goods and any rules: prices and rates from nothing to all there can be. */
static struct json_object *any_facts(void)
{
    static const char *const KINDS[] = {"percent", "amount", "freight"};
    struct buf b = buf_new(a);
    buf_raw(&b, "{\"products\":[");
    for (int i = 0; i < GOODS; i++)
        buf_printf(&b,
                   "%s{\"variant_id\":\"v%d\",\"product_id\":\"p%d\",\"sku\":\"s\","
                   "\"name\":\"n\",\"unit_price\":%lld,\"currency\":\"BRL\","
                   "\"weight_g\":%lld,\"width_mm\":%lld,\"height_mm\":100,\"length_mm\":70,"
                   "\"digital\":%s,\"ncm\":\"8516%d000\",\"category_ids\":[\"c%d\"]}",
                   i ? "," : "", i, i, any(4) ? any(5000) : any(100000000000), any(20000),
                   any(500), any(5) ? "false" : "true", i, i % 2);
    buf_raw(&b, "],\"freight\":[");
    for (int i = 0; i < RULES; i++)
        buf_printf(&b,
                   "%s{\"service\":\"f%d\",\"name\":\"n\",\"base\":%lld,\"per_kg\":%lld,"
                   "\"value_bp\":%lld,\"cubic_divisor\":%s,\"free_above\":%s,\"days\":1}",
                   i ? "," : "", i, any(5000), any(900), any(200), any(2) ? "6000" : "null",
                   any(2) ? "9000" : "null");
    buf_raw(&b, "],\"taxes\":[");
    for (int i = 0; i < RULES; i++)
        buf_printf(&b,
                   "%s{\"code\":\"T%d\",\"rate_bp\":%lld,\"base_bp\":%lld,\"included\":%s,"
                   "\"ncm\":%s,\"less_code\":%s}",
                   i ? "," : "", i, any(10001), any(10001), any(2) ? "true" : "false",
                   any(2) ? "\"85161\"" : "null", i && any(3) == 0 ? "\"T0\"" : "null");
    buf_raw(&b, "],\"coupons\":[");
    for (int i = 0; i < RULES; i++)
        buf_printf(&b,
                   "%s{\"code\":\"K%d\",\"kind\":\"%s\",\"value\":%lld,\"minimum\":0,"
                   "\"stackable\":true,\"product_ids\":[],\"category_ids\":[%s]}",
                   i ? "," : "", i, KINDS[any(3)], 1 + any(10000), any(2) ? "\"c0\"" : "");
    buf_raw(&b, "]}");
    return json(b.data);
}

static struct json_object *any_items(void)
{
    struct buf b = buf_new(a);
    buf_raw(&b, "[{\"variant_id\":\"v0\",\"quantity\":1}");
    for (long long n = any(LINES); n > 0; n--)
        buf_printf(&b, ",{\"variant_id\":\"v%lld\",\"quantity\":%lld}", any(GOODS),
                   any(3) ? 1 + any(9) : PRICING_MAX_QUANTITY);
    buf_raw(&b, "]");
    return json(b.data);
}

static void check_sums(const struct pricing *got)
{
    long long items = 0, discount = 0, tax = 0, total = 0, taken = 0, added = 0;
    for (size_t i = 0; i < got->line_count; i++) {
        const struct pricing_line *line = &got->lines[i];
        assert_true(line->discount >= 0 && line->tax >= 0 && line->total >= 0);
        assert_true(line->discount <= line->quantity * line->unit_price);
        items += line->quantity * line->unit_price;
        discount += line->discount;
        tax += line->tax;
        total += line->total;
    }
    for (size_t i = 0; i < got->coupon_count; i++) {
        assert_true(got->coupons[i].discount >= 0);
        if (strcmp(got->coupons[i].kind, "freight"))
            taken += got->coupons[i].discount;
    }
    for (size_t i = 0; i < got->tax_count; i++)
        added += got->taxes[i].included ? 0 : got->taxes[i].amount;
    assert_true(got->freight->cost >= 0);
    assert_true(items == got->items && discount == got->discount && tax == got->tax);
    assert_true(taken == discount && added == tax);
    assert_true(got->total == total + got->freight->cost);
}

static void test_any_cart_by_any_rules_adds_up_and_is_never_negative(void **state)
{
    (void)state;
    for (seed = 1; seed < TRIES;) {
        unsigned long long began = seed;
        struct problem p = problem_none(a);
        struct pricing got;
        struct pricing_cart cart = {.items = any_items(),
                                    .coupons = json("[\"k2\", \"K0\", \"k1\"]")};
        struct json_object *with = any_facts();
        assert_true(pricing_compute(&p, &cart, with, &got));
        check_sums(&got);
        seed = began + 1;
    }
}

/* The same lines, each bought by itself: none of the rules here but rounding tells them apart.
 */
static void test_a_cart_in_parts_wins_no_more_than_rounding_allows(void **state)
{
    (void)state;
    for (seed = 1; seed < TRIES;) {
        unsigned long long began = seed;
        struct json_object *items = any_items(), *with = any_facts();
        struct json_object *coupon = json_object_array_get_idx(field_value(with, "coupons"), 0);
        json_object_object_add(coupon, "kind", json_object_new_string("percent"));
        json_object_object_add(coupon, "category_ids", json_object_new_array());
        struct problem p = problem_none(a);
        struct pricing whole, part;
        struct pricing_cart cart = {.items = items, .coupons = json("[\"K0\"]")};
        assert_true(pricing_compute(&p, &cart, with, &whole));
        long long discount = 0, n = (long long)json_object_array_length(items);
        for (long long i = 0; i < n; i++) {
            cart.items = json_keep(a, json_object_new_array());
            json_object_array_add(cart.items,
                                  json_object_get(json_object_array_get_idx(items, (size_t)i)));
            assert_true(pricing_compute(&p, &cart, with, &part));
            discount += part.discount;
        }
        assert_true(2 * (discount - whole.discount) <= n + 1);
        assert_true(2 * (whole.discount - discount) <= n + 1);
        seed = began + 1;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_share_is_rounded_half_up),
        cmocka_unit_test(test_lines_add_up_to_the_total),
        cmocka_unit_test(test_a_tax_inside_the_price_is_told_but_not_added),
        cmocka_unit_test(test_what_is_digital_is_not_carried),
        cmocka_unit_test(test_the_cheapest_freight_is_taken_unless_one_is_asked_for),
        cmocka_unit_test(test_freight_is_free_from_a_sum_on),
        cmocka_unit_test(test_every_variant_that_is_not_for_sale_is_told),
        cmocka_unit_test(test_a_place_or_service_without_delivery_is_told),
        cmocka_unit_test(test_the_largest_order_there_can_be_adds_up),
        cmocka_unit_test(test_a_quote_and_its_order_agree),
        cmocka_unit_test(test_a_quote_tells_its_lines_and_options),
        cmocka_unit_test(test_a_quote_tells_what_there_is_of_its_lines),
        cmocka_unit_test(test_an_order_keeps_the_rules_that_made_it),
        cmocka_unit_test(test_totals_that_are_not_what_was_seen_are_told_by_member),
        cmocka_unit_test(test_any_cart_by_any_rules_adds_up_and_is_never_negative),
        cmocka_unit_test(test_a_cart_in_parts_wins_no_more_than_rounding_allows),
    };
    return cmocka_run_group_tests(tests, setup, unit_end);
}
