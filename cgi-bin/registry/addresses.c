/*
 * Addresses: people keep where they have things delivered, one of them the default. Service
 * Registry, table registry.addresses, whose lines are sealed (lib/seal).
 */
#include <string.h>

#include "address.h"
#include "audit.h"
#include "db.h"
#include "json.h"
#include "registry/subject.h"
#include "request.h"
#include "seal.h"
#include "uuid.h"

/* The columns of an address, for all statements. */
#define COLUMNS                                                                                \
    "a.id, a.state, a.is_default, a.lines, a.version, shared.rfc3339(a.created_at),"           \
    " shared.rfc3339(a.updated_at)"
enum { AT_ID, AT_STATE, AT_IS_DEFAULT, AT_LINES, AT_VERSION, AT_CREATED, AT_UPDATED };

/* A row with nothing but nulls for a user who has none. */
static const char LIST[] =
    "SELECT " COLUMNS
    " FROM registry.users u LEFT JOIN registry.addresses a ON a.user_id = u.id"
    " WHERE u.id = $1::uuid ORDER BY a.is_default DESC, a.created_at DESC, a.id DESC";

static const char READ[] = "SELECT " COLUMNS " FROM registry.addresses a"
                           " WHERE a.user_id = $1::uuid AND a.id = $2::uuid";

static const char ADD[] =
    "SELECT " COLUMNS " FROM registry.add_address($1::jsonb, $2::uuid, $3::uuid, $4, $5::bytea,"
    "                                             $6::boolean) AS a";

static const char CHANGE[] =
    "SELECT " COLUMNS
    " FROM registry.change_address($1::jsonb, $2::uuid, $3::uuid, $4::int, $5,"
    "                                                $6::bytea, $7::boolean) AS a";

static const char REMOVE[] =
    "SELECT registry.remove_address($1::jsonb, $2::uuid, $3::uuid, $4::int)";

static const char SEALED[] = "registry.addresses.lines";

static const struct field ADDRESS[] = {
    ADDRESS_FIELDS(FIELD_REQUIRED, 1, FIELD_REQUIRED),
    {"default", FIELD_BOOLEAN, 0, 0, 0, NULL, NULL},
    {0},
};

/* What staff does to others' is audited, what people do to their own is theirs. */
static const char *act_of(struct request *req, const char *user)
{
    return subject_is_caller(req, user) ? NULL : audit_act(req);
}

/* Writing ---------------------------------------------------------------------------------- */

/* The lines of an address, for sealing; those that it does not have are null. */
static const char *lines_of(struct request *req, struct json_object *address)
{
    struct json_object *lines = json_keep(req->arena, json_object_new_object());
    for (const char *const *name = ADDRESS_LINES; *name; name++)
        json_object_object_add(lines, *name, json_object_get(field_value(address, *name)));
    return field_json(lines);
}

/* The lines of a row; NULL with the problem filled when their key is gone. */
static struct json_object *open_lines(struct request *req, const struct rows *rows, int row)
{
    const char *id = db_text(rows, row, AT_ID);
    const char *text = unseal_json(req->arena, SEALED, id, db_text(rows, row, AT_LINES));
    struct json_object *lines = NULL;
    if (!text || !json_read(req->arena, text, strlen(text), &lines))
        respond_problem(req, 500, "internal_error");
    return lines;
}

/* A row as the API shows it; NULL with the problem filled. */
static struct json_object *document(struct request *req, const struct rows *rows, int row)
{
    struct json_object *lines = open_lines(req, rows, row);
    if (!lines)
        return NULL;
    struct json_object *o = json_keep(req->arena, json_object_new_object());
    json_object_object_add(o, "id", json_object_new_string(db_text(rows, row, AT_ID)));
    json_object_object_foreach(lines, name, line)
    {
        json_object_object_add(o, name, json_object_get(line));
    }
    json_object_object_add(o, "state", json_object_new_string(db_text(rows, row, AT_STATE)));
    json_object_object_add(o, "default",
                           json_object_new_boolean(db_boolean(rows, row, AT_IS_DEFAULT)));
    json_object_object_add(o, "created_at",
                           json_object_new_string(db_text(rows, row, AT_CREATED)));
    json_object_object_add(o, "updated_at",
                           json_object_new_string(db_text(rows, row, AT_UPDATED)));
    return o;
}

/* NULL rows: the problem is told. */
static void respond_address(struct request *req, int status, const struct rows *rows)
{
    if (rows && db_count(rows) == 0)
        respond_problem(req, 404, "not_found");
    struct json_object *o = req->problem.status ? NULL : document(req, rows, 0);
    if (o)
        respond_resource(req, status, field_json(o), db_integer(rows, 0, AT_VERSION));
}

/* Handlers --------------------------------------------------------------------------------- */

