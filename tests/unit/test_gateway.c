#include "unit.h"

#include "fields.h"
#include "sales/gateway.h"

static void test_a_gateway_is_found_by_its_whole_name(void **state)
{
    (void)state;
    assert_ptr_equal(gateway_find("manual"), &GATEWAY_MANUAL);
    assert_null(gateway_find(""));
    assert_null(gateway_find("manua"));
    assert_null(gateway_find("manual "));
    assert_null(gateway_find("MANUAL"));
}

static void test_a_manual_payment_tells_the_buyer_what_to_do(void **state)
{
    (void)state;
    setenv("VENDAS_BANK_ACCOUNT", "Banco \"X\", 0001", 1);
    assert_int_equal(settings_load(), 0);
    struct problem p = problem_none(a);
    const struct gateway_order order = {"o1", 1001, 4990, "BRL", LANG_EN};
    struct json_object *next =
        json_tokener_parse(GATEWAY_MANUAL.begin(&p, &order, "bank_transfer"));
    assert_non_null(next);
    assert_string_equal(field_text(next, "type"), "bank_transfer");
    assert_int_equal(field_integer(next, "amount"), 4990);
    assert_string_equal(field_text(next, "currency"), "BRL");
    assert_string_equal(field_text(next, "reference"), "1001");
    assert_string_equal(field_text(next, "account"), "Banco \"X\", 0001");
    assert_non_null(strstr(field_text(next, "instructions"), "Transfer the amount"));
    assert_true(GATEWAY_MANUAL.confirmed_by_person);
    json_object_put(next);
    unit_settings();
}

static void test_each_way_to_pay_holds_the_stock_for_as_long_as_it_takes(void **state)
{
    (void)state;
    assert_int_equal(gateway_hold_minutes("pix"), 30);
    assert_int_equal(gateway_hold_minutes("boleto"), 5 * 24 * 60);
    assert_int_equal(gateway_hold_minutes("bank_transfer"), settings()->order_hold_minutes);
    setenv("VENDAS_PIX_HOLD_MINUTES", "7", 1);
    assert_int_equal(settings_load(), 0);
    assert_int_equal(gateway_hold_minutes("pix"), 7);
    unsetenv("VENDAS_PIX_HOLD_MINUTES");
    unit_settings();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_gateway_is_found_by_its_whole_name),
        cmocka_unit_test(test_a_manual_payment_tells_the_buyer_what_to_do),
        cmocka_unit_test(test_each_way_to_pay_holds_the_stock_for_as_long_as_it_takes),
    };
    return UNIT_RUN(tests);
}
