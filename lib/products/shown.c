#include "products/shown.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "db.h"

enum { GAP = 1 };                  /* the byte that stands for a number */
static const char BETWEEN[] = ";"; /* the numbers */

const char *shown_document_and(struct arena *a, const struct rows *rows, int row,
                               const char *extra)
{
    const char *document = db_text(rows, row, SHOWN_DOCUMENT);
    const char *numbers = db_text(rows, row, SHOWN_AVAILABLE);
    size_t longest = strlen(document) + strlen(numbers) + (extra ? strlen(extra) : 0);
    char *out = arena_alloc(a, longest + 1), *o = out;
    for (const char *gap; (gap = strchr(document, GAP)); document = gap + 1) {
        size_t text = (size_t)(gap - document), digits = strcspn(numbers, BETWEEN);
        memcpy(o, document, text);
        memcpy(o + text, numbers, digits);
        o += text + digits;
        numbers += digits + (numbers[digits] == *BETWEEN);
    }
    strcpy(o, document);
    if (extra && extra[1] != '}') { /* the document's last byte is its brace */
        o += strlen(o) - 1;
        *o++ = ',';
        strcpy(o, extra + 1);
    }
    return out;
}

const char *shown_document(struct arena *a, const struct rows *rows, int row)
{
    return shown_document_and(a, rows, row, NULL);
}

long long shown_least(const struct rows *rows, int row)
{
    long long least = LLONG_MAX;
    for (const char *n = db_text(rows, row, SHOWN_AVAILABLE); *n; n += *n == *BETWEEN) {
        char *end;
        long long available = strtoll(n, &end, 10);
        if (end > n && available < least)
            least = available;
        n = end + strcspn(end, BETWEEN);
    }
    return least;
}
