/*
 * unit: what the unit tests share. A program's tests allocate from one arena, which unit_begin
 * makes and unit_end frees; its main is `return UNIT_RUN(tests)`.
 */
#ifndef VENDAS_UNIT_H
#define VENDAS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "arena.h"
#include "settings.h"

#define LENGTH(table) (sizeof(table) / sizeof *(table))
#define UNIT_RUN(tests) cmocka_run_group_tests(tests, unit_begin, unit_end)

static struct arena *a;

/* The settings: their defaults, whatever the caller's environment holds. */
static inline void unit_settings(void)
{
    extern char **environ;
    for (char **e = environ; *e;) {
        char *name = strndup(*e, strcspn(*e, "="));
        if (strncmp(name, "VENDAS_", 7))
            e++;
        else
            unsetenv(name);
        free(name);
    }
    assert_int_equal(settings_load(), 0);
}

static inline int unit_begin(void **state)
{
    (void)state;
    a = arena_new();
    unit_settings();
    return 0;
}

static inline int unit_end(void **state)
{
    (void)state;
    arena_free(a);
    return 0;
}

/* What a function says on standard error that returns 0, and says nothing, or -1; NULL: nothing. */
static inline char *unit_complaint(int (*load)(void))
{
    FILE *file = tmpfile();
    int kept = dup(STDERR_FILENO);
    dup2(fileno(file), STDERR_FILENO);
    int result = load();
    dup2(kept, STDERR_FILENO);
    close(kept);
    rewind(file);
    char *said = arena_alloc(a, 4096);
    size_t n = fread(said, 1, 4095, file);
    fclose(file);
    assert_int_equal(result, n ? -1 : 0);
    return n ? said : NULL;
}

/* The bytes of a file, a NUL behind them; NULL when it can't be read. */
static inline char *unit_file(const char *path, size_t *n)
{
    FILE *f = fopen(path, "r");
    *n = 0;
    if (!f)
        return NULL;
    fseek(f, 0, SEEK_END);
    *n = (size_t)ftell(f);
    rewind(f);
    char *bytes = arena_alloc(a, *n + 1);
    assert_int_equal(fread(bytes, 1, *n, f), *n);
    fclose(f);
    return bytes;
}

/* The same for a file of the source tree, which must be there. */
static inline char *unit_source(const char *name)
{
    size_t n;
    char *bytes = unit_file(arena_printf(a, "%s/%s", ROOT, name), &n);
    if (!bytes)
        fail_msg("%s is missing", name);
    return bytes;
}

/* The same for public test data, which may lie beside the checkout; the test is skipped where
 * it does not. */
static inline char *unit_shared(const char *name, size_t *n)
{
    char *bytes = unit_file(arena_printf(a, "%s/../shared/%s", ROOT, name), n);
    if (!bytes) {
        print_message("../shared/%s is not there\n", name);
        skip();
    }
    return bytes;
}

#endif
