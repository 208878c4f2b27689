#include "unit.h"

#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "limit.h"

static char folder[] = "/tmp/vendas-test-limit-XXXXXX";

/* The tests' clock stands still, at the beginning of a minute. */
static time_t now = 1795574040;

time_t time(time_t *out)
{
    if (out)
        *out = now;
    return now;
}

static void set_limit(const char *requests)
{
    setenv("VENDAS_ACCOUNT_REQUESTS_PER_MINUTE", requests, 1);
    assert_int_equal(settings_load(), 0);
}

static int setup(void **state)
{
    unit_begin(state);
    assert_non_null(mkdtemp(folder));
    setenv("VENDAS_LIMITS_FILE", arena_printf(a, "%s/limits", folder), 1);
    return settings_load();
}

static int teardown(void **state)
{
    unlink(arena_printf(a, "%s/limits", folder));
    rmdir(folder);
    return unit_end(state);
}

/* How many of so many requests may go on. */
static int passed(const char *account, int requests)
{
    int count = 0;
    for (int i = 0; i < requests; i++)
        count += !limit_request(account);
    return count;
}

static void test_an_account_has_so_many_requests_a_minute(void **state)
{
    (void)state;
    set_limit("5");
    assert_int_equal(passed("ana", 20), 5);
    assert_int_equal(passed("bia", 3), 3);
    now += 60;
    assert_int_equal(passed("ana", 20), 5);
}

static void test_who_is_refused_is_told_when_the_next_minute_begins(void **state)
{
    (void)state;
    set_limit("1");
    now += 60;
    assert_int_equal(limit_request("caio"), 0);
    assert_int_equal(limit_request("caio"), 60);
    now += 59;
    assert_int_equal(limit_request("caio"), 1);
    now += 1;
    assert_int_equal(limit_request("caio"), 0);
}

static void test_where_the_limit_is_off_nothing_is_counted(void **state)
{
    (void)state;
    set_limit("0");
    now += 60;
    assert_int_equal(passed("ana", 1000), 1000);
    set_limit("1");
    assert_int_equal(passed("ana", 2), 1);
}

static void test_a_count_does_not_begin_anew_past_its_greatest(void **state)
{
    (void)state;
    set_limit("1");
    now += 60;
    assert_int_equal(passed("ana", 200000), 1);
}

/* Children begin at once when the parent closes the pipe, and tell how many passed. */
static int passed_in_processes(int processes, const char *account, int requests)
{
    int begin[2], told[2], sum = 0;
    assert_int_equal(pipe(begin), 0);
    assert_int_equal(pipe(told), 0);
    for (int i = 0; i < processes; i++) {
        if (fork() == 0) {
            char c;
            close(begin[1]);
            if (read(begin[0], &c, 1) < 0)
                _exit(1);
            int count = passed(account, requests);
            _exit(write(told[1], &count, sizeof count) != sizeof count);
        }
    }
    close(begin[0]);
    close(begin[1]);
    close(told[1]);
    for (int count; read(told[0], &count, sizeof count) == sizeof count;)
        sum += count;
    close(told[0]);
    for (int status; wait(&status) > 0;)
        assert_int_equal(status, 0);
    return sum;
}

static void test_all_processes_count_together_and_lose_none(void **state)
{
    (void)state;
    set_limit("50000");
    for (int round = 0; round < 5; round++) {
        now += 60;
        assert_int_equal(passed_in_processes(8, "ana", 10000), 50000);
    }
}

static void test_thousands_of_accounts_are_told_apart(void **state)
{
    (void)state;
    enum { ACCOUNTS = 5000 };
    int whole = 0;
    set_limit("3");
    now += 60;
    for (int round = 0; round < 4; round++)
        for (int i = 0; i < ACCOUNTS; i++)
            if (!limit_request(arena_printf(a, "account %d", i)))
                whole++;
    /* Some may share a full set and be forgotten in between, but few. */
    assert_in_range(whole, 3 * ACCOUNTS, 3 * ACCOUNTS + ACCOUNTS / 50);
}

static void test_a_busy_account_is_not_forgotten_for_many_quiet_ones(void **state)
{
    (void)state;
    set_limit("10");
    now += 60;
    assert_int_equal(passed("busy", 20), 10);
    for (int i = 0; i < 200000; i++)
        limit_request(arena_printf(a, "quiet %d", i));
    assert_true(limit_request("busy") > 0);
}

/* In a child that has no table yet. */
static int child_passes_with(const char *file)
{
    char program[4096];
    ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);
    assert_true(n > 0);
    program[n] = '\0';
    pid_t child = fork();
    if (child == 0) {
        setenv("VENDAS_LIMITS_FILE", file, 1);
        setenv("VENDAS_ACCOUNT_REQUESTS_PER_MINUTE", "1", 1);
        execl(program, program, "count", NULL);
        _exit(99);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void test_without_the_file_requests_go_on(void **state)
{
    (void)state;
    assert_int_equal(child_passes_with(arena_printf(a, "%s/nowhere/limits", folder)), 5);
    assert_int_equal(child_passes_with(folder), 5);
    assert_int_equal(child_passes_with("/dev/full"), 5);
    symlink("limits", arena_printf(a, "%s/link", folder));
    assert_int_equal(child_passes_with(arena_printf(a, "%s/link", folder)), 5);
    unlink(arena_printf(a, "%s/link", folder));
}

static void test_the_file_outlives_the_processes(void **state)
{
    (void)state;
    const char *file = arena_printf(a, "%s/other", folder);
    assert_int_equal(child_passes_with(file), 1);
    assert_int_equal(child_passes_with(file), 0);
    unlink(file);
}

/* What the children of these tests do. */
static int count_requests(void)
{
    return settings_load() ? 98 : passed("child", 5);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_account_has_so_many_requests_a_minute),
        cmocka_unit_test(test_who_is_refused_is_told_when_the_next_minute_begins),
        cmocka_unit_test(test_where_the_limit_is_off_nothing_is_counted),
        cmocka_unit_test(test_a_count_does_not_begin_anew_past_its_greatest),
        cmocka_unit_test(test_all_processes_count_together_and_lose_none),
        cmocka_unit_test(test_thousands_of_accounts_are_told_apart),
        cmocka_unit_test(test_a_busy_account_is_not_forgotten_for_many_quiet_ones),
        cmocka_unit_test(test_without_the_file_requests_go_on),
        cmocka_unit_test(test_the_file_outlives_the_processes),
    };
    if (argc > 1 && !strcmp(argv[1], "count"))
        return count_requests();
    return cmocka_run_group_tests(tests, setup, teardown);
}
