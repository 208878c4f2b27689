/*
 * Runs: what each visit of a source brought, and what became of its pages. Service Catalog,
 * tables catalog.runs and catalog.run_pages.
 */
#include "db.h"
#include "request.h"

static const char LIST[] = "SELECT document, id, id FROM catalog.run_documents"
                           " WHERE ($1::uuid IS NULL OR id < $1::uuid)"
                           "   AND ($2::uuid IS NULL OR source_id = $2::uuid)"
                           " ORDER BY id DESC LIMIT $3::int + 1";

static const char READ[] = "SELECT document FROM catalog.run_documents WHERE id = $1::uuid";

static const char LOG[] =
    "SELECT json_build_object('url', url, 'outcome', outcome, 'detail', detail), url, run_id"
    "  FROM catalog.run_pages"
    " WHERE run_id = $1::uuid AND ($2::text IS NULL OR url > $2)"
    "   AND ($3::text IS NULL OR outcome = $3)"
    " ORDER BY url LIMIT $4::int + 1";

static const struct field LIST_QUERY[] = {
    PAGE_FIELDS(400),
    {0},
};

static const struct field LOG_QUERY[] = {
    {"outcome", FIELD_CHOICE, 0, 0, 0, "list product refused forbidden error", NULL},
    PAGE_FIELDS(8000),
    {0},
};

static void list(struct request *req, const char *source)
{
    struct json_object *query = req_query(req, LIST_QUERY);
    struct page_wanted page;
    if (query && req_page(req, query, "runs", FIELD_UUID, &page))
        respond_page(
            req,
            db_query_planned(req->arena, &req->problem, LIST, page.id, source, page.limit_text),
            page.limit, "runs");
}

static void list_runs(struct request *req)
{
    list(req, NULL);
}

static void list_runs_of_source(struct request *req)
{
    const char *source = req_param_uuid(req, "id");
    if (source)
        list(req, source);
}

static void read_run(struct request *req)
{
    const char *id = req_param_uuid(req, "id");
    if (id)
        respond_row(req, 200, db_query(req->arena, &req->problem, READ, id));
}

static void read_log(struct request *req)
{
    struct page_wanted page;
    const char *id = req_param_uuid(req, "id");
    struct json_object *query = id ? req_query(req, LOG_QUERY) : NULL;
    if (query && req_page(req, query, "run-log", FIELD_TEXT, &page))
        respond_page(req,
                     db_query_planned(req->arena, &req->problem, LOG, id, page.value,
                                      field_text(query, "outcome"), page.limit_text),
                     page.limit, "run-log");
}

static const struct route ROUTES[] = {
    {"GET", "/v1/runs", "catalog:read", list_runs},
    {"GET", "/v1/runs/{id}", "catalog:read", read_run},
    {"GET", "/v1/runs/{id}/log", "catalog:read", read_log},
    {"GET", "/v1/sources/{id}/runs", "catalog:read", list_runs_of_source},
    {0},
};

int main(int argc, char **argv)
{
    return serve("catalog", ROUTES, argc, argv);
}
