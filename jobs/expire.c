/*
 * expire: lets go of what has waited too long: the stock of unpaid orders, and answers kept for
 * Idempotency-Keys. Run every minute; a run that is killed is made up for by the next.
 */
#include <stdlib.h>

#include "arena.h"
#include "db.h"
#include "job.h"
#include "log.h"

static const char EXPIRE[] = "SELECT sales.expire_order()";
static const char FORGET[] = "SELECT sales.forget_answers()";

/* Each order in its own transaction, so that nobody waits long for a row. Returns how many. */
static long long expire_orders(struct arena *a, struct problem *problem)
{
    long long expired = 0;
    struct rows *rows;
    while ((rows = db_query(a, problem, EXPIRE)) && db_boolean(rows, 0, 0)) {
        expired++;
        arena_reset(a);
    }
    return expired;
}

int main(void)
{
    if (job_begin("expire", "sales"))
        return EXIT_FAILURE;
    struct arena *a = arena_new();
    struct problem problem = problem_none(a);
    long long expired = expire_orders(a, &problem);
    struct rows *forgotten = problem.status ? NULL : db_query(a, &problem, FORGET);
    if (forgotten)
        log_info("expired", "orders", arena_printf(a, "%lld", expired), "answers",
                 db_text(forgotten, 0, 0), NULL);
    else
        log_error("expiry failed", "code", problem.code, NULL);
    arena_free(a);
    db_close();
    return forgotten ? EXIT_SUCCESS : EXIT_FAILURE;
}
