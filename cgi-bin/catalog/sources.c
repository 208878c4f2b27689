/*
 * Sources: the shops that products are collected from. Service Catalog, table catalog.sources.
 */
#include <regex.h>

#include "audit.h"
#include "db.h"
#include "request.h"

static const char LIST[] =
    "SELECT document, to_json(created_at)#>>'{}', id FROM catalog.source_documents"
    " WHERE ($1::timestamptz IS NULL OR (created_at, id) < ($1::timestamptz, $2::uuid))"
    " ORDER BY created_at DESC, id DESC LIMIT $3::int + 1";

static const char READ[] = "SELECT document FROM catalog.source_documents WHERE id = $1::uuid";

static const char CREATE[] =
    "WITH made AS ("
    "    INSERT INTO catalog.sources (name, start_urls, product_url_pattern, rate_per_second,"
    "                                 max_pages)"
    "    SELECT s.name, s.start_urls, s.product_url_pattern, coalesce(s.rate_per_second, 1),"
    "           coalesce(s.max_pages, 500)"
    "      FROM jsonb_populate_record(NULL::catalog.sources, $2::jsonb) AS s RETURNING id)"
    "SELECT id, registry.audit_act($1::jsonb, 'source.created', id, NULL, $2::jsonb) FROM made";

static const struct field URL[] = {{"", FIELD_URL, 0, 0, 0, NULL, NULL}};

static const struct field NEW_SOURCE[] = {
    {"name", FIELD_TEXT, FIELD_REQUIRED, 1, 100, NULL, NULL},
    {"start_urls", FIELD_LIST, FIELD_REQUIRED, 1, 100, NULL, URL},
    {"product_url_pattern", FIELD_TEXT, FIELD_REQUIRED, 1, 500, NULL, NULL},
    {"rate_per_second", FIELD_INTEGER, 0, 1, 100, NULL, NULL},
    {"max_pages", FIELD_INTEGER, 0, 1, 100000, NULL, NULL},
    {0},
};

static const struct field LIST_QUERY[] = {
    PAGE_FIELDS(400),
    {0},
};

static void list_sources(struct request *req)
{
    struct json_object *query = req_query(req, LIST_QUERY);
    struct page_wanted page;
    if (query && req_page(req, query, "sources", FIELD_TIME, &page))
        respond_page(
            req,
            db_query(req->arena, &req->problem, LIST, page.value, page.id, page.limit_text),
            page.limit, "sources");
}

static void read_source(struct request *req)
{
    const char *id = req_param_uuid(req, "id");
    if (id)
        respond_row(req, 200, db_query(req->arena, &req->problem, READ, id));
}

static bool is_pattern(const char *text)
{
    regex_t pattern;
    if (regcomp(&pattern, text, REG_EXTENDED | REG_NOSUB))
        return false;
    regfree(&pattern);
    return true;
}

static void create_source(struct request *req)
{
    struct json_object *body = req_body(req, NEW_SOURCE, false);
    if (!body)
        return;
    if (!is_pattern(field_text(body, "product_url_pattern"))) {
        problem_field(&req->problem, "/product_url_pattern", "not_pattern", NULL);
        return;
    }
    struct rows *made =
        db_query(req->arena, &req->problem, CREATE, audit_act(req), field_json(body));
    if (!made)
        return;
    const char *id = db_text(made, 0, 0);
    respond_header(req, "Location", arena_printf(req->arena, "/v1/sources/%s", id));
    respond_row(req, 201, db_query(req->arena, &req->problem, READ, id));
}

static const struct route ROUTES[] = {
    {"GET", "/v1/sources", "catalog:read", list_sources},
    {"POST", "/v1/sources", "catalog:write", create_source},
    {"GET", "/v1/sources/{id}", "catalog:read", read_source},
    {0},
};

int main(int argc, char **argv)
{
    return serve("catalog", ROUTES, argc, argv);
}
