/*
 * Ingestion: takes in collected products, each exactly once. Service Products, tables
 * products.ingested, products.products and products.proposals. The body is a JSON array or
 * NDJSON (one item a line), read item by item; what passes goes to the database chunk by chunk,
 * and of a chunk nothing stays but what became of its items. So a worker takes no more memory
 * for ten thousand items than for a chunk, apart from the answer.
 */
#include <string.h>

#include "buf.h"
#include "db.h"
#include "items.h"
#include "json.h"
#include "settings.h"

static const char INGEST[] =
    "SELECT status, product_id, faults FROM products.ingest($1::jsonb)";

/* A chunk is full with so many items or bytes, whichever comes first. Of an item at fault so
 * many reasons are told, so that the answer stays in proportion to the body. */
enum { MAX_ITEMS = 10000, CHUNK_ITEMS = 500, CHUNK_BYTES = 1 << 20, MAX_REASONS = 20 };

static const struct field IMAGE[] = {{"", FIELD_URL, 0, 0, 0, NULL, NULL}};

static const struct field ITEM[] = {
    {"source", FIELD_TEXT, FIELD_REQUIRED, 1, 100, NULL, NULL},
    {"source_id", FIELD_TEXT, FIELD_REQUIRED, 1, 500, NULL, NULL},
    {"url", FIELD_URL, FIELD_NULLABLE, 0, 0, NULL, NULL},
    {"name", FIELD_TEXT, FIELD_REQUIRED, 1, 200, NULL, NULL},
    {"price", FIELD_INTEGER, FIELD_REQUIRED, 1, 100000000000, NULL, NULL},
    {"currency", FIELD_CURRENCY, FIELD_REQUIRED, 0, 0, NULL, NULL},
    {"description", FIELD_LONG_TEXT, FIELD_NULLABLE, 0, 10000, NULL, NULL},
    {"brand", FIELD_TEXT, FIELD_NULLABLE, 1, 120, NULL, NULL},
    {"gtin", FIELD_GTIN, FIELD_NULLABLE, 0, 0, NULL, NULL},
    {"sku", FIELD_TEXT, FIELD_NULLABLE, 1, 100, NULL, NULL},
    {"availability", FIELD_CHOICE, FIELD_NULLABLE, 0, 0,
     "in_stock out_of_stock preorder backorder discontinued limited online_only in_store_only",
     NULL},
    {"images", FIELD_LIST, FIELD_NULLABLE, 0, 50, NULL, IMAGE},
    {"category", FIELD_TEXT, FIELD_NULLABLE, 0, 500, NULL, NULL},
    {"attributes", FIELD_ANY_OBJECT, FIELD_NULLABLE, 0, 100, NULL, NULL},
    {"seller", FIELD_TEXT, FIELD_NULLABLE, 0, 200, NULL, NULL},
    {0},
};

struct batch {
    struct request *req;
    struct arena *arena; /* of the chunk */
    struct buf items;    /* those of the chunk that passed, a JSON array without its end */
    struct problem faults[CHUNK_ITEMS]; /* what is wrong with each of the chunk, if anything */
    size_t in_chunk, told;              /* items of the chunk, and those with a result */
    struct buf results;
    int counts[6];
};

static const char *const STATUSES[] = {"created",   "updated",  "unchanged",
                                       "duplicate", "proposed", "rejected"};

/* A null member says as little as an absent one. */
static void drop_nulls(struct json_object *item)
{
    for (const struct field *f = ITEM; f->name; f++)
        if (field_present(item, f->name) && !field_value(item, f->name))
            json_object_object_del(item, f->name);
}

static void begin_chunk(struct batch *b)
{
    arena_reset(b->arena);
    b->items = buf_new(b->arena);
    b->in_chunk = 0;
}

static void add_item(struct batch *b, const char *text, size_t n)
{
    struct problem *p = &b->faults[b->in_chunk++];
    struct json_object *item;
    *p = problem_none(b->arena);
    if (!json_read(b->arena, text, n, &item)) {
        problem_field(p, "", "not_json", NULL);
    } else if (!json_object_is_type(item, json_type_object)) {
        problem_field(p, "", "not_object", NULL);
    } else if (fields_check(p, ITEM, item, false)) {
        drop_nulls(item);
        buf_raw(&b->items, b->items.len ? "," : "[");
        buf_raw(&b->items, field_json(item));
    }
}

