#include "sales/configured.h"

#include "audit.h"
#include "db.h"

void configured_list(struct request *req, const struct configured *what)
{
    const struct field fields[] = {
        {what->filter, FIELD_TEXT, 0, 1, 40, NULL, NULL},
        PAGE_FIELDS(400),
        {0},
    };
    struct json_object *query = req_query(req, fields);
    struct page_wanted page;
    if (query && req_page(req, query, what->name, FIELD_TIME, &page))
        respond_page(req,
                     db_query(req->arena, &req->problem, what->list,
                              field_text(query, what->filter), page.value, page.id,
                              page.limit_text),
                     page.limit, what->name);
}

static void respond_one(struct request *req, int status, const struct configured *what,
                        const char *id)
{
    respond_version(req, status, db_query(req->arena, &req->problem, what->read, id));
}

void configured_create(struct request *req, const struct configured *what)
{
    struct json_object *body = req_body(req, what->fresh, false);
    struct rows *made = body ? db_query(req->arena, &req->problem, what->create, audit_act(req),
                                        field_json(body))
                             : NULL;
    if (!made)
        return;
    const char *id = db_text(made, 0, 0);
    respond_header(req, "Location", arena_printf(req->arena, "%s/%s", what->path, id));
    respond_one(req, 201, what, id);
}

void configured_read(struct request *req, const struct configured *what)
{
    const char *id = req_param_uuid(req, "id");
    if (id)
        respond_one(req, 200, what, id);
}

void configured_change(struct request *req, const struct configured *what)
{
    const char *id = req_param_uuid(req, "id");
    struct json_object *body = id ? req_body(req, what->changes, true) : NULL;
    int version = body ? req_if_match(req) : -1;
    if (version >= 0 && db_query(req->arena, &req->problem, what->change, audit_act(req), id,
                                 field_json(body), arena_printf(req->arena, "%d", version)))
        respond_one(req, 200, what, id);
}

void configured_end(struct request *req, const struct configured *what)
{
    const char *id = req_param_uuid(req, "id");
    int version = id ? req_if_match(req) : -1;
    if (version >= 0 && db_query(req->arena, &req->problem, what->end, audit_act(req), id,
                                 arena_printf(req->arena, "%d", version)))
        respond_empty(req);
}
