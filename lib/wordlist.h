/*
 * wordlist: files of words, one a line. A line that begins with # is a remark.
 */
#ifndef VENDAS_WORDLIST_H
#define VENDAS_WORDLIST_H

#include <stddef.h>

/* Whether one of the files (paths separated by blanks) has one of n words, without regard to
 * the case of ASCII letters: 1 or 0; or -1 after a line in the log where a file can't be read.
 * The files are read anew each time, so that a new list needs no restart: our own 18,000 words
 * take a sixtieth of the time of a password's hash. */
int wordlist_holds(const char *paths, const char *const *words, size_t n);

#endif
