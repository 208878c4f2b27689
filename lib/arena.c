#include "arena.h"

#include <sanitizer/asan_interface.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Most requests fit into the first block; larger ones chain further blocks, dropped at reset.
 */
enum { BLOCK_SIZE = 32 * 1024, ALIGNMENT = 16 };

/* AddressSanitizer sees whole blocks only. Where it is at work it is told what is handed out,
 * and a gap behind each piece, so that it finds a write beyond one's end; elsewhere these
 * macros do nothing. */
#ifndef __has_feature
#define __has_feature(name) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
enum { GAP = ALIGNMENT };
#else
enum { GAP = 0 };
#endif

struct block {
    struct block *next;
    size_t size, used;
    _Alignas(ALIGNMENT) unsigned char data[];
};

struct deferred {
    struct deferred *next;
    void (*release)(void *);
    void *object;
};

struct arena {
    struct block *first, *current;
    struct deferred *deferred;
    size_t used;
};

static void out_of_memory(void)
{
    fputs("{\"level\":\"fatal\",\"message\":\"out of memory\"}\n", stderr);
    exit(EXIT_FAILURE);
}

static struct block *block_new(size_t size)
{
    struct block *b = malloc(sizeof *b + size);
    if (!b)
        out_of_memory();
    b->next = NULL;
    b->size = size;
    b->used = 0;
    ASAN_POISON_MEMORY_REGION(b->data, size);
    return b;
}

struct arena *arena_new(void)
{
    struct arena *a = calloc(1, sizeof *a);
    if (!a)
        out_of_memory();
    a->first = a->current = block_new(BLOCK_SIZE);
    return a;
}

void arena_reset(struct arena *a)
{
    /* The records stand in the blocks, so they are read before any block goes. */
    for (struct deferred *d = a->deferred; d; d = d->next)
        d->release(d->object);
    a->deferred = NULL;
    for (struct block *b = a->first->next, *next; b; b = next) {
        next = b->next;
        free(b);
    }
    a->first->next = NULL;
    a->first->used = 0;
    ASAN_POISON_MEMORY_REGION(a->first->data, a->first->size);
    a->current = a->first;
    a->used = 0;
}

void arena_free(struct arena *a)
{
    if (!a)
        return;
    arena_reset(a);
    free(a->first);
    free(a);
}

void *arena_alloc(struct arena *a, size_t size)
{
    if (size > SIZE_MAX - sizeof(struct block) - ALIGNMENT - GAP)
        out_of_memory();
    size_t taken = (size + GAP + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    struct block *b = a->current;
    if (b->size - b->used < taken) {
        b->next = block_new(taken > BLOCK_SIZE ? taken : BLOCK_SIZE);
        b = a->current = b->next;
    }
    void *p = b->data + b->used;
    b->used += taken;
    a->used += taken;
    ASAN_UNPOISON_MEMORY_REGION(p, size);
    return memset(p, 0, size);
}

char *arena_memdup(struct arena *a, const void *p, size_t len)
{
    char *copy = arena_alloc(a, len + 1);
    if (len)
        memcpy(copy, p, len);
    return copy;
}

char *arena_strdup(struct arena *a, const char *s)
{
    return s ? arena_memdup(a, s, strlen(s)) : NULL;
}

char *arena_vprintf(struct arena *a, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    char *s = arena_alloc(a, (len > 0 ? (size_t)len : 0) + 1);
    if (len > 0)
        vsnprintf(s, (size_t)len + 1, format, again);
    va_end(again);
    return s;
}

char *arena_printf(struct arena *a, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *s = arena_vprintf(a, format, args);
    va_end(args);
    return s;
}

void arena_defer(struct arena *a, void (*release)(void *), void *object)
{
    struct deferred *d = arena_alloc(a, sizeof *d);
    d->next = a->deferred;
    d->release = release;
    d->object = object;
    a->deferred = d;
}

size_t arena_used(const struct arena *a)
{
    return a->used;
}
