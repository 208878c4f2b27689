#include "catalog/price.h"

#include <ctype.h>
#include <string.h>

/* Above this a number is no price (minor units; ten times what the catalogue takes). */
static const long long MAX_MINOR = 1000000000000;

/* Marks that stand for a currency; longer ones first where one begins with another. */
static const struct {
    const char *mark, *code;
} CURRENCIES[] = {
    {"R$", "BRL"},    {"US$", "USD"},  {"U$", "USD"},    {"A$", "AUD"},  {"C$", "CAD"},
    {"CA$", "CAD"},   {"NZ$", "NZD"},  {"€", "EUR"},     {"£", "GBP"},   {"¥", "JPY"},
    {"BRL", "BRL"},   {"USD", "USD"},  {"EUR", "EUR"},   {"GBP", "GBP"}, {"ARS", "ARS"},
    {"reais", "BRL"}, {"real", "BRL"}, {"euros", "EUR"}, {"UYU", "UYU"}, {"PYG", "PYG"},
    {"$", "USD"},
};

/* Length of a blank that pages put between digits: space, no-break space (U+00A0), narrow
 * no-break space (U+202F), thin space (U+2009); 0 for anything else. */
static size_t blank(const char *s)
{
    if (*s == ' ' || *s == '\t' || *s == '\n')
        return 1;
    if (!strncmp(s, "\xC2\xA0", 2))
        return 2;
    if (!strncmp(s, "\xE2\x80\xAF", 3) || !strncmp(s, "\xE2\x80\x89", 3))
        return 3;
    return 0;
}

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool three_digits(const char *s)
{
    return digit(s[0]) && digit(s[1]) && digit(s[2]) && !digit(s[3]);
}

static bool two_digits(const char *s)
{
    return digit(s[0]) && digit(s[1]) && !digit(s[2]);
}

/* The next mark of the number at s, which stands behind a digit, and its length: '.' or ','
 * before a digit or, torn off, before two ("119. 95"), a euro sign before two ("35€ 99"), an
 * apostrophe or blanks before a group of three. 0 at the number's end. */
static char mark_at(const char *s, size_t *length)
{
    size_t n = *s == '.' || *s == ',' ? 1 : strncmp(s, "€", 3) ? 0 : 3, step;
    char mark = n == 3 ? '.' : *s;
    if (n == 1 && digit(s[1])) {
        *length = 1;
        return mark;
    }
    if (n) {
        n += blank(s + n);
        *length = n;
        return two_digits(s + n) ? mark : '\0';
    }
    if ((*s == '\'' && three_digits(s + 1)) || !strncmp(s, "\xE2\x80\x99", 3)) {
        *length = *s == '\'' ? 1 : 3;
        return three_digits(s + *length) ? '\'' : '\0';
    }
    while ((step = blank(s + n)))
        n += step;
    *length = n;
    return n && three_digits(s + n) ? ' ' : '\0';
}

/* Copies the number that begins at s: digits, and one of . , ' or a blank for each mark.
 * Returns what stands behind it. */
static const char *scan(const char *s, char *out)
{
    size_t length;
    char mark;
    for (;;) {
        while (digit(*s))
            *out++ = *s++;
        mark = mark_at(s, &length);
        if (!mark)
            break;
        *out++ = mark;
        s += length;
    }
    *out = '\0';
    return s;
}

/* Where the decimals begin in a scanned number, or NULL: the last dot or comma, unless it
 * groups. It groups when exactly three digits follow it, or when it occurs more than once. */
static char *decimal_mark(char *number)
{
    char *dot = strrchr(number, '.'), *comma = strrchr(number, ',');
    char *last = dot > comma ? dot : comma;
    if (!last || strchr(number, *last) != last)
        return NULL;
    if (dot && comma)
        return last; /* two kinds: the last one is the decimal mark */
    bool zero_before = last == number + 1 && *number == '0';
    return strlen(last + 1) == 3 && !zero_before ? NULL : last;
}

/* Where the price begins: the first digit whose number is not a percentage. */
static const char *find(const char *text, char *scanned)
{
    for (const char *s = text; *s; s++) {
        if (!digit(*s))
            continue;
        const char *end = scan(s, scanned);
        const char *after = end;
        while (blank(after))
            after += blank(after);
        if (*after != '%')
            return s;
        s = end;
    }
    return NULL;
}

char *price_number(struct arena *a, const char *text)
{
    char *scanned = arena_alloc(a, strlen(text) + 1), *out = arena_alloc(a, strlen(text) + 2);
    const char *start = find(text, scanned);
    if (!start)
        return NULL;
    char *mark = decimal_mark(scanned), *o = out;
    /* ".99" is written where there is no whole part. */
    if (start > text && start[-1] == '.' && !mark && (start - 1 == text || !digit(start[-2])) &&
        strlen(scanned) <= 2)
        *o++ = '0', *o++ = '.';
    for (char *s = scanned; *s; s++) {
        if (s == mark)
            *o++ = '.';
        else if (digit(*s))
            *o++ = *s;
    }
    *o = '\0';
    return out;
}

/* A plain number ("1234.56") in minor units, half up. */
static bool minor_units(const char *number, long long *minor)
{
    long long n = 0;
    int decimals = -1;
    bool up = false;
    for (const char *s = number; *s; s++) {
        if (*s == '.') {
            decimals = 0;
        } else if (decimals < 2) {
            n = n * 10 + (*s - '0');
            decimals += decimals >= 0;
            if (n > MAX_MINOR)
                return false;
        } else {
            up = decimals == 2 && *s >= '5';
            break;
        }
    }
    for (decimals = decimals < 0 ? 0 : decimals; decimals < 2; decimals++)
        n *= 10;
    *minor = n + up;
    return *minor <= MAX_MINOR;
}

static const char *currency_of(const char *text)
{
    for (size_t i = 0; i < sizeof CURRENCIES / sizeof *CURRENCIES; i++) {
        const char *at = strcasestr(text, CURRENCIES[i].mark);
        bool letters = isalpha((unsigned char)*CURRENCIES[i].mark);
        if (at && (!letters || at == text || !isalpha((unsigned char)at[-1])))
            return CURRENCIES[i].code;
    }
    return NULL;
}

bool price_read(struct arena *a, const char *text, struct price *out)
{
    const char *number = price_number(a, text);
    out->currency = currency_of(text);
    return number && minor_units(number, &out->minor);
}

bool price_read_plain(struct arena *a, const char *text, struct price *out)
{
    size_t whole = strspn(text, "0123456789");
    size_t all = whole + (text[whole] == '.' ? 1 + strspn(text + whole + 1, "0123456789") : 0);
    if (whole == 0 || text[all])
        return price_read(a, text, out);
    out->currency = NULL;
    return minor_units(text, &out->minor);
}
