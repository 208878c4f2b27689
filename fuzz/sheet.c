/* sheet: a table in CSV or XLSX. */
#include "fuzz.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sheet.h"

static bool look(void *context, const struct sheet_row *row)
{
    int *last = context;
    fuzz_expect(row->line > *last && row->count > 0 && row->count <= SHEET_MAX_COLUMNS);
    for (int i = 0; i < row->count; i++)
        fuzz_expect(strlen(row->cells[i]) <= SHEET_MAX_CELL);
    fuzz_expect(*row->cells[row->count - 1]);
    *last = row->line;
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = fuzz_begin();
    int fd = memfd_create("sheet", MFD_CLOEXEC), last = 0;
    fuzz_expect(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    sheet_read(arena_printf(a, "/proc/self/fd/%d", fd), look, &last);
    close(fd);
    return fuzz_end(a);
}
