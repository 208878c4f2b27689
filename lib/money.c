#include "money.h"

#include <stdlib.h>
#include <string.h>

#define NBSP "\xC2\xA0"

enum { MINOR = 100 };

static char group_mark(enum lang lang)
{
    return lang == LANG_EN ? ',' : '.';
}

static char decimal_mark(enum lang lang)
{
    return lang == LANG_EN ? '.' : ',';
}

/* The digits of n, a mark between each three. */
static char *grouped(struct arena *a, unsigned long long n, enum lang lang)
{
    char *digits = arena_printf(a, "%llu", n);
    size_t length = strlen(digits);
    char *out = arena_alloc(a, 2 * length + 1), *o = out;
    for (size_t i = 0; i < length; i++) {
        if (i && (length - i) % 3 == 0)
            *o++ = group_mark(lang);
        *o++ = digits[i];
    }
    return out;
}

static unsigned long long magnitude(long long n)
{
    return n < 0 ? 0ULL - (unsigned long long)n : (unsigned long long)n;
}

/* What stands before the digits. */
static const char *sign(struct arena *a, long long n, const char *currency, enum lang lang)
{
    static const char *const SIGNS[][2] = {
        {"BRL", "R$"}, {"USD", "US$"}, {"EUR", "€"}, {"GBP", "£"}};
    const char *mark = currency;
    for (size_t i = 0; i < sizeof SIGNS / sizeof *SIGNS; i++)
        if (!strcmp(SIGNS[i][0], currency))
            mark = SIGNS[i][1];
    const char *space = lang == LANG_EN && mark != currency ? "" : NBSP;
    return arena_printf(a, "%s%s%s", n < 0 ? "-" : "", mark, space);
}

char *number_format(struct arena *a, long long n, enum lang lang)
{
    return arena_printf(a, "%s%s", n < 0 ? "-" : "", grouped(a, magnitude(n), lang));
}

char *money_format(struct arena *a, long long minor, const char *currency, enum lang lang)
{
    unsigned long long n = magnitude(minor);
    return arena_printf(a, "%s%s%c%02llu", sign(a, minor, currency, lang),
                        grouped(a, n / MINOR, lang), decimal_mark(lang), n % MINOR);
}

/* n / unit with as many decimals as it needs, at most two. */
static char *scaled(struct arena *a, unsigned long long n, unsigned long long unit,
                    enum lang lang)
{
    unsigned long long hundredths = n % unit * 100 / unit;
    char *whole = grouped(a, n / unit, lang);
    if (hundredths == 0)
        return whole;
    if (hundredths % 10 == 0)
        return arena_printf(a, "%s%c%llu", whole, decimal_mark(lang), hundredths / 10);
    return arena_printf(a, "%s%c%02llu", whole, decimal_mark(lang), hundredths);
}

/* Whole units, in words from a thousand on. */
static char *in_words(struct arena *a, unsigned long long n, enum lang lang)
{
    static const struct {
        unsigned long long unit;
        const char *words[2];
    } UNITS[] = {
        {1000000000000, {NBSP "tri", "T"}},
        {1000000000, {NBSP "bi", "B"}},
        {1000000, {NBSP "mi", "M"}},
        {1000, {NBSP "mil", "K"}},
    };
    for (size_t i = 0; i < sizeof UNITS / sizeof *UNITS; i++)
        if (n >= UNITS[i].unit)
            return arena_printf(a, "%s%s", scaled(a, n, UNITS[i].unit, lang),
                                UNITS[i].words[lang]);
    return grouped(a, n, lang);
}

char *money_short(struct arena *a, long long minor, const char *currency, enum lang lang)
{
    return arena_printf(a, "%s%s", sign(a, minor, currency, lang),
                        in_words(a, magnitude(minor) / MINOR, lang));
}

char *number_short(struct arena *a, long long n, enum lang lang)
{
    return arena_printf(a, "%s%s", n < 0 ? "-" : "", in_words(a, magnitude(n), lang));
}

char *percent_format(struct arena *a, long long part, long long whole, enum lang lang)
{
    if (whole == 0)
        return NULL;
    /* In double: a share of a year's sales needs no more, and nothing can overflow. */
    double percent = 100.0 * (double)part / (double)whole;
    char *text = arena_printf(a, "%.1f%%", percent);
    char *dot = strchr(text, '.');
    if (dot)
        *dot = decimal_mark(lang);
    return text;
}

char *money_decimal(struct arena *a, long long minor)
{
    unsigned long long n = magnitude(minor);
    return arena_printf(a, "%s%llu.%02llu", minor < 0 ? "-" : "", n / MINOR, n % MINOR);
}

/* Takes in n digits more. */
static bool add_digits(const char *digits, size_t n, long long *number)
{
    for (size_t i = 0; i < n; i++)
        if (__builtin_mul_overflow(*number, 10, number) ||
            __builtin_add_overflow(*number, digits[i] - '0', number))
            return false;
    return true;
}

bool money_from_decimal(const char *text, long long *minor)
{
    static const char DIGITS[] = "0123456789";
    bool negative = *text == '-';
    const char *whole = text + negative;
    size_t wholes = strspn(whole, DIGITS);
    const char *part = whole[wholes] == '.' ? whole + wholes + 1 : "";
    size_t parts = strspn(part, DIGITS);
    const char *end = parts ? part + parts : whole + wholes;
    if (wholes + parts == 0 || *end)
        return false;
    size_t kept = parts < 2 ? parts : 2;
    long long n = 0;
    if (!add_digits(whole, wholes, &n) || !add_digits(part, kept, &n) ||
        !add_digits("00", 2 - kept, &n) || strspn(part + kept, "0") != parts - kept)
        return false;
    *minor = negative ? -n : n;
    return true;
}
