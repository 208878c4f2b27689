/* clean: markup and broken text as one clean line. */
#include "fuzz.h"

#include "catalog/clean.h"
#include "utf8.h"

enum { MAX = 60 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = fuzz_begin();
    char *line = clean_line(a, arena_memdup(a, data, size), MAX);
    if (line) {
        size_t n = strlen(line);
        fuzz_expect(n > 0 && utf8_valid(line, n) && utf8_length(line) <= MAX);
        fuzz_expect(line[0] != ' ' && line[n - 1] != ' ' && !strstr(line, "  "));
    }
    return fuzz_end(a);
}
