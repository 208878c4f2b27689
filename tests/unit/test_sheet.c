/* sheet, sheet_writer: tables in files, and what is refused of them. */
#include "unit.h"

#include <unistd.h>

#include "buf.h"
#include "sheet_writer.h"

static char path[] = "/tmp/vendas-sheet-XXXXXX";

static int new_file(void **state)
{
    (void)state;
    strcpy(path + strlen(path) - 6, "XXXXXX");
    int fd = mkstemp(path);
    return fd < 0 || close(fd);
}

static int no_file(void **state)
{
    (void)state;
    return unlink(path);
}

static void lay(const void *bytes, size_t n)
{
    FILE *f = fopen(path, "w");
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

/* Rows as "line:cell|cell" texts, a newline after each. */
static bool write_row(void *context, const struct sheet_row *row)
{
    struct buf *b = context;
    buf_printf(b, "%d:", row->line);
    for (int i = 0; i < row->count; i++)
        buf_printf(b, "%s%s", i ? "|" : "", row->cells[i]);
    buf_raw(b, "\n");
    return true;
}

static const char *read_all(const char **fault)
{
    struct buf b = buf_new(a);
    *fault = sheet_read(path, write_row, &b);
    return buf_text(&b);
}

static void assert_read(const char *text, size_t n, const char *rows)
{
    const char *fault;
    lay(text, n);
    assert_string_equal(read_all(&fault), rows);
    assert_null(fault);
}

static void assert_fault(const char *text, size_t n, const char *code)
{
    const char *fault;
    lay(text, n);
    read_all(&fault);
    assert_non_null(fault);
    assert_string_equal(fault, code);
}

#define READ(text, rows) assert_read(text, sizeof(text) - 1, rows)
#define FAULT(text, code) assert_fault(text, sizeof(text) - 1, code)

static void test_separator_is_what_the_header_has_most_of(void **state)
{
    (void)state;
    READ("a,b\n1,2;3\n", "1:a|b\n2:1|2;3\n");
    READ("a;b;\"c,d,e,f\"\n1,5;2;3\n", "1:a|b|c,d,e,f\n2:1,5|2|3\n");
    READ("a\tb\n 1 \t\n", "1:a|b\n2: 1 \n");
}

static void test_lines_count_as_a_spreadsheet_counts_them(void **state)
{
    (void)state;
    READ("a;b\r\n\r\n\"x\r\ny\";\"\"\"\"\r\n", "1:a|b\n3:x\r\ny|\"\n");
    READ("a;b\n;;\n1;2", "1:a|b\n3:1|2\n");
    READ("a;b\r1;2\r", "1:a|b\n2:1|2\n");
}

static void test_encodings_of_spreadsheets_are_told_apart(void **state)
{
    (void)state;
    READ("\xEF\xBB\xBFpreço\n", "1:preço\n");
    READ("pre\xE7o;\x80 5;\x93oi\x94\n", "1:preço|€ 5|“oi”\n");
}

static void test_what_is_no_table_is_told(void **state)
{
    (void)state;
    FAULT("", "not_a_sheet");
    FAULT("a\0b", "not_a_sheet");
    FAULT("PK\3\4 and no more", "not_a_sheet");
    FAULT("a;b\n\"never closed", "sheet_broken");
}

static void test_cells_and_columns_have_bounds(void **state)
{
    (void)state;
    char *long_cell = malloc(SHEET_MAX_CELL + 2), *wide = malloc(SHEET_MAX_COLUMNS + 1);
    memset(long_cell, 'x', SHEET_MAX_CELL + 2);
    memset(wide, ',', SHEET_MAX_COLUMNS + 1);
    assert_fault(long_cell, SHEET_MAX_CELL + 2, "cell_too_long");
    assert_fault(wide, SHEET_MAX_COLUMNS + 1, "too_many_columns");
    free(long_cell);
    free(wide);
}

static void write_and_read(enum sheet_format format)
{
    const struct sheet_cell header[] = {{"sku", SHEET_TEXT}, {"price", SHEET_TEXT}};
    const struct sheet_cell rows[][2] = {
        {{"007", SHEET_TEXT}, {"1234,56", SHEET_MONEY}},
        {{NULL, SHEET_TEXT}, {"0,07", SHEET_MONEY}},
        {{"a;\"b\"\r\n\tc _x000D_ \x01", SHEET_TEXT}, {"-1,25", SHEET_NUMBER}},
        {{"7891234567895", SHEET_NUMBER}, {"1234567890,123456789", SHEET_NUMBER}},
    };
    struct sheet_writer *w = sheet_writer_open(path, format, header, 2);
    assert_non_null(w);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_true(sheet_writer_row(w, rows[i], 2));
    assert_true(sheet_writer_close(w));
    const char *fault, *text = read_all(&fault);
    assert_null(fault);
    assert_string_equal(text, "1:sku|price\n2:007|1234,56\n3:|0,07\n"
                              "4:a;\"b\"\r\n\tc _x000D_ \x01|-1,25\n"
                              "5:7891234567895|1234567890,123456789\n");
}

static void test_csv_is_read_as_it_was_written(void **state)
{
    (void)state;
    write_and_read(SHEET_CSV);
}

static void test_xlsx_is_read_as_it_was_written(void **state)
{
    (void)state;
    write_and_read(SHEET_XLSX);
}

/* What was laid down, as it is. */
static const char *bytes_of_file(void)
{
    size_t n;
    return unit_file(path, &n);
}

static void write_kinds(enum lang lang)
{
    const struct sheet_cell header[] = {{"a;b", SHEET_TEXT}, {NULL, SHEET_TEXT}};
    const struct sheet_cell row[] = {
        {"x,\"y\"", SHEET_TEXT},
        {"-1,5", SHEET_NUMBER},
        {"1234,56", SHEET_MONEY},
        {"1234", SHEET_COUNT},
        {"12,50", SHEET_PERCENT},
        {"2026-01-31", SHEET_DATE},
        {"2026-01-31 14:05:09", SHEET_TIME},
        {"", SHEET_COUNT},
    };
    struct sheet_writer *w = sheet_writer_to(
        &(struct sheet_target){.format = SHEET_CSV, .path = path, .lang = lang}, header, 2);
    assert_non_null(w);
    assert_true(sheet_writer_row(w, row, LENGTH(row)));
    assert_true(sheet_writer_totals(w, row + 4, 1));
    assert_true(sheet_writer_close(w));
}

static void test_csv_has_the_marks_of_its_language(void **state)
{
    (void)state;
    write_kinds(LANG_PT_BR);
    assert_string_equal(bytes_of_file(),
                        "\xEF\xBB\xBF\"a;b\";\r\n\"x,\"\"y\"\"\";-1,5;1234,56;1234;12,50%;"
                        "2026-01-31;2026-01-31 14:05:09;\r\n12,50%\r\n");
    write_kinds(LANG_EN);
    assert_string_equal(bytes_of_file(),
                        "\xEF\xBB\xBF\"a;b\",\r\n\"x,\"\"y\"\"\",-1.5,1234.56,1234,12.50%,"
                        "2026-01-31,2026-01-31 14:05:09,\r\n12.50%\r\n");
}

static void test_dates_that_spreadsheets_do_not_know_are_texts(void **state)
{
    (void)state;
    const struct sheet_cell header[] = {{"a", SHEET_TEXT}};
    static const char *const TEXTS[] = {"1899-12-31", "infinity", "44-03-15 BC"};
    struct sheet_writer *w = sheet_writer_open(path, SHEET_XLSX, header, 1);
    assert_non_null(w);
    for (size_t i = 0; i < LENGTH(TEXTS); i++)
        assert_true(sheet_writer_row(w, &(struct sheet_cell){TEXTS[i], SHEET_DATE}, 1));
    assert_true(sheet_writer_close(w));
    const char *fault, *text = read_all(&fault);
    assert_null(fault);
    assert_string_equal(text, "1:a\n2:1899-12-31\n3:infinity\n4:44-03-15 BC\n");
}

/* Whether the archive has a part of this name in its table of contents. */
static bool has_part(const char *name)
{
    size_t n;
    const char *bytes = unit_file(path, &n);
    return memmem(bytes, n, name, strlen(name));
}

static void test_a_full_worksheet_goes_on_in_another(void **state)
{
    (void)state;
    const struct sheet_cell header = {"n", SHEET_TEXT}, cell = {"1", SHEET_NUMBER};
    struct sheet_writer *w = sheet_writer_to(
        &(struct sheet_target){.format = SHEET_XLSX, .path = path, .title = "Rows"}, &header,
        1);
    assert_non_null(w);
    for (int i = 0; i < SHEET_MAX_ROWS; i++) /* with the head one more than there is room for */
        assert_true(sheet_writer_row(w, &cell, 1));
    assert_true(sheet_writer_close(w));
    assert_true(has_part("xl/worksheets/sheet2.xml"));
    assert_false(has_part("xl/worksheets/sheet3.xml"));
}

static void test_a_stream_that_takes_nothing_is_told(void **state)
{
    (void)state;
    const struct sheet_cell cell = {"a", SHEET_TEXT};
    FILE *full = fopen("/dev/full", "w");
    struct sheet_writer *w =
        sheet_writer_to(&(struct sheet_target){.format = SHEET_CSV, .stream = full}, &cell, 1);
    assert_non_null(w);
    assert_false(sheet_writer_close(w));
    assert_null(sheet_writer_open("/nowhere/at/all", SHEET_CSV, &cell, 1));
}

static void test_guarded_cells_are_no_formulas_and_lose_nothing(void **state)
{
    (void)state;
    static const char *const TEXTS[] = {"",  "=1+1", "+1", "-",  "@a", "\tx", "\rx", "\nx",
                                        "'", "''",   "'=", "'a", "a'", "a",   "'-",  "''-"};
    for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++) {
        const char *cell = sheet_guard(a, TEXTS[i]);
        assert_true(*cell && !strchr("=+-@\t\r\n", *cell));
        assert_string_equal(sheet_unguard(cell), TEXTS[i]);
    }
    assert_string_equal(sheet_guard(a, "'a"), "'a");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_separator_is_what_the_header_has_most_of, new_file,
                                        no_file),
        cmocka_unit_test_setup_teardown(test_lines_count_as_a_spreadsheet_counts_them, new_file,
                                        no_file),
        cmocka_unit_test_setup_teardown(test_encodings_of_spreadsheets_are_told_apart, new_file,
                                        no_file),
        cmocka_unit_test_setup_teardown(test_what_is_no_table_is_told, new_file, no_file),
        cmocka_unit_test_setup_teardown(test_cells_and_columns_have_bounds, new_file, no_file),
        cmocka_unit_test_setup_teardown(test_csv_is_read_as_it_was_written, new_file, no_file),
        cmocka_unit_test_setup_teardown(test_xlsx_is_read_as_it_was_written, new_file, no_file),
        cmocka_unit_test_setup_teardown(test_csv_has_the_marks_of_its_language, new_file,
                                        no_file),
        cmocka_unit_test_setup_teardown(test_dates_that_spreadsheets_do_not_know_are_texts,
                                        new_file, no_file),
        cmocka_unit_test_setup_teardown(test_a_full_worksheet_goes_on_in_another, new_file,
                                        no_file),
        cmocka_unit_test(test_a_stream_that_takes_nothing_is_told),
        cmocka_unit_test(test_guarded_cells_are_no_formulas_and_lose_nothing),
    };
    return UNIT_RUN(tests);
}
