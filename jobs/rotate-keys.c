/*
 * rotate-keys: seals everything with the newest data key (lib/seal.h), while programs serve:
 * what was sealed with an older one, and what is still in clear. The operator's own, not for a
 * timer.
 *
 *     rotate-keys [--new-key] [--drop-old]
 *
 * --new-key lays the next key first. Rows are read in batches by their ids, and a value takes
 * the place of the one it was made from only where that is still there: whoever changes the row
 * meanwhile wins, and seals with the newest key himself. A run that is killed is gone on with
 * by the next. In the end it names the keys that nothing needs any more; --drop-old removes
 * those of them that were replaced a day ago or longer. Fails when something does not open, or
 * remains.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "db.h"
#include "job.h"
#include "log.h"
#include "seal.h"

/* A program knows a new key after two seconds, and a request that had begun is soon over. */
enum { BATCH = 250, SETTLED_SECONDS = 10, MAX_PASSES = 5, SECONDS_PER_DAY = 86400 };

struct service {
    const char *name, *columns, *batch, *reseal;
};

#define SERVICE(NAME)                                                                          \
    {                                                                                          \
        NAME, "SELECT place, sealed_as FROM " NAME ".sealed_columns()",                        \
            "SELECT id, value, plain"                                                          \
            "  FROM " NAME ".sealed_batch($1, $2::int, $3::uuid, $4::int)",                    \
            "SELECT " NAME ".reseal($1, $2::jsonb)"                                            \
    }

static const struct service SERVICES[] = {SERVICE("registry"), SERVICE("sales")};
enum { SERVICE_COUNT = sizeof SERVICES / sizeof *SERVICES };

static const char ANSWERS[] = "SELECT sales.keys_of_answers()";

/* One pass over everything. */
struct pass {
    struct problem problem;
    int key;              /* that seals */
    long long done, lost; /* values: sealed anew; that do not open */
};

/* A value sealed anew, as a member of what SERVICE.reseal() takes. False: it does not open. */
static bool write_row(struct buf *b, struct arena *a, const char *sealed_as,
                      const struct rows *rows, int i)
{
    const char *id = db_text(rows, i, 0), *old = db_text(rows, i, 1);
    const char *json = old ? unseal_json(a, sealed_as, id, old) : db_text(rows, i, 2);
    if (!json)
        return false;
    buf_printf(b, "%s{\"id\":\"%s\",\"old\":", b->len > 1 ? "," : "", id);
    buf_json(b, old);
    buf_raw(b, ",\"new\":");
    buf_json(b, seal_json(a, sealed_as, id, json));
    buf_raw(b, "}");
    return true;
}

/* Seals what is stale in a batch; false after a failure. */
static bool reseal(struct pass *p, struct arena *a, const struct service *s, const char *place,
                   const char *sealed_as, const struct rows *rows)
{
    struct buf b = buf_new(a);
    buf_raw(&b, "[");
    for (int i = 0; i < db_count(rows); i++)
        if ((db_text(rows, i, 1) || db_text(rows, i, 2)) &&
            !write_row(&b, a, sealed_as, rows, i))
            p->lost++;
    if (b.len == 1)
        return true;
    buf_raw(&b, "]");
    struct rows *done = db_query(a, &p->problem, s->reseal, place, b.data);
    p->done += done ? db_integer(done, 0, 0) : 0;
    return done;
}

static void pass_column(struct pass *p, const struct service *s, const char *place,
                        const char *sealed_as)
{
    struct arena *a = arena_new();
    long long done = p->done, lost = p->lost;
    char after[] = "00000000-0000-0000-0000-000000000000";
    int count;
    do {
        arena_reset(a);
        struct rows *rows =
            db_query(a, &p->problem, s->batch, place, arena_printf(a, "%d", p->key), after,
                     arena_printf(a, "%d", BATCH));
        count = rows ? db_count(rows) : 0;
        if (count && reseal(p, a, s, place, sealed_as, rows))
            memcpy(after, db_text(rows, count - 1, 0), sizeof after - 1);
    } while (count == BATCH && !p->problem.status);
    if (p->done > done || p->lost > lost)
        printf("%s.%s: %lld sealed with key %d, %lld do not open\n", s->name, place,
               p->done - done, p->key, p->lost - lost);
    fflush(stdout);
    arena_free(a);
}

