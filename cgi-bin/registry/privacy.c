/*
 * Privacy: what the law on personal data gives people (LGPD art. 8 and 18): all that is held
 * about them, and what they agreed to. Erasure is DELETE /v1/users/{id} (users.c). Service
 * Registry, table registry.consents.
 */
#include "audit.h"
#include "db.h"
#include "registry/subject.h"
#include "request.h"

static const char EXPORT[] = "SELECT registry.export_user($1::jsonb, $2::uuid)";

static const char LIST[] =
    "SELECT document, to_json(at)#>>'{}', id FROM registry.consent_documents"
    " WHERE user_id = $1::uuid"
    "   AND ($2::timestamptz IS NULL OR (at, id) < ($2::timestamptz, $3::uuid))"
    " ORDER BY at DESC, id DESC LIMIT $4::int + 1";

static const char CONSENT[] =
    "INSERT INTO registry.consents (user_id, purpose, version, granted)"
    "VALUES ($1::uuid, $2, $3, $4::boolean)"
    "RETURNING json_build_object('id', id, 'purpose', purpose, 'version', version,"
    "                            'granted', granted, 'at', shared.rfc3339(at))";

static const struct field NEW_CONSENT[] = {
    {"purpose", FIELD_TEXT, FIELD_REQUIRED, 1, 60, NULL, NULL},
    {"version", FIELD_TEXT, FIELD_REQUIRED, 1, 40, NULL, NULL},
    {"granted", FIELD_BOOLEAN, FIELD_REQUIRED, 0, 0, NULL, NULL},
    {0},
};

static const struct field LIST_QUERY[] = {PAGE_FIELDS(400), {0}};

static void export_user(struct request *req)
{
    const char *id = subject_of(req, "users:read");
    if (id)
        respond_row(req, 200,
                    db_query(req->arena, &req->problem, EXPORT,
                             subject_is_caller(req, id) ? NULL : audit_act(req), id));
}

static void list_consents(struct request *req)
{
    const char *id = subject_of(req, "users:read");
    struct json_object *query = id ? req_query(req, LIST_QUERY) : NULL;
    struct page_wanted page;
    if (query && req_page(req, query, "consents", FIELD_TIME, &page))
        respond_page(
            req,
            db_query(req->arena, &req->problem, LIST, id, page.value, page.id, page.limit_text),
            page.limit, "consents");
}

/* Nobody agrees for somebody else. */
static void consent(struct request *req)
{
    const char *id = subject_of(req, NULL);
    struct json_object *body = id ? req_body(req, NEW_CONSENT, false) : NULL;
    if (body)
        respond_row(req, 201,
                    db_query(req->arena, &req->problem, CONSENT, id,
                             field_text(body, "purpose"), field_text(body, "version"),
                             db_flag(field_boolean(body, "granted"))));
}

static const struct route ROUTES[] = {
    {"GET", "/v1/users/{id}/export", SIGNED_IN, export_user},
    {"GET", "/v1/users/{id}/consents", SIGNED_IN, list_consents},
    {"POST", "/v1/users/{id}/consents", SIGNED_IN, consent},
    {0},
};

int main(int argc, char **argv)
{
    return serve("registry", ROUTES, argc, argv);
}
