#include "db.h"

#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "settings.h"

/* A program has a few dozen statements; past that they are planned each time. */
enum { MAX_PREPARED = 64, RETRY_AFTER_SECONDS = 2, ATTEMPTS = 3 };

static struct {
    const char *role;
    PGconn *connection;
    const char *prepared[MAX_PREPARED];
    int prepared_count;
} db;

void db_service(const char *service)
{
    static char role[64];
    snprintf(role, sizeof role, "vendas_%s", service);
    db.role = role;
}

void db_close(void)
{
    PQfinish(db.connection);
    db.connection = NULL;
    db.prepared_count = 0;
}

/* NOTICEs of the server are of no use to anybody here. */
static void ignore_notice(void *unused, const PGresult *notice)
{
    (void)unused;
    (void)notice;
}

static bool connect_now(void)
{
    const char *names[] = {"dbname",          "user",    "connect_timeout",
                           "client_encoding", "options", NULL};
    const char *values[] = {settings()->database_url,
                            db.role,
                            "3",
                            "UTF8",
                            "-c statement_timeout=15s -c lock_timeout=5s -c jit=off "
                            "-c idle_in_transaction_session_timeout=30s",
                            NULL};
    db_close();
    db.connection = PQconnectdbParams(names, values, 1);
    if (PQstatus(db.connection) == CONNECTION_OK) {
        PQsetNoticeReceiver(db.connection, ignore_notice, NULL);
        return true;
    }
    log_error("no connection to the database", "reason", PQerrorMessage(db.connection), NULL);
    db_close();
    return false;
}

/* A server that went away has closed its end: seen by one poll, before a statement is lost in
 * it. Nothing else is ever waiting to be read between statements. */
static bool went_away(void)
{
    struct pollfd fd = {.fd = PQsocket(db.connection), .events = POLLIN};
    if (fd.fd < 0 || PQstatus(db.connection) != CONNECTION_OK)
        return true;
    if (poll(&fd, 1, 0) <= 0)
        return false;
    return !PQconsumeInput(db.connection) || PQstatus(db.connection) != CONNECTION_OK ||
           poll(&fd, 1, 0) > 0;
}

static bool connected(void)
{
    return db.connection && !went_away() ? true : connect_now();
}

/* The name under which sql is prepared on this connection, or NULL when it can't be. */
static const char *prepared_name(const char *sql, char name[16])
{
    int i = 0;
    while (i < db.prepared_count && db.prepared[i] != sql)
        i++;
    if (i == MAX_PREPARED)
        return NULL;
    snprintf(name, 16, "s%d", i);
    if (i == db.prepared_count) {
        PGresult *r = PQprepare(db.connection, name, sql, 0, NULL);
        bool ok = PQresultStatus(r) == PGRES_COMMAND_OK;
        PQclear(r);
        if (!ok)
            return NULL; /* the statement itself will tell why */
        db.prepared[db.prepared_count++] = sql;
    }
    return name;
}

static PGresult *execute(enum db_how how, const char *sql, int count, const char *const *values)
{
    char buffer[16];
    const char *name = how == DB_PREPARED ? prepared_name(sql, buffer) : NULL;
    if (name)
        return PQexecPrepared(db.connection, name, count, values, NULL, NULL, 0);
    return PQexecParams(db.connection, sql, count, NULL, values, NULL, NULL, 0);
}

/* Constraints are named TABLE_FIELD_RULE, so that the name tells which field broke them. RULE
 * is one word; FIELD may be several. */
static void constraint_problem(struct problem *p, const PGresult *r, const char *state)
{
    const char *name = PQresultErrorField(r, PG_DIAG_CONSTRAINT_NAME);
    const char *table = PQresultErrorField(r, PG_DIAG_TABLE_NAME);
    bool unique = !strcmp(state, "23505");
    const char *field = name ? name : "";
    if (table && !strncmp(field, table, strlen(table)) && field[strlen(table)] == '_')
        field += strlen(table) + 1;
    const char *rule = strrchr(field, '_');
    size_t len = rule ? (size_t)(rule - field) : strlen(field);
    problem_set(p, unique ? 409 : 422, unique ? "already_exists" : "validation_failed");
    problem_field(p, arena_printf(p->arena, "/%.*s", (int)len, field),
                  unique ? "already_exists" : "out_of_range", NULL);
}

static void away(struct problem *p, const char *code)
{
    problem_set(p, 503, code);
    p->retry_after = RETRY_AFTER_SECONDS;
}

static void explain(struct problem *p, const PGresult *r)
{
    const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
    const char *text = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
    if (!state || !strncmp(state, "08", 2) || !strncmp(state, "57P", 3)) {
        away(p, "database_unavailable");
    } else if (!strncmp(state, "VE", 2)) {
        problem_set(p, atoi(state + 2), text);
        problem_detail(p, PQresultErrorField(r, PG_DIAG_MESSAGE_DETAIL));
    } else if (!strcmp(state, "23505") || !strcmp(state, "23514")) {
        constraint_problem(p, r, state);
    } else if (!strncmp(state, "53", 2) || !strcmp(state, "57014") || !strcmp(state, "55P03") ||
               !strcmp(state, "40001") || !strcmp(state, "40P01")) {
        away(p, "busy");
    } else {
        log_error("the database refused a statement", "sqlstate", state, "reason", text, NULL);
        problem_set(p, 500, "internal_error");
    }
}

