/* The database, the engine and the clock are stood in for (see tests/local.mk). */
#include "unit.h"

#include <time.h>

#include "harness.h"
#include "json.h"
#include "log.h"
#include "products/engine.h"
#include "products/engine_page.h"
#include "rows.h"
#include "settings.h"

static int asked;         /* how often the engine was */
static long status;       /* what it answers with, */
static const char *words; /* and in which words */
static time_t now;
static bool broken; /* whether the database can make nothing of what the engine found */

struct rows *__wrap_db_run(struct arena *arena, struct problem *p, enum db_how how,
                           const char *sql, int count, const char *const *values);
struct rows *__wrap_db_run(struct arena *arena, struct problem *p, enum db_how how,
                           const char *sql, int count, const char *const *values)
{
    static const char *const SEARCH[] = {"{}"}, *const FOUND[] = {"{\"id\":1}", "5", "x", "3"};
    (void)arena;
    (void)how;
    (void)count;
    (void)values;
    if (strstr(sql, "engine_search"))
        return rows_of(1, 1, SEARCH);
    assert_non_null(strstr(sql, "engine_page"));
    if (broken)
        problem_set(p, 500, "internal_error");
    return broken ? NULL : rows_of(4, 1, FOUND);
}

long __wrap_engine_ask(struct arena *arena, const char *method, const char *path,
                       const char *body, long long timeout_ms, struct json_object **answer);
long __wrap_engine_ask(struct arena *arena, const char *method, const char *path,
                       const char *body, long long timeout_ms, struct json_object **answer)
{
    (void)method;
    (void)path;
    (void)body;
    asked++;
    assert_int_equal(timeout_ms, 500);
    assert_int_equal(json_read(arena, words, strlen(words), answer), status != 0);
    return status;
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *time);
int __wrap_clock_gettime(clockid_t clock, struct timespec *time)
{
    (void)clock;
    *time = (struct timespec){.tv_sec = now};
    return 0;
}

static int begin(void **state)
{
    log_program("test_engine_page");
    unit_begin(state);
    setenv("VENDAS_SEARCH_URL", "http://127.0.0.1:9/x", 1);
    return settings_load();
}

static int before_each(void **state)
{
    (void)state;
    now += 1000; /* whatever the last test did is long ago */
    asked = 0;
    status = 200;
    words = "{\"hits\":{\"hits\":[]}}";
    broken = false;
    return 0;
}

static bool finds(void)
{
    const struct page_wanted wanted = {.limit = 20, .limit_text = "20"};
    struct engine_page page;
    struct request *req = harness_request(a, NULL, "", 0);
    bool found = engine_page(req, NULL, NULL, "price", &wanted, &page);
    assert_int_equal(req->problem.status, 0);
    if (found) {
        assert_int_equal(db_count(page.rows), 1);
        assert_null(page.facets);
    }
    return found;
}

static void test_an_engine_that_answers_is_asked_each_time(void **state)
{
    (void)state;
    assert_true(finds() && finds());
    assert_int_equal(asked, 2);
}

static void test_an_engine_that_fails_is_left_alone_for_ten_seconds(void **state)
{
    (void)state;
    static const struct {
        long status;
        const char *words;
        bool broken;
    } FAILURES[] = {
        {0, "", false},
        {503, "{\"error\":{\"type\":\"x\"}}", false},
        {401, "{\"error\":\"x\"}", false},
        {404, "{}", false},
        {200, "{\"hits\":{}}", false},
        {200, "[]", false},
        {200, "{\"hits\":{\"hits\":[1]}}", true},
    };
    for (size_t i = 0; i < LENGTH(FAILURES); i++) {
        before_each(NULL);
        status = FAILURES[i].status;
        words = FAILURES[i].words;
        broken = FAILURES[i].broken;
        assert_false(finds());
        assert_int_equal(asked, 1);
        before_each(NULL);
        now -= 1000 - 9;
        assert_false(finds());
        assert_int_equal(asked, 0);
        now++;
        assert_true(finds());
        assert_int_equal(asked, 1);
    }
}

static void test_a_request_that_is_refused_says_nothing_of_the_next(void **state)
{
    (void)state;
    status = 400;
    words = "{\"error\":{\"type\":\"parsing_exception\"}}";
    assert_false(finds());
    before_each(NULL);
    now -= 1000;
    assert_true(finds());
}

static void test_without_an_address_there_is_no_engine(void **state)
{
    (void)state;
    setenv("VENDAS_SEARCH_URL", "", 1);
    assert_int_equal(settings_load(), 0);
    assert_false(engine_set());
    assert_false(finds());
    assert_int_equal(asked, 0);
    setenv("VENDAS_SEARCH_URL", "http://127.0.0.1:9/x", 1);
    assert_int_equal(settings_load(), 0);
}

int main(void)
{
    const struct CMUnitTest TESTS[] = {
        cmocka_unit_test_setup(test_an_engine_that_answers_is_asked_each_time, before_each),
        cmocka_unit_test_setup(test_an_engine_that_fails_is_left_alone_for_ten_seconds,
                               before_each),
        cmocka_unit_test_setup(test_a_request_that_is_refused_says_nothing_of_the_next,
                               before_each),
        cmocka_unit_test_setup(test_without_an_address_there_is_no_engine, before_each),
    };
    return cmocka_run_group_tests_name("engine_page", TESTS, begin, unit_end);
}
