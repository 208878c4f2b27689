/* product_cells: what people write into a product's cells. */
#include "unit.h"

#include "fields.h"
#include "json.h"
#include "products/product_cells.h"

static struct product_column column_of(enum cell_kind kind)
{
    return (struct product_column){"column", "m", kind, false};
}

/* What a cell becomes: the object, or the code of what is wrong. */
static const char *read_cell(enum cell_kind kind, const char *text)
{
    struct product_column c = column_of(kind);
    struct json_object *object = json_keep(a, json_object_new_object());
    const char *code = cell_read(&c, text, object);
    return code ? code : arena_strdup(a, field_json(object));
}

struct cell_case {
    const char *text, *value;
};

static void assert_cells(enum cell_kind kind, const struct cell_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *value = read_cell(kind, cases[i].text);
        if (strcmp(value, cases[i].value))
            fail_msg("%s gave %s", cases[i].text, value);
    }
}

static void test_amounts_are_read_as_people_write_them(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        long long minor;
    } CASES[] = {
        {"10", 1000},
        {"7,5", 750},
        {"7,50", 750},
        {"1234.56", 123456},
        {"1.234,56", 123456},
        {"1.234", 123400},
        {"1.234.567", 123456700},
        {"R$ 7,50", 750},
        {"R$\xC2\xA0"
         "7,50",
         750},
        {"0", 0},
        {"0,01", 1},
        {"9999999999999", 999999999999900},
    };
    static const char *const NONE[] = {
        "",
        "-1",
        "1,234",
        "1.23.456",
        "1,2,3",
        "12.345.6",
        "R$",
        "1e3",
        "1.2345",
        "abc",
        "1,",
        "1.",
        "7,5 ",
        "+1",
        "10000000000000",
        "1.234.567.890.123.456",
        "US$ 1",
        "1234.567",
    };
    long long minor;
    for (size_t i = 0; i < LENGTH(CASES); i++) {
        if (!cell_money(CASES[i].text, &minor) || minor != CASES[i].minor)
            fail_msg("%s was not read", CASES[i].text);
    }
    for (size_t i = 0; i < LENGTH(NONE); i++)
        if (cell_money(NONE[i], &minor))
            fail_msg("%s gave %lld", NONE[i], minor);
}

static void test_a_dash_empties_and_its_guarded_self_is_a_dash(void **state)
{
    (void)state;
    assert_string_equal(read_cell(CELL_TEXT, "-"), "{\"m\":null}");
    assert_string_equal(read_cell(CELL_TEXT, "'-"), "{\"m\":\"-\"}");
    assert_string_equal(read_cell(CELL_MONEY, "-"), "{\"m\":null}");
    assert_string_equal(read_cell(CELL_INTEGER, "-"), "{\"m\":null}");
    assert_string_equal(read_cell(CELL_LIST, "-"), "{\"m\":[]}");
    assert_string_equal(read_cell(CELL_ATTRIBUTE, "-"), "{\"attributes\":{\"m\":null}}");
    assert_string_equal(read_cell(CELL_OPTION, "-"), "not_null");
}

