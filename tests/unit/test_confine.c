/* confine: this program once more, with nothing in its hands. Its argument says what it does.
 */
#include "unit.h"

#include <fcntl.h>
#include <unistd.h>

#include "confine.h"

static const struct confine_limits LIMITS = {
    .memory = (size_t)512 << 20, .cpu_seconds = 1, .seconds = 20, .output = 100000};

extern char **environ;

/* In the confined process ------------------------------------------------------------------ */

static int echo(void)
{
    char p[4096];
    for (ssize_t n; (n = read(STDIN_FILENO, p, sizeof p)) > 0;)
        if (write(STDOUT_FILENO, p, (size_t)n) != n)
            return EXIT_FAILURE;
    return EXIT_SUCCESS;
}

/* Says what it has of the process that started it. */
static int look(void)
{
    int open = 0;
    for (int fd = STDERR_FILENO + 1; fd < 1000; fd++)
        open += fcntl(fd, F_GETFD) >= 0;
    printf("%d files, %s", open, *environ ? "an environment" : "no environment");
    return EXIT_SUCCESS;
}

static int shout(void)
{
    for (int i = 0; i < 200000; i++)
        putchar('x');
    return EXIT_SUCCESS;
}

static int allocate(void)
{
    enum { STEP = 1 << 24, STEPS = 64 }; /* a gigabyte */
    for (int i = 0; i < STEPS; i++) {
        volatile char *p = malloc(STEP);
        if (!p)
            return EXIT_FAILURE;
        *p = 1; /* of use, but quickly */
    }
    return EXIT_SUCCESS;
}

static int compute(void)
{
    volatile unsigned i = 0;
    while (i < 2) /* for ever: it is 0 or 1 */
        i = !i;
    return EXIT_SUCCESS;
}

static const struct {
    const char *name;
    int (*act)(void);
} ACTS[] = {{"echo", echo},         {"look", look},       {"shout", shout},
            {"allocate", allocate}, {"compute", compute}, {"wait", pause}};

static int confined(const char *argument)
{
    for (size_t i = 0; i < LENGTH(ACTS); i++)
        if (!strcmp(ACTS[i].name, argument))
            return ACTS[i].act();
    abort(); /* one that crashes */
}

/* Tests ------------------------------------------------------------------------------------ */

static enum confine_end run(const char *act, const void *p, size_t n, const char **said,
                            size_t *length)
{
    return confine(a, act, &LIMITS, p, n, said, length);
}

static enum confine_end end_of(const char *act)
{
    const char *said;
    size_t length;
    return run(act, "", 0, &said, &length);
}

static void test_bytes_go_in_and_come_out(void **state)
{
    (void)state;
    const char *said;
    size_t length, n = 90000;
    char *bytes = arena_alloc(a, n);
    for (size_t i = 0; i < n; i++)
        bytes[i] = (char)(i * 7);
    assert_int_equal(run("echo", bytes, n, &said, &length), CONFINE_DONE);
    assert_int_equal(length, n);
    assert_memory_equal(said, bytes, n);
    assert_int_equal(run("echo", "", 0, &said, &length), CONFINE_DONE);
    assert_int_equal(length, 0);
}

static void test_it_has_neither_files_nor_environment(void **state)
{
    (void)state;
    const char *said;
    size_t length;
    int fd = open("/dev/null", O_RDONLY); /* not closed by the kernel for us */
    assert_true(fd >= 0);
    assert_int_equal(run("look", "", 0, &said, &length), CONFINE_DONE);
    close(fd);
    assert_string_equal(said, "0 files, no environment");
}

static void test_who_says_too_much_or_crashes_has_failed(void **state)
{
    (void)state;
    assert_int_equal(end_of("shout"), CONFINE_FAILED);
    assert_int_equal(end_of("no such act"), CONFINE_FAILED);
}

static void test_memory_has_a_bound(void **state)
{
    (void)state;
#ifdef __SANITIZE_ADDRESS__
    skip(); /* see confine.h */
#endif
    assert_int_equal(end_of("allocate"), CONFINE_FAILED);
}

static void test_time_has_a_bound_at_work_and_at_rest(void **state)
{
    (void)state;
    struct confine_limits one = LIMITS;
    const char *said;
    size_t length;
    assert_int_equal(end_of("compute"), CONFINE_TOO_LONG);
    one.seconds = 1;
    assert_int_equal(confine(a, "wait", &one, "", 0, &said, &length), CONFINE_TOO_LONG);
}

int main(int argc, char **argv)
{
    if (argc == 2 && !strcmp(argv[0], "confined"))
        return confined(argv[1]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_go_in_and_come_out),
        cmocka_unit_test(test_it_has_neither_files_nor_environment),
        cmocka_unit_test(test_who_says_too_much_or_crashes_has_failed),
        cmocka_unit_test(test_memory_has_a_bound),
        cmocka_unit_test(test_time_has_a_bound_at_work_and_at_rest),
    };
    return UNIT_RUN(tests);
}
