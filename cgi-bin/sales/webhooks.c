/*
 * Webhooks: systems that are told of events, what they were told, and telling them again.
 * Service Sales, tables sales.webhooks and sales.deliveries; the job "webhooks" sends.
 */
#include "audit.h"
#include "buf.h"
#include "db.h"
#include "digest.h"
#include "request.h"
#include "sales/webhook.h"
#include "seal.h"
#include "uuid.h"

static const char LIST[] =
    "SELECT document, to_json(created_at)#>>'{}', id FROM sales.webhook_documents"
    " WHERE ($1::timestamptz IS NULL OR (created_at, id) < ($1::timestamptz, $2::uuid))"
    " ORDER BY created_at DESC, id DESC LIMIT $3::int + 1";

static const char READ[] =
    "SELECT document, version FROM sales.webhook_documents WHERE id = $1::uuid";

static const char CREATE[] =
    "SELECT sales.create_webhook($1::jsonb, $2::uuid, $3::jsonb, $4::bytea)";

static const char CHANGE[] =
    "SELECT sales.change_webhook($1::jsonb, $2::uuid, $3::jsonb, $4::int)";

static const char DELETE[] = "SELECT sales.delete_webhook($1::jsonb, $2::uuid)";

static const char RENEW[] = "SELECT sales.renew_webhook_secret($1::jsonb, $2::uuid, $3::bytea)";

static const char DELIVERIES[] =
    "SELECT document, event_id, id FROM sales.delivery_documents"
    " WHERE webhook_id = $1::uuid AND ($2::text IS NULL OR status = $2)"
    "   AND ($3::bigint IS NULL OR event_id < $3::bigint)"
    " ORDER BY event_id DESC LIMIT $4::int + 1";

static const char REPLAY[] = "SELECT sales.replay_deliveries($1::jsonb, $2::uuid, $3::jsonb)";

/* Nobody guesses 256 bits. */
enum { SECRET_BYTES = 32 };

static const char SECRET_COLUMN[] = "sales.webhooks.secret";

static const struct field EVENT_TYPE[] = {
    {"", FIELD_CHOICE, 0, 0, 0, WEBHOOK_EVENT_TYPES, NULL}};

static const struct field WEBHOOK[] = {
    {"url", FIELD_URL, FIELD_REQUIRED, 0, 0, NULL, NULL},
    {"event_types", FIELD_LIST, FIELD_REQUIRED, 1, WEBHOOK_MAX_EVENT_TYPES, NULL, EVENT_TYPE},
    {"description", FIELD_TEXT, FIELD_NULLABLE, 0, 200, NULL, NULL},
    {"status", FIELD_CHOICE, 0, 0, 0, "active paused", NULL},
    {0},
};

static const struct field LIST_QUERY[] = {
    PAGE_FIELDS(400),
    {0},
};

static const struct field DELIVERIES_QUERY[] = {
    {"status", FIELD_CHOICE, 0, 0, 0, "pending delivered dead", NULL},
    PAGE_FIELDS(400),
    {0},
};

#define MAX_EVENT 9007199254740991LL /* what JSON carries exactly */

static const struct field REPLAY_BODY[] = {
    {"from_event", FIELD_INTEGER, FIELD_REQUIRED, 1, MAX_EVENT, NULL, NULL},
    {"to_event", FIELD_INTEGER, 0, 1, MAX_EVENT, NULL, NULL},
    {"status", FIELD_CHOICE, 0, 0, 0, "delivered dead", NULL},
    {0},
};

static void list_webhooks(struct request *req)
{
    struct json_object *query = req_query(req, LIST_QUERY);
    struct page_wanted page;
    if (query && req_page(req, query, "webhooks", FIELD_TIME, &page))
        respond_page(
            req,
            db_query(req->arena, &req->problem, LIST, page.value, page.id, page.limit_text),
            page.limit, "webhooks");
}

static void respond_webhook(struct request *req, const char *id)
{
    respond_version(req, 200, db_query(req->arena, &req->problem, READ, id));
}

/* A checked body whose URL is one that we call. */
static struct json_object *webhook_body(struct request *req, bool partial)
{
    struct json_object *body = req_body(req, WEBHOOK, partial);
    const char *url = body ? field_text(body, "url") : NULL;
    const char *fault = url ? webhook_url_fault(url) : NULL;
    if (fault)
        problem_field(&req->problem, "/url", fault, NULL);
    return fault ? NULL : body;
}

