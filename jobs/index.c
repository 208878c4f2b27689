/*
 * index: feeds the search engine, where there is one (VENDAS_SEARCH_URL): makes its index,
 * tells it of all products and then of each that has changed. docs/search.md says how it is set
 * up.
 *
 * What is to be sent waits in products.unindexed until the engine has acknowledged that very
 * change: a run that is killed or finds the engine away loses nothing, and the next one goes
 * on. Each document has the number of its change as its version, so that of two that arrive in
 * the wrong order the newer stays. What the engine refuses is sent again later, and told of in
 * the log.
 *
 * `index --all` makes the index anew: after a backup of the database was restored, or when
 * somebody else has changed the index.
 */
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "buf.h"
#include "db.h"
#include "fields.h"
#include "job.h"
#include "log.h"
#include "products/engine.h"
#include "settings.h"

enum { TIMEOUT_MS = 30000 };

static const char END[] = "SELECT products.end_index()";
static const char STATE[] = "SELECT definition, definition#>>'{mappings,_meta,vendas}',"
                            "       (SELECT state FROM products.search_index WHERE url = $1)"
                            "  FROM products.index_definition() AS definition";
enum { STATE_DEFINITION, STATE_VERSION, STATE_STATE };
static const char BEGIN[] = "SELECT products.begin_index($1)";
static const char MADE[] = "SELECT products.index_made()";
static const char FILL[] = "SELECT products.fill_index(20000)";
static const char BATCH[] =
    "SELECT id, change, action, document FROM products.index_batch(500)";
enum { BATCH_ID, BATCH_CHANGE, BATCH_ACTION, BATCH_DOCUMENT };
static const char INDEXED[] = "SELECT products.indexed($1::jsonb)";
static const char FILLED[] = "SELECT products.index_filled()";

struct run {
    struct arena *arena;
    struct problem problem;
    long long sent, refused;
};

static bool fail(struct run *run, const char *what, long status)
{
    log_error(what, "status", arena_printf(run->arena, "%ld", status), NULL);
    return false;
}

static long ask(struct run *run, const char *method, const char *path, const char *body,
                struct json_object **answer)
{
    return engine_ask(run->arena, method, path, body, TIMEOUT_MS, answer);
}

/* The index ------------------------------------------------------------------------------- */

/* Which definition an index has: "" where there is none. NULL where it is not known, or is not
 * one of ours, which is left as it is. */
static const char *version_there(struct run *run)
{
    struct json_object *answer, *mappings = NULL;
    long status = ask(run, "GET", "/_mapping", NULL, &answer);
    if (status == 404)
        return "";
    if (status == 200 && json_object_is_type(answer, json_type_object)) {
        json_object_object_foreach(answer, name, index)
        {
            (void)name;
            mappings = field_value(index, "mappings");
        }
        const char *version = field_text(field_value(mappings, "_meta"), "vendas");
        if (!version)
            log_error("VENDAS_SEARCH_URL is an index of something else", NULL);
        return version;
    }
    if (status)
        fail(run, "the search engine does not tell of its index", status);
    return NULL;
}

static bool make(struct run *run, bool is_there, const char *definition)
{
    struct json_object *answer;
    long status = is_there ? ask(run, "DELETE", "", NULL, &answer) : 200;
    if (status != 200 && status != 404)
        return fail(run, "the search engine did not delete its index", status);
    status = ask(run, "PUT", "", definition, &answer);
    if (status != 200)
        return fail(run, "the search engine did not make its index", status);
    return db_query(run->arena, &run->problem, MADE) != NULL;
}

/* Sees to it that there is an index as it should be. Searches do not ask one that is to be made
 * anew: so that is written down first. */
static bool prepare(struct run *run, bool anew)
{
    const char *url = settings()->search_url, *there = version_there(run);
    struct rows *rows = there ? db_query(run->arena, &run->problem, STATE, url) : NULL;
    if (!rows)
        return false;
    const char *state = db_text(rows, 0, STATE_STATE);
    if (anew || !state || strcmp(there, db_text(rows, 0, STATE_VERSION))) {
        if (!db_query(run->arena, &run->problem, BEGIN, url))
            return false;
        state = "absent";
    }
    return strcmp(state, "absent") || make(run, *there, db_text(rows, 0, STATE_DEFINITION));
}

/* Products -------------------------------------------------------------------------------- */

enum verdict { DONE, REFUSED, LATER };

