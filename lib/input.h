/*
 * input: the bytes of a request's body, from FastCGI or from standard input.
 */
#ifndef VENDAS_INPUT_H
#define VENDAS_INPUT_H

#include <stddef.h>

struct input {
    size_t (*read)(void *source, char *p, size_t n); /* fewer than n bytes: the end */
    void *source;
    const char *bytes; /* once read as a whole */
    size_t length;     /* bytes read so far */
};

#endif
