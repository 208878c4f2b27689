/*
 * relist: keeps what lists and searches look at up to date where nobody's request does it:
 * promotions that began or ended, products of categories that were renamed, words that were not
 * known before. products.relist and products.learn say how.
 */
#include <stdlib.h>

#include "arena.h"
#include "db.h"
#include "job.h"
#include "log.h"

static const char RELIST[] = "SELECT products.relist(500)";
static const char LEARN[] = "SELECT products.learn(5000)";

/* Runs a statement until it says that nothing is left; what it did in all, -1 after a failure.
 */
static long long run(struct problem *problem, const char *sql)
{
    long long all = 0, done;
    do {
        struct arena *a = arena_new();
        struct rows *rows = db_query(a, problem, sql);
        done = rows ? db_integer(rows, 0, 0) : -1;
        all = rows ? all + done : -1;
        arena_free(a);
    } while (done > 0);
    return all;
}

int main(void)
{
    if (job_begin("relist", "products"))
        return EXIT_FAILURE;
    struct arena *a = arena_new();
    struct problem problem = problem_none(a);
    long long relisted = run(&problem, RELIST), learned = run(&problem, LEARN);
    bool ok = relisted >= 0 && learned >= 0;
    if (!ok)
        log_error("not all was listed anew", "code", problem.code, NULL);
    else if (relisted || learned)
        log_info("listed anew", "products", arena_printf(a, "%lld", relisted), "learned",
                 arena_printf(a, "%lld", learned), NULL);
    arena_free(a);
    db_close();
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
