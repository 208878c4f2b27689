/*
 * rollup: counts what has changed since reports were counted last. Run every half minute; a
 * report counts what little has come since by itself. Service Sales, sql/0054_rollups.sql.
 *
 *     rollup             counts what is queued
 *     rollup --rebuild   counts all orders anew, to the same figures; reports wait meanwhile
 *     rollup --check     compares the figures with the orders, and fails where they differ
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "db.h"
#include "job.h"
#include "log.h"
#include "settings.h"

enum { BATCH = 1000 };

static const char ROLL_UP[] = "SELECT sales.roll_up($1, $2::int)";
static const char REBUILD[] = "SELECT sales.rebuild_rollups($1)";
static const char CHECK[] = "SELECT what, key, figure, kept, computed, kept - computed"
                            "  FROM sales.rollup_differences($1)";

/* A rebuilding of millions of orders takes minutes, and waits for reports that are being read.
 */
static const char PATIENCE[] = "SELECT set_config('statement_timeout', '0', false),"
                               "       set_config('lock_timeout', '60s', false)";

static bool count_queued(struct arena *a, struct problem *problem)
{
    long long counted = 0, last = BATCH;
    while (last >= BATCH && !problem->status) {
        struct rows *rows =
            db_query(a, problem, ROLL_UP, settings()->timezone, arena_printf(a, "%d", BATCH));
        last = rows ? db_integer(rows, 0, 0) : 0;
        counted += last;
        arena_reset(a);
    }
    if (!problem->status)
        log_info("counted", "changes", arena_printf(a, "%lld", counted), NULL);
    return !problem->status;
}

static bool rebuild(struct arena *a, struct problem *problem)
{
    bool done = db_query(a, problem, REBUILD, settings()->timezone);
    if (done)
        log_info("counted anew", NULL);
    return done;
}

/* A line for each figure that differs: what is kept, what the orders say, and by how much
 * (amounts are centavos). */
static bool check(struct arena *a, struct problem *problem)
{
    if (!count_queued(a, problem))
        return false;
    struct rows *rows = db_query(a, problem, CHECK, settings()->timezone);
    int differences = rows ? db_count(rows) : -1;
    for (int i = 0; i < differences; i++) {
        const char *kept = db_text(rows, i, 3);
        if (kept)
            printf("%s  %s  %s: %s, the orders say %s (%s)\n", db_text(rows, i, 0),
                   db_text(rows, i, 1), db_text(rows, i, 2), kept, db_text(rows, i, 4),
                   db_text(rows, i, 5));
        else
            printf("%s  %s: %s\n", db_text(rows, i, 0), db_text(rows, i, 1),
                   db_text(rows, i, 2));
    }
    if (differences == 0)
        puts("All figures agree with the orders.");
    return differences == 0;
}

int main(int argc, char **argv)
{
    bool (*work)(struct arena *, struct problem *) =
        argc == 1                                    ? count_queued
        : argc == 2 && !strcmp(argv[1], "--rebuild") ? rebuild
        : argc == 2 && !strcmp(argv[1], "--check")   ? check
                                                     : NULL;
    if (!work) {
        fputs("usage: rollup [--rebuild | --check]\n", stderr);
        return EXIT_FAILURE;
    }
    if (job_begin("rollup", "sales"))
        return EXIT_FAILURE;
    struct arena *a = arena_new();
    struct problem problem = problem_none(a);
    bool ok = db_query(a, &problem, PATIENCE) && work(a, &problem);
    if (problem.status)
        log_error("figures not counted", "code", problem.code, NULL);
    arena_free(a);
    db_close();
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
