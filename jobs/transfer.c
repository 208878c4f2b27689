/*
 * transfer: does the imports and exports that wait in products.transfers. An import is taken in
 * by chunks, each of which is one transaction that also says how far it is: whoever takes it up
 * after a job was killed goes on there. An export is begun anew. Of neither more than a chunk
 * is in memory.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "db.h"
#include "fields.h"
#include "job.h"
#include "json.h"
#include "log.h"
#include "products/product_sheet.h"
#include "products/transfer_file.h"
#include "settings.h"

enum { CHUNK_PRODUCTS = 100, CHUNK_ROWS = 500 };

static const char CLAIM[] = "SELECT id, kind, format, attempt, done, filters->>'status',"
                            " filters->>'category' FROM products.claim_transfer()";
enum { ID, KIND, FORMAT, ATTEMPT, DONE, STATUS, CATEGORY };

static const char TYPES[] = "SELECT name, type FROM products.attributes";
static const char PROGRESS[] =
    "SELECT products.note_progress($1::uuid, $2::int, $3::int, $4::int)";
static const char CHUNK[] = "SELECT products.import_chunk($1::uuid, $2::int, $3::jsonb,"
                            " $4::jsonb, $5::int, $6::int)";
static const char FINISH[] = "SELECT products.finish_transfer($1::uuid, $2::int, $3, $4)";
static const char FORGET[] = "SELECT products.forget_transfers($1::int)";

#define CHOSEN                                                                                 \
    "($1::text IS NULL OR p.status = $1) AND ($2::text IS NULL OR p.id IN ("                   \
    "SELECT pc.product_id FROM products.product_categories pc"                                 \
    " WHERE pc.category_id IN (SELECT products.categories_within($2))))"
static const char NAMES[] =
    "SELECT DISTINCT p.kind, p.name COLLATE \"C\" AS name"
    "  FROM products.sheet_names p WHERE " CHOSEN " ORDER BY p.kind DESC, name";
static const char COUNT[] = "SELECT count(*) FROM products.products p WHERE " CHOSEN;
/* Bundles come last, so that what they are made of is there before them. */
static const char PAGE[] = "SELECT p.body, p.slug FROM products.sheet_products p WHERE " CHOSEN
                           " AND (p.type = 'bundle') = $3::boolean AND p.slug > $4"
                           " ORDER BY p.slug LIMIT 500";

struct transfer {
    struct arena *arena; /* of all of it */
    const char *id, *attempt, *path;
    struct problem problem;
    bool lost;                 /* canceled, or another job's */
    const char *code, *column; /* what is wrong with the file */
};

static bool holds(struct transfer *t, const struct rows *rows)
{
    t->lost = rows && !db_boolean(rows, 0, 0);
    return rows && !t->lost;
}

/* done or total below 0: as it was. */
static bool note_progress(struct transfer *t, struct arena *a, long long done, long long total)
{
    return holds(t, db_query(a, &t->problem, PROGRESS, t->id, t->attempt,
                             done < 0 ? NULL : arena_printf(a, "%lld", done),
                             total < 0 ? NULL : arena_printf(a, "%lld", total)));
}

/* Import ----------------------------------------------------------------------------------- */

struct import {
    struct transfer *t;
    struct arena *arena; /* of the chunk */
    struct rows *types;  /* of attributes */
    struct product_sheet sheet;
    int from, line; /* the last row that was taken in, and that was read */
    struct product_draft draft;
    struct json_object *items, *faults;
    int products, rows, rejected;
};

static void begin_chunk(struct import *in)
{
    arena_reset(in->arena);
    in->items = json_keep(in->arena, json_object_new_array());
    in->faults = json_keep(in->arena, json_object_new_array());
    in->draft = product_draft_new(in->arena);
    in->products = in->rows = in->rejected = 0;
}

