#include "catalog/price.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* Above this a number is no price (minor units; ten times what the catalogue takes). */
static const long long MAX_MINOR = 1000000000000;

/* ISO 4217 codes as they stand in texts, alone and in any case. */
static const char CODES[] =
    "BRL USD EUR GBP JPY CNY CHF CAD AUD NZD SGD HKD SEK NOK DKK PLN CZK HUF RON RUB "
    "MXN ARS CLP COP UYU PYG PEN BOB AED INR ILS ZAR KRW ";

/* Words and signs for a currency; of dollars, the capitals before the sign. */
struct mark {
    const char *mark, *code;
};
static const struct mark WORDS[] = {
    {"reais", "BRL"}, {"real", "BRL"}, {"euros", "EUR"}, {"euro", "EUR"}, {NULL, NULL},
};
static const struct mark SIGNS[] = {
    {"€", "EUR"},
    {"£", "GBP"},
    {"¥", "JPY"},
    {NULL, NULL},
};
static const struct mark DOLLARS[] = {
    {"R", "BRL"},  {"US", "USD"}, {"U", "USD"},  {"A", "AUD"},  {"AU", "AUD"}, {"C", "CAD"},
    {"CA", "CAD"}, {"NZ", "NZD"}, {"MX", "MXN"}, {"HK", "HKD"}, {"S", "SGD"},  {NULL, NULL},
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
 * groups. It groups when exactly three digits follow it, or when it occurs more than once and
 * not two digits follow it ("1.299.00" is written by those who know one mark only). */
static char *decimal_mark(char *number)
{
    char *dot = strrchr(number, '.'), *comma = strrchr(number, ',');
    char *last = dot > comma ? dot : comma;
    if (!last || (strchr(number, *last) != last && strlen(last + 1) != 2))
        return NULL;
    if (dot && comma)
        return last; /* two kinds: the last one is the decimal mark */
    bool zero_before = last == number + 1 && *number == '0';
    return strlen(last + 1) == 3 && !zero_before ? NULL : last;
}

/* Whether what stands behind a number says that it is no price: a percentage, or a number of
 * instalments ("12x de R$ 44,00"). */
static bool is_other_number(const char *after)
{
    while (blank(after))
        after += blank(after);
    return *after == '%' ||
           ((*after == 'x' || *after == 'X') && !isalnum((unsigned char)after[1]));
}

/* Where prices begin in a text: behind the first R$ before a number, which is where they stand
 * in Brazil ("Leve 3 por R$ 9,90"); else anywhere. */
static const char *behind_sign(const char *text)
{
    for (const char *s = text; (s = strstr(s, "R$"));) {
        s += 2;
        const char *number = s;
        while (blank(number))
            number += blank(number);
        if (digit(*number))
            return s;
    }
    return text;
}

/* Where the price begins: the first digit whose number may be one. */
static const char *find(const char *text, char *scanned)
{
    for (const char *s = behind_sign(text); *s; s++) {
        if (!digit(*s))
            continue;
        const char *end = scan(s, scanned);
        if (!is_other_number(end))
            return s;
        s = end - 1;
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

/* What a word says: a code of the list or a name, else NULL. */
static const char *word_currency(struct arena *a, const char *word, size_t n)
{
    for (const struct mark *m = WORDS; m->mark; m++)
        if (strlen(m->mark) == n && !strncasecmp(m->mark, word, n))
            return m->code;
    for (const char *code = CODES; n == 3 && *code; code += 4)
        if (!strncasecmp(code, word, 3))
            return arena_memdup(a, code, 3);
    return NULL;
}

/* What the dollar sign at sign says; "" where it stands alone and so may be anybody's. */
static const char *dollar_currency(const char *text, const char *sign)
{
    const char *start = sign;
    while (start > text && isupper((unsigned char)start[-1]))
        start--;
    size_t n = (size_t)(sign - start);
    for (const struct mark *m = DOLLARS; m->mark; m++)
        if (strlen(m->mark) == n && !strncmp(m->mark, start, n))
            return m->code;
    return n || isalpha((unsigned char)sign[1]) ? NULL : "";
}

/* The first currency that a text names; a dollar sign that stands alone is US dollars where
 * nothing else is named. */
static const char *currency_of(struct arena *a, const char *text)
{
    const char *found = NULL;
    bool dollar = false;
    for (const char *s = text; *s && !found; s++) {
        size_t n = 0;
        while (isalpha((unsigned char)s[n]))
            n++;
        if (n && s[n] != '$')
            found = word_currency(a, s, n);
        if (n)
            s += n - 1;
        else if (*s == '$' && (found = dollar_currency(text, s)) && !*found)
            dollar = true, found = NULL;
        for (const struct mark *m = SIGNS; !found && m->mark; m++)
            if (!strncmp(s, m->mark, strlen(m->mark)))
                found = m->code;
    }
    return found ? found : dollar ? "USD" : NULL;
}

bool price_read(struct arena *a, const char *text, struct price *out)
{
    const char *number = price_number(a, text);
    out->currency = currency_of(a, text);
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
