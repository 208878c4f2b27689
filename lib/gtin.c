#include "gtin.h"

#include <string.h>

bool gtin_valid(const char *text)
{
    size_t n = strlen(text);
    if ((n != 8 && n != 12 && n != 13 && n != 14) || strspn(text, "0123456789") != n)
        return false;
    int sum = 0;
    for (size_t i = 0; i < n - 1; i++) /* weights 3, 1, 3 ... from the right */
        sum += (text[i] - '0') * ((n - i) % 2 == 0 ? 3 : 1);
    return (10 - sum % 10) % 10 == text[n - 1] - '0';
}

void gtin_shorten(char *text)
{
    size_t n = strlen(text), zeros = strspn(text, "0"), digits = n - zeros;
    size_t least = digits <= 8 ? 8 : digits <= 12 ? 12 : digits;
    memmove(text, text + n - least, least + 1);
}