/* Attributes that are not what the shop has defined them to be: [{"name", "code", "expected"}].
 */
static void add_faults(struct problem *p, const char *json)
{
    struct json_object *faults = json_keep(p->arena, json_tokener_parse(json));
    for (size_t i = 0; i < json_object_array_length(faults); i++) {
        struct json_object *fault = json_object_array_get_idx(faults, i);
        const char *name = field_text(fault, "name"), *code = field_text(fault, "code");
        problem_field(p, arena_printf(p->arena, "/attributes/%s", name), code,
                      field_text(fault, "expected"));
    }
}

static void write_errors(struct batch *b, struct problem *p)
{
    struct field_error *last = p->errors;
    for (int told = 1; last && told < MAX_REASONS; told++)
        last = last->next;
    if (last)
        last->next = NULL;
    struct buf errors = buf_new(b->arena);
    problem_write_errors(&errors, p, b->req->lang);
    buf_raw(&b->results, buf_text(&errors));
}

static void write_result(struct batch *b, const char *status, const char *product,
                         struct problem *p)
{
    int i = 0;
    while (strcmp(STATUSES[i], status))
        i++;
    b->counts[i]++;
    buf_raw(&b->results,
            arena_printf(b->arena, "%s{\"index\":%zu,\"status\":\"%s\",\"product_id\":",
                         b->told ? "," : "{\"results\":[", b->told, status));
    b->told++;
    buf_json(&b->results, product);
    buf_raw(&b->results, ",\"errors\":");
    write_errors(b, p);
    buf_raw(&b->results, "}");
}

/* Has the chunk taken in and tells what became of each item, in the order in which they came.
 * False with the request's problem filled. */
static bool end_chunk(struct batch *b)
{
    struct rows *rows = NULL;
    if (b->items.len) {
        buf_raw(&b->items, "]");
        rows = db_query(b->arena, &b->req->problem, INGEST, buf_text(&b->items));
        if (!rows)
            return false;
    }
    for (size_t i = 0, row = 0; i < b->in_chunk; i++) {
        struct problem *p = &b->faults[i];
        if (p->status) {
            write_result(b, "rejected", NULL, p);
            continue;
        }
        if (db_text(rows, (int)row, 2))
            add_faults(p, db_text(rows, (int)row, 2));
        write_result(b, db_text(rows, (int)row, 0), db_text(rows, (int)row, 1), p);
        row++;
    }
    begin_chunk(b);
    return true;
}

/* Takes in all items of the body; false with the request's problem filled. */
static bool take_in(struct batch *b, struct items *items)
{
    struct request *req = b->req;
    const char *text;
    size_t n;
    begin_chunk(b);
    while (items_next(items, &text, &n)) {
        if (b->told + b->in_chunk == MAX_ITEMS)
            problem_field(&req->problem, "", "too_many",
                          arena_printf(req->arena, "%d", MAX_ITEMS));
        else
            add_item(b, text, n);
        if (req->problem.status ||
            ((b->in_chunk == CHUNK_ITEMS || b->items.len >= CHUNK_BYTES) && !end_chunk(b)))
            return false;
    }
    if (!req->problem.status && b->told + b->in_chunk == 0)
        problem_field(&req->problem, "", "too_few", "1");
    return !req->problem.status && end_chunk(b);
}

static void free_arena(void *arena)
{
    arena_free(arena);
}

static void ingest(struct request *req)
{
    struct items *items = items_open(req, settings()->ingest_max_bytes);
    if (!items)
        return;
    struct batch *b = arena_alloc(req->arena, sizeof *b);
    b->req = req;
    b->arena = arena_new();
    arena_defer(req->arena, free_arena, b->arena);
    b->results = buf_new(req->arena);
    if (!take_in(b, items))
        return;
    buf_raw(&b->results, "],\"counts\":{");
    for (size_t i = 0; i < sizeof STATUSES / sizeof *STATUSES; i++)
        buf_printf(&b->results, "%s\"%s\":%d", i ? "," : "", STATUSES[i], b->counts[i]);
    buf_raw(&b->results, "}}");
    respond_json(req, 200, buf_text(&b->results));
}

static const struct route ROUTES[] = {
    {"POST", "/v1/ingest", "products:ingest", ingest},
    {0},
};

int main(int argc, char **argv)
{
    return serve("products", ROUTES, argc, argv);
}
