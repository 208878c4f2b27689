/* price: texts of pages as prices. */
#include "fuzz.h"

#include "catalog/price.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = fuzz_begin();
    const char *text = arena_memdup(a, data, size);
    struct price price;
    bool read = price_read(a, text, &price);
    fuzz_expect(!read || (price.minor >= 0 && price_number(a, text)));
    if (price_read_plain(a, text, &price))
        fuzz_expect(price.minor >= 0);
    return fuzz_end(a);
}
