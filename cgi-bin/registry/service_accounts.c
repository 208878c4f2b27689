/*
 * Service accounts: programs that call the API in their own name, and the secrets they sign in
 * with. Service Registry, tables registry.service_accounts and service_account_secrets.
 */

#include "audit.h"
#include "buf.h"
#include "db.h"
#include "digest.h"
#include "request.h"

static const char LIST[] =
    "SELECT document, to_json(created_at)#>>'{}', id FROM registry.service_account_documents"
    " WHERE ($1::timestamptz IS NULL OR (created_at, id) < ($1::timestamptz, $2::uuid))"
    " ORDER BY created_at DESC, id DESC LIMIT $3::int + 1";

static const char READ[] =
    "SELECT document, version FROM registry.service_account_documents WHERE id = $1::uuid";

#define SCOPES(parameter) "ARRAY (SELECT jsonb_array_elements_text(" parameter "::jsonb))"

static const char CREATE[] =
    "SELECT registry.create_service_account($1::jsonb, $2, " SCOPES("$3") ", $4::bytea)";

static const char CHANGE[] =
    "SELECT registry.change_service_account($1::jsonb, $2::uuid, $3,"
    "           CASE WHEN $4::jsonb IS NOT NULL THEN " SCOPES("$4") " END, $5::int)";

static const char DISABLE[] = "SELECT registry.disable_service_account($1::jsonb, $2::uuid)";

static const char ROTATE[] =
    "SELECT registry.rotate_secret($1::jsonb, $2::uuid, $3::bytea, $4::int)";

static const char DELETE_SECRET[] =
    "SELECT registry.delete_secret($1::jsonb, $2::uuid, $3::uuid)";

/* Time to bring a new secret to every place that uses the account. */
enum { ROTATION_SECONDS = 24 * 60 * 60, MAX_ROTATION_SECONDS = 90 * 24 * 60 * 60 };

/* Nobody guesses 256 bits. */
enum { SECRET_BYTES = 32 };

static const struct field SCOPE[] = {{"", FIELD_TEXT, 0, 1, 60, NULL, NULL}};

static const struct field ACCOUNT[] = {
    {"name", FIELD_TEXT, FIELD_REQUIRED, 1, 100, NULL, NULL},
    {"scopes", FIELD_LIST, FIELD_REQUIRED, 1, 100, NULL, SCOPE},
    {0},
};

static const struct field ROTATION[] = {
    {"old_expires_in", FIELD_INTEGER, 0, 0, MAX_ROTATION_SECONDS, NULL, NULL},
    {0},
};

static const struct field LIST_QUERY[] = {
    PAGE_FIELDS(400),
    {0},
};

static void list_accounts(struct request *req)
{
    struct json_object *query = req_query(req, LIST_QUERY);
    struct page_wanted page;
    if (query && req_page(req, query, "service_accounts", FIELD_TIME, &page))
        respond_page(
            req,
            db_query(req->arena, &req->problem, LIST, page.value, page.id, page.limit_text),
            page.limit, "service_accounts");
}

static void respond_account(struct request *req, const char *id)
{
    respond_version(req, 200, db_query(req->arena, &req->problem, READ, id));
}

/* What signing in takes, shown this once: the database has the hash alone. */
static void respond_credentials(struct request *req, const char *client_id, const char *secret)
{
    respond_header(req, "Cache-Control", "no-store");
    respond_json(req, 201,
                 arena_printf(req->arena, "{\"client_id\":\"%s\",\"client_secret\":\"%s\"}",
                              client_id, secret));
}

static void create_account(struct request *req)
{
    struct json_object *body = req_body(req, ACCOUNT, false);
    if (!body)
        return;
    const char *secret = digest_random(req->arena, SECRET_BYTES);
    struct rows *made =
        db_query(req->arena, &req->problem, CREATE, audit_act(req), field_text(body, "name"),
                 field_json(field_value(body, "scopes")), digest_token(req->arena, secret));
    if (!made)
        return;
    const char *id = db_text(made, 0, 0);
    respond_header(req, "Location", arena_printf(req->arena, "/v1/service-accounts/%s", id));
    respond_credentials(req, id, secret);
}

static void read_account(struct request *req)
{
    const char *id = req_param_uuid(req, "id");
    if (id)
        respond_account(req, id);
}

static void update_account(struct request *req)
{
    const char *id = req_param_uuid(req, "id");
    struct json_object *body = id ? req_body(req, ACCOUNT, true) : NULL;
    int version = body ? req_if_match(req) : -1;
    if (version < 0)
        return;
    struct json_object *scopes = field_value(body, "scopes");
    if (db_query(req->arena, &req->problem, CHANGE, audit_act(req), id,
                 field_text(body, "name"), scopes ? field_json(scopes) : NULL,
                 arena_printf(req->arena, "%d", version)))
        respond_account(req, id);
}

static void disable_account(struct request *req)
{
    const char *id = req_param_uuid(req, "id");
    if (id && db_query(req->arena, &req->problem, DISABLE, audit_act(req), id))
        respond_empty(req);
}

static void rotate_secret(struct request *req)
{
    const char *id = req_param_uuid(req, "id");
    struct json_object *body = id && req_has_body(req) ? req_body(req, ROTATION, false) : NULL;
    if (req->problem.status)
        return;
    long long seconds = body && field_present(body, "old_expires_in")
                            ? field_integer(body, "old_expires_in")
                            : ROTATION_SECONDS;
    const char *secret = digest_random(req->arena, SECRET_BYTES);
    if (db_query(req->arena, &req->problem, ROTATE, audit_act(req), id,
                 digest_token(req->arena, secret), arena_printf(req->arena, "%lld", seconds)))
        respond_credentials(req, id, secret);
}

static void delete_secret(struct request *req)
{
    const char *id = req_param_uuid(req, "id");
    const char *secret = id ? req_param_uuid(req, "secret_id") : NULL;
    if (secret &&
        db_query(req->arena, &req->problem, DELETE_SECRET, audit_act(req), id, secret))
        respond_empty(req);
}

static const struct route ROUTES[] = {
    {"GET", "/v1/service-accounts", "accounts:write", list_accounts},
    {"POST", "/v1/service-accounts", "accounts:write", create_account},
    {"GET", "/v1/service-accounts/{id}", "accounts:write", read_account},
    {"PATCH", "/v1/service-accounts/{id}", "accounts:write", update_account},
    {"DELETE", "/v1/service-accounts/{id}", "accounts:write", disable_account},
    {"POST", "/v1/service-accounts/{id}/secrets", "accounts:write", rotate_secret},
    {"DELETE", "/v1/service-accounts/{id}/secrets/{secret_id}", "accounts:write",
     delete_secret},
    {0},
};

int main(int argc, char **argv)
{
    return serve("registry", ROUTES, argc, argv);
}
