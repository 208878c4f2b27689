/*
 * Users: people register, read and change themselves; staff see them all. (Roles: roles.c.)
 * Service Registry, table registry.users.
 */
#include "audit.h"
#include "db.h"
#include "digest.h"
#include "json.h"
#include "letter.h"
#include "password.h"
#include "registry/account.h"
#include "registry/erasure.h"
#include "registry/subject.h"
#include "request.h"
#include "seal.h"
#include "uuid.h"

static const char REGISTER[] =
    "SELECT registry.register($1::jsonb, $2::bytea, $3::int, $4::bytea, $5::uuid, $6::bytea,"
    "                         $7::uuid, $8::bytea)";

static const char READ[] =
    "SELECT document, version, id FROM registry.user_documents WHERE id = $1::uuid";

static const char UPDATE[] =
    "SELECT document, version"
    "  FROM registry.change_user($1::jsonb, $2::uuid, $3::int, $4::jsonb, $5, $6::uuid,"
    "                            $7::uuid, $8::bytea)";

static const char CHANGE_EMAIL[] =
    "SELECT registry.ask_change_of_email($1::uuid, $2, $3::bytea, $4::int, $5::bytea, $6::uuid,"
    "    $7::bytea, $8::uuid, $9::bytea, $10::uuid, $11::bytea)";

static const char ERASE[] =
    "SELECT registry.erase_user($1::jsonb, $2::uuid, $3::jsonb, $4::uuid, $5::bytea)";

static const char VERIFY_DOCUMENT[] =
    "SELECT document, version FROM registry.verify_document($1::jsonb, $2::uuid, $3::bytea)";

static const char LIST[] =
    "SELECT document, to_json(created_at)#>>'{}', id FROM registry.user_documents"
    " WHERE ($1::timestamptz IS NULL OR (created_at, id) < ($1::timestamptz, $2::uuid))"
    "   AND ($3::text IS NULL OR strpos(shared.fold(name || ' ' || email), shared.fold($3)) > "
    "0)"
    "   AND ($5::bytea IS NULL OR document_lookup = $5::bytea)"
    "   AND ($6::bytea IS NULL OR phone_lookup = $6::bytea)"
    " ORDER BY created_at DESC, id DESC LIMIT $4::int + 1";

enum { NAME_LONGEST = 120, TOKEN_BYTES = 32 };

static const struct field CONSENT[] = {
    {"purpose", FIELD_TEXT, FIELD_REQUIRED, 1, 60, NULL, NULL},
    {"version", FIELD_TEXT, FIELD_REQUIRED, 1, 40, NULL, NULL},
    {0},
};

static const struct field CONSENTS[] = {
    {"", FIELD_OBJECT, 0, 0, 0, NULL, CONSENT},
    {0},
};

static const struct field NEW_USER[] = {
    {"name", FIELD_NAME, FIELD_REQUIRED, 1, NAME_LONGEST, NULL, NULL},
    {"email", FIELD_EMAIL, FIELD_REQUIRED, 0, 0, NULL, NULL},
    {"password", FIELD_PASSWORD, FIELD_REQUIRED, PASSWORD_MIN, PASSWORD_MAX, NULL, NULL},
    {"phone", FIELD_PHONE, 0, 0, 0, NULL, NULL},
    {"document", FIELD_DOCUMENT, 0, 0, 0, NULL, NULL},
    {"birth_date", FIELD_BIRTH_DATE, 0, 0, 0, NULL, NULL},
    {"language", FIELD_CHOICE, 0, 0, 0, "pt-BR en", NULL},
    {"consents", FIELD_LIST, 0, 0, 10, NULL, CONSENTS},
    {0},
};

static const struct field CHANGES[] = {
    {"name", FIELD_NAME, 0, 1, NAME_LONGEST, NULL, NULL},
    {"phone", FIELD_PHONE, FIELD_NULLABLE, 0, 0, NULL, NULL},
    {"document", FIELD_DOCUMENT, FIELD_NULLABLE, 0, 0, NULL, NULL},
    {"birth_date", FIELD_BIRTH_DATE, FIELD_NULLABLE, 0, 0, NULL, NULL},
    {"language", FIELD_CHOICE, 0, 0, 0, "pt-BR en", NULL},
    {"password", FIELD_PASSWORD, 0, PASSWORD_MIN, PASSWORD_MAX, NULL, NULL},
    {"current_password", FIELD_PASSWORD, 0, 1, PASSWORD_MAX, NULL, NULL},
    {0},
};

static const struct field NEW_EMAIL[] = {
    {"email", FIELD_EMAIL, FIELD_REQUIRED, 0, 0, NULL, NULL},
    {"password", FIELD_PASSWORD, FIELD_REQUIRED, 1, PASSWORD_MAX, NULL, NULL},
    {0},
};