static bool pass_service(struct pass *p, const struct service *s)
{
    struct arena *a = arena_new();
    db_close();
    db_service(s->name);
    struct rows *columns = db_query(a, &p->problem, s->columns);
    for (int i = 0; columns && i < db_count(columns) && !p->problem.status; i++)
        pass_column(p, s, db_text(columns, i, 0), db_text(columns, i, 1));
    arena_free(a);
    return !p->problem.status;
}

/* Seconds until all programs seal with the newest key; 0 where there never was another. */
static unsigned seconds_to_settle(void)
{
    struct seal_key keys[SEAL_MAX_KEYS];
    int count = seal_keys(keys);
    time_t left = count > 1 ? keys[count - 1].since + SETTLED_SECONDS - time(NULL) : 0;
    return left > 0 && left <= SETTLED_SECONDS ? (unsigned)left : 0;
}

/* Passes until one that began with all programs knowing the key finds nothing to do. */
static bool rotate(struct arena *a, struct pass *p)
{
    struct seal_key keys[SEAL_MAX_KEYS];
    for (int n = 0; n < MAX_PASSES; n++) {
        bool settled = !seconds_to_settle();
        *p = (struct pass){.problem = problem_none(a), .key = keys[seal_keys(keys) - 1].number};
        for (size_t i = 0; i < SERVICE_COUNT; i++)
            if (!pass_service(p, &SERVICES[i]))
                return false;
        if (settled && !p->done)
            return true;
        sleep(seconds_to_settle());
    }
    problem_set(&p->problem, 409, "busy");
    return false;
}

static bool in_answers(const struct rows *answers, int number)
{
    for (int i = 0; i < db_count(answers); i++)
        if (db_integer(answers, i, 0) == number)
            return true;
    return false;
}

/* Names the old keys that nothing needs, or removes them. */
static bool retire(struct arena *a, struct pass *p, bool drop)
{
    struct seal_key keys[SEAL_MAX_KEYS];
    int count = seal_keys(keys);
    db_close();
    db_service("sales");
    struct rows *answers = db_query(a, &p->problem, ANSWERS);
    for (int i = 0; answers && i < count - 1; i++) {
        bool old = time(NULL) - keys[i + 1].since >= SECONDS_PER_DAY;
        if (in_answers(answers, keys[i].number)) {
            printf("key %d: answers are kept with it for up to a day\n", keys[i].number);
        } else if (!drop || !old) {
            printf("key %d: no row needs it\n", keys[i].number);
        } else {
            seal_drop_key(keys[i].number);
            printf("key %d: removed\n", keys[i].number);
        }
    }
    return answers;
}

static int run(bool new_key, bool drop)
{
    struct arena *a = arena_new();
    struct pass last;
    if (new_key && !seal_new_key()) {
        arena_free(a);
        return EXIT_FAILURE;
    }
    bool ok = rotate(a, &last);
    if (!ok)
        log_error("not everything is sealed with the newest key", "code", last.problem.code,
                  NULL);
    else if (last.lost)
        printf("%lld values do not open: no key is taken for needless\n", last.lost);
    else
        ok = retire(a, &last, drop);
    arena_free(a);
    db_close();
    return ok && !last.lost ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    bool new_key = false, drop = false;
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--new-key")) {
            new_key = true;
        } else if (!strcmp(argv[i], "--drop-old")) {
            drop = true;
        } else {
            fprintf(stderr, "usage: %s [--new-key] [--drop-old]\n", argv[0]);
            return EXIT_FAILURE;
        }
    }
    return job_begin("rotate-keys", NULL) ? EXIT_FAILURE : run(new_key, drop);
}