static void test_lists_have_bars_between_items_and_a_backslash_before_those_within(void **state)
{
    (void)state;
    static const struct cell_case LISTS[] = {
        {"a", "{\"m\":[\"a\"]}"},
        {" a | b ", "{\"m\":[\"a\",\"b\"]}"},
        {"a\\|b|c\\\\", "{\"m\":[\"a|b\",\"c\\\\\"]}"},
        {"\\ a\\ ", "{\"m\":[\" a \"]}"},
        {"a||b", "not_item_list"},
        {"a|", "not_item_list"},
        {"|", "not_item_list"},
    };
    static const struct cell_case PATHS[] = {
        {"Casa", "{\"m\":[[\"Casa\"]]}"},
        {"Casa > Mesa|Ofertas", "{\"m\":[[\"Casa\",\"Mesa\"],[\"Ofertas\"]]}"},
        {"A\\>B>C", "{\"m\":[[\"A>B\",\"C\"]]}"},
        {"Casa >", "not_path"},
        {"> Casa", "not_path"},
        {"Casa|", "not_path"},
    };
    static const struct cell_case PARTS[] = {
        {"A", "{\"m\":[{\"sku\":\"A\",\"quantity\":1}]}"},
        {"A*2|B*1", "{\"m\":[{\"sku\":\"A\",\"quantity\":2},{\"sku\":\"B\",\"quantity\":1}]}"},
        {"A*B*3", "{\"m\":[{\"sku\":\"A*B\",\"quantity\":3}]}"},
        {"A*0", "not_parts"},
        {"A*1001", "not_parts"},
        {"A*99999", "not_parts"},
        {"A*", "not_parts"},
        {"*2", "not_parts"},
        {"A*2x", "not_parts"},
    };
    assert_cells(CELL_LIST, LISTS, LENGTH(LISTS));
    assert_cells(CELL_PATHS, PATHS, LENGTH(PATHS));
    assert_cells(CELL_PARTS, PARTS, LENGTH(PARTS));
}

static void test_what_is_sold_ahead_is_pieces_and_days_or_a_day(void **state)
{
    (void)state;
    static const struct cell_case CASES[] = {
        {"50|10", "{\"m\":{\"pieces\":50,\"days\":10}}"},
        {"50 | 2026-12-05", "{\"m\":{\"pieces\":50,\"date\":\"2026-12-05\"}}"},
        {"-", "{\"m\":null}"},
        {"", "not_ahead"},
        {"50", "not_ahead"},
        {"50|", "not_ahead"},
        {"50| ", "not_ahead"},
        {"|10", "not_ahead"},
        {"x|10", "not_ahead"},
        {"1234567890|1", "not_ahead"},
        {"1|1234567890", "not_ahead"},
    };
    assert_cells(CELL_AHEAD, CASES, LENGTH(CASES));
}

static void test_a_category_s_name_has_a_bound(void **state)
{
    (void)state;
    char *name = arena_printf(a, "%0120d", 0);
    assert_string_equal(read_cell(CELL_PATHS, name),
                        arena_printf(a, "{\"m\":[[\"%s\"]]}", name));
    assert_string_equal(read_cell(CELL_PATHS, arena_printf(a, "%sx", name)), "not_path");
}

static void test_numbers_and_booleans_have_their_type(void **state)
{
    (void)state;
    static const struct cell_case NUMBERS[] = {
        {"1,5", "{\"attributes\":{\"m\":1.5}}"},
        {"1.5", "{\"attributes\":{\"m\":1.5}}"},
        {"-2", "{\"attributes\":{\"m\":-2}}"},
        {"x", "not_number"},
        {"1,5,2", "not_number"},
        {"NaN", "not_number"},
        {"true", "not_number"},
        {"[1]", "not_number"},
    };
    static const struct cell_case BOOLEANS[] = {
        {"true", "{\"attributes\":{\"m\":true}}"},
        {"VERDADEIRO", "{\"attributes\":{\"m\":true}}"},
        {"Falso", "{\"attributes\":{\"m\":false}}"},
        {"sim", "not_boolean"},
        {"1", "not_boolean"},
    };
    assert_cells(CELL_NUMBER, NUMBERS, LENGTH(NUMBERS));
    assert_cells(CELL_BOOLEAN, BOOLEANS, LENGTH(BOOLEANS));
    assert_string_equal(read_cell(CELL_INTEGER, "12"), "{\"m\":12}");
    assert_string_equal(read_cell(CELL_INTEGER, "12g"), "not_integer");
    assert_string_equal(read_cell(CELL_INTEGER, "1,5"), "not_integer");
}

static void test_a_number_s_column_does_not_empty_what_another_of_its_name_has(void **state)
{
    (void)state;
    struct json_object *object = json_keep(a, json_object_new_object());
    struct product_column text = column_of(CELL_ATTRIBUTE), number = column_of(CELL_NUMBER);
    assert_null(cell_read(&text, "x", object));
    assert_null(cell_read(&number, "-", object));
    assert_string_equal(field_json(object), "{\"attributes\":{\"m\":\"x\"}}");
}

