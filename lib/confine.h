/*
 * confine: work on strangers' bytes, done where it can harm nothing.
 *
 * The program starts itself anew (/proc/self/exe) with one argument that says what to do: the
 * bytes on its standard input, its answer on its standard output. The new process has no
 * environment, no open file or connection and none of this one's memory, and is killed with
 * whatever it allocates, computes or writes too much. Its answer comes from strangers as well.
 */
#ifndef VENDAS_CONFINE_H
#define VENDAS_CONFINE_H

#include <stddef.h>

#include "arena.h"

struct confine_limits {
    size_t memory;   /* bytes of its address space; not kept under AddressSanitizer, whose
                        shadow is larger than any */
    int cpu_seconds; /* that it may compute */
    int seconds;     /* that it may take */
    size_t output;   /* bytes that it may answer */
};

enum confine_end {
    CONFINE_DONE,     /* it ended well */
    CONFINE_FAILED,   /* it crashed, gave up or said too much */
    CONFINE_TOO_LONG, /* it was killed as it took too long */
    CONFINE_NOT_NOW,  /* the system has no process, memory or file for it; logged */
};

/* Runs this program with the argument on n bytes. *output is what it answered, *length bytes of
 * the arena, whatever its end. */
enum confine_end confine(struct arena *a, const char *argument,
                         const struct confine_limits *limits, const void *p, size_t n,
                         const char **output, size_t *length);

#endif
