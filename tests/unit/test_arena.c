#include "unit.h"

static void test_memory_is_zeroed_aligned_and_apart(void **state)
{
    (void)state;
    struct arena *own = arena_new();
    unsigned char *last = NULL;
    for (size_t size = 1; size < 300; size++) {
        unsigned char *p = arena_alloc(own, size);
        assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(p[i], 0);
        memset(p, 0xA5, size);
        assert_ptr_not_equal(p, last);
        last = p;
    }
    arena_free(own);
}

static void test_an_allocation_may_be_larger_than_any_block(void **state)
{
    (void)state;
    struct arena *own = arena_new();
    char *before = arena_strdup(own, "before");
    char *large = arena_alloc(own, 1 << 20);
    char *after = arena_strdup(own, "after");
    memset(large, 'x', 1 << 20);
    assert_string_equal(before, "before");
    assert_string_equal(after, "after");
    arena_free(own);
}

static void test_memory_given_back_by_a_reset_comes_zeroed_again(void **state)
{
    (void)state;
    struct arena *own = arena_new();
    char *first = arena_strdup(own, "secret of the last request");
    arena_reset(own);
    char *again = arena_alloc(own, 64);
    assert_ptr_equal(first, again); /* the first block is kept */
    for (int i = 0; i < 64; i++)
        assert_int_equal(again[i], 0);
    arena_free(own);
}

static void test_used_bytes_are_counted_until_the_reset(void **state)
{
    (void)state;
    struct arena *own = arena_new();
    assert_int_equal(arena_used(own), 0);
    arena_alloc(own, 100);
    arena_alloc(own, 100000);
    assert_true(arena_used(own) >= 100100);
    arena_reset(own);
    assert_int_equal(arena_used(own), 0);
    arena_free(own);
}

static void test_copies_end_with_a_nul(void **state)
{
    (void)state;
    char *copy = arena_memdup(a, "ab\0cd", 5);
    assert_memory_equal(copy, "ab\0cd\0", 6);
    assert_string_equal(arena_memdup(a, NULL, 0), "");
    assert_string_equal(arena_strdup(a, "maçã"), "maçã");
    assert_null(arena_strdup(a, NULL));
}

static void test_text_is_formatted_at_any_length(void **state)
{
    (void)state;
    assert_string_equal(arena_printf(a, "%d %s", 7, "dias"), "7 dias");
    assert_string_equal(arena_printf(a, "%s", ""), "");
    char *wide = arena_printf(a, "%50000d", 1);
    assert_int_equal(strlen(wide), 50000);
}

static char order[8];

static void note(void *object)
{
    strncat(order, object, 1);
}

static void test_what_was_deferred_is_released_latest_first_and_once(void **state)
{
    (void)state;
    struct arena *own = arena_new();
    order[0] = '\0';
    arena_defer(own, note, "a");
    arena_alloc(own, 100000); /* the records survive further blocks */
    arena_defer(own, note, "b");
    arena_defer(own, note, "c");
    arena_reset(own);
    assert_string_equal(order, "cba");
    arena_defer(own, note, "d");
    arena_free(own);
    assert_string_equal(order, "cbad");
}

static void test_freeing_nothing_is_allowed(void **state)
{
    (void)state;
    arena_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory_is_zeroed_aligned_and_apart),
        cmocka_unit_test(test_an_allocation_may_be_larger_than_any_block),
        cmocka_unit_test(test_memory_given_back_by_a_reset_comes_zeroed_again),
        cmocka_unit_test(test_used_bytes_are_counted_until_the_reset),
        cmocka_unit_test(test_copies_end_with_a_nul),
        cmocka_unit_test(test_text_is_formatted_at_any_length),
        cmocka_unit_test(test_what_was_deferred_is_released_latest_first_and_once),
        cmocka_unit_test(test_freeing_nothing_is_allowed),
    };
    return UNIT_RUN(tests);
}
