/*
 * utf8: checks on text from outside (RFC 3629).
 */
#ifndef VENDAS_UTF8_H
#define VENDAS_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Length in bytes (1 to 4) of the well-formed character at s, of which at most n bytes may be
 * read; 0 when the bytes there are none (overlong forms, surrogates and cut-off ones included).
 * Reads no further than the first byte that does not go on with the character: of text that a
 * NUL ends, UTF8_LONGEST bytes may always be read. */
enum { UTF8_LONGEST = 4 };
size_t utf8_char(const char *s, size_t n);

/* True when all n bytes are well-formed UTF-8 without NUL. */
bool utf8_valid(const char *s, size_t n);

/* Number of characters of a valid, NUL-terminated text. */
size_t utf8_length(const char *s);

#endif