/* What signatures are checked with, shown this once: the database has it sealed. */
static void respond_secret(struct request *req, const char *id, const char *secret)
{
    respond_header(req, "Cache-Control", "no-store");
    respond_json(req, 201,
                 arena_printf(req->arena, "{\"id\":\"%s\",\"secret\":\"%s\"}", id, secret));
}

static void create_webhook(struct request *req)
{
    struct json_object *body = webhook_body(req, false);
    if (!body)
        return;
    const char *id = uuid7(req->arena), *secret = digest_random(req->arena, SECRET_BYTES);
    if (!db_query(req->arena, &req->problem, CREATE, audit_act(req), id, field_json(body),
                  seal_text(req->arena, SECRET_COLUMN, id, secret)))
        return;
    respond_header(req, "Location", arena_printf(req->arena, "/v1/webhooks/%s", id));
    respond_secret(req, id, secret);
}

static void read_webhook(struct request *req)
{
    const char *id = req_param_uuid(req, "id");
    if (id)
        respond_webhook(req, id);
}

static void change_webhook(struct request *req)
{
    const char *id = req_param_uuid(req, "id");
    struct json_object *body = id ? webhook_body(req, true) : NULL;
    int version = body ? req_if_match(req) : -1;
    if (version >= 0 && db_query(req->arena, &req->problem, CHANGE, audit_act(req), id,
                                 field_json(body), arena_printf(req->arena, "%d", version)))
        respond_webhook(req, id);
}

static void delete_webhook(struct request *req)
{
    const char *id = req_param_uuid(req, "id");
    if (id && db_query(req->arena, &req->problem, DELETE, audit_act(req), id))
        respond_empty(req);
}

static void renew_secret(struct request *req)
{
    const char *id = req_param_uuid(req, "id");
    const char *secret = digest_random(req->arena, SECRET_BYTES);
    if (id && db_query(req->arena, &req->problem, RENEW, audit_act(req), id,
                       seal_text(req->arena, SECRET_COLUMN, id, secret)))
        respond_secret(req, id, secret);
}

static void list_deliveries(struct request *req)
{
    const char *id = req_param_uuid(req, "id");
    struct json_object *query = id ? req_query(req, DELIVERIES_QUERY) : NULL;
    struct page_wanted page;
    if (!query || !req_page(req, query, "deliveries", FIELD_INTEGER, &page))
        return;
    struct rows *webhook = db_query(req->arena, &req->problem, READ, id);
    if (webhook && db_count(webhook) == 0)
        respond_problem(req, 404, "not_found");
    else if (webhook)
        respond_page(req,
                     db_query_planned(req->arena, &req->problem, DELIVERIES, id,
                                      field_text(query, "status"), page.value, page.limit_text),
                     page.limit, "deliveries");
}

static void replay(struct request *req)
{
    const char *id = req_param_uuid(req, "id");
    struct json_object *body = id ? req_body(req, REPLAY_BODY, false) : NULL;
    if (body && field_present(body, "to_event") &&
        field_integer(body, "to_event") < field_integer(body, "from_event"))
        problem_field(&req->problem, "/to_event", "too_small",
                      arena_printf(req->arena, "%lld", field_integer(body, "from_event")));
    if (!req->problem.status)
        respond_row(
            req, 202,
            db_query(req->arena, &req->problem, REPLAY, audit_act(req), id, field_json(body)));
}

static const struct route ROUTES[] = {
    {"GET", "/v1/webhooks", "webhooks:write", list_webhooks},
    {"POST", "/v1/webhooks", "webhooks:write", create_webhook},
    {"GET", "/v1/webhooks/{id}", "webhooks:write", read_webhook},
    {"PATCH", "/v1/webhooks/{id}", "webhooks:write", change_webhook},
    {"DELETE", "/v1/webhooks/{id}", "webhooks:write", delete_webhook},
    {"POST", "/v1/webhooks/{id}/secret", "webhooks:write", renew_secret},
    {"GET", "/v1/webhooks/{id}/deliveries", "webhooks:write", list_deliveries},
    {"POST", "/v1/webhooks/{id}/replay", "webhooks:write", replay},
    {0},
};

int main(int argc, char **argv)
{
    return serve("sales", ROUTES, argc, argv);
}
