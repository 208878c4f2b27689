/*
 * Roles and permissions: which there are, what they allow, and who has which. Service Registry,
 * tables registry.roles, registry.role_permissions, registry.permissions and registry.users.
 */
#include "audit.h"
#include "db.h"
#include "request.h"

static const char ROLES[] =
    "SELECT json_build_object('data', json_agg(document ORDER BY name), 'next_cursor', NULL)"
    "  FROM registry.role_documents";

static const char READ[] =
    "SELECT document, version FROM registry.role_documents WHERE name = $1";

static const char PUT[] =
    "SELECT created FROM registry.put_role("
    "    $1::jsonb, $2, $3, ARRAY (SELECT jsonb_array_elements_text($4::jsonb)), $5::int)";

static const char DELETE[] = "SELECT registry.delete_role($1::jsonb, $2, $3::int)";

static const char ASSIGN[] = "SELECT registry.assign_role($1::jsonb, $2::uuid, $3)";

static const char USER[] =
    "SELECT document, version FROM registry.user_documents WHERE id = $1::uuid";

static const char PERMISSIONS[] =
    "SELECT json_build_object('next_cursor', NULL, 'data', json_agg(json_build_object("
    "           'name', name,"
    "           'description', CASE WHEN $1::boolean THEN description_en ELSE description_pt "
    "END)"
    "           ORDER BY name))"
    "  FROM registry.permissions";

/* As many as there could be; the names are checked against the table of permissions. */
enum { MAX_PERMISSIONS = 100 };

static const struct field PERMISSION[] = {{"", FIELD_TEXT, 0, 1, 60, NULL, NULL}};

static const struct field ROLE[] = {
    {"description", FIELD_TEXT, FIELD_REQUIRED, 1, 200, NULL, NULL},
    {"permissions", FIELD_LIST, FIELD_REQUIRED, 0, MAX_PERMISSIONS, NULL, PERMISSION},
    {0},
};

static const struct field ASSIGNMENT[] = {
    {"role", FIELD_TEXT, FIELD_REQUIRED, 1, 40, NULL, NULL},
    {0},
};

static void list_roles(struct request *req)
{
    respond_row(req, 200, db_query(req->arena, &req->problem, ROLES));
}

static void read_role(struct request *req)
{
    respond_version(req, 200,
                    db_query(req->arena, &req->problem, READ, req_param(req, "name")));
}

static void put_role(struct request *req)
{
    const char *name = req_param(req, "name");
    struct json_object *body = req_body(req, ROLE, false);
    int version = body ? req_if_match(req) : -1;
    if (version < 0)
        return;
    struct rows *rows = db_query(
        req->arena, &req->problem, PUT, audit_act(req), name, field_text(body, "description"),
        field_json(field_value(body, "permissions")), arena_printf(req->arena, "%d", version));
    if (!rows)
        return;
    bool created = db_boolean(rows, 0, 0);
    if (created)
        respond_header(req, "Location", arena_printf(req->arena, "/v1/roles/%s", name));
    respond_version(req, created ? 201 : 200, db_query(req->arena, &req->problem, READ, name));
}

static void delete_role(struct request *req)
{
    int version = req_if_match(req);
    if (version >= 0 &&
        db_query(req->arena, &req->problem, DELETE, audit_act(req), req_param(req, "name"),
                 arena_printf(req->arena, "%d", version)))
        respond_empty(req);
}

static void assign_role(struct request *req)
{
    const char *id = req_param_uuid(req, "id");
    struct json_object *body = id ? req_body(req, ASSIGNMENT, false) : NULL;
    if (body && db_query(req->arena, &req->problem, ASSIGN, audit_act(req), id,
                         field_text(body, "role")))
        respond_version(req, 200, db_query(req->arena, &req->problem, USER, id));
}

static void list_permissions(struct request *req)
{
    respond_row(
        req, 200,
        db_query(req->arena, &req->problem, PERMISSIONS, db_flag(req->lang == LANG_EN)));
}

static const struct route ROUTES[] = {
    {"GET", "/v1/roles", "roles:assign", list_roles},
    {"GET", "/v1/roles/{name}", "roles:assign", read_role},
    {"PUT", "/v1/roles/{name}", "roles:write", put_role},
    {"DELETE", "/v1/roles/{name}", "roles:write", delete_role},
    {"PUT", "/v1/users/{id}/role", "roles:assign", assign_role},
    {"GET", "/v1/permissions", SIGNED_IN, list_permissions},
    {0},
};

int main(int argc, char **argv)
{
    return serve("registry", ROUTES, argc, argv);
}
