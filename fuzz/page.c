/* page: a fetched page, its links and its product. */
#include "fuzz.h"

#include "catalog/extract.h"
#include "fields.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = fuzz_begin();
    const char *refusal;
    struct page page = page_parse(a, "https://loja.example/p/1?x=y", "text/html",
                                  arena_memdup(a, data, size), size);
    for (const char **link = page_links(a, &page); *link; link++)
        fuzz_expect(!strncasecmp(*link, "http", 4) && !strchr(*link, '#'));
    struct json_object *item = extract_product(a, &page, "BRL", &refusal);
    fuzz_expect(!item == (refusal != NULL));
    if (item)
        fuzz_expect(field_integer(item, "price") > 0 && field_text(item, "name") &&
                    field_text(item, "currency") && field_text(item, "source_id"));
    return fuzz_end(a);
}
