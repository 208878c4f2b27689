/*
 * images: makes of each picture that was uploaded what shops show of it
 * (lib/products/rendition) and puts that into the store; then takes out what no product has had
 * for VENDAS_IMAGE_KEEP_DAYS.
 *
 * A picture is decoded by this program started anew, confined (lib/confine): one that makes the
 * decoder crash, compute or allocate without end is refused with the reason, and the next one
 * has its turn. Where the store or the database is away, the run ends with one picture put off;
 * what waits is taken up by a later run, and a picture whose job was killed by another job when
 * its time is over. Doing it twice does no harm: the same comes out, and goes to the same
 * place.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "buf.h"
#include "confine.h"
#include "db.h"
#include "job.h"
#include "log.h"
#include "picture.h"
#include "products/rendition.h"
#include "settings.h"
#include "store.h"

/* What 50 million pixels need, and then some: 200 MB when decoded, twice that while they are
 * turned or, in WebP, taken over from the decoder. */
static const struct confine_limits LIMITS = {
    .memory = 1024UL << 20, .cpu_seconds = 30, .seconds = 60, .output = 64UL << 20};

/* A picture is another job's when this one has had more time than all of it may take. */
enum { CLAIM_SECONDS = 600 };

static const char CLAIM[] = "SELECT sha256, attempt FROM products.claim_picture($1::int)";
static const char ANNOUNCE[] =
    "SELECT products.announce_renditions($1, $2::int, $3::int, $4::int, $5::int[])";
static const char FINISH[] = "SELECT products.finish_picture($1, $2::int)";
static const char REFUSE[] = "SELECT products.refuse_picture($1, $2::int, $3)";
static const char RETRY[] = "SELECT products.retry_picture($1, $2::int)";
static const char CLAIM_ORPHAN[] =
    "SELECT sha256, array_to_string(widths, ' ') FROM products.claim_orphan($1::int, $2::int)";
static const char FORGET[] = "SELECT products.forget_picture($1)";

/* The confined part ------------------------------------------------------------------------ */

static const char RENDER[] = "--render";

/* What it answers: a header and n bytes for each rendition, or one whose ending is FAULT and
 * whose bytes are a code. */
struct frame {
    char ending[8];
    int width, height;
    size_t n;
};
static const char FAULT[] = "fault";

static bool write_frame(void *file, const char *ending, int width, int height, const void *p,
                        size_t n)
{
    struct frame frame = {.width = width, .height = height, .n = n};
    strncpy(frame.ending, ending, sizeof frame.ending - 1);
    return fwrite(&frame, sizeof frame, 1, file) == 1 && fwrite(p, 1, n, file) == n;
}

