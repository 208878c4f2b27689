/*
 * Ingestion: takes in collected products, each exactly once. Service Products, tables
 * products.ingested and products.products. The body is a JSON array or NDJSON (one item a
 * line).
 */
#include <string.h>

#include "buf.h"
#include "db.h"
#include "json.h"
#include "request.h"

static const char INGEST[] = "SELECT products.ingest($1::jsonb)";

enum { MAX_ITEMS = 500 };

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

/* NDJSON: an item a line; empty lines are passed over. A line that is no JSON becomes null, and
 * so is rejected by itself without its neighbours. */
static struct json_object *read_lines(struct request *req, const char *text, size_t n)
{
    struct json_object *items = json_keep(req->arena, json_object_new_array());
    for (const char *line = text, *end = text + n; line < end;) {
        const char *newline = memchr(line, '\n', (size_t)(end - line));
        size_t length = (size_t)((newline ? newline : end) - line);
        if (length && line[length - 1] == '\r')
            length--;
        if (strspn(line, " \t") < length) {
            struct request probe = *req;
            struct json_object *item =
                req_json(&probe, arena_memdup(req->arena, line, length), length);
            json_object_array_add(items, probe.problem.status ? NULL : json_object_get(item));
        }
        line = newline ? newline + 1 : end;
    }
    return items;
}

static struct json_object *read_items(struct request *req)
{
    size_t n;
    const char *text = req_bytes(req, &n);
    struct json_object *items = NULL;
    if (!text)
        return NULL;
    if (req_type_is(req, "application/x-ndjson") || req_type_is(req, "application/ndjson"))
        items = read_lines(req, text, n);
    else if (req_type_is(req, "application/json"))
        items = req_json(req, text, n);
    else
        problem_set(&req->problem, 415, "unsupported_media_type");
    if (req->problem.status)
        return NULL;
    if (!json_object_is_type(items, json_type_array))
        problem_field(&req->problem, "", "not_list", NULL);
    else if (json_object_array_length(items) == 0)
        problem_field(&req->problem, "", "too_few", "1");
    else if (json_object_array_length(items) > MAX_ITEMS)
        problem_field(&req->problem, "", "too_many", arena_printf(req->arena, "%d", MAX_ITEMS));
    return req->problem.status ? NULL : items;
}

/* What is wrong with an item, or a problem without status. */
static struct problem check_item(struct request *req, struct json_object *item)
{
    struct problem p = problem_none(req->arena);
    if (json_object_is_type(item, json_type_object))
        fields_check(&p, ITEM, item, false);
    else
        problem_field(&p, "", "not_object", NULL);
    return p;
}

/* A null member says as little as an absent one. */
static void drop_nulls(struct json_object *item)
{
    for (const struct field *f = ITEM; f->name; f++)
        if (field_present(item, f->name) && !field_value(item, f->name))
            json_object_object_del(item, f->name);
}

static void write_rejected(struct buf *b, size_t index, const struct problem *p, enum lang lang)
{
    buf_printf(b,
               "{\"index\":%zu,\"status\":\"rejected\",\"product_id\":null,\"errors\":", index);
    problem_write_errors(b, p, lang);
    buf_raw(b, "}");
}

struct counts {
    const char *name;
    int n;
};

static void count(struct counts *counts, const char *status)
{
    for (; counts->name; counts++)
        if (!strcmp(counts->name, status))
            counts->n++;
}

/* The answer: what the database made of the accepted items, and the rejected ones, in the order
 * in which they came. */
static const char *report(struct request *req, const struct problem *faults, size_t n,
                          struct json_object *taken)
{
    struct counts counts[] = {{"created", 0},   {"updated", 0},  {"unchanged", 0},
                              {"duplicate", 0}, {"rejected", 0}, {NULL, 0}};
    struct buf results = buf_new(req->arena), all = buf_new(req->arena);
    size_t next = 0;
    for (size_t i = 0; i < n; i++) {
        buf_raw(&results, i ? "," : "");
        if (faults[i].status) {
            write_rejected(&results, i, &faults[i], req->lang);
            count(counts, "rejected");
            continue;
        }
        struct json_object *result = json_object_array_get_idx(taken, next++);
        buf_printf(&results,
                   "{\"index\":%zu,\"status\":\"%s\",\"product_id\":\"%s\",\"errors\":[]}", i,
                   field_text(result, "status"), field_text(result, "product_id"));
        count(counts, field_text(result, "status"));
    }
    buf_raw(&all, "{\"counts\":{");
    for (struct counts *c = counts; c->name; c++)
        buf_printf(&all, "%s\"%s\":%d", c == counts ? "" : ",", c->name, c->n);
    buf_printf(&all, "},\"results\":[%s]}", buf_text(&results));
    return all.data;
}

static void ingest(struct request *req)
{
    struct json_object *items = read_items(req);
    if (!items)
        return;
    size_t n = json_object_array_length(items);
    struct problem *faults = arena_alloc(req->arena, n * sizeof *faults);
    struct json_object *good = json_keep(req->arena, json_object_new_array());
    for (size_t i = 0; i < n; i++) {
        struct json_object *item = json_object_array_get_idx(items, i);
        faults[i] = check_item(req, item);
        if (faults[i].status)
            continue;
        drop_nulls(item);
        json_object_array_add(good, json_object_get(item));
    }
    struct rows *rows = db_query(req->arena, &req->problem, INGEST, field_json(good));
    if (!rows)
        return;
    struct json_object *taken = json_keep(req->arena, json_tokener_parse(db_text(rows, 0, 0)));
    respond_json(req, 200, report(req, faults, n, taken));
}

static const struct route ROUTES[] = {
    {"POST", "/v1/ingest", "products:ingest", ingest},
    {0},
};

int main(int argc, char **argv)
{
    return serve("products", ROUTES, argc, argv);
}
