/*
 * popularity: takes over from Sales how well each product sold in the last 90 days, for
 * searches and lists to order by (products.take_popularity). Run hourly.
 */
#include <stdlib.h>

#include "arena.h"
#include "db.h"
#include "job.h"
#include "log.h"

static const char TAKE[] = "SELECT products.take_popularity()";

int main(void)
{
    if (job_begin("popularity", "products"))
        return EXIT_FAILURE;
    struct arena *a = arena_new();
    struct problem problem = problem_none(a);
    struct rows *rows = db_query(a, &problem, TAKE);
    if (rows)
        log_info("popularity taken over", "products", db_text(rows, 0, 0), NULL);
    else
        log_error("popularity was not taken over", "code", problem.code, NULL);
    arena_free(a);
    db_close();
    return rows ? EXIT_SUCCESS : EXIT_FAILURE;
}
