/*
 * file: files that others read while they are being written anew.
 */
#ifndef VENDAS_FILE_H
#define VENDAS_FILE_H

#include <stddef.h>
#include <sys/types.h>

/* Writes n bytes to path, with these permissions, so that a reader finds either the old file or
 * the new one, also after a crash: a file beside it takes its name when all is on disk. Returns
 * 0 when that name is on disk, too; or -1 after a line in the log, with the old file as it was
 * (unless it is the folder that the disk refused at the very end). */
int file_write(const char *path, const void *p, size_t n, mode_t mode);

/* Writes n bytes to where a file stands. Returns 0, or -1 with errno set. */
int file_append(int fd, const void *p, size_t n);

/* Gives a file another name, which no other may have (EEXIST), also on disk. Returns 0, or -1
 * with errno set. */
int file_move(const char *from, const char *to);

#endif
