/*
 * expire: lets go of what has waited too long: the stock of unpaid orders, pre-orders of what
 * was to come, answers kept for Idempotency-Keys, old events and notifications, carts. Run
 * every minute; a run that is killed is made up for by the next.
 */
#include <stdlib.h>

#include "arena.h"
#include "db.h"
#include "job.h"
#include "log.h"
#include "settings.h"

static const char EXPIRE[] = "SELECT sales.expire_order()";
static const char END_PREORDERS[] = "SELECT sales.end_preorders()";
static const char FORGET[] = "SELECT sales.forget_answers()";
static const char FORGET_EVENTS[] = "SELECT sales.forget_events($1::int, 10000)";
static const char FORGET_NOTIFICATIONS[] = "SELECT sales.forget_gateway_events($1::int, 1000)";
static const char FORGET_CARTS[] = "SELECT sales.forget_carts($1::int, 1000)";

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

/* What is over, in batches, so that nobody waits for it. Returns how many. */
static long long end_preorders(struct arena *a, struct problem *problem)
{
    long long ended = 0;
    struct rows *rows;
    while ((rows = db_query(a, problem, END_PREORDERS)) && db_integer(rows, 0, 0)) {
        ended += db_integer(rows, 0, 0);
        arena_reset(a);
    }
    return ended;
}

/* What is older than so many days, in batches, too. Returns how many. */
static long long forget(struct arena *a, struct problem *problem, const char *sql,
                        long long days)
{
    long long forgotten = 0, last = 1;
    while (last) {
        struct rows *rows = db_query(a, problem, sql, arena_printf(a, "%lld", days));
        if (!rows)
            break;
        last = db_integer(rows, 0, 0);
        forgotten += last;
        arena_reset(a);
    }
    return forgotten;
}

int main(void)
{
    if (job_begin("expire", "sales"))
        return EXIT_FAILURE;
    struct arena *a = arena_new();
    struct problem problem = problem_none(a);
    long long expired = expire_orders(a, &problem);
    long long preorders = problem.status ? 0 : end_preorders(a, &problem);
    long long events = 0, notifications = 0, carts = 0;
    if (!problem.status)
        events = forget(a, &problem, FORGET_EVENTS, settings()->event_days);
    if (!problem.status)
        notifications = forget(a, &problem, FORGET_NOTIFICATIONS, settings()->event_days);
    if (!problem.status)
        carts = forget(a, &problem, FORGET_CARTS, settings()->cart_days);
    struct rows *forgotten = problem.status ? NULL : db_query(a, &problem, FORGET);
    if (forgotten)
        log_info("expired", "orders", arena_printf(a, "%lld", expired), "preorders",
                 arena_printf(a, "%lld", preorders), "answers", db_text(forgotten, 0, 0),
                 "events", arena_printf(a, "%lld", events), "notifications",
                 arena_printf(a, "%lld", notifications), "carts",
                 arena_printf(a, "%lld", carts), NULL);
    else
        log_error("expiry failed", "code", problem.code, NULL);
    arena_free(a);
    db_close();
    return forgotten ? EXIT_SUCCESS : EXIT_FAILURE;
}
