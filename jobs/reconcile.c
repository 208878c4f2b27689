/*
 * reconcile: sees to it that our books and the gateways' agree. It asks for what was to be
 * asked and may not have been (lib/sales/payment), learns from notifications that could not be
 * learnt from when they came, tells people of what needs one, and compares yesterday with each
 * gateway's own list.
 *
 *     reconcile [--day YYYY-MM-DD]    compares that day (UTC) instead of yesterday
 *
 * What it is at work on it has a lease of; a run that is killed is made up for by the next.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "arena.h"
#include "buf.h"
#include "db.h"
#include "job.h"
#include "log.h"
#include "rfc3339.h"
#include "sales/gateway.h"
#include "sales/payment.h"
#include "sales/task_letter.h"

/* After which a run leaves the rest to the next, so that people are told meanwhile. */
enum { LONGEST_SECONDS = 60, DAY = 24 * 60 * 60 };

static const char RETRY_EVENT[] = "SELECT sales.retry_event($1)";
static const char CLAIM[] = "SELECT payment, step, refund FROM sales.claim_step()";
enum { PAYMENT, STEP, REFUND };
static const char UNCOMPARED[] = "SELECT sales.uncompared_day($1, $2)";
static const char EPOCH[] = "SELECT extract(epoch FROM $1::date)::bigint";
static const char COMPARE[] = "SELECT sales.keep_reconciliation($1::date, $2, $3, $4::jsonb)";

/* Learns from what came and could not be learnt from. */
static void retry_events(struct arena *a, struct problem *problem)
{
    struct rows *rows;
    do
        rows = db_query(a, problem, RETRY_EVENT, payment_late());
    while (rows && db_text(rows, 0, 0));
}

/* Asks for what is due for longest; false where nothing is, or after a failure. */
static bool ask_one(struct arena *a, struct problem *problem)
{
    struct rows *rows = db_query(a, problem, CLAIM);
    const char *payment = rows ? db_text(rows, 0, PAYMENT) : NULL;
    if (!payment)
        return false;
    const char *step = db_text(rows, 0, STEP);
    return !strcmp(step, "refund")
               ? payment_refund(a, problem, payment, db_text(rows, 0, REFUND)).document
               : payment_ask(a, problem, payment, step, LANG_PT_BR).document;
}

static long long ask_all(struct arena *a, struct problem *problem)
{
    long long asked = 0;
    time_t end = time(NULL) + LONGEST_SECONDS;
    while (time(NULL) < end && ask_one(a, problem)) {
        asked++;
        arena_reset(a);
    }
    return asked;
}

/* A day ------------------------------------------------------------------------------------ */

/* The gateway's list of a day as sales.keep_reconciliation takes it; NULL where it can't be had
 * now. */
static const char *list_day(struct arena *a, const struct merchant *m, time_t from)
{
    const struct gateway *g = gateway_find(m->gateway);
    struct buf b = buf_new(a);
    const char *page = NULL;
    do {
        struct gateway_call call = {.arena = a};
        struct gateway_movement *found;
        int count;
        if (g->list(&call, m, from, from + DAY, &page, &found, &count) != GATEWAY_DONE)
            return NULL;
        for (int i = 0; i < count; i++) {
            buf_printf(&b, "%s{\"ref\":", b.len ? "," : "[");
            buf_json(&b, found[i].ref);
            buf_raw(&b, ",\"kind\":");
            buf_json(&b, found[i].kind);
            buf_printf(&b, ",\"amount\":%lld}", found[i].amount);
        }
    } while (page);
    buf_raw(&b, b.len ? "]" : "[]");
    return b.data;
}

/* Compares a day with what a gateway has of it; false after a failure. */
static bool compare_day(struct arena *a, struct problem *problem, const struct merchant *m,
                        const char *day)
{
    struct rows *rows = db_query(a, problem, EPOCH, day);
    const char *theirs = rows ? list_day(a, m, (time_t)db_integer(rows, 0, 0)) : NULL;
    if (!theirs) {
        log_error("a day could not be compared", "merchant", m->name, "day", day, NULL);
        return false;
    }
    rows = db_query(a, problem, COMPARE, day, m->gateway, m->name, theirs);
    if (rows)
        log_info("compared", "merchant", m->name, "day", day, "differences",
                 db_text(rows, 0, 0), NULL);
    return rows;
}

/* Compares a day, or yesterday where that was not done yet, with each gateway that has a list.
 */
static bool compare(struct arena *a, struct problem *problem, const char *day)
{
    bool ok = true;
    const struct merchant *m;
    for (int i = 0; (m = merchant_at(i)); i++) {
        if (!gateway_find(m->gateway)->list)
            continue;
        struct rows *rows = day ? NULL : db_query(a, problem, UNCOMPARED, m->gateway, m->name);
        const char *which = rows ? db_text(rows, 0, 0) : day;
        ok = (!which || compare_day(a, problem, m, which)) && ok;
    }
    return ok && !problem->status;
}

int main(int argc, char **argv)
{
    const char *day = argc == 3 && !strcmp(argv[1], "--day") ? argv[2] : NULL;
    if (job_begin("reconcile", "sales") || merchants_load())
        return EXIT_FAILURE;
    if (argc > 1 && (!day || !rfc3339_is_date(day))) {
        log_error("usage: reconcile [--day YYYY-MM-DD]", NULL);
        return EXIT_FAILURE;
    }
    struct arena *a = arena_new();
    struct problem problem = problem_none(a);
    retry_events(a, &problem);
    long long asked = ask_all(a, &problem);
    bool compared = compare(a, &problem, day);
    task_letters_post(a, &problem);
    if (asked)
        log_info("asked", "steps", arena_printf(a, "%lld", asked), NULL);
    if (problem.status)
        log_error("not all was reconciled", "code", problem.code, NULL);
    bool ok = compared && !problem.status;
    arena_free(a);
    db_close();
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
