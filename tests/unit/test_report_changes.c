#include "unit.h"

#include "sales/report_changes.h"

/* Sales of a shop that sells for R$ 1.000,00 in each period. */
static const struct change_totals TOTALS = {100000, 100000};

static struct report_change change(enum change_kind kind, const char *key, long long before,
                                   long long now)
{
    return (struct report_change){
        .kind = kind, .key = key, .label = key, .now = now, .before = before, .units = 10};
}

/* The keys of what is picked, in their order, with blanks between. */
static const char *picked(const struct report_change *all, size_t count,
                          struct change_totals totals)
{
    struct report_change found[CHANGES_SHOWN];
    size_t n = report_changes_pick(all, count, totals, found);
    char *keys = arena_strdup(a, "");
    for (size_t i = 0; i < n; i++)
        keys = arena_printf(a, "%s%s%s", keys, i ? " " : "", found[i].key);
    return keys;
}

static void test_the_largest_amounts_are_picked_of_different_kinds(void **state)
{
    (void)state;
    const struct report_change all[] = {
        change(CHANGE_PRODUCT, "cup", 10000, 13000),
        change(CHANGE_PRODUCT, "plate", 9000, 14000),
        change(CHANGE_STATE, "SP", 40000, 31000),
        change(CHANGE_STATE, "RJ", 20000, 24000),
        change(CHANGE_CATEGORY, "kitchen", 0, 8000),
        change(CHANGE_COUPON, "XMAS", 5000, 8000),
    };
    assert_string_equal(picked(all, LENGTH(all), TOTALS), "SP kitchen plate");
}

static void test_the_order_of_what_is_given_does_not_matter(void **state)
{
    (void)state;
    struct report_change all[] = {
        change(CHANGE_PRODUCT, "a", 0, 5000), change(CHANGE_PRODUCT, "b", 5000, 0),
        change(CHANGE_STATE, "SP", 0, 5000),  change(CHANGE_GATEWAY, "x", 0, 5000),
        change(CHANGE_COUPON, "y", 0, 5000),
    };
    const char *first = picked(all, LENGTH(all), TOTALS);
    for (size_t shift = 1; shift < LENGTH(all); shift++) {
        struct report_change held = all[0];
        memmove(all, all + 1, sizeof all - sizeof *all);
        all[LENGTH(all) - 1] = held;
        assert_string_equal(picked(all, LENGTH(all), TOTALS), first);
    }
}

static void test_noise_is_passed_over(void **state)
{
    (void)state;
    struct report_change few = change(CHANGE_PRODUCT, "few", 0, 9000);
    few.units = 2;
    const struct report_change all[] = {
        few,
        change(CHANGE_STATE, "SP", 30000, 31999),
        change(CHANGE_COUPON, "same", 5000, 5000),
    };
    assert_string_equal(picked(all, LENGTH(all), TOTALS), "");
    const struct report_change enough[] = {change(CHANGE_STATE, "SP", 30000, 32000)};
    assert_string_equal(picked(enough, 1, TOTALS), "SP");
}

static void test_what_nearly_all_goes_by_is_the_shop_itself(void **state)
{
    (void)state;
    const struct change_totals doubled = {200000, 100000};
    const struct report_change all[] = {
        change(CHANGE_GATEWAY, "stripe", 80000, 160000),
        change(CHANGE_STATE, "SP", 30000, 60000),
    };
    assert_string_equal(picked(all, LENGTH(all), doubled), "SP");
    const struct report_change moved[] = {change(CHANGE_GATEWAY, "stripe", 20000, 160000)};
    assert_string_equal(picked(moved, 1, doubled), "stripe");
}

static void test_good_news_and_bad_news_are_both_told(void **state)
{
    (void)state;
    const struct report_change all[] = {
        change(CHANGE_STATE, "SP", 10000, 30000),  change(CHANGE_CATEGORY, "tea", 10000, 25000),
        change(CHANGE_PRODUCT, "cup", 1000, 9000), change(CHANGE_COUPON, "XMAS", 8000, 4000),
        change(CHANGE_PRODUCT, "pan", 5000, 2000),
    };
    assert_string_equal(picked(all, LENGTH(all), TOTALS), "SP tea XMAS");
    assert_string_equal(picked(all, 3, TOTALS), "SP tea cup");
}

static void test_of_a_kind_one_may_rise_and_one_fall(void **state)
{
    (void)state;
    const struct report_change all[] = {
        change(CHANGE_PRODUCT, "cup", 1000, 9000),
        change(CHANGE_PRODUCT, "pan", 6000, 2000),
        change(CHANGE_STATE, "SP", 10000, 20000),
    };
    assert_string_equal(picked(all, LENGTH(all), TOTALS), "SP cup pan");
}

static void test_nothing_to_pick_from_is_nothing(void **state)
{
    (void)state;
    assert_string_equal(picked(NULL, 0, TOTALS), "");
    assert_string_equal(picked(NULL, 0, (struct change_totals){0, 0}), "");
    const struct report_change first[] = {change(CHANGE_STATE, "SP", 0, 5000)};
    assert_string_equal(picked(first, 1, (struct change_totals){5000, 0}), "SP");
}

static void assert_sentence(struct report_change what, enum lang lang, const char *sentence)
{
    assert_string_equal(report_change_sentence(a, &what, "BRL", lang), sentence);
}

static void test_a_change_is_a_sentence_with_its_amounts(void **state)
{
    (void)state;
    assert_sentence(change(CHANGE_PRODUCT, "Café moído", 200000, 76600), LANG_PT_BR,
                    "As vendas de Café moído caíram R$ 1.234,00, de R$ 2.000,00 para"
                    " R$ 766,00 (−61,7%).");
    assert_sentence(change(CHANGE_CATEGORY, "Cama", 10000, 15000), LANG_PT_BR,
                    "As vendas da categoria Cama subiram R$ 50,00, de R$ 100,00 para"
                    " R$ 150,00 (+50,0%).");
    assert_sentence(change(CHANGE_COUPON, "XMAS", 0, 15000), LANG_PT_BR,
                    "As vendas com o cupom XMAS subiram R$ 150,00, de R$ 0,00 para"
                    " R$ 150,00.");
    assert_sentence(change(CHANGE_STATE, "Acre", 15000, 0), LANG_EN,
                    "Sales to Acre fell by R$150.00, from R$150.00 to R$0.00 (−100.0%).");
    assert_sentence(change(CHANGE_GATEWAY, "Stripe", 100, 300), LANG_EN,
                    "Sales paid by Stripe rose by R$2.00, from R$1.00 to R$3.00 (+200.0%).");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_largest_amounts_are_picked_of_different_kinds),
        cmocka_unit_test(test_the_order_of_what_is_given_does_not_matter),
        cmocka_unit_test(test_noise_is_passed_over),
        cmocka_unit_test(test_what_nearly_all_goes_by_is_the_shop_itself),
        cmocka_unit_test(test_good_news_and_bad_news_are_both_told),
        cmocka_unit_test(test_of_a_kind_one_may_rise_and_one_fall),
        cmocka_unit_test(test_nothing_to_pick_from_is_nothing),
        cmocka_unit_test(test_a_change_is_a_sentence_with_its_amounts),
    };
    return UNIT_RUN(tests);
}
