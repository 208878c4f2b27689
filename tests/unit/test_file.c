#include "unit.h"

#include <errno.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"

static char folder[] = "/tmp/vendas-file-XXXXXX";

static int begin(void **state)
{
    unit_begin(state);
    return mkdtemp(folder) ? 0 : -1;
}

static char *path(const char *name)
{
    return arena_printf(a, "%s/%s", folder, name);
}

/* How many files the folder holds. */
static size_t files(void)
{
    glob_t found;
    int status = glob(path("*"), 0, NULL, &found);
    size_t count = status == GLOB_NOMATCH ? 0 : found.gl_pathc;
    globfree(&found);
    return count;
}

static int end(void **state)
{
    unlink(path("page"));
    rmdir(folder);
    return unit_end(state);
}

static void test_a_file_is_written_whole_and_takes_the_old_ones_place(void **state)
{
    (void)state;
    struct stat status;
    size_t n;
    assert_int_equal(file_write(path("page"), "old and longer", 14, 0644), 0);
    assert_int_equal(file_write(path("page"), "new\0", 4, 0644), 0);
    char *bytes = unit_file(path("page"), &n);
    assert_int_equal(n, 4);
    assert_memory_equal(bytes, "new\0", 4);
    assert_int_equal(stat(path("page"), &status), 0);
    assert_int_equal(status.st_mode & 0777, 0644);
    assert_int_equal(file_write(path("page"), "x", 1, 0600), 0);
    assert_int_equal(stat(path("page"), &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(files(), 1);
}

static void test_an_empty_file_can_be_written(void **state)
{
    (void)state;
    size_t n;
    assert_int_equal(file_write(path("page"), "", 0, 0644), 0);
    assert_non_null(unit_file(path("page"), &n));
    assert_int_equal(n, 0);
}

static void test_a_file_that_cannot_be_written_leaves_nothing_behind(void **state)
{
    (void)state;
    assert_int_equal(file_write(path("no folder/page"), "x", 1, 0644), -1);
    assert_int_equal(mkdir(path("taken"), 0755), 0);
    size_t before = files();
    assert_int_equal(file_write(path("taken"), "x", 1, 0644), -1);
    assert_int_equal(files(), before);
    rmdir(path("taken"));
}

static void test_a_file_is_moved_but_not_onto_another(void **state)
{
    (void)state;
    const char *from = path("from"), *to = path("to");
    assert_int_equal(file_write(from, "a", 1, 0600), 0);
    assert_int_equal(file_move(from, to), 0);
    assert_int_equal(file_write(from, "b", 1, 0600), 0);
    assert_int_equal(file_move(from, to), -1);
    assert_int_equal(errno, EEXIST);
    assert_int_equal(unlink(from), 0);
    assert_int_equal(unlink(to), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_file_is_written_whole_and_takes_the_old_ones_place),
        cmocka_unit_test(test_an_empty_file_can_be_written),
        cmocka_unit_test(test_a_file_that_cannot_be_written_leaves_nothing_behind),
        cmocka_unit_test(test_a_file_is_moved_but_not_onto_another),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
