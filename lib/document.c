#include "document.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

enum { CPF_LENGTH = 11, CNPJ_LENGTH = 14, CHECK_DIGITS = 2 };

/* The check digit behind n characters. Weights begin with 2 at the right; those of a CNPJ begin
 * again after 9. */
static char check_digit(const char *s, size_t n, int heaviest)
{
    int sum = 0, weight = 2;
    for (size_t i = n; i-- > 0;) {
        sum += (s[i] - '0') * weight;
        weight = weight == heaviest ? 2 : weight + 1;
    }
    int rest = sum % 11;
    return (char)('0' + (rest < 2 ? 0 : 11 - rest));
}

/* The characters that count, in upper case; their number, or one too many. */
static size_t strip(const char *text, char bare[CNPJ_LENGTH + 1])
{
    size_t n = 0;
    for (; *text && n <= CNPJ_LENGTH; text++)
        if (!strchr(" .-/", *text))
            bare[n++] = (char)toupper((unsigned char)*text);
    return n;
}

static bool has_form(const char *bare, size_t n)
{
    if (n != CPF_LENGTH && n != CNPJ_LENGTH)
        return false;
    for (size_t i = 0; i < n; i++) {
        bool letter = bare[i] >= 'A' && bare[i] <= 'Z';
        if (!isdigit((unsigned char)bare[i]) &&
            !(letter && n == CNPJ_LENGTH && i < CNPJ_LENGTH - CHECK_DIGITS))
            return false;
    }
    for (size_t i = 1; i < n; i++)
        if (bare[i] != bare[0])
            return true;
    return false;
}

const char *document_normalize(char *text)
{
    char bare[CNPJ_LENGTH + 1];
    size_t n = strip(text, bare);
    if (!has_form(bare, n))
        return "not_document";
    int heaviest = n == CNPJ_LENGTH ? 9 : CPF_LENGTH;
    for (size_t i = n - CHECK_DIGITS; i < n; i++)
        if (bare[i] != check_digit(bare, i, heaviest))
            return "document_check_digits";
    memcpy(text, bare, n);
    text[n] = '\0';
    return NULL;
}

bool document_is_company(const char *document)
{
    return strlen(document) == CNPJ_LENGTH;
}
