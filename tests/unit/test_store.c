#include "unit.h"

#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "store.h"

static char *folder;

static int begin(void **state)
{
    log_program("test_store");
    unit_begin(state);
    folder = arena_printf(a, "/tmp/vendas-store-XXXXXX");
    assert_non_null(mkdtemp(folder));
    setenv("VENDAS_IMAGE_STORE", arena_printf(a, "file://%s", folder), 1);
    return settings_load();
}

static int end(void **state)
{
    assert_int_equal(rmdir(arena_printf(a, "%s/images", folder)), 0);
    assert_int_equal(rmdir(arena_printf(a, "%s/originals", folder)), 0);
    assert_int_equal(rmdir(folder), 0);
    return unit_end(state);
}

static mode_t mode_of(const char *key)
{
    struct stat there;
    assert_int_equal(stat(arena_printf(a, "%s/%s", folder, key), &there), 0);
    return there.st_mode & 0777;
}

static void test_what_was_put_is_there_until_it_is_deleted(void **state)
{
    (void)state;
    const char *p;
    size_t n;
    assert_int_equal(store_get(a, "originals/ab", 10, &p, &n), STORE_ABSENT);
    assert_int_equal(store_put(a, "originals/ab", "image/png", "one", 3), STORE_DONE);
    assert_int_equal(store_put(a, "originals/ab", "image/png", "four", 4), STORE_DONE);
    assert_int_equal(store_get(a, "originals/ab", 10, &p, &n), STORE_DONE);
    assert_int_equal(n, 4);
    assert_memory_equal(p, "four", 4);
    assert_int_equal(store_get(a, "originals/ab", 3, &p, &n), STORE_AWAY);
    assert_int_equal(store_delete(a, "originals/ab"), STORE_DONE);
    assert_int_equal(store_delete(a, "originals/ab"), STORE_DONE);
    assert_int_equal(store_get(a, "originals/ab", 10, &p, &n), STORE_ABSENT);
}

static void test_only_what_shops_show_is_for_everybody(void **state)
{
    (void)state;
    assert_int_equal(store_put(a, "originals/cd", "image/png", "x", 1), STORE_DONE);
    assert_int_equal(store_put(a, "images/cd/160.webp", "image/webp", "x", 1), STORE_DONE);
    assert_int_equal(mode_of("originals/cd"), 0600);
    assert_int_equal(mode_of("originals"), 0700);
    assert_int_equal(mode_of("images/cd/160.webp"), 0644);
    assert_int_equal(store_delete(a, "originals/cd"), STORE_DONE);
    assert_int_equal(store_delete(a, "images/cd/160.webp"), STORE_DONE);
}

static void test_a_setting_that_is_no_store_is_refused(void **state)
{
    (void)state;
    static const char *const SETTINGS[] = {
        "ftp://host/bucket",
        "s3+https://host?region=x",
        "s3+https://host/bucket",
        "s3+https://host/bucket?region=",
        "s3+https://user@host/bucket?region=x",
        "s3+gopher://host/bucket?region=x",
        "https://host/bucket?region=x",
    };
    const char *before = arena_strdup(a, settings()->image_store);
    for (size_t i = 0; i < LENGTH(SETTINGS); i++) {
        setenv("VENDAS_IMAGE_STORE", SETTINGS[i], 1);
        assert_int_equal(settings_load(), 0);
        assert_int_equal(store_put(a, "originals/ab", "image/png", "x", 1), STORE_REFUSED);
    }
    setenv("VENDAS_IMAGE_STORE", before, 1);
    assert_int_equal(settings_load(), 0);
}

static void test_a_bucket_that_nobody_answers_for_is_away(void **state)
{
    (void)state;
    const char *before = arena_strdup(a, settings()->image_store);
    setenv("VENDAS_IMAGE_STORE", "s3+http://127.0.0.1:9/bucket?region=us-east-1", 1);
    assert_int_equal(settings_load(), 0);
    assert_int_equal(store_put(a, "originals/ab", "image/png", "x", 1), STORE_AWAY);
    setenv("VENDAS_IMAGE_STORE", before, 1);
    assert_int_equal(settings_load(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_put_is_there_until_it_is_deleted),
        cmocka_unit_test(test_only_what_shops_show_is_for_everybody),
        cmocka_unit_test(test_a_setting_that_is_no_store_is_refused),
        cmocka_unit_test(test_a_bucket_that_nobody_answers_for_is_away),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
