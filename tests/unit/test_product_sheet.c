/* product_sheet: products as rows. */
#include "rows.h"

#include "fields.h"
#include "json.h"
#include "products/product_cells.h"
#include "products/product_sheet.h"

/* A row; the cells end with NULL. */
static struct sheet_row row_of(int line, const char *const *cells)
{
    int count = 0;
    while (cells[count])
        count++;
    return (struct sheet_row){line, count, cells};
}

static struct product_sheet sheet_of(const char *const *header)
{
    struct product_sheet sheet;
    const char *code, *column;
    struct sheet_row row = row_of(1, header);
    assert_true(product_sheet_read(a, &row, NULL, &sheet, &code, &column));
    return sheet;
}

static void assert_header(const char *const *header, const char *wrong, const char *where)
{
    struct product_sheet sheet;
    const char *code, *column;
    struct sheet_row row = row_of(1, header);
    assert_false(product_sheet_read(a, &row, NULL, &sheet, &code, &column));
    assert_string_equal(code, wrong);
    assert_string_equal(column, where);
}

static void add(struct product_draft *d, struct product_sheet sheet, int line,
                const char *const *cells)
{
    struct sheet_row row = row_of(line, cells);
    product_draft_add(d, sheet, &row);
}

/* "line column-or-pointer code" of each fault. */
static const char *faults_of(const struct product_draft *d)
{
    struct buf b = buf_new(a);
    for (size_t i = 0; i < json_object_array_length(d->faults); i++) {
        struct json_object *fault = json_object_array_get_idx(d->faults, i);
        const char *column = field_text(fault, "column");
        buf_printf(&b, "%lld %s %s;", field_integer(fault, "line"),
                   column ? column : field_text(fault, "pointer"), field_text(fault, "code"));
    }
    return buf_text(&b);
}

static void test_a_header_names_each_column_once(void **state)
{
    (void)state;
    assert_header((const char *[]){"slug", "preço", NULL}, "unknown_column", "preço");
    assert_header((const char *[]){"slug", "Name", NULL}, "unknown_column", "Name");
    assert_header((const char *[]){"slug", "attr:", NULL}, "unknown_column", "attr:");
    assert_header((const char *[]){"attr:a", "slug", "attr:a", NULL}, "column_twice", "attr:a");
}

static void test_an_attribute_is_read_as_the_type_that_it_is_defined_to_have(void **state)
{
    (void)state;
    const char *const types[] = {"Litros", "number", "Forno", "boolean", "Cor", "choice"};
    const char *const header[] = {"attr:Litros", "attr:Forno", "attr:Cor", "attr:Fio", NULL};
    const char *code, *column;
    struct product_sheet sheet;
    struct sheet_row row = row_of(1, header);
    struct product_draft d = product_draft_new(a);
    assert_true(product_sheet_read(a, &row, rows_of(2, 3, types), &sheet, &code, &column));
    add(&d, sheet, 2, (const char *[]){"1,5", "falso", "2", "3", NULL});
    assert_string_equal(field_json(field_value(d.body, "attributes")),
                        "{\"Litros\":1.5,\"Forno\":false,\"Cor\":\"2\",\"Fio\":\"3\"}");
    add(&d, sheet, 3, (const char *[]){"muito", "sim", NULL});
    assert_string_equal(faults_of(&d), "3 attr:Litros not_number;3 attr:Forno not_boolean;");
}

static void test_rows_of_one_product_have_its_slug(void **state)
{
    (void)state;
    struct product_sheet sheet = sheet_of((const char *[]){"name", "slug", NULL});
    struct product_draft d = product_draft_new(a);
    struct sheet_row same = row_of(3, (const char *[]){"", "a", NULL});
    struct sheet_row other = row_of(4, (const char *[]){"", "b", NULL});
    struct sheet_row none = row_of(5, (const char *[]){"x", NULL});
    assert_false(product_draft_goes_on(&d, sheet, &none));
    add(&d, sheet, 2, (const char *[]){"A", "a", NULL});
    assert_true(product_draft_goes_on(&d, sheet, &same));
    assert_false(product_draft_goes_on(&d, sheet, &other));
    assert_false(product_draft_goes_on(&d, sheet, &none));
}

static void test_rows_become_a_product_and_its_variants(void **state)
{
    (void)state;
    struct product_sheet sheet = sheet_of((const char *[]){
        "slug", "sku", "name", "price", "variant_price", "option:Cor", "attr:Material", NULL});
    struct product_draft d = product_draft_new(a);
    add(&d, sheet, 2, (const char *[]){"a", "A-1", "A", "1,50", "", "Azul", "Ferro", NULL});
    add(&d, sheet, 3, (const char *[]){"a", "A-2", "", "", "2", "Verde", NULL});
    assert_true(product_draft_check(&d));
    assert_int_equal(d.line, 2);
    assert_string_equal(field_json(field_value(d.body, "variants")),
                        "[{\"options\":{\"Cor\":\"Azul\"},\"sku\":\"A-1\"},"
                        "{\"options\":{\"Cor\":\"Verde\"},\"sku\":\"A-2\",\"price\":200}]");
    assert_string_equal(field_json(field_value(d.body, "option_columns")), "[\"Cor\"]");
    assert_string_equal(field_json(field_value(d.body, "attributes")),
                        "{\"Material\":\"Ferro\"}");
    assert_int_equal(field_integer(d.body, "price"), 150);
}

