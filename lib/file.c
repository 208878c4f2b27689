#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"

int file_append(int fd, const void *bytes, size_t n)
{
    const char *p = bytes;
    while (n > 0) {
        ssize_t written = write(fd, p, n);
        if (written < 0 && errno != EINTR)
            return -1;
        if (written > 0) {
            p += written;
            n -= (size_t)written;
        }
    }
    return 0;
}

/* A name is on disk when its folder is. */
static bool sync_folder(const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) + 1 : 1,
             slash ? path : ".");
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && !fsync(fd);
    if (fd >= 0)
        close(fd);
    return ok;
}

int file_move(const char *from, const char *to)
{
    return renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) || !sync_folder(to) ? -1
                                                                                         : 0;
}

int file_write(const char *path, const void *p, size_t n, mode_t mode)
{
    char beside[PATH_MAX];
    int length = snprintf(beside, sizeof beside, "%s.XXXXXX", path);
    errno = ENAMETOOLONG; /* unless mkstemp() knows better */
    int fd = length < (int)sizeof beside ? mkstemp(beside) : -1;
    bool ok = fd >= 0 && !file_append(fd, p, n) && !fchmod(fd, mode) && !fsync(fd);
    const char *reason = ok ? NULL : strerror(errno);
    if (fd >= 0 && close(fd) && ok) {
        ok = false;
        reason = strerror(errno);
    }
    if (ok && (rename(beside, path) || !sync_folder(path))) {
        ok = false;
        reason = strerror(errno);
    }
    if (!ok) {
        log_error("a file could not be written", "path", path, "reason", reason, NULL);
        if (fd >= 0)
            unlink(beside);
    }
    return ok ? 0 : -1;
}
