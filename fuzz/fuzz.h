/*
 * fuzz: what the fuzz targets share. A target is one function that is called with the bytes of
 * an input (libFuzzer's convention) and must come back, whatever they are; it may abort() where
 * a promise of the code it tries does not hold.
 */
#ifndef VENDAS_FUZZ_H
#define VENDAS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The arena of an input, with the settings read; fuzz_end gives it back. */
static inline struct arena *fuzz_begin(void)
{
    static bool ready;
    if (!ready) {
        unsetenv("VENDAS_VAR"); /* the tools' own variable is no setting */
        setenv("VENDAS_JWT_KEYS", ROOT "/fuzz/keys", 1);
        if (settings_load())
            exit(EXIT_FAILURE);
        ready = true;
    }
    return arena_new();
}

static inline int fuzz_end(struct arena *a)
{
    arena_free(a);
    return 0;
}

/* A promise of the code under test. */
static inline void fuzz_expect(bool holds)
{
    if (!holds)
        abort();
}

#endif