/* Has the database take in what there is, up to the row before the one at hand. */
static bool end_chunk(struct import *in, int done)
{
    struct arena *a = in->arena;
    bool ok = holds(in->t,
                    db_query(a, &in->t->problem, CHUNK, in->t->id, in->t->attempt,
                             field_json(in->items), field_json(in->faults),
                             arena_printf(a, "%d", in->rejected), arena_printf(a, "%d", done)));
    begin_chunk(in);
    return ok;
}

/* Puts the product whose rows have been read to those of the chunk. */
static void end_product(struct import *in)
{
    struct product_draft *d = &in->draft;
    if (!d->line)
        return;
    in->products++;
    if (product_draft_check(d)) {
        struct json_object *item = json_object_new_object();
        json_object_object_add(item, "line", json_object_new_int(d->line));
        json_object_object_add(item, "body", json_object_get(d->body));
        json_object_array_add(in->items, item);
    } else {
        in->rejected++;
        for (size_t i = 0; i < json_object_array_length(d->faults); i++)
            json_object_array_add(in->faults,
                                  json_object_get(json_object_array_get_idx(d->faults, i)));
    }
    in->draft = product_draft_new(in->arena);
}

static bool read_header(struct import *in, const struct sheet_row *row)
{
    struct transfer *t = in->t;
    if (!product_sheet_read(t->arena, row, in->types, &in->sheet, &t->code, &t->column))
        return false;
    t->column = NULL;
    for (int i = 0; i < row->count; i++)
        if (!strcmp(row->cells[i], "slug") || !strcmp(row->cells[i], "sku") ||
            !strcmp(row->cells[i], "name"))
            return true;
    t->code = "key_column_missing";
    return false;
}

static bool take_row(void *context, const struct sheet_row *row)
{
    struct import *in = context;
    if (!in->sheet.count)
        return read_header(in, row);
    if (row->line <= in->from)
        return true;
    if (!product_draft_goes_on(&in->draft, in->sheet, row)) {
        end_product(in);
        if ((in->products >= CHUNK_PRODUCTS || in->rows >= CHUNK_ROWS) &&
            !end_chunk(in, in->line))
            return false;
    }
    product_draft_add(&in->draft, in->sheet, row);
    in->line = row->line;
    in->rows++;
    return true;
}

static bool count_row(void *context, const struct sheet_row *row)
{
    *(int *)context = row->line;
    return true;
}

/* The file is read to its end first: one that is broken there changes nothing. */
static void run_import(struct transfer *t, int from)
{
    int last = 0;
    struct import in = {.t = t, .arena = arena_new(), .from = from, .line = from};
    begin_chunk(&in);
    in.types = db_query(t->arena, &t->problem, TYPES);
    t->code = in.types ? sheet_read(t->path, count_row, &last) : NULL;
    if (in.types && !t->code && note_progress(t, in.arena, -1, last)) {
        const char *fault = sheet_read(t->path, take_row, &in);
        t->code = fault ? fault : t->code;
        if (!t->code && !t->lost && !t->problem.status) {
            end_product(&in);
            end_chunk(&in, last);
        }
    }
    arena_free(in.arena);
}

/* Export ----------------------------------------------------------------------------------- */

struct export
{
    struct transfer *t;
    const char *status, *category;
    struct product_sheet sheet;
    struct sheet_writer *writer;
    long long done;
};

static bool write_product(struct export *out, struct arena *a, const char *json)
{
    struct json_object *body = json_keep(a, json_tokener_parse(json));
    size_t variants = json_object_array_length(field_value(body, "variants"));
    for (size_t i = 0; i < variants; i++)
        if (!sheet_writer_row(out->writer, product_sheet_row(a, out->sheet, body, i),
                              out->sheet.count))
            return false;
    out->done++;
    return true;
}

