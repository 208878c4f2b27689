/*
 * Audit: what people and programs did with their privileges, newest first. Service Registry,
 * table registry.audit, which nobody changes.
 */
#include "db.h"
#include "request.h"

static const char LIST[] =
    "SELECT document, to_json(at)#>>'{}', id FROM registry.audit_documents"
    " WHERE ($1::timestamptz IS NULL OR (at, id) < ($1::timestamptz, $2::uuid))"
    "   AND ($3::uuid IS NULL OR actor = $3::uuid)"
    "   AND ($4::uuid IS NULL OR subject = $4::uuid)"
    "   AND ($5::text IS NULL OR action = $5)"
    "   AND ($6::timestamptz IS NULL OR at >= $6::timestamptz)"
    "   AND ($7::timestamptz IS NULL OR at < $7::timestamptz)"
    " ORDER BY at DESC, id DESC LIMIT $8::int + 1";

static const struct field LIST_QUERY[] = {
    {"actor", FIELD_UUID, 0, 0, 0, NULL, NULL},
    {"subject", FIELD_UUID, 0, 0, 0, NULL, NULL},
    {"action", FIELD_TEXT, 0, 1, 60, NULL, NULL},
    {"from", FIELD_TIME, 0, 0, 0, NULL, NULL},
    {"to", FIELD_TIME, 0, 0, 0, NULL, NULL},
    PAGE_FIELDS(400),
    {0},
};

static void list_audit(struct request *req)
{
    struct json_object *query = req_query(req, LIST_QUERY);
    struct page_wanted page;
    if (query && req_page(req, query, "audit", FIELD_TIME, &page))
        respond_page(req,
                     db_query_planned(req->arena, &req->problem, LIST, page.value, page.id,
                                      field_text(query, "actor"), field_text(query, "subject"),
                                      field_text(query, "action"), field_text(query, "from"),
                                      field_text(query, "to"), page.limit_text),
                     page.limit, "audit");
}

static const struct route ROUTES[] = {
    {"GET", "/v1/audit", "audit:read", list_audit},
    {0},
};

int main(int argc, char **argv)
{
    return serve("registry", ROUTES, argc, argv);
}
