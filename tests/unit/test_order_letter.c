#include "unit.h"

#include <unistd.h>

#include "fields.h"
#include "json.h"
#include "sales/order_letter.h"
#include "seal.h"

static const char TO[] = "ana@example.com";
static const char *const KINDS[] = {"order_placed", "order_paid", "order_shipped",
                                    "order_canceled", "order_expired"};

static const char ORDER[] =
    "{\"id\":\"x\",\"number\":1042,\"currency\":\"BRL\",\"items\":["
    "{\"variant_id\":\"v1\",\"name\":\"Caneca azul\",\"quantity\":2,\"total\":3980},"
    "{\"variant_id\":\"v2\",\"name\":\"Chaleira\",\"quantity\":1,\"total\":12000}],"
    "\"totals\":{\"items\":15980,\"discount\":500,\"freight\":1490,\"tax\":0,\"total\":16970},"
    "\"customer\":{\"name\":\"Ana Lima\"},\"shipping_address\":{\"street\":\"Rua das "
    "Flores\"}}";

static const char PARCEL[] = "{\"carrier\":\"Correios\",\"tracking_code\":\"AA123456789BR\","
                             " \"items\":[{\"variant_id\":\"v2\",\"quantity\":1}]}";

static char folder[] = "/tmp/vendas-order-letter-XXXXXX";

static int begin(void **state)
{
    assert_non_null(mkdtemp(folder));
    unit_begin(state);
    FILE *f = fopen(arena_printf(a, "%s/1.key", folder), "w");
    assert_non_null(f);
    for (int i = 0; i < 64; i++)
        fputc('a', f);
    fclose(f);
    setenv("VENDAS_DATA_KEYS", folder, 1);
    setenv("VENDAS_SHOP_NAME", "Loja da Ana", 1);
    return settings_load();
}

static int end(void **state)
{
    unlink(arena_printf(a, "%s/1.key", folder));
    rmdir(folder);
    return unit_end(state);
}

static const char *part_about(const char *kind, enum lang lang, const char *name,
                              const char *parcel)
{
    struct json_object *order = json_keep(a, json_tokener_parse(ORDER));
    struct json_object *shipment = parcel ? json_keep(a, json_tokener_parse(parcel)) : NULL;
    struct letter letter = order_letter_write(a, kind, lang, TO, order, shipment);
    const char *json = unseal_json(a, LETTER_COLUMN, letter.id, letter.payload);
    assert_non_null(json);
    return field_text(json_keep(a, json_tokener_parse(json)), name);
}

static const char *part(const char *kind, enum lang lang, const char *name)
{
    return part_about(kind, lang, name, NULL);
}

static void test_a_letter_names_the_order_and_what_it_comes_to(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(KINDS); i++) {
        const char *subject = part(KINDS[i], LANG_PT_BR, "subject");
        assert_ptr_equal(strstr(subject, "Loja da Ana: "), subject);
        assert_non_null(strstr(subject, "1042"));
        assert_string_equal(part(KINDS[i], LANG_PT_BR, "to"), TO);
        const char *body = part(KINDS[i], LANG_PT_BR, "body");
        assert_non_null(strstr(body, "2 x Caneca azul: R$\u00a039,80\n1 x Chaleira: "));
        assert_non_null(strstr(body, "Desconto: R$\u00a05,00\nFrete: R$\u00a014,90\nTotal: "
                                     "R$\u00a0169,70\n"));
        assert_non_null(strstr(part(KINDS[i], LANG_EN, "body"), "Total: R$169.70\n"));
    }
}

static void test_letters_are_whole_and_differ(void **state)
{
    (void)state;
    for (enum lang lang = LANG_PT_BR; lang <= LANG_EN; lang++)
        for (size_t i = 0; i < LENGTH(KINDS); i++) {
            const char *body = part(KINDS[i], lang, "body");
            assert_null(strstr(body, lang == LANG_EN ? "Not a valid" : "Valor inválido"));
            assert_null(strstr(body, "{}"));
            for (size_t j = 0; j < i; j++)
                assert_string_not_equal(body, part(KINDS[j], lang, "body"));
        }
}

static void test_a_letter_of_a_parcel_says_who_carries_what(void **state)
{
    (void)state;
    const char *body = part_about("order_shipped", LANG_EN, "body", PARCEL);
    assert_non_null(strstr(body, "Carrier: Correios\nTracking code: AA123456789BR\n"
                                 "In this parcel:\n1 x Chaleira\n"));
    assert_null(strstr(body, "Caneca"));
    body = part_about("order_shipped", LANG_PT_BR, "body",
                      "{\"items\":[{\"variant_id\":\"v1\",\"quantity\":2}]}");
    assert_non_null(strstr(body, "Neste volume:\n2 x Caneca azul\n"));
    assert_null(strstr(body, "Transportadora"));
}

static void test_a_letter_names_neither_the_buyer_nor_where_it_goes(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(KINDS); i++) {
        assert_null(strstr(part(KINDS[i], LANG_PT_BR, "body"), "Ana Lima"));
        assert_null(strstr(part(KINDS[i], LANG_PT_BR, "body"), "Flores"));
    }
}

static void test_a_letter_of_no_kind_is_not_written(void **state)
{
    (void)state;
    struct json_object *order = json_keep(a, json_tokener_parse(ORDER));
    assert_null(order_letter_write(a, "order_lost", LANG_EN, TO, order, NULL).payload);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_letter_names_the_order_and_what_it_comes_to),
        cmocka_unit_test(test_letters_are_whole_and_differ),
        cmocka_unit_test(test_a_letter_of_a_parcel_says_who_carries_what),
        cmocka_unit_test(test_a_letter_names_neither_the_buyer_nor_where_it_goes),
        cmocka_unit_test(test_a_letter_of_no_kind_is_not_written),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
