/*
 * Attributes: what products may be described by, with the type of its values; those that nobody
 * defined hold anything. Everybody reads, staff write. Service Products, table
 * products.attributes.
 */
#include <string.h>

#include "audit.h"
#include "db.h"
#include "request.h"

static const char LIST[] =
    "SELECT json_build_object('data', coalesce(json_agg(document ORDER BY position, name),"
    "                                          '[]'), 'next_cursor', NULL)"
    "  FROM products.attribute_documents";
static const char READ[] =
    "SELECT document, version FROM products.attribute_documents WHERE name = $1";
static const char PUT[] = "SELECT products.put_attribute($1::jsonb, $2, $3::jsonb,"
                          "                              nullif($4::int, 0))";
static const char DELETE[] = "SELECT products.delete_attribute($1::jsonb, $2,"
                             "                                 nullif($3::int, 0))";

static const struct field NAME = {"", FIELD_TEXT, 0, 1, 60, NULL, NULL};
static const struct field CHOICE[] = {{"", FIELD_TEXT, 0, 1, 200, NULL, NULL}};

static const struct field ATTRIBUTE[] = {
    {"label", FIELD_TEXT, FIELD_REQUIRED, 1, 120, NULL, NULL},
    {"label_en", FIELD_TEXT, FIELD_NULLABLE, 1, 120, NULL, NULL},
    {"type", FIELD_CHOICE, FIELD_REQUIRED, 0, 0, "text number boolean choice", NULL},
    {"unit", FIELD_TEXT, FIELD_NULLABLE, 1, 20, NULL, NULL},
    {"choices", FIELD_LIST, 0, 0, 500, NULL, CHOICE},
    {"filterable", FIELD_BOOLEAN, 0, 0, 0, NULL, NULL},
    {"position", FIELD_INTEGER, 0, 0, 100000, NULL, NULL},
    {0},
};

static void list_attributes(struct request *req)
{
    respond_to_all(req);
    respond_row(req, 200, db_query(req->arena, &req->problem, LIST));
}

/* The path's name, written as those of products are (lib/normal.h); NULL with the faults in *p
 * where it can't be one. '/' and '~' would have to be escaped in pointers to it. */
static const char *attribute_name(struct request *req, struct problem *p)
{
    const char *name = req_param(req, "name");
    struct json_object *text = json_object_new_string(name), *normal = NULL;
    bool ok = field_check(p, &NAME, "/name", text, &normal);
    if (normal)
        name = arena_strdup(req->arena, json_object_get_string(normal));
    json_object_put(normal);
    json_object_put(text);
    if (ok && strpbrk(name, "/~")) {
        problem_field(p, "/name", "out_of_range", NULL);
        ok = false;
    }
    return ok ? name : NULL;
}

/* The same where it has to be there already. */
static const char *known_name(struct request *req)
{
    struct problem unused = problem_none(req->arena);
    const char *name = attribute_name(req, &unused);
    if (!name)
        respond_problem(req, 404, "not_found");
    return name;
}

static void read_attribute(struct request *req)
{
    const char *name = known_name(req);
    respond_to_all(req);
    if (name)
        respond_version(req, 200, db_query(req->arena, &req->problem, READ, name));
}

/* What one field can't tell alone. */
static bool is_sound(struct problem *p, struct json_object *body)
{
    const char *type = field_text(body, "type");
    struct json_object *choices = field_value(body, "choices");
    bool listed = choices && json_object_array_length(choices) > 0;
    if (field_text(body, "unit") && strcmp(type, "number"))
        problem_field(p, "/unit", "not_for_attribute_type", NULL);
    if (listed && strcmp(type, "choice"))
        problem_field(p, "/choices", "not_for_attribute_type", NULL);
    if (!listed && !strcmp(type, "choice"))
        problem_field(p, "/choices", "required", NULL);
    return !p->status;
}

static void put_attribute(struct request *req)
{
    const char *name = attribute_name(req, &req->problem);
    struct json_object *body = name ? req_body(req, ATTRIBUTE, false) : NULL;
    int version = body && is_sound(&req->problem, body) ? req_if_match(req) : -1;
    struct rows *rows =
        version >= 0 ? db_query(req->arena, &req->problem, PUT, audit_act(req), name,
                                field_json(body), arena_printf(req->arena, "%d", version))
                     : NULL;
    if (!rows)
        return;
    bool created = db_boolean(rows, 0, 0);
    if (created) {
        struct buf path = buf_new(req->arena);
        buf_raw(&path, "/v1/attributes/");
        buf_url(&path, name);
        respond_header(req, "Location", path.data);
    }
    respond_version(req, created ? 201 : 200, db_query(req->arena, &req->problem, READ, name));
}

static void delete_attribute(struct request *req)
{
    const char *name = known_name(req);
    int version = name ? req_if_match(req) : -1;
    if (version >= 0 && db_query(req->arena, &req->problem, DELETE, audit_act(req), name,
                                 arena_printf(req->arena, "%d", version)))
        respond_empty(req);
}

static const struct route ROUTES[] = {
    {"GET", "/v1/attributes", ANYONE, list_attributes},
    {"GET", "/v1/attributes/{name}", ANYONE, read_attribute},
    {"PUT", "/v1/attributes/{name}", "products:write", put_attribute},
    {"DELETE", "/v1/attributes/{name}", "products:write", delete_attribute},
    {0},
};

int main(int argc, char **argv)
{
    return serve("products", ROUTES, argc, argv);
}
