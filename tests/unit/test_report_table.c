/* report_table: answers made of rows that come one at a time, from a database that is not
 * there. */
#include "rows.h"

#include "harness.h"
#include "json.h"
#include "sales/report_table.h"

static const struct report_column COLUMNS[] = {
    {"state", REPORT_TEXT, NULL},
    {"orders", REPORT_COUNT, NULL},
    {"total", REPORT_MONEY, "amount"},
    {0},
};
static const char SQL[] = "SELECT $1, $2", TOTALS[] = "SELECT $1";
static const struct report_table TABLE = {"sales", COLUMNS, SQL, TOTALS};

/* The reading that stands in: so many rows and totals, and where it fails. */
enum { NEVER = -1 };
static struct {
    const char *const (*rows)[3];
    int count, at, fails_at, ended, values[2];
    bool totals;
} reading;
static struct problem *problem;

struct db_reading *__wrap_db_reading_begin(struct arena *arena, struct problem *p);
struct db_reading *__wrap_db_reading_begin(struct arena *arena, struct problem *p)
{
    (void)arena;
    problem = p;
    return (struct db_reading *)&reading;
}

bool __wrap_db_reading_ask(struct db_reading *r, const char *sql, int count,
                           const char *const *values);
bool __wrap_db_reading_ask(struct db_reading *r, const char *sql, int count,
                           const char *const *values)
{
    assert_ptr_equal(r, &reading);
    reading.totals = sql == TOTALS;
    reading.values[reading.totals] = count;
    assert_string_equal(values[0], "2026");
    return true;
}

const struct rows *__wrap_db_reading_next(struct db_reading *r);
const struct rows *__wrap_db_reading_next(struct db_reading *r)
{
    static const char *const SUMS[] = {NULL, "5", "-1234567"};
    assert_ptr_equal(r, &reading);
    if (reading.totals) {
        reading.totals = false;
        return rows_of(3, 1, SUMS);
    }
    if (reading.at == reading.fails_at)
        problem_set(problem, 503, "database_unavailable");
    if (reading.at == reading.fails_at || reading.at >= reading.count)
        return NULL;
    return rows_of(3, 1, reading.rows[reading.at++]);
}

void __wrap_db_reading_end(struct db_reading *r);
void __wrap_db_reading_end(struct db_reading *r)
{
    reading.ended += r != NULL;
}

/* What has been sent; takes so many bytes before nobody is there any more. */
static struct buf sent;
static size_t patience;

static bool take(void *sink, const char *p, size_t n)
{
    (void)sink;
    if (sent.len + n > patience)
        return false;
    buf_bytes(&sent, p, n);
    return true;
}

static const char *const ROWS[][3] = {
    {"SP", "2", "1234567"}, {"=A;\"", "3", "-5"}, {NULL, NULL, NULL}};

/* Answers with these rows; whether all of it has gone. */
static bool answer(const char *method, const char *format, int count, int fails_at)
{
    struct request *req = harness_request(a, (const char *const[]){NULL}, "", 0);
    struct json_object *query = json_keep(a, json_object_new_object());
    struct period period = {"2026-01-01", "2026-02-01"};
    json_object_object_add(query, "format", json_object_new_string(format));
    memset(&reading, 0, sizeof reading);
    reading.rows = ROWS;
    reading.count = count;
    reading.fails_at = fails_at;
    sent = buf_new(a);
    req->method = method;
    report_respond(req, query, &TABLE, &period, "\"currency\":\"BRL\"", "2026", "x");
    response_settle(req);
    return response_send(req, take, NULL);
}

static const char *body(void)
{
    return strstr(sent.data, "\r\n\r\n") + 4;
}

static int patient(void **state)
{
    (void)state;
    patience = SIZE_MAX;
    return 0;
}

static void test_json_has_head_rows_and_totals(void **state)
{
    (void)state;
    assert_true(answer("GET", "json", 3, NEVER));
    assert_string_equal(body(), "{\"currency\":\"BRL\",\"rows\":["
                                "{\"state\":\"SP\",\"orders\":2,\"total\":1234567},"
                                "{\"state\":\"=A;\\\"\",\"orders\":3,\"total\":-5},"
                                "{\"state\":null,\"orders\":null,\"total\":null}],"
                                "\"totals\":{\"orders\":5,\"total\":-1234567}}");
    assert_null(strstr(sent.data, "Content-Length"));
    assert_int_equal(reading.values[0], 2);
    assert_int_equal(reading.values[1], 1);
    assert_true(answer("GET", "json", 0, NEVER));
    assert_string_equal(body(), "{\"currency\":\"BRL\",\"rows\":[],"
                                "\"totals\":{\"orders\":5,\"total\":-1234567}}");
}

static void test_csv_is_what_spreadsheets_in_brazil_open(void **state)
{
    (void)state;
    assert_true(answer("GET", "csv", 3, NEVER));
    assert_string_equal(body(), "\xEF\xBB\xBF\"Estado\";\"Pedidos\";\"Total\"\r\n"
                                "\"SP\";2;12345,67\r\n\"'=A;\"\"\";3;-0,05\r\n;;\r\n"
                                "\"Total\";5;-12345,67\r\n");
    assert_non_null(
        strstr(sent.data, "attachment; filename=\"sales_2026-01-01_2026-01-31.csv\""));
}

static void test_nothing_is_made_for_a_head(void **state)
{
    (void)state;
    static const char *const FORMATS[] = {"json", "csv", "xlsx"};
    for (size_t i = 0; i < LENGTH(FORMATS); i++) {
        assert_true(answer("HEAD", FORMATS[i], 3, NEVER));
        assert_string_equal(body(), "");
        assert_non_null(strstr(sent.data, "Status: 200"));
        assert_int_equal(reading.at, 1);
    }
}

static void test_what_fails_before_the_first_row_is_a_problem(void **state)
{
    (void)state;
    assert_true(answer("GET", "csv", 3, 0));
    assert_non_null(strstr(sent.data, "Status: 503"));
    assert_non_null(strstr(sent.data, "application/problem+json"));
    assert_null(strstr(sent.data, "Content-Disposition"));
}

static void test_what_fails_later_is_told_by_what_is_sent(void **state)
{
    (void)state;
    assert_false(answer("GET", "json", 3, 2));
    assert_non_null(strstr(sent.data, "Status: 200"));
    assert_null(strstr(body(), "]"));
    assert_false(answer("GET", "csv", 3, 2));
    assert_null(strstr(body(), "Total\";5"));
}

static void test_nobody_reads_on_for_a_client_that_has_gone(void **state)
{
    (void)state;
    assert_true(answer("GET", "json", 3, NEVER));
    patience = (size_t)(strstr(sent.data, "=A;") - sent.data);
    assert_false(answer("GET", "json", 3, NEVER));
    assert_int_equal(reading.at, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_json_has_head_rows_and_totals, patient),
        cmocka_unit_test_setup(test_csv_is_what_spreadsheets_in_brazil_open, patient),
        cmocka_unit_test_setup(test_nothing_is_made_for_a_head, patient),
        cmocka_unit_test_setup(test_what_fails_before_the_first_row_is_a_problem, patient),
        cmocka_unit_test_setup(test_what_fails_later_is_told_by_what_is_sent, patient),
        cmocka_unit_test_setup(test_nobody_reads_on_for_a_client_that_has_gone, patient),
    };
    return UNIT_RUN(tests);
}