static void list_addresses(struct request *req)
{
    const char *user = subject_of(req, "users:read");
    struct rows *rows = user ? db_query(req->arena, &req->problem, LIST, user) : NULL;
    if (rows && db_count(rows) == 0)
        respond_problem(req, 404, "not_found");
    if (req->problem.status)
        return;
    struct json_object *data = json_object_new_array(), *page = json_object_new_object();
    json_object_object_add(json_keep(req->arena, page), "data", data);
    json_object_object_add(page, "next_cursor", NULL);
    for (int i = 0; i < db_count(rows) && db_text(rows, i, AT_ID); i++) {
        struct json_object *o = document(req, rows, i);
        if (!o)
            return;
        json_object_array_add(data, json_object_get(o));
    }
    respond_json(req, 200, field_json(page));
}

static void add_address(struct request *req)
{
    const char *user = subject_of(req, "users:write");
    struct json_object *body = user ? req_body(req, ADDRESS, false) : NULL;
    const char *state = body ? address_state(&req->problem, "", body) : NULL;
    if (!state)
        return;
    const char *id = uuid7(req->arena);
    struct rows *rows = db_query(req->arena, &req->problem, ADD, act_of(req, user), id, user,
                                 state, seal_json(req->arena, SEALED, id, lines_of(req, body)),
                                 db_flag(field_boolean(body, "default")));
    if (rows)
        respond_header(req, "Location",
                       arena_printf(req->arena, "/v1/users/%s/addresses/%s", user, id));
    respond_address(req, 201, rows);
}

/* The user and the address of a path; false with the problem filled. */
static bool read_path(struct request *req, const char *permission, const char **user,
                      const char **id)
{
    *user = subject_of(req, permission);
    *id = *user ? req_param_uuid(req, "address_id") : NULL;
    return *id;
}

static void read_address(struct request *req)
{
    const char *user, *id;
    if (read_path(req, "users:read", &user, &id))
        respond_address(req, 200, db_query(req->arena, &req->problem, READ, user, id));
}

/* What is there, with what the body says in its place; NULL with the problem filled. */
static struct json_object *merged(struct request *req, const struct rows *rows,
                                  struct json_object *body)
{
    struct json_object *address = open_lines(req, rows, 0);
    if (!address)
        return NULL;
    json_object_object_add(address, "state",
                           json_object_new_string(db_text(rows, 0, AT_STATE)));
    json_object_object_foreach(body, name, value)
    {
        json_object_object_add(address, name, json_object_get(value));
    }
    return address;
}

/* Writes a change of what was read, unless it has changed since: then no row. */
static struct rows *write_change(struct request *req, const char *user, const char *id,
                                 const struct rows *read, struct json_object *body)
{
    struct json_object *address = merged(req, read, body);
    const char *state = address ? address_state(&req->problem, "", address) : NULL;
    if (!state)
        return NULL;
    const char *is_default =
        field_present(body, "default") ? db_flag(field_boolean(body, "default")) : NULL;
    return db_query(req->arena, &req->problem, CHANGE, act_of(req, user), id, user,
                    db_text(read, 0, AT_VERSION), state,
                    seal_json(req->arena, SEALED, id, lines_of(req, address)), is_default);
}

/* The lines are sealed as one, so that a change of one of them reads, merges and writes; who
 * asks for no version has it done again when another change came between. */
enum { MOST_TRIES = 5 };

static void change_address(struct request *req)
{
    const char *user, *id;
    struct json_object *body =
        read_path(req, "users:write", &user, &id) ? req_body(req, ADDRESS, true) : NULL;
    int wanted = body ? req_if_match(req) : -1;
    struct rows *written = NULL;
    for (int tries = 0; wanted >= 0 && tries < MOST_TRIES; tries++) {
        struct rows *read = db_query(req->arena, &req->problem, READ, user, id);
        if (read && db_count(read) == 0)
            respond_problem(req, 404, "not_found");
        else if (read && wanted && db_integer(read, 0, AT_VERSION) != wanted)
            respond_problem(req, 412, "lost_update");
        written = req->problem.status ? NULL : write_change(req, user, id, read, body);
        if (!written || db_count(written))
            break;
    }
    if (written && db_count(written) == 0)
        respond_problem(req, 412, "lost_update");
    else if (written)
        respond_address(req, 200, written);
}

static void remove_address(struct request *req)
{
    const char *user, *id;
    int wanted = read_path(req, "users:write", &user, &id) ? req_if_match(req) : -1;
    if (wanted >= 0 && db_query(req->arena, &req->problem, REMOVE, act_of(req, user), id, user,
                                arena_printf(req->arena, "%d", wanted)))
        respond_empty(req);
}

static const struct route ROUTES[] = {
    {"GET", "/v1/users/{id}/addresses", SIGNED_IN, list_addresses},
    {"POST", "/v1/users/{id}/addresses", SIGNED_IN, add_address},
    {"GET", "/v1/users/{id}/addresses/{address_id}", SIGNED_IN, read_address},
    {"PATCH", "/v1/users/{id}/addresses/{address_id}", SIGNED_IN, change_address},
    {"DELETE", "/v1/users/{id}/addresses/{address_id}", SIGNED_IN, remove_address},
    {0},
};

int main(int argc, char **argv)
{
    return serve("registry", ROUTES, argc, argv);
}