/* Deadlock or serialization failure: nothing was done, and doing it again is safe. */
static bool lost_a_race(const PGresult *r)
{
    const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
    return state && (!strcmp(state, "40001") || !strcmp(state, "40P01"));
}

static void clear(void *result)
{
    PQclear(result);
}

struct rows *db_run(struct arena *a, struct problem *p, enum db_how how, const char *sql,
                    int count, const char *const *values)
{
    PGresult *r = NULL;
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        if (!connected()) {
            away(p, "database_unavailable");
            return NULL;
        }
        r = execute(how, sql, count, values);
        if (!lost_a_race(r) || attempt == ATTEMPTS - 1)
            break;
        PQclear(r);
    }
    ExecStatusType status = PQresultStatus(r);
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) {
        arena_defer(a, clear, r);
        return (struct rows *)r;
    }
    explain(p, r);
    PQclear(r);
    return NULL;
}

/* Reading ---------------------------------------------------------------------------------- */

struct db_reading {
    struct problem *p;
    PGresult *row;
    bool answering; /* a statement's rows are still on their way */
    bool over;
};

static void end_reading(void *reading)
{
    db_reading_end(reading);
}

struct db_reading *db_reading_begin(struct arena *a, struct problem *p)
{
    if (!connected()) {
        away(p, "database_unavailable");
        return NULL;
    }
    /* Times come in UTC, so that whoever reads them need not look for their offset. */
    PGresult *begun =
        PQexec(db.connection, arena_printf(a,
                                           "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY;"
                                           "SET LOCAL statement_timeout = '%ds';"
                                           "SET LOCAL TimeZone = 'UTC'",
                                           DB_READING_SECONDS));
    bool ok = PQresultStatus(begun) == PGRES_COMMAND_OK;
    if (!ok)
        explain(p, begun);
    PQclear(begun);
    struct db_reading *r = arena_alloc(a, sizeof *r);
    *r = (struct db_reading){.p = p};
    arena_defer(a, end_reading, r);
    return ok ? r : NULL;
}

bool db_reading_ask(struct db_reading *r, const char *sql, int count, const char *const *values)
{
    if (!PQsendQueryParams(db.connection, sql, count, NULL, values, NULL, NULL, 0)) {
        away(r->p, "database_unavailable");
        return false;
    }
    PQsetSingleRowMode(db.connection);
    r->answering = true;
    return true;
}

/* What stands at the end of the rows: whether they were all. */
static void end_rows(struct db_reading *r, PGresult *last)
{
    if (PQresultStatus(last) != PGRES_TUPLES_OK)
        explain(r->p, last);
    PQclear(last);
    while ((last = PQgetResult(db.connection)))
        PQclear(last);
    r->answering = false;
}

const struct rows *db_reading_next(struct db_reading *r)
{
    PQclear(r->row);
    r->row = NULL;
    if (!r->answering)
        return NULL;
    PGresult *result = PQgetResult(db.connection);
    if (PQresultStatus(result) == PGRES_SINGLE_TUPLE)
        r->row = result;
    else
        end_rows(r, result);
    return (const struct rows *)r->row;
}

/* Has the server stop at once, not when it next writes to somebody who is not there. */
static void break_off(void)
{
    char unused[256];
    PGcancel *cancel = PQgetCancel(db.connection);
    if (cancel)
        PQcancel(cancel, unused, sizeof unused);
    PQfreeCancel(cancel);
    db_close();
}

void db_reading_end(struct db_reading *r)
{
    if (!r || r->over)
        return;
    r->over = true;
    PQclear(r->row);
    r->row = NULL;
    if (r->answering) {
        break_off();
        return;
    }
    PGresult *ended = PQexec(db.connection, "ROLLBACK");
    bool ok = PQresultStatus(ended) == PGRES_COMMAND_OK;
    PQclear(ended);
    if (!ok)
        db_close();
}

const char *db_flag(bool value)
{
    return value ? "true" : "false";
}

int db_count(const struct rows *r)
{
    return PQntuples((const PGresult *)r);
}

int db_columns(const struct rows *r)
{
    return PQnfields((const PGresult *)r);
}

const char *db_text(const struct rows *r, int row, int column)
{
    const PGresult *result = (const PGresult *)r;
    return PQgetisnull(result, row, column) ? NULL : PQgetvalue(result, row, column);
}

long long db_integer(const struct rows *r, int row, int column)
{
    const char *text = db_text(r, row, column);
    return text ? strtoll(text, NULL, 10) : 0;
}

bool db_boolean(const struct rows *r, int row, int column)
{
    const char *text = db_text(r, row, column);
    return text && *text == 't';
}
