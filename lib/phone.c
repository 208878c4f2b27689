#include "phone.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { SHORTEST = 7, LONGEST = 15, AREA_CODE = 2, FIXED = 8, MOBILE = 9 };

/* Anatel's area codes: those of the timetable by which each got its ninth digit (Resolução
 * 553/2010), which names all. */
static bool is_area_code(const char *s)
{
    /* By the first digit, the second ones that are in use. */
    static const char *const SECOND[] = {
        "",     "123456789", "12478",  "1234578",   "123456789",
        "1345", "123456789", "134579", "123456789", "123456789",
    };
    return s[1] && strchr(SECOND[s[0] - '0'], s[1]);
}

/* The digits, in number; none where something else than their usual separators stands between
 * or there are too many. */
static size_t digits_of(const char *text, char digits[LONGEST + 1])
{
    size_t n = 0;
    for (; *text; text++) {
        if (isdigit((unsigned char)*text) && n < LONGEST)
            digits[n++] = *text;
        else if (!strchr(" ().-", *text))
            return 0;
    }
    digits[n] = '\0';
    return n;
}

/* The fault of area code and number, NULL for none. */
static const char *fault_in_brazil(const char *s)
{
    size_t n = strlen(s);
    bool fixed = n == AREA_CODE + FIXED && s[AREA_CODE] >= '2' && s[AREA_CODE] <= '5';
    bool mobile = n == AREA_CODE + MOBILE && s[AREA_CODE] == '9';
    if (!fixed && !mobile)
        return "not_phone";
    return is_area_code(s) ? NULL : "unknown_area_code";
}

char *phone_normalize(struct arena *a, const char *text, const char **code)
{
    static const char BRAZIL[] = "55";
    char digits[LONGEST + 1], *number = digits;
    text += strspn(text, " ");
    bool international = *text == '+';
    size_t n = digits_of(text + international, digits);
    *code = n < SHORTEST || (international && digits[0] == '0') ? "not_phone" : NULL;
    if (*code)
        return NULL;
    bool country = !strncmp(digits, BRAZIL, strlen(BRAZIL));
    if (international && !country)
        return arena_printf(a, "+%s", digits);
    /* National numbers have 10 or 11 digits: longer ones have the country before them, or the 0
     * by which long-distance calls begin. */
    if (country && (international || n > AREA_CODE + MOBILE))
        number += strlen(BRAZIL);
    else if (digits[0] == '0')
        number++;
    *code = fault_in_brazil(number);
    return *code ? NULL : arena_printf(a, "+%s%s", BRAZIL, number);
}
