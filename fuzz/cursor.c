/* cursor: cursors, and base64url below them. */
#include "fuzz.h"

#include "cursor.h"
#include "digest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = fuzz_begin();
    const char *text = arena_memdup(a, data, size), *first, *second;
    struct problem p = problem_none(a);
    size_t n;
    char *bytes = base64url_decode(a, text, &n);
    if (bytes)
        fuzz_expect(!strcmp(base64url_encode(a, bytes, n), text));
    if (cursor_decode(&p, text, "list", &first, &second))
        fuzz_expect(!strcmp(cursor_encode(a, "list", first, second), text));
    else
        fuzz_expect(p.status == 422 && !first && !second);
    return fuzz_end(a);
}
