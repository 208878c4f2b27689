/*
 * Notes: what the staff notes down about an order, for each other. Service Sales, table
 * sales.order_notes, append-only, whose text is sealed (lib/seal).
 */
#include "db.h"
#include "request.h"
#include "seal.h"
#include "uuid.h"

/* A row with nothing but nulls for an order that has none. */
static const char LIST[] =
    "SELECT n.document, to_json(n.at)#>>'{}', n.id"
    "  FROM sales.orders o"
    "  LEFT JOIN sales.note_documents n"
    "         ON n.order_id = o.id"
    "        AND ($2::timestamptz IS NULL OR (n.at, n.id) < ($2::timestamptz, $3::uuid))"
    " WHERE o.id = $1::uuid ORDER BY n.at DESC, n.id DESC LIMIT $4::int + 1";

static const char ADD[] = "SELECT sales.add_note($1::uuid, $2::uuid, $3::uuid, $4::bytea)";

static const struct field QUERY[] = {PAGE_FIELDS(400), {0}};

static const struct field NOTE[] = {
    {"note", FIELD_LONG_TEXT, FIELD_REQUIRED, 1, 4000, NULL, NULL},
    {0},
};

static const char *document(struct arena *a, const struct rows *rows, int row)
{
    (void)a;
    return db_text(rows, row, 0);
}

static void list_notes(struct request *req)
{
    const char *id = req_param_uuid(req, "id");
    struct json_object *query = id ? req_query(req, QUERY) : NULL;
    struct page_wanted page;
    if (!query || !req_page(req, query, "notes", FIELD_TIME, &page))
        return;
    struct rows *rows =
        db_query(req->arena, &req->problem, LIST, id, page.value, page.id, page.limit_text);
    if (rows && db_count(rows) == 0)
        respond_problem(req, 404, "not_found");
    else
        respond_page_of(req, rows, page.limit, "notes", document, "");
}

static void add_note(struct request *req)
{
    const char *order = req_param_uuid(req, "id"), *id = uuid7(req->arena);
    struct json_object *body = order ? req_body(req, NOTE, false) : NULL;
    if (body)
        respond_row(req, 201,
                    db_query(req->arena, &req->problem, ADD, id, order, req->user.user,
                             seal_text(req->arena, "sales.order_notes.note", id,
                                       field_text(body, "note"))));
}

static const struct route ROUTES[] = {
    {"GET", "/v1/orders/{id}/notes", "orders:read", list_notes},
    {"POST", "/v1/orders/{id}/notes", "orders:write", add_note},
    {0},
};

int main(int argc, char **argv)
{
    return serve("sales", ROUTES, argc, argv);
}
