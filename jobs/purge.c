/*
 * purge: forgets what has served its time in Registry (registry.purge says what and when), in
 * batches, so that nobody waits for it. Run daily. What other services keep for a while goes by
 * jobs that run anyway: kept answers by "expire", letters by "deliver".
 */
#include <stdlib.h>

#include "arena.h"
#include "db.h"
#include "job.h"
#include "log.h"

static const char PURGE[] = "SELECT registrations, mail_tokens, attempts, sessions, secrets"
                            "  FROM registry.purge($1::int)";
static const char *const KINDS[] = {"registrations", "mail_tokens", "attempts", "sessions",
                                    "secrets"};
enum { KIND_COUNT = sizeof KINDS / sizeof *KINDS };

static const char BATCH[] = "1000";

/* One batch of each kind; how many rows went, -1 after a failure. */
static long long purge_batch(struct problem *problem, long long gone[KIND_COUNT])
{
    struct arena *a = arena_new();
    struct rows *rows = db_query(a, problem, PURGE, BATCH);
    long long sum = rows ? 0 : -1;
    for (int i = 0; rows && i < KIND_COUNT; i++) {
        gone[i] += db_integer(rows, 0, i);
        sum += db_integer(rows, 0, i);
    }
    arena_free(a);
    return sum;
}

int main(void)
{
    if (job_begin("purge", "registry"))
        return EXIT_FAILURE;
    struct arena *a = arena_new();
    struct problem problem = problem_none(a);
    long long gone[KIND_COUNT] = {0}, last;
    do
        last = purge_batch(&problem, gone);
    while (last > 0);
    const char *counts[KIND_COUNT];
    for (int i = 0; i < KIND_COUNT; i++)
        counts[i] = arena_printf(a, "%lld", gone[i]);
    if (last == 0)
        log_info("purged", KINDS[0], counts[0], KINDS[1], counts[1], KINDS[2], counts[2],
                 KINDS[3], counts[3], KINDS[4], counts[4], NULL);
    else
        log_error("not all was purged", "code", problem.code, NULL);
    arena_free(a);
    db_close();
    return last ? EXIT_FAILURE : EXIT_SUCCESS;
}
