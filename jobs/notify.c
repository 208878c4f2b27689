/*
 * notify: writes to customers about their orders (lib/sales/order_letter), once for each event
 * that is news to them: the letter goes into the registry's outbox in the transaction in which
 * the event leaves sales.letters, and the job "deliver" sends it. A run that is killed is made
 * up for by the next.
 *
 * It is not "deliver" that writes: that one is Registry's, and may not read orders.
 */
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "db.h"
#include "job.h"
#include "json.h"
#include "log.h"
#include "sales/order_letter.h"

static const char ROUTE[] = "SELECT sales.route_events(10000)";
static const char NEXT[] =
    "SELECT event, kind, user_id, email, language, document, parcel FROM sales.next_letter()";
enum { EVENT, KIND, USER, EMAIL, LANGUAGE, DOCUMENT, PARCEL };
static const char FINISH[] =
    "SELECT sales.finish_letter($1::bigint, $2::uuid, $3, $4::bytea, $5::uuid, $6::int)";

static struct letter write_letter(struct arena *a, const struct rows *next)
{
    const char *email = db_text(next, 0, EMAIL), *language = db_text(next, 0, LANGUAGE);
    struct json_object *order = json_keep(a, json_tokener_parse(db_text(next, 0, DOCUMENT)));
    if (!email || !order)
        return (struct letter){0};
    const char *parcel = db_text(next, 0, PARCEL);
    enum lang lang = language && !strcmp(language, "en") ? LANG_EN : LANG_PT_BR;
    return order_letter_write(a, db_text(next, 0, KIND), lang, email, order,
                              parcel ? json_keep(a, json_tokener_parse(parcel)) : NULL);
}

/* Writes the letter that has waited longest; false when there is none, or after a failure. */
static bool write_one(struct arena *a, struct problem *problem, long long *written)
{
    struct rows *next = db_query(a, problem, NEXT);
    if (!next || db_count(next) == 0)
        return false;
    struct letter letter = write_letter(a, next);
    *written += letter.payload != NULL;
    return db_query(a, problem, FINISH, db_text(next, 0, EVENT), letter.id,
                    db_text(next, 0, KIND), letter.payload, db_text(next, 0, USER),
                    letter.seconds);
}

static bool route(struct arena *a, struct problem *problem)
{
    struct rows *rows;
    do
        rows = db_query(a, problem, ROUTE);
    while (rows && db_integer(rows, 0, 0));
    return rows;
}

int main(void)
{
    if (job_begin("notify", "sales"))
        return EXIT_FAILURE;
    struct arena *a = arena_new();
    struct problem problem = problem_none(a);
    long long written = 0;
    if (route(a, &problem))
        while (write_one(a, &problem, &written))
            arena_reset(a);
    bool ok = !problem.status;
    if (!ok)
        log_error("letters could not be written", "code", problem.code, NULL);
    else if (written)
        log_info("wrote", "letters", arena_printf(a, "%lld", written), NULL);
    arena_free(a);
    db_close();
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