static const struct field SEEN_DOCUMENT[] = {
    {"document", FIELD_DOCUMENT, FIELD_REQUIRED, 0, 0, NULL, NULL},
    {0},
};

static const struct field LIST_QUERY[] = {
    {"q", FIELD_TEXT, 0, 0, 120, NULL, NULL},
    {"document", FIELD_DOCUMENT, 0, 0, 0, NULL, NULL},
    {"phone", FIELD_PHONE, 0, 0, 0, NULL, NULL},
    PAGE_FIELDS(400),
    {0},
};

static const char DOCUMENT[] = "registry.users.document", PHONE[] = "registry.users.phone";

static void set_text(struct json_object *object, const char *name, const char *text)
{
    json_object_object_add(object, name, text ? json_object_new_string(text) : NULL);
}

/* Puts a personal field that body holds into the columns, sealed; and what finds it again. */
static void set_sealed(struct request *req, struct json_object *columns, const char *id,
                       struct json_object *body, const char *name, bool found_again)
{
    if (!field_present(body, name))
        return;
    struct arena *a = req->arena;
    const char *text = field_text(body, name);
    const char *column = arena_printf(a, "registry.users.%s", name);
    set_text(columns, name, seal_text(a, column, id, text));
    if (found_again)
        set_text(columns, arena_printf(a, "%s_lookup", name), seal_lookup(a, column, text));
}

/* The columns of the user with this id that body speaks of. */
static struct json_object *columns_of(struct request *req, const char *id,
                                      struct json_object *body)
{
    static const char *const PLAIN[] = {"name", "email", "language", NULL};
    struct json_object *columns = json_keep(req->arena, json_object_new_object());
    for (const char *const *name = PLAIN; *name; name++)
        if (field_present(body, *name))
            set_text(columns, *name, field_text(body, *name));
    set_sealed(req, columns, id, body, "phone", true);
    set_sealed(req, columns, id, body, "document", true);
    set_sealed(req, columns, id, body, "birth_date", false);
    return columns;
}

/* The same answer whatever was done: a stranger does not learn which addresses have an account.
 */
static void respond_letter_sent(struct request *req)
{
    respond_json(req, 202, "{\"status\":\"confirmation_sent\"}");
}

static enum lang letter_language(struct request *req, struct json_object *body)
{
    const char *given = field_text(body, "language");
    return given ? lang_from_accept(given) : req->lang;
}

static void register_user(struct request *req)
{
    struct arena *a = req->arena;
    struct json_object *body = req_body(req, NEW_USER, false);
    const char *email = body ? field_text(body, "email") : NULL;
    if (!body || !password_acceptable(&req->problem, "/password", field_text(body, "password"),
                                      field_text(body, "name"), email))
        return;
    const char *id = uuid7(a), *token = digest_random(a, TOKEN_BYTES);
    enum lang lang = letter_language(req, body);
    struct json_object *columns = columns_of(req, id, body);
    set_text(columns, "id", id);
    set_text(columns, "language", lang_tag(lang));
    set_text(columns, "password_hash", password_hash(a, field_text(body, "password")));
    json_object_object_add(columns, "consents",
                           field_present(body, "consents")
                               ? json_object_get(field_value(body, "consents"))
                               : json_object_new_array());
    struct letter confirm = letter_write(a, "confirm_email", lang, email, token);
    struct letter exists = letter_write(a, "account_exists", lang, email, NULL);
    if (db_query(a, &req->problem, REGISTER, field_json(columns), digest_token(a, token),
                 confirm.seconds, letter_key(a, email), confirm.id, confirm.payload, exists.id,
                 exists.payload))
        respond_letter_sent(req);
}

static void read_user(struct request *req)
{
    const char *id = subject_of(req, "users:read");
    if (id)
        respond_version(req, 200, db_query(req->arena, &req->problem, READ, id));
}

/* What exists but is changed elsewhere, or never, is refused by name. */
static void refuse_read_only(struct request *req, size_t n, const char *text)
{
    static const char *const NAMES[] = {"id",         "email",      "role", "document_verified",
                                        "created_at", "updated_at", NULL};
    struct json_object *body = req_json(req, text, n);
    if (!json_object_is_type(body, json_type_object))
        return;
    for (const char *const *name = NAMES; *name; name++)
        if (field_present(body, *name))
            problem_field(&req->problem, arena_printf(req->arena, "/%s", *name), "read_only",
                          NULL);
}

/* Whether the password in body, if there is one, may become the caller's own: others have
 * theirs reset by a letter. */
