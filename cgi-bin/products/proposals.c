/*
 * Proposals: collected items that look like a product of the shop, each of which waits until a
 * person says whether it is that one. Service Products, table products.proposals.
 */
#include "audit.h"
#include "db.h"
#include "request.h"

static const char LIST[] =
    "SELECT document, to_json(created_at)#>>'{}', id FROM products.proposal_documents"
    " WHERE state = $4"
    "   AND ($1::text IS NULL OR (created_at, id) > ($1::timestamptz, $2::uuid))"
    " ORDER BY created_at, id LIMIT $3::int + 1";
static const char READ[] =
    "SELECT document FROM products.proposal_documents WHERE id = $1::uuid";
static const char DECIDE[] =
    "SELECT products.decide_proposal($1::jsonb, $2::uuid, $3::boolean)";

static const struct field LIST_QUERY[] = {
    {"state", FIELD_CHOICE, 0, 0, 0, "open accepted refused", NULL},
    PAGE_FIELDS(200),
    {0},
};

/* Who has waited longest comes first. */
static void list_proposals(struct request *req)
{
    struct json_object *query = req_query(req, LIST_QUERY);
    struct page_wanted page;
    if (!query || !req_page(req, query, "proposals", FIELD_TIME, &page))
        return;
    const char *state = field_text(query, "state");
    respond_page(req,
                 db_query_planned(req->arena, &req->problem, LIST, page.value, page.id,
                                  page.limit_text, state ? state : "open"),
                 page.limit, "proposals");
}

static void decide(struct request *req, bool accept)
{
    const char *id = req_param_uuid(req, "id");
    if (id && db_query(req->arena, &req->problem, DECIDE, audit_act(req), id, db_flag(accept)))
        respond_row(req, 200, db_query(req->arena, &req->problem, READ, id));
}

static void accept_proposal(struct request *req)
{
    decide(req, true);
}

static void refuse_proposal(struct request *req)
{
    decide(req, false);
}

static const struct route ROUTES[] = {
    {"GET", "/v1/ingest/proposals", "products:write", list_proposals},
    {"POST", "/v1/ingest/proposals/{id}/accept", "products:write", accept_proposal},
    {"POST", "/v1/ingest/proposals/{id}/refuse", "products:write", refuse_proposal},
    {0},
};

int main(int argc, char **argv)
{
    return serve("products", ROUTES, argc, argv);
}
