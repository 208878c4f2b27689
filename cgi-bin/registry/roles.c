/*
 * Roles and permissions: which roles there are and what they allow. Service Registry, tables
 * registry.roles, registry.role_permissions and registry.permissions.
 */
#include "db.h"
#include "request.h"

static const char ROLES[] =
    "SELECT json_build_object('data', json_agg(json_build_object("
    "           'name', name, 'description', description,"
    "           'permissions', (SELECT coalesce(json_agg(permission ORDER BY permission), '[]')"
    "                             FROM registry.role_permissions WHERE role = name))"
    "           ORDER BY name), 'next_cursor', NULL) FROM registry.roles";

static const char ROLE[] =
    "SELECT json_build_object("
    "           'name', name, 'description', description,"
    "           'permissions', (SELECT coalesce(json_agg(permission ORDER BY permission), '[]')"
    "                             FROM registry.role_permissions WHERE role = name))"
    "  FROM registry.roles WHERE name = $1";

static const char PERMISSIONS[] =
    "SELECT json_build_object('data', json_agg(json_build_object("
    "           'name', name, 'description', description) ORDER BY name), 'next_cursor', NULL)"
    "  FROM registry.permissions";

static void list_roles(struct request *req)
{
    respond_row(req, 200, db_query(req->arena, &req->problem, ROLES));
}

static void read_role(struct request *req)
{
    respond_row(req, 200, db_query(req->arena, &req->problem, ROLE, req_param(req, "name")));
}

static void list_permissions(struct request *req)
{
    respond_row(req, 200, db_query(req->arena, &req->problem, PERMISSIONS));
}

static const struct route ROUTES[] = {
    {"GET", "/v1/roles", "roles:assign", list_roles},
    {"GET", "/v1/roles/{name}", "roles:assign", read_role},
    {"GET", "/v1/permissions", "roles:assign", list_permissions},
    {0},
};

int main(int argc, char **argv)
{
    return serve("registry", ROUTES, argc, argv);
}
