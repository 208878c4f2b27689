/*
 * Customers: what selling takes of a user, and nothing more, for other services and an ERP.
 * Service Registry, tables registry.users and registry.addresses.
 */
#include <string.h>

#include "db.h"
#include "json.h"
#include "request.h"
#include "seal.h"

static const char READ[] =
    "SELECT json_build_object('id', u.id, 'name', u.name, 'email', u.email,"
    "                         'phone', shared.sealed('registry.users.phone', u.id, u.phone)),"
    "       a.id, a.lines, a.state"
    "  FROM registry.users u LEFT JOIN registry.addresses a ON a.user_id = u.id AND "
    "a.is_default"
    " WHERE u.id = $1::uuid";

/* The default address, NULL where there is none. */
static struct json_object *address_of(struct request *req, const struct rows *rows)
{
    const char *id = db_text(rows, 0, 1);
    const char *lines =
        unseal_json(req->arena, "registry.addresses.lines", id, db_text(rows, 0, 2));
    struct json_object *address = NULL;
    if (lines && json_read(req->arena, lines, strlen(lines), &address))
        json_object_object_add(address, "state", json_object_new_string(db_text(rows, 0, 3)));
    return address;
}

static void read_customer(struct request *req)
{
    const char *id = req_param_uuid(req, "id");
    struct rows *rows = id ? db_query(req->arena, &req->problem, READ, id) : NULL;
    if (rows && db_count(rows) == 0)
        respond_problem(req, 404, "not_found");
    if (req->problem.status)
        return;
    struct json_object *customer =
        json_keep(req->arena, json_tokener_parse(db_text(rows, 0, 0)));
    json_object_object_add(customer, "default_address", json_object_get(address_of(req, rows)));
    respond_json(req, 200, field_json(customer));
}

static const struct route ROUTES[] = {
    {"GET", "/v1/customers/{id}", "customers:read", read_customer},
    {0},
};

int main(int argc, char **argv)
{
    return serve("registry", ROUTES, argc, argv);
}
