/*
 * Search, what is around it: suggestions while somebody types, and the words that mean the
 * same. (The search itself is the list of products.) Service Products, tables products.listing,
 * products.words and products.synonyms.
 */
#include "audit.h"
#include "db.h"
#include "request.h"

static const char SUGGEST[] = "SELECT products.suggest($1)";

#define SYNONYM                                                                                \
    "json_build_object('word', word, 'synonyms', synonyms,"                                    \
    "                  'updated_at', shared.rfc3339(updated_at))"
static const char LIST[] = "SELECT json_build_object('data', coalesce(json_agg(" SYNONYM
                           "           ORDER BY word), '[]'), 'next_cursor', NULL)"
                           "  FROM products.synonyms";
static const char SET[] = "SELECT products.set_synonyms($1::jsonb, shared.fold($2),"
                          "    ARRAY(SELECT jsonb_array_elements_text($3::jsonb->'synonyms')))";
static const char FORGET[] = "SELECT products.set_synonyms($1::jsonb, shared.fold($2), NULL)";

static const struct field TYPED[] = {
    {"q", FIELD_TEXT, FIELD_REQUIRED, 1, 100, NULL, NULL},
    {0},
};

static const struct field WORD[] = {{"", FIELD_TEXT, 0, 1, 60, NULL, NULL}};
static const struct field SYNONYMS[] = {
    {"synonyms", FIELD_LIST, FIELD_REQUIRED, 1, 20, NULL, WORD},
    {0},
};

static void suggest(struct request *req)
{
    struct json_object *query = req_query(req, TYPED);
    respond_to_all(req);
    if (query)
        respond_row(req, 200,
                    db_query(req->arena, &req->problem, SUGGEST, field_text(query, "q")));
}

static void list_synonyms(struct request *req)
{
    respond_row(req, 200, db_query(req->arena, &req->problem, LIST));
}

/* The word in the path, which is text like any other. NULL with the problem filled. */
static const char *word_of(struct request *req)
{
    struct json_object *text = json_object_new_string(req_param(req, "word")), *normal = NULL;
    bool ok = field_check(&req->problem, WORD, "/word", text, &normal);
    const char *word = arena_strdup(req->arena, json_object_get_string(normal ? normal : text));
    json_object_put(normal);
    json_object_put(text);
    return ok ? word : NULL;
}

static void set_synonyms(struct request *req)
{
    const char *word = word_of(req);
    struct json_object *body = word ? req_body(req, SYNONYMS, false) : NULL;
    if (body)
        respond_row(
            req, 200,
            db_query(req->arena, &req->problem, SET, audit_act(req), word, field_json(body)));
}

static void forget_synonyms(struct request *req)
{
    const char *word = word_of(req);
    if (word && db_query(req->arena, &req->problem, FORGET, audit_act(req), word))
        respond_empty(req);
}

static const struct route ROUTES[] = {
    {"GET", "/v1/products/suggest", ANYONE, suggest},
    {"GET", "/v1/synonyms", "products:write", list_synonyms},
    {"PUT", "/v1/synonyms/{word}", "products:write", set_synonyms},
    {"DELETE", "/v1/synonyms/{word}", "products:write", forget_synonyms},
    {0},
};

int main(int argc, char **argv)
{
    return serve("products", ROUTES, argc, argv);
}
