#include "uuid.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "digest.h"

char *uuid7(struct arena *a)
{
    unsigned char id[16];
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t milliseconds = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
    random_bytes(id, sizeof id);
    for (int i = 0; i < 6; i++)
        id[i] = (unsigned char)(milliseconds >> (40 - 8 * i));
    id[6] = 0x70 | (id[6] & 0x0F); /* version 7 */
    id[8] = 0x80 | (id[8] & 0x3F); /* the variant of RFC 9562 */
    const char *hex = hex_encode(a, id, sizeof id);
    return arena_printf(a, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16,
                        hex + 20);
}

bool uuid_valid(const char *text)
{
    static const char FORM[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    for (const char *f = FORM; *f; f++, text++)
        if (!*text || !strchr(*f == 'x' ? "0123456789abcdef" : "-", *text))
            return false;
    return !*text;
}

time_t uuid7_time(const char *id)
{
    char milliseconds[13] = "";
    if (!uuid_valid(id) || id[14] != '7')
        return 0;
    memcpy(milliseconds, id, 8);
    memcpy(milliseconds + 8, id + 9, 4);
    return (time_t)(strtoull(milliseconds, NULL, 16) / 1000);
}
