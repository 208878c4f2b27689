/* robots: a robots.txt, and before its first line a URL to be judged by it. */
#include "fuzz.h"

#include "catalog/robots.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = fuzz_begin();
    const char *text = arena_memdup(a, data, size);
    size_t line = strcspn(text, "\n");
    size_t rest = line < size ? line + 1 : size;
    const char *url = arena_memdup(a, text, line);
    struct robots *r = robots_parse(a, text + rest, size - rest, "VendasCollector");
    robots_allows(a, r, url);
    fuzz_expect(robots_allows(a, r, "/robots.txt"));
    fuzz_expect(robots_delay_ms(r) >= 0);
    return fuzz_end(a);
}
