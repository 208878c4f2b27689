/* picture: a file that somebody uploads: its header, which is read where requests are served.
 */
#include "fuzz.h"

#include "picture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct picture picture = {0};
    /* A copy of just this size, so that one byte read too many is seen. */
    uint8_t *copy = malloc(size ? size : 1);
    if (!copy)
        return 0;
    memcpy(copy, data, size);
    const char *fault = picture_read(copy, size, &picture);
    fuzz_expect(fault ||
                (picture.kind && picture.type && picture.width > 0 && picture.height > 0 &&
                 picture.width <= PICTURE_MAX_SIDE && picture.height <= PICTURE_MAX_SIDE &&
                 (long long)picture.width * picture.height <= PICTURE_MAX_PIXELS));
    free(copy);
    return 0;
}
