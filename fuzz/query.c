/* query: a query string, its parameters and the headers that are read by hand. */
#include "fuzz.h"

#include "harness.h"
#include "utf8.h"

static const struct field FIELDS[] = {
    {"q", FIELD_TEXT, 0, 0, 20, NULL, NULL},
    {"limit", FIELD_INTEGER, 0, 1, 100, NULL, NULL},
    {"in_stock", FIELD_BOOLEAN, 0, 0, 0, NULL, NULL},
    {"from", FIELD_DATE, 0, 0, 0, NULL, NULL},
    {"id", FIELD_UUID, 0, 0, 0, NULL, NULL},
    {0},
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = fuzz_begin();
    const char *text = arena_memdup(a, data, size);
    const char *const environment[] = {
        arena_printf(a, "QUERY_STRING=%s", text),
        arena_printf(a, "HTTP_IF_MATCH=%s", text),
        arena_printf(a, "HTTP_IF_NONE_MATCH=%s", text),
        NULL,
    };
    struct request *req = harness_request(a, environment, "", 0);
    struct json_object *query = req_query(req, FIELDS);
    const char *q = query ? field_text(query, "q") : NULL;
    fuzz_expect(!query == (req->problem.status != 0));
    fuzz_expect(!q || (utf8_valid(q, strlen(q)) && utf8_length(q) <= 20));
    lang_from_accept(text);
    fuzz_expect(req_if_match(req) >= -1);
    respond_resource(req, 200, "{}", 1);
    response_head(req);
    return fuzz_end(a);
}
