/*
 * arena: memory that lives as long as one request (or one collected page, or one job step).
 *
 * Everything allocated from an arena is freed at once by arena_reset() or arena_free(); nothing
 * in it is freed alone. The first block is kept over a reset, so that a worker at rest neither
 * grows nor returns memory. Memory can't be had: the process ends, its supervisor starts
 * another (there is no useful answer to give without memory, and every caller would have to
 * invent one).
 */
#ifndef VENDAS_ARENA_H
#define VENDAS_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena;

/* A new, empty arena. Free it with arena_free(). */
struct arena *arena_new(void);

/* Frees everything allocated since the last reset and keeps the arena for the next use. */
void arena_reset(struct arena *a);

/* Frees the arena and all in it. NULL is allowed. */
void arena_free(struct arena *a);

/* size bytes, zeroed, aligned for any type. Never NULL. */
void *arena_alloc(struct arena *a, size_t size);

/* A copy of len bytes at p, with a NUL after them. */
char *arena_memdup(struct arena *a, const void *p, size_t len);

/* A copy of s; NULL gives NULL. */
char *arena_strdup(struct arena *a, const char *s);

/* A formatted string. */
char *arena_printf(struct arena *a, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *a, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

/* Calls release(object) when the arena is reset or freed, latest first: for what other
 * libraries allocate (json_object, xmlDoc, PGresult) and a request must give back. */
void arena_defer(struct arena *a, void (*release)(void *), void *object);

/* Bytes handed out since the last reset. */
size_t arena_used(const struct arena *a);

#endif