static bool may_change_password(struct request *req, const char *id, struct json_object *body,
                                struct account *account)
{
    const char *password = field_text(body, "password"),
               *current = field_text(body, "current_password");
    if (!password)
        return true;
    if (!subject_is_caller(req, id))
        problem_field(&req->problem, "/password", "read_only", NULL);
    else if (!current)
        problem_field(&req->problem, "/current_password", "required", NULL);
    else if (account_prove(req, "/current_password", current, account)) {
        account_succeed(req, account);
        const char *name = field_text(body, "name");
        password_acceptable(&req->problem, "/password", password, name ? name : account->name,
                            account->email);
    }
    return !req->problem.status;
}

static void update_user(struct request *req)
{
    struct arena *a = req->arena;
    struct account account;
    struct letter letter = {0};
    size_t n;
    const char *id = subject_of(req, "users:write"), *text = id ? req_bytes(req, &n) : NULL;
    if (!text)
        return;
    refuse_read_only(req, n, text);
    struct json_object *body = req->problem.status ? NULL : req_body(req, CHANGES, true);
    int version = body ? req_if_match(req) : -1;
    if (version < 0 || !may_change_password(req, id, body, &account))
        return;
    const char *password = field_text(body, "password"), *hash = NULL;
    if (password) {
        hash = password_hash(a, password);
        letter = letter_write(a, "password_changed", account.lang, account.email, NULL);
    }
    const char *act = subject_is_caller(req, id) ? NULL : audit_act(req);
    respond_version(req, 200,
                    db_query(a, &req->problem, UPDATE, act, id, arena_printf(a, "%d", version),
                             field_json(columns_of(req, id, body)), hash, req->user.session,
                             letter.id, letter.payload));
}

/* The present address stays until the new one is confirmed. */
static void change_email(struct request *req)
{
    struct arena *a = req->arena;
    struct account account;
    const char *id = subject_of(req, NULL);
    struct json_object *body = id ? req_body(req, NEW_EMAIL, false) : NULL;
    if (!body || !account_prove(req, "/password", field_text(body, "password"), &account))
        return;
    account_succeed(req, &account);
    const char *email = field_text(body, "email"), *token = digest_random(a, TOKEN_BYTES);
    struct letter confirm = letter_write(a, "confirm_new_email", account.lang, email, token);
    struct letter exists = letter_write(a, "account_exists", account.lang, email, NULL);
    struct letter notice = letter_write(a, "email_changing", account.lang, account.email, NULL);
    if (db_query(a, &req->problem, CHANGE_EMAIL, id, email, digest_token(a, token),
                 confirm.seconds, letter_key(a, email), confirm.id, confirm.payload, exists.id,
                 exists.payload, notice.id, notice.payload))
        respond_letter_sent(req);
}

/* Staff has seen the document, and says what it reads. */
static void verify_document(struct request *req)
{
    const char *id = req_param_uuid(req, "id");
    struct json_object *body = id ? req_body(req, SEEN_DOCUMENT, false) : NULL;
    if (body)
        respond_version(
            req, 200,
            db_query(req->arena, &req->problem, VERIFY_DOCUMENT, audit_act(req), id,
                     seal_lookup(req->arena, DOCUMENT, field_text(body, "document"))));
}

static void list_users(struct request *req)
{
    struct json_object *query = req_query(req, LIST_QUERY);
    struct page_wanted page;
    if (query && req_page(req, query, "users", FIELD_TIME, &page))
        respond_page(
            req,
            db_query_planned(req->arena, &req->problem, LIST, page.value, page.id,
                             field_text(query, "q"), page.limit_text,
                             seal_lookup(req->arena, DOCUMENT, field_text(query, "document")),
                             seal_lookup(req->arena, PHONE, field_text(query, "phone"))),
            page.limit, "users");
}

static void erase_user(struct request *req)
{
    struct account account;
    const char *id = subject_of(req, "users:write");
    if (!id)
        return;
    bool own = subject_is_caller(req, id);
    if (!(own ? account_prove_both(req, &account) : account_owner(req, id, &account)))
        return;
    const char *snapshots = erasure_snapshots(req, id);
    struct letter letter =
        letter_write(req->arena, "account_deleted", account.lang, account.email, NULL);
    if (snapshots && db_query(req->arena, &req->problem, ERASE, own ? NULL : audit_act(req), id,
                              snapshots, letter.id, letter.payload))
        respond_empty(req);
}

static const struct route ROUTES[] = {
    {"POST", "/v1/users", ANYONE, register_user},
    {"GET", "/v1/users", "users:read", list_users},
    {"GET", "/v1/users/{id}", SIGNED_IN, read_user},
    {"PATCH", "/v1/users/{id}", SIGNED_IN, update_user},
    {"DELETE", "/v1/users/{id}", SIGNED_IN, erase_user},
    {"PUT", "/v1/users/{id}/email", SIGNED_IN, change_email},
    {"PUT", "/v1/users/{id}/document-verification", "users:write", verify_document},
    {0},
};

int main(int argc, char **argv)
{
    return serve("registry", ROUTES, argc, argv);
}
