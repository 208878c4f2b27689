/* items: a body that is a list, whose first byte says how it comes (NDJSON or an array). Read
 * in pieces it has the items that it has when json-c reads it as a whole. */
#include "fuzz.h"

#include "harness.h"
#include "items.h"
#include "json.h"

/* Each item of an array that was read to its end is the whole array's item of that place, if
 * the whole is JSON at all: what is none is the items' own fault, or the list's. */
static void compare(struct arena *a, struct json_object *whole, size_t at, const char *text,
                    size_t n)
{
    struct json_object *item = NULL;
    fuzz_expect(at < json_object_array_length(whole) && json_read(a, text, n, &item));
    fuzz_expect(json_object_equal(item, json_object_array_get_idx(whole, at)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size)
        return 0;
    struct arena *a = fuzz_begin();
    bool lines = *data & 1;
    const char *body = arena_memdup(a, data + 1, size - 1), *text;
    const char *const environment[] = {
        lines ? "CONTENT_TYPE=application/x-ndjson" : "CONTENT_TYPE=application/json",
        arena_printf(a, "CONTENT_LENGTH=%zu", size - 1),
        NULL,
    };
    struct request *req = harness_request(a, environment, body, size - 1);
    struct json_object *whole = NULL;
    bool list = !lines && json_read(a, body, size - 1, &whole) &&
                json_object_is_type(whole, json_type_array);
    struct items *items = items_open(req, settings()->ingest_max_bytes);
    size_t count = 0, n;
    for (; items && items_next(items, &text, &n); count++) {
        fuzz_expect(n <= size && text[n] == '\0' && (!lines || !memchr(text, '\n', n)));
        if (list)
            compare(a, whole, count, text, n);
    }
    if (list)
        fuzz_expect(!req->problem.status && count == json_object_array_length(whole));
    else if (!lines && !req->problem.status) /* a list whose items are none */
        fuzz_expect(count > 0);
    return fuzz_end(a);
}
