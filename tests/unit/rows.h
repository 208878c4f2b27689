/*
 * rows: rows of a query that no database has answered.
 */
#ifndef VENDAS_ROWS_H
#define VENDAS_ROWS_H

#include <libpq-fe.h>

#include "db.h"
#include "unit.h"

static inline void rows_clear(void *rows)
{
    PQclear(rows);
}

/* Rows of so many text columns; values stand row after row. */
static inline struct rows *rows_of(int columns, int count, const char *const *values)
{
    PGresult *r = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
    PGresAttDesc *names = arena_alloc(a, (size_t)columns * sizeof *names);
    for (int c = 0; c < columns; c++)
        names[c].name = "column";
    assert_int_equal(PQsetResultAttrs(r, columns, names), 1);
    for (int i = 0; i < columns * count; i++)
        assert_int_equal(PQsetvalue(r, i / columns, i % columns, (char *)values[i],
                                    values[i] ? (int)strlen(values[i]) : -1),
                         1);
    arena_defer(a, rows_clear, r);
    return (struct rows *)r;
}

#endif
