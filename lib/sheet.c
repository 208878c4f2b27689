#include "sheet.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum sheet_format sheet_recognize(const char *bytes, size_t n)
{
    if (n >= 4 && !memcmp(bytes, "PK\3\4", 4))
        return SHEET_XLSX;
    /* Text holds no NUL; UTF-16, old Excel files and pictures do. */
    return n && !memchr(bytes, '\0', n) ? SHEET_CSV : SHEET_NONE;
}

const char *sheet_read(const char *path, sheet_each *each, void *context)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    bool found = fd >= 0 && !fstat(fd, &status);
    size_t n = found ? (size_t)status.st_size : 0;
    char *bytes = n ? mmap(NULL, n, PROT_READ, MAP_PRIVATE, fd, 0) : MAP_FAILED;
    if (fd >= 0)
        close(fd);
    if (bytes == MAP_FAILED)
        return found && !n ? "not_a_sheet" : "sheet_broken";
    const char *fault = "not_a_sheet";
    switch (sheet_recognize(bytes, n)) {
    case SHEET_CSV:
        fault = sheet_read_csv(bytes, n, each, context);
        break;
    case SHEET_XLSX:
        fault = sheet_read_xlsx(bytes, n, each, context);
        break;
    case SHEET_NONE:
        break;
    }
    munmap(bytes, n);
    return fault;
}