static void test_each_wrong_cell_is_told_with_its_line(void **state)
{
    (void)state;
    struct product_sheet sheet = sheet_of(
        (const char *[]){"slug", "name", "price", "gtin", "ncm", "number:L", "images", NULL});
    struct product_draft d = product_draft_new(a);
    add(&d, sheet, 5, (const char *[]){"a", "A", "1,234", "123", "12", "muito", "x.jpg", NULL});
    add(&d, sheet, 6, (const char *[]){"a", "", "", "7891000315508", NULL});
    assert_false(product_draft_check(&d));
    assert_string_equal(faults_of(&d), "5 price not_money;5 number:L not_number;"
                                       "5 /variants/gtin not_gtin;6 /variants/gtin not_gtin;"
                                       "5 /ncm not_ncm;5 /images/0 not_url;");
}

static void test_an_empty_cell_says_nothing_and_a_dash_empties(void **state)
{
    (void)state;
    struct product_sheet sheet =
        sheet_of((const char *[]){"slug", "brand", "description", "attr:Cor", NULL});
    struct product_draft d = product_draft_new(a);
    add(&d, sheet, 2, (const char *[]){"a", "", "-", "-", NULL});
    assert_true(product_draft_check(&d));
    assert_false(field_present(d.body, "brand"));
    assert_true(field_present(d.body, "description"));
    assert_null(field_value(d.body, "description"));
    assert_string_equal(field_json(field_value(d.body, "attributes")), "{\"Cor\":null}");
}

static void test_an_export_s_columns_are_the_fixed_ones_and_those_of_the_shop(void **state)
{
    (void)state;
    const char *const names[] = {"option", "Cor", "attr", "Material", "number", "Litros"};
    struct product_sheet fixed = product_sheet_of(a, rows_of(2, 0, NULL));
    struct product_sheet sheet = product_sheet_of(a, rows_of(2, 3, names));
    const struct sheet_cell *header = product_sheet_header(a, sheet);
    assert_int_equal(sheet.count, fixed.count + 3);
    assert_string_equal(header[0].text, "slug");
    assert_string_equal(header[fixed.count].text, "option:Cor");
    assert_string_equal(header[fixed.count + 2].text, "number:Litros");
}

/* The file's cells, read as an import reads them, say what the body says. */
static void test_what_is_the_product_s_stands_in_its_first_row(void **state)
{
    (void)state;
    const char *const names[] = {"option", "Cor"};
    struct product_sheet sheet = product_sheet_of(a, rows_of(2, 1, names));
    struct json_object *body = json_keep(
        a, json_tokener_parse("{\"slug\":\"a\",\"name\":\"A\",\"price\":150,\"variants\":["
                              "{\"sku\":\"A-1\",\"options\":{\"Cor\":\"Azul\"}},"
                              "{\"sku\":\"A-2\",\"options\":{\"Cor\":\"Verde\"}}]}"));
    struct product_draft d = product_draft_new(a);
    for (size_t v = 0; v < 2; v++) {
        const struct sheet_cell *cells = product_sheet_row(a, sheet, body, v);
        const char **texts = arena_alloc(a, (size_t)sheet.count * sizeof *texts);
        for (int i = 0; i < sheet.count; i++) {
            texts[i] = cells[i].text ? cells[i].text : "";
            if (!strcmp(sheet.columns[i].name, "name"))
                assert_string_equal(texts[i], v ? "" : "A");
        }
        struct sheet_row row = {(int)v + 2, sheet.count, texts};
        product_draft_add(&d, sheet, &row);
    }
    assert_true(product_draft_check(&d));
    assert_string_equal(field_text(d.body, "name"), "A");
    assert_int_equal(field_integer(d.body, "price"), 150);
    assert_string_equal(field_json(field_value(d.body, "variants")),
                        "[{\"options\":{\"Cor\":\"Azul\"},\"sku\":\"A-1\"},"
                        "{\"options\":{\"Cor\":\"Verde\"},\"sku\":\"A-2\"}]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_header_names_each_column_once),
        cmocka_unit_test(test_an_attribute_is_read_as_the_type_that_it_is_defined_to_have),
        cmocka_unit_test(test_rows_of_one_product_have_its_slug),
        cmocka_unit_test(test_rows_become_a_product_and_its_variants),
        cmocka_unit_test(test_each_wrong_cell_is_told_with_its_line),
        cmocka_unit_test(test_an_empty_cell_says_nothing_and_a_dash_empties),
        cmocka_unit_test(test_an_export_s_columns_are_the_fixed_ones_and_those_of_the_shop),
        cmocka_unit_test(test_what_is_the_product_s_stands_in_its_first_row),
    };
    return UNIT_RUN(tests);
}
