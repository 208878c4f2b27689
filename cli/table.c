#include "table.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "utf8.h"

struct row {
    struct row *next;
    const char *cells[TABLE_MAX_COLUMNS];
};

struct table {
    struct arena *arena;
    int columns;
    bool right[TABLE_MAX_COLUMNS];
    int width[TABLE_MAX_COLUMNS];
    struct row *first, **last;
};

/* Controls of a terminal (C0, DEL and C1, U+0080 to U+009F) as "?". */
static const char *harmless(struct arena *a, const char *text)
{
    char *copy = arena_strdup(a, text);
    for (unsigned char *p = (unsigned char *)copy; *p; p++) {
        if (*p < ' ' || *p == 0x7F)
            *p = '?';
        else if (*p == 0xC2 && p[1] >= 0x80 && p[1] < 0xA0)
            p[0] = p[1] = '?';
    }
    return copy;
}

struct table *table_new(struct arena *a, const char *const *headings)
{
    struct table *t = arena_alloc(a, sizeof *t);
    const char *cells[TABLE_MAX_COLUMNS] = {NULL};
    t->arena = a;
    t->last = &t->first;
    for (; headings[t->columns]; t->columns++) {
        const char *heading = headings[t->columns];
        t->right[t->columns] = *heading == '>';
        cells[t->columns] = heading + t->right[t->columns];
    }
    table_row(t, cells);
    return t;
}

void table_row(struct table *t, const char *const *cells)
{
    struct row *row = arena_alloc(t->arena, sizeof *row);
    for (int i = 0; i < t->columns; i++) {
        row->cells[i] = harmless(t->arena, cells[i] ? cells[i] : "");
        int width = (int)utf8_length(row->cells[i]);
        if (width > t->width[i])
            t->width[i] = width;
    }
    *t->last = row;
    t->last = &row->next;
}

void table_print(const struct table *t)
{
    for (const struct row *row = t->first; row; row = row->next) {
        for (int i = 0; i < t->columns; i++) {
            int gap = t->width[i] - (int)utf8_length(row->cells[i]);
            bool end = i == t->columns - 1;
            printf("%*s%s%*s", t->right[i] ? gap : 0, "", row->cells[i],
                   t->right[i] || end ? 0 : gap, "");
            fputs(end ? "\n" : "  ", stdout);
        }
    }
}
