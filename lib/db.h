/*
 * db: the one connection of a program to PostgreSQL.
 *
 * It is made on first use and made anew when it was lost. Statements are prepared once per
 * connection. Every statement is its own transaction: what must happen together is one SQL
 * function or one statement with several parts, so that a request needs one round trip.
 *
 * Failures fill a struct problem: 503 with Retry-After while the database is away or
 * overloaded, what shared.fail() said, or what a constraint's name tells; anything else is
 * logged and is 500.
 */
#ifndef VENDAS_DB_H
#define VENDAS_DB_H

#include <stdbool.h>

#include "arena.h"
#include "problem.h"

/* Names the service whose login role (vendas_SERVICE) this program connects as. */
void db_service(const char *service);

/* A result; it belongs to the arena of its query. */
struct rows;

/* Runs sql with the text parameters that follow (const char *, NULL for SQL's NULL), written as
 * $1::type, $2::type ... in it. Returns the rows, or NULL with *p filled.
 *
 *     struct rows *r = db_query(req->arena, &req->problem, USER_BY_ID, id);
 *
 * sql must be a constant that lives as long as the program: it is prepared once, under its
 * address. */
#define db_query(arena, problem, sql, ...)                                                     \
    db_run(arena, problem, DB_PREPARED, sql, DB_COUNT(__VA_ARGS__),                            \
           (const char *const[]){NULL __VA_OPT__(, ) __VA_ARGS__} + 1)

/* The same without preparing, for lists whose best plan depends on which filters are given.
 * Where not even the conditions are the same, db_run() takes text that was put together, with
 * as many values. */
#define db_query_planned(arena, problem, sql, ...)                                             \
    db_run(arena, problem, DB_PLANNED, sql, DB_COUNT(__VA_ARGS__),                             \
           (const char *const[]){NULL __VA_OPT__(, ) __VA_ARGS__} + 1)

#define DB_COUNT(...)                                                                          \
    ((int)(sizeof((const char *const[]){NULL __VA_OPT__(, ) __VA_ARGS__}) / sizeof(char *)) - 1)

enum db_how { DB_PREPARED, DB_PLANNED };
struct rows *db_run(struct arena *a, struct problem *p, enum db_how how, const char *sql,
                    int count, const char *const *values);

/* Much to read: rows that come one at a time, in memory that does not grow. All statements of a
 * reading see one moment (a transaction that only reads) and have DB_READING_SECONDS each.
 * There is one reading at a time, and no other statement runs before it has ended.
 *
 *     struct db_reading *r = db_reading_begin(req->arena, &req->problem);
 *     if (r && db_reading_ask(r, sql, count, values))
 *         while ((row = db_reading_next(r)))
 *             ... db_text(row, 0, column) ...
 *     db_reading_end(r);
 */
enum { DB_READING_SECONDS = 300 };
struct db_reading;

/* NULL with *p filled. The reading ends with the arena, if nothing has ended it before. */
struct db_reading *db_reading_begin(struct arena *a, struct problem *p);

/* Sends a statement, planned for its values; those before it have been read to their end. False
 * with *p filled. */
bool db_reading_ask(struct db_reading *r, const char *sql, int count,
                    const char *const *values);

/* The next row, alone in its rows and there until the next call. NULL after the last, or with
 * *p filled: whatever came so far is not all, then. */
const struct rows *db_reading_next(struct db_reading *r);

/* Ends a reading, NULL too. One that was not read to its end costs the connection. */
void db_reading_end(struct db_reading *r);

/* A truth as a parameter. */
const char *db_flag(bool value);

/* Number of rows, and of columns. */
int db_count(const struct rows *r);
int db_columns(const struct rows *r);

/* A value as text, NULL for SQL's NULL. Valid as long as the arena is not reset. */
const char *db_text(const struct rows *r, int row, int column);

/* A value of an integer column; 0 for NULL. */
long long db_integer(const struct rows *r, int row, int column);

/* A value of a boolean column; false for NULL. */
bool db_boolean(const struct rows *r, int row, int column);

/* Closes the connection, if there is one. */
void db_close(void);

#endif
