/*
 * Users: people register, read and change themselves; staff see them all. (Roles: roles.c.)
 * Service Registry, table registry.users.
 */
#include <string.h>

#include "db.h"
#include "password.h"
#include "request.h"

static const char REGISTER[] =
    "WITH made AS (INSERT INTO registry.users (name, email, password_hash)"
    "              VALUES ($1, $2, $3) RETURNING *)"
    "SELECT json_build_object('id', id, 'name', name, 'email', email, 'role', role,"
    "                         'created_at', shared.rfc3339(created_at),"
    "                         'updated_at', shared.rfc3339(updated_at)), version, id FROM made";

static const char READ[] =
    "SELECT document, version, id FROM registry.user_documents WHERE id = $1::uuid";

static const char UPDATE[] =
    "WITH changed AS ("
    "    UPDATE registry.users SET name = coalesce($2, name), version = version + 1,"
    "                              updated_at = now()"
    "     WHERE id = $1::uuid AND ($3::int = 0 OR version = $3::int) RETURNING *)"
    "SELECT json_build_object('id', id, 'name', name, 'email', email, 'role', role,"
    "                         'created_at', shared.rfc3339(created_at),"
    "                         'updated_at', shared.rfc3339(updated_at)), version, id FROM "
    "changed";

static const char LIST[] =
    "SELECT document, to_json(created_at)#>>'{}', id FROM registry.user_documents"
    " WHERE ($1::timestamptz IS NULL OR (created_at, id) < ($1::timestamptz, $2::uuid))"
    "   AND ($3::text IS NULL OR strpos(shared.fold(name || ' ' || email), shared.fold($3)) > "
    "0)"
    " ORDER BY created_at DESC, id DESC LIMIT $4::int + 1";

enum { NAME_MAX_LENGTH = 120 };

static const struct field NEW_USER[] = {
    {"name", FIELD_NAME, FIELD_REQUIRED, 1, NAME_MAX_LENGTH, NULL, NULL},
    {"email", FIELD_EMAIL, FIELD_REQUIRED, 0, 0, NULL, NULL},
    {"password", FIELD_PASSWORD, FIELD_REQUIRED, PASSWORD_MIN, PASSWORD_MAX, NULL, NULL},
    {0},
};

static const struct field CHANGES[] = {
    {"name", FIELD_NAME, 0, 1, NAME_MAX_LENGTH, NULL, NULL},
    {0},
};

static const struct field LIST_QUERY[] = {
    {"q", FIELD_TEXT, 0, 0, 120, NULL, NULL},
    PAGE_FIELDS(400),
    {0},
};

static void respond_user(struct request *req, int status, const struct rows *rows)
{
    if (rows && db_count(rows) == 0)
        respond_problem(req, 404, "not_found");
    else if (rows)
        respond_resource(req, status, db_text(rows, 0, 0), db_integer(rows, 0, 1));
}

static void register_user(struct request *req)
{
    struct json_object *body = req_body(req, NEW_USER, false);
    if (!body)
        return;
    const char *password = field_text(body, "password"), *email = field_text(body, "email");
    const char *name = field_text(body, "name");
    if (!password_acceptable(&req->problem, "/password", password, name, email))
        return;
    struct rows *rows = db_query(req->arena, &req->problem, REGISTER, name, email,
                                 password_hash(req->arena, password));
    if (rows)
        respond_header(req, "Location",
                       arena_printf(req->arena, "/v1/users/%s", db_text(rows, 0, 2)));
    respond_user(req, 201, rows);
}

/* The user the path speaks of: "me" is whoever calls. Others are for those with the permission,
 * and for everybody else do not exist. NULL with the problem filled. */
static const char *subject(struct request *req, const char *permission)
{
    if (!strcmp(req_param(req, "id"), "me"))
        return req->user.user;
    const char *id = req_param_uuid(req, "id");
    if (id && strcmp(id, req->user.user) && !req_may(req, permission)) {
        respond_problem(req, 404, "not_found");
        return NULL;
    }
    return id;
}

static void read_user(struct request *req)
{
    const char *id = subject(req, "users:read");
    if (id)
        respond_user(req, 200, db_query(req->arena, &req->problem, READ, id));
}

/* What exists but is changed elsewhere, or never, is refused by name. */
static void refuse_read_only(struct request *req, size_t n, const char *text)
{
    static const char *const NAMES[] = {"id",         "email",      "password", "role",
                                        "created_at", "updated_at", NULL};
    struct json_object *body = req_json(req, text, n);
    if (!json_object_is_type(body, json_type_object))
        return;
    for (const char *const *name = NAMES; *name; name++)
        if (field_present(body, *name))
            problem_field(&req->problem, arena_printf(req->arena, "/%s", *name), "read_only",
                          NULL);
}

static void update_user(struct request *req)
{
    size_t n;
    const char *id = subject(req, "users:write"), *text = id ? req_bytes(req, &n) : NULL;
    if (!text)
        return;
    refuse_read_only(req, n, text);
    struct json_object *body = req->problem.status ? NULL : req_body(req, CHANGES, true);
    int version = body ? req_if_match(req) : -1;
    if (version < 0)
        return;
    struct rows *rows =
        db_query(req->arena, &req->problem, UPDATE, id, field_text(body, "name"),
                 arena_printf(req->arena, "%d", version));
    if (rows && db_count(rows) == 0 && version > 0)
        respond_problem(req, 412, "lost_update");
    else
        respond_user(req, 200, rows);
}

static void list_users(struct request *req)
{
    struct json_object *query = req_query(req, LIST_QUERY);
    struct page_wanted page;
    if (query && req_page(req, query, "users", FIELD_TIME, &page))
        respond_page(req,
                     db_query_planned(req->arena, &req->problem, LIST, page.value, page.id,
                                      field_text(query, "q"), page.limit_text),
                     page.limit, "users");
}

static const struct route ROUTES[] = {
    {"POST", "/v1/users", ANYONE, register_user},
    {"GET", "/v1/users", "users:read", list_users},
    {"GET", "/v1/users/{id}", SIGNED_IN, read_user},
    {"PATCH", "/v1/users/{id}", SIGNED_IN, update_user},
    {0},
};

int main(int argc, char **argv)
{
    return serve("registry", ROUTES, argc, argv);
}
