#include "unit.h"

#include "fields.h"
#include "json.h"
#include "sales/gateway.h"

static void test_a_gateway_is_found_by_its_whole_name(void **state)
{
    (void)state;
    assert_ptr_equal(gateway_find("manual"), &GATEWAY_MANUAL);
    assert_ptr_equal(gateway_find("stripe"), &GATEWAY_STRIPE);
    assert_ptr_equal(gateway_find("paypal"), &GATEWAY_PAYPAL);
    assert_null(gateway_find(""));
    assert_null(gateway_find("manua"));
    assert_null(gateway_find("manual "));
    assert_null(gateway_find("MANUAL"));
}

/* What a buyer is to do who pays so. */
static struct json_object *begin_manual(const char *method, enum lang lang)
{
    const struct gateway_payment p = {.method = method,
                                      .amount = 4990,
                                      .currency = "BRL",
                                      .order_number = 1001,
                                      .lang = lang};
    struct gateway_call call = {.arena = a};
    struct json_object *facts;
    assert_int_equal(GATEWAY_MANUAL.begin(&call, &p), GATEWAY_DONE);
    assert_true(json_read(a, call.facts, strlen(call.facts), &facts));
    return field_value(facts, "next_action");
}

static void test_a_manual_payment_tells_the_buyer_what_to_do(void **state)
{
    (void)state;
    setenv("VENDAS_BANK_ACCOUNT", "Banco \"X\", 0001", 1);
    assert_int_equal(settings_load(), 0);
    struct json_object *next = begin_manual("bank_transfer", LANG_EN);
    assert_string_equal(field_text(next, "type"), "bank_transfer");
    assert_int_equal(field_integer(next, "amount"), 4990);
    assert_string_equal(field_text(next, "currency"), "BRL");
    assert_string_equal(field_text(next, "reference"), "1001");
    assert_string_equal(field_text(next, "account"), "Banco \"X\", 0001");
    assert_non_null(strstr(field_text(next, "instructions"), "Transfer the amount"));
    assert_true(GATEWAY_MANUAL.confirmed_by_person);
    unit_settings();
}

static void test_cash_is_paid_when_the_order_is_delivered(void **state)
{
    (void)state;
    struct json_object *next = begin_manual("cash_on_delivery", LANG_PT_BR);
    assert_string_equal(field_text(next, "type"), "cash_on_delivery");
    assert_int_equal(field_integer(next, "amount"), 4990);
    assert_false(field_present(next, "account"));
    assert_non_null(strstr(field_text(next, "instructions"), "Pague em dinheiro"));
    next = begin_manual("cash_on_delivery", LANG_EN);
    assert_non_null(strstr(field_text(next, "instructions"), "Pay in cash"));
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
        cmocka_unit_test(test_cash_is_paid_when_the_order_is_delivered),
        cmocka_unit_test(test_each_way_to_pay_holds_the_stock_for_as_long_as_it_takes),
    };
    return UNIT_RUN(tests);
}