/* Writes the products of one page; *after is where the next one begins, NULL after the last. */
static bool write_page(struct export *out, struct arena *a, bool bundles, char **after)
{
    struct transfer *t = out->t;
    struct rows *rows = db_query_planned(a, &t->problem, PAGE, out->status, out->category,
                                         db_flag(bundles), *after);
    if (!rows)
        return false;
    int n = db_count(rows);
    for (int i = 0; i < n; i++) {
        if (!write_product(out, a, db_text(rows, i, 0))) {
            t->code = "transfer_failed";
            return false;
        }
    }
    free(*after);
    *after = n ? strdup(db_text(rows, n - 1, 1)) : NULL;
    return note_progress(t, a, out->done, -1);
}

static bool write_all(struct export *out)
{
    struct arena *a = arena_new();
    bool ok = true;
    for (int bundles = 0; bundles < 2 && ok; bundles++) {
        char *after = strdup("");
        while (ok && after) {
            ok = write_page(out, a, bundles, &after);
            arena_reset(a);
        }
        free(after);
    }
    arena_free(a);
    return ok;
}

static void run_export(struct transfer *t, enum sheet_format format, struct export *out)
{
    struct arena *a = t->arena;
    struct rows *names = db_query_planned(a, &t->problem, NAMES, out->status, out->category);
    struct rows *count =
        names ? db_query_planned(a, &t->problem, COUNT, out->status, out->category) : NULL;
    if (!count || !note_progress(t, a, 0, db_integer(count, 0, 0)))
        return;
    out->sheet = product_sheet_of(a, names);
    if (out->sheet.count > SHEET_MAX_COLUMNS) {
        t->code = "too_many_columns";
        return;
    }
    /* Beside the place of the complete file, and not where another attempt writes. */
    const char *beside = arena_printf(a, "%s.%s", t->path, t->attempt);
    out->writer = sheet_writer_open(beside, format, product_sheet_header(a, out->sheet),
                                    out->sheet.count);
    bool written = out->writer && write_all(out);
    if (out->writer && !sheet_writer_close(out->writer))
        written = false;
    if (written && !rename(beside, t->path))
        return;
    unlink(beside);
    if (!t->lost && !t->problem.status && !t->code)
        t->code = "transfer_failed";
}

/* All ---------------------------------------------------------------------------------------*/

/* Does the transfer that waits longest. False where there is none, or no sense in going on. */
static bool do_one(struct arena *a)
{
    struct problem problem = problem_none(a);
    struct rows *rows = db_query(a, &problem, CLAIM);
    if (!rows || db_count(rows) == 0)
        return false;
    struct transfer t = {.arena = a,
                         .id = db_text(rows, 0, ID),
                         .attempt = db_text(rows, 0, ATTEMPT),
                         .problem = problem_none(a)};
    t.path = transfer_file(a, t.id);
    if (!strcmp(db_text(rows, 0, KIND), "import")) {
        run_import(&t, (int)db_integer(rows, 0, DONE));
    } else {
        struct export out = {.t = &t,
                             .status = db_text(rows, 0, STATUS),
                             .category = db_text(rows, 0, CATEGORY)};
        bool csv = !strcmp(db_text(rows, 0, FORMAT), "csv");
        run_export(&t, csv ? SHEET_CSV : SHEET_XLSX, &out);
    }
    if (!t.lost && !t.problem.status)
        db_query(a, &t.problem, FINISH, t.id, t.attempt, t.code, t.column);
    if (t.problem.status)
        log_error("transfer interrupted", "transfer", t.id, "code", t.problem.code, NULL);
    else
        log_info("transfer ended", "transfer", t.id, "code", t.lost ? "canceled" : t.code,
                 NULL);
    return !t.problem.status;
}

static bool forget(struct arena *a)
{
    struct problem problem = problem_none(a);
    long long days = settings()->transfer_days;
    transfer_files_forget(days);
    return db_query(a, &problem, FORGET, arena_printf(a, "%lld", days)) != NULL;
}

int main(void)
{
    if (job_begin("transfer", "products"))
        return EXIT_FAILURE;
    struct arena *a = arena_new();
    while (do_one(a))
        arena_reset(a);
    arena_reset(a);
    bool ok = forget(a);
    arena_free(a);
    db_close();
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