static int render(void)
{
    struct arena *a = arena_new();
    struct buf file = buf_new(a);
    struct picture picture;
    char part[65536];
    for (ssize_t n; (n = read(STDIN_FILENO, part, sizeof part)) > 0;)
        buf_bytes(&file, part, (size_t)n);
    const char *fault = picture_read(file.data, file.len, &picture);
    if (!fault)
        fault = rendition_make(file.data, file.len, picture.kind, write_frame, stdout);
    bool told = !fault || write_frame(stdout, FAULT, 0, 0, fault, strlen(fault));
    arena_free(a);
    return told && !fflush(stdout) ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* Its answer ------------------------------------------------------------------------------- */

struct rendition {
    const char *ending, *type;
    int width, height;
    const char *p;
    size_t n;
};
enum { ENDINGS = 2, MAX_RENDITIONS = (RENDITION_WIDTH_COUNT + 1) * ENDINGS };
static const char *const ENDING[ENDINGS] = {"webp", "jpg"};
static const char *const TYPE[ENDINGS] = {"image/webp", "image/jpeg"};

struct renditions {
    int count;
    struct rendition list[MAX_RENDITIONS];
};

/* The code of a refusal among those that there are. */
static const char *known_fault(const char *p, size_t n)
{
    static const char *const FAULTS[] = {"picture_too_large", "picture_empty", "picture_broken",
                                         "picture_kind", NULL};
    for (const char *const *f = FAULTS; *f; f++)
        if (strlen(*f) == n && !memcmp(*f, p, n))
            return *f;
    return "picture_undecodable";
}

/* Takes a frame in; false for what is none. Whatever a picture made of the process that wrote
 * it, no more comes of it than bytes under a name of ours. */
static bool take_frame(struct renditions *made, const struct frame *frame, const char *p)
{
    for (int i = 0; i < ENDINGS; i++) {
        if (strcmp(frame->ending, ENDING[i]) || made->count == MAX_RENDITIONS ||
            frame->width < 1 || frame->width > RENDITION_WIDTHS[0] || frame->height < 1)
            continue;
        made->list[made->count++] =
            (struct rendition){ENDING[i], TYPE[i], frame->width, frame->height, p, frame->n};
        return true;
    }
    return false;
}

/* NULL with the renditions; or why there are none. */
static const char *read_frames(const char *p, size_t n, struct renditions *made)
{
    struct frame frame;
    while (n >= sizeof frame) {
        memcpy(&frame, p, sizeof frame);
        frame.ending[sizeof frame.ending - 1] = '\0';
        p += sizeof frame;
        n -= sizeof frame;
        if (frame.n > n)
            break;
        if (!strcmp(frame.ending, FAULT))
            return known_fault(p, frame.n);
        if (!take_frame(made, &frame, p))
            break;
        p += frame.n;
        n -= frame.n;
    }
    return n || !made->count ? "picture_undecodable" : NULL;
}

/* The job ---------------------------------------------------------------------------------- */

struct run {
    long long made, refused, deleted;
    bool failed; /* the store is away, or the database, or the system has no room */
};

/* A picture that this job has claimed. */
struct claim {
    struct arena *arena;
    struct problem *problem;
    const char *sha256, *attempt;
};

static const char *key_of(struct arena *a, const char *sha256, int width, const char *ending)
{
    return arena_printf(a, "images/%s/%d.%s", sha256, width, ending);
}

/* Whether all are in the store. */
static bool put_all(struct claim *c, const struct renditions *made)
{
    for (int i = 0; i < made->count; i++) {
        const struct rendition *r = &made->list[i];
        if (store_put(c->arena, key_of(c->arena, c->sha256, r->width, r->ending), r->type, r->p,
                      r->n) != STORE_DONE)
            return false;
    }
    return true;
}

/* Whether the database knows of these from now on: before they are in the store, so that none
 * is there that nobody knows of. */
static bool announce(struct claim *c, const struct renditions *made)
{
    struct buf widths = buf_new(c->arena);
    for (int i = 0; i < made->count; i++)
        if (!strcmp(made->list[i].ending, ENDING[0]))
            buf_printf(&widths, "%s%d", widths.len ? "," : "{", made->list[i].width);
    buf_raw(&widths, "}");
    struct rows *ours =
        db_query(c->arena, c->problem, ANNOUNCE, c->sha256, c->attempt,
                 arena_printf(c->arena, "%d", made->list[0].width),
                 arena_printf(c->arena, "%d", made->list[0].height), widths.data);
    return ours && db_boolean(ours, 0, 0);
}

static void refuse(struct claim *c, struct run *run, const char *reason)
{
    log_error("picture refused", "picture", c->sha256, "reason", reason, NULL);
    run->failed = !db_query(c->arena, c->problem, REFUSE, c->sha256, c->attempt, reason);
    run->refused++;
}

static void put_off(struct claim *c, struct run *run)
{
    db_query(c->arena, c->problem, RETRY, c->sha256, c->attempt);
    run->failed = true;
}

/* Renders what is there of a picture and keeps it. */
static void work(struct claim *c, struct run *run)
{
    struct renditions made = {0};
    const char *original, *answer, *fault = NULL;
    size_t n, length;
    const char *key = arena_printf(c->arena, "originals/%s", c->sha256);
    enum store_result got =
        store_get(c->arena, key, (size_t)settings()->max_image_bytes, &original, &n);
    if (got == STORE_ABSENT) {
        refuse(c, run, "picture_lost");
        return;
    }
    enum confine_end end =
        got == STORE_DONE ? confine(c->arena, RENDER, &LIMITS, original, n, &answer, &length)
                          : CONFINE_NOT_NOW;
    if (end == CONFINE_DONE)
        fault = read_frames(answer, length, &made);
    else if (end != CONFINE_NOT_NOW)
        fault = end == CONFINE_TOO_LONG ? "picture_too_slow" : "picture_undecodable";
    if (fault) {
        refuse(c, run, fault);
    } else if (end == CONFINE_NOT_NOW || !announce(c, &made) || !put_all(c, &made)) {
        put_off(c, run);
    } else {
        run->failed = !db_query(c->arena, c->problem, FINISH, c->sha256, c->attempt);
        run->made++;
    }
}

/* The picture that has waited longest. False when none is due, or when there is no sense in
 * going on. */
static bool make_one(struct arena *a, struct run *run)
{
    struct problem problem = problem_none(a);
    struct rows *rows = db_query(a, &problem, CLAIM, arena_printf(a, "%d", CLAIM_SECONDS));
    if (rows && db_count(rows) == 0)
        return false;
    if (rows)
        work(&(struct claim){a, &problem, db_text(rows, 0, 0), db_text(rows, 0, 1)}, run);
    else
        run->failed = true;
    return !run->failed;
}

/* Deletes a picture and its renditions: those that the database knows of. */
static bool delete_all(struct arena *a, const char *sha256, const char *widths)
{
    bool ok = true;
    for (char *end; ok && *widths; widths = end + strspn(end, " ")) {
        int width = (int)strtol(widths, &end, 10);
        for (int i = 0; i < ENDINGS; i++)
            ok = ok && store_delete(a, key_of(a, sha256, width, ENDING[i])) == STORE_DONE;
    }
    return ok && store_delete(a, arena_printf(a, "originals/%s", sha256)) == STORE_DONE;
}

static bool collect_one(struct arena *a, struct run *run)
{
    struct problem problem = problem_none(a);
    struct rows *rows =
        db_query(a, &problem, CLAIM_ORPHAN, arena_printf(a, "%d", CLAIM_SECONDS),
                 arena_printf(a, "%lld", settings()->image_keep_days));
    if (rows && db_count(rows) == 0)
        return false;
    run->failed = !rows || !delete_all(a, db_text(rows, 0, 0), db_text(rows, 0, 1)) ||
                  !db_query(a, &problem, FORGET, db_text(rows, 0, 0));
    run->deleted += !run->failed;
    return !run->failed;
}

int main(int argc, char **argv)
{
    if (argc == 2 && !strcmp(argv[1], RENDER))
        return render();
    if (job_begin("images", "products"))
        return EXIT_FAILURE;
    struct run run = {0};
    struct arena *a = arena_new();
    while (make_one(a, &run))
        arena_reset(a);
    while (!run.failed && collect_one(a, &run))
        arena_reset(a);
    if (run.made || run.refused || run.deleted)
        log_info("images", "made", arena_printf(a, "%lld", run.made), "refused",
                 arena_printf(a, "%lld", run.refused), "deleted",
                 arena_printf(a, "%lld", run.deleted), NULL);
    arena_free(a);
    db_close();
    return run.failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