/* What the engine says of one action. 409: it has this change or a newer one already; 404: what
 * is to be deleted is not there. */
static enum verdict judge(struct run *run, const char *id, struct json_object *item)
{
    struct json_object *said = field_value(item, "delete");
    bool deleted = said;
    if (!said)
        said = field_value(item, "index");
    const char *told = field_text(said, "_id");
    long long status = field_integer(said, "status");
    if (!told || strcmp(told, id) || status == 429 || status >= 500 || status < 200)
        return LATER;
    if (status < 300 || status == 409 || (status == 404 && deleted))
        return DONE;
    struct json_object *error = field_value(said, "error");
    log_error("the search engine refuses a product", "product", id, "type",
              field_text(error, "type"), "reason", field_text(error, "reason"), NULL);
    run->refused++;
    return REFUSED;
}

/* Takes note of an answer; false where not all of it can be: the engine is busy, or away. */
static bool take(struct run *run, const struct rows *batch, struct json_object *items)
{
    struct buf answers = buf_new(run->arena);
    int count = db_count(batch), left = 0;
    for (int i = 0; i < count; i++) {
        enum verdict verdict = judge(run, db_text(batch, i, BATCH_ID),
                                     json_object_array_get_idx(items, (size_t)i));
        left += verdict == LATER;
        if (verdict == LATER)
            continue;
        buf_printf(&answers, "%s{\"id\":\"%s\",\"change\":%s,\"refused\":%s}",
                   answers.len ? "," : "[", db_text(batch, i, BATCH_ID),
                   db_text(batch, i, BATCH_CHANGE), db_flag(verdict == REFUSED));
        run->sent += verdict == DONE;
    }
    if (answers.len) {
        buf_raw(&answers, "]");
        if (!db_query(run->arena, &run->problem, INDEXED, answers.data))
            return false;
    }
    return left ? fail(run, "the search engine did not take all products", 0) : true;
}

/* Sends what has waited longest; false when there is nothing, or no sense in going on. */
static bool send_batch(struct run *run, bool *ok)
{
    struct rows *batch = db_query(run->arena, &run->problem, BATCH);
    if (batch && !db_count(batch))
        return false;
    struct buf lines = buf_new(run->arena);
    struct json_object *answer, *items;
    *ok = batch;
    for (int i = 0; batch && i < db_count(batch); i++) {
        buf_printf(&lines, "%s\n", db_text(batch, i, BATCH_ACTION));
        if (db_text(batch, i, BATCH_DOCUMENT))
            buf_printf(&lines, "%s\n", db_text(batch, i, BATCH_DOCUMENT));
    }
    if (*ok) {
        long status = ask(run, "POST", "/_bulk", lines.data, &answer);
        items = field_value(answer, "items");
        bool whole = status == 200 && json_object_is_type(items, json_type_array) &&
                     json_object_array_length(items) == (size_t)db_count(batch);
        *ok = whole ? take(run, batch, items)
                    : fail(run, "the search engine took no products", status);
    }
    return *ok;
}

/* Notes down what a new index is to have, if there is one. */
static bool fill(struct run *run)
{
    struct rows *rows;
    do
        rows = db_query(run->arena, &run->problem, FILL);
    while (rows && db_integer(rows, 0, 0));
    return rows;
}

static bool feed(struct run *run)
{
    bool ok = fill(run);
    while (ok && send_batch(run, &ok))
        arena_reset(run->arena);
    struct rows *filled = ok ? db_query(run->arena, &run->problem, FILLED) : NULL;
    if (filled && db_count(filled))
        log_info("the search engine has all products and answers searches from now on", NULL);
    return filled;
}

int main(int argc, char **argv)
{
    if (job_begin("index", "products"))
        return EXIT_FAILURE;
    struct arena *a = arena_new();
    struct run run = {.arena = a, .problem = problem_none(a)};
    bool anew = argc == 2 && !strcmp(argv[1], "--all"), ok;
    if (engine_set())
        ok = prepare(&run, anew) && feed(&run);
    else
        ok = db_query(a, &run.problem, END);
    if (run.problem.status)
        log_error("products could not be read", "code", run.problem.code, NULL);
    if (run.sent || run.refused)
        log_info("told the search engine", "products", arena_printf(a, "%lld", run.sent),
                 "refused", arena_printf(a, "%lld", run.refused), NULL);
    arena_free(a);
    db_close();
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