/* What is written is read as what it was. */
static void test_what_is_written_is_read_without_a_loss(void **state)
{
    (void)state;
    static const struct {
        enum cell_kind kind;
        const char *object, *text;
    } CASES[] = {
        {CELL_TEXT, "{\"m\":\"=1+1\"}", "'=1+1"},
        {CELL_TEXT, "{\"m\":\"-\"}", "'-"},
        {CELL_TEXT, "{\"m\":\"a;b\\n\\\"c\\\"\"}", "a;b\n\"c\""},
        {CELL_MONEY, "{\"m\":123456}", "1234,56"},
        {CELL_MONEY, "{\"m\":5}", "0,05"},
        {CELL_INTEGER, "{\"m\":900}", "900"},
        {CELL_LIST, "{\"m\":[\"a|b\",\" c\",\"d\\\\\"]}", "a\\|b|\\ c|d\\\\"},
        {CELL_LIST, "{\"m\":[\"-a\"]}", "'-a"},
        {CELL_PATHS, "{\"m\":[[\"A > B\",\"C\"],[\"D\"]]}", "A \\> B > C|D"},
        {CELL_PARTS, "{\"m\":[{\"sku\":\"A\",\"quantity\":2}]}", "A*2"},
        {CELL_PARTS, "{\"m\":[{\"sku\":\"A|B\",\"quantity\":1}]}", "A\\|B*1"},
        {CELL_AHEAD, "{\"m\":{\"pieces\":50,\"days\":0}}", "50|0"},
        {CELL_AHEAD, "{\"m\":{\"pieces\":1,\"date\":\"2026-12-05\"}}", "1|2026-12-05"},
        {CELL_OPTION, "{\"options\":{\"m\":\"Azul\"}}", "Azul"},
        {CELL_ATTRIBUTE, "{\"attributes\":{\"m\":\"\"}}", "'"},
        {CELL_NUMBER, "{\"attributes\":{\"m\":-1.25}}", "-1,25"},
        {CELL_BOOLEAN, "{\"attributes\":{\"m\":false}}", "false"},
    };
    for (size_t i = 0; i < LENGTH(CASES); i++) {
        struct product_column c = column_of(CASES[i].kind);
        struct json_object *object = json_keep(a, json_tokener_parse(CASES[i].object));
        struct json_object *again = json_keep(a, json_object_new_object());
        struct sheet_cell cell = cell_write(a, &c, object);
        assert_string_equal(cell.text, CASES[i].text);
        assert_null(cell_read(&c, cell.text, again));
        assert_string_equal(field_json(again), CASES[i].object);
    }
}

static void test_an_attribute_stands_in_the_column_of_its_type_alone(void **state)
{
    (void)state;
    struct json_object *object =
        json_keep(a, json_tokener_parse("{\"attributes\":{\"m\":1.5}}"));
    for (int kind = CELL_ATTRIBUTE; kind <= CELL_BOOLEAN; kind++) {
        struct product_column c = column_of(kind);
        assert_int_equal(cell_write(a, &c, object).text != NULL, kind == CELL_NUMBER);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_amounts_are_read_as_people_write_them),
        cmocka_unit_test(test_a_dash_empties_and_its_guarded_self_is_a_dash),
        cmocka_unit_test(
            test_lists_have_bars_between_items_and_a_backslash_before_those_within),
        cmocka_unit_test(test_what_is_sold_ahead_is_pieces_and_days_or_a_day),
        cmocka_unit_test(test_a_category_s_name_has_a_bound),
        cmocka_unit_test(test_numbers_and_booleans_have_their_type),
        cmocka_unit_test(test_a_number_s_column_does_not_empty_what_another_of_its_name_has),
        cmocka_unit_test(test_what_is_written_is_read_without_a_loss),
        cmocka_unit_test(test_an_attribute_stands_in_the_column_of_its_type_alone),
    };
    return UNIT_RUN(tests);
}
