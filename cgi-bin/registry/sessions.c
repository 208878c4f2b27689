/*
 * Sessions: signing in, going on, seeing where one is signed in, signing out. Service Registry,
 * tables registry.sessions and registry.refresh_tokens.
 */
#include <string.h>
#include <strings.h>

#include "buf.h"
#include "db.h"
#include "digest.h"
#include "normal.h"
#include "password.h"
#include "registry/account.h"
#include "request.h"
#include "seal.h"
#include "settings.h"
#include "token.h"
#include "utf8.h"
#include "uuid.h"

/* Only while the password that was compared is still the account's: who knows the old one must
 * not come in behind the change that ends all sessions. */
static const char OPEN[] =
    "SELECT registry.open_session($1::uuid, $2::uuid, $3::bytea, $4::int, $5::bytea, $6,"
    "    $7::bigint, $8::bytea, $9::bytea, $10::bytea, $11::bytea)"
    "  FROM (SELECT FROM registry.users WHERE id = $2::uuid AND password_hash = $12"
    "           FOR NO KEY UPDATE) AS unchanged";

static const char REFRESH[] = "SELECT session_id, user_id, role, scope FROM "
                              "registry.refresh_session($1::bytea, $2::bytea)";

static const char LIST[] =
    "SELECT json_build_object("
    "           'id', id, 'current', id = $2::uuid,"
    "           'client', shared.sealed('registry.sessions.client', id, client),"
    "           'created_at', shared.rfc3339(created_at),"
    "           'last_used_at', shared.rfc3339(last_used_at),"
    "           'expires_at', shared.rfc3339(expires_at)),"
    "       to_json(created_at)#>>'{}', id"
    "  FROM registry.sessions"
    " WHERE user_id = $1::uuid AND ended_at IS NULL AND expires_at > now()"
    "   AND ($3::timestamptz IS NULL OR (created_at, id) < ($3::timestamptz, $4::uuid))"
    " ORDER BY created_at DESC, id DESC LIMIT $5::int + 1";

static const char END[] = "UPDATE registry.sessions SET ended_at = now()"
                          " WHERE id = $1::uuid AND user_id = $2::uuid AND ended_at IS NULL"
                          " RETURNING id";

static const char END_OTHERS[] = "SELECT registry.end_sessions($1::uuid, $2::uuid)";

/* The bytes of a refresh token: nobody guesses 256 bits. */
enum { REFRESH_TOKEN_BYTES = 32, MAX_USER_AGENT = 500 };

static const struct field CREDENTIALS[] = {
    {"email", FIELD_SECRET, FIELD_REQUIRED, 1, 254, NULL, NULL},
    {"password", FIELD_PASSWORD, FIELD_REQUIRED, 1, PASSWORD_MAX, NULL, NULL},
    {"code", FIELD_SECRET, 0, 1, 20, NULL, NULL},
    {0},
};

static const struct field REFRESH_TOKEN[] = {
    {"refresh_token", FIELD_SECRET, FIELD_REQUIRED, 1, 200, NULL, NULL},
    {0},
};

static const struct field LIST_QUERY[] = {PAGE_FIELDS(400), {0}};

static void respond_tokens(struct request *req, int status, const struct identity *who,
                           const char *refresh_token)
{
    long long seconds = settings()->access_token_seconds;
    char *access_token = token_sign(req->arena, who, seconds);
    if (!access_token) {
        respond_problem(req, 500, "internal_error");
        return;
    }
    struct buf b = buf_new(req->arena);
    buf_printf(&b,
               "{\"access_token\":\"%s\",\"token_type\":\"Bearer\",\"expires_in\":%lld,"
               "\"refresh_token\":\"%s\",\"scope\":\"%s\",\"role\":",
               access_token, seconds, refresh_token, who->scope);
    buf_json(&b, who->role);
    buf_raw(&b, "}");
    respond_header(req, "Cache-Control", "no-store"); /* RFC 6749 section 5.1 */
    respond_json(req, status, b.data);
}

/* Whether the second factor, if the account has one, was given and is right. */
static bool check_code(struct request *req, const struct account *account, const char *code,
                       struct code_use *use)
{
    *use = (struct code_use){0};
    if (!account->factor.enabled)
        return true;
    if (!code)
        respond_problem(req, 401, "second_factor_required");
    else if (!second_factor_accepts(req->arena, &account->factor, account->id, code, time(NULL),
                                    use))
        respond_problem(req, 401, "invalid_code");
    return !req->problem.status;
}

/* Where somebody signs in from, for the list of his sessions; sealed. */
static const char *sealed_client(struct request *req, const char *session)
{
    const char *agent = req_header(req, "HTTP_USER_AGENT");
    struct buf b = buf_new(req->arena);
    buf_raw(&b, "{\"address\":");
    buf_json(&b, req_header(req, "REMOTE_ADDR"));
    buf_raw(&b, ",\"user_agent\":");
    buf_json(&b, agent && strlen(agent) <= MAX_USER_AGENT ? agent : NULL);
    buf_raw(&b, "}");
    return seal_json(req->arena, "registry.sessions.client", session, b.data);
}

static void log_in(struct request *req)
{
    struct arena *a = req->arena;
    struct account account;
    struct code_use use;
    struct json_object *body = req_body(req, CREDENTIALS, false);
    const char *password = body ? field_text(body, "password") : NULL;
    if (!body || !account_enter(req, field_text(body, "email"), password, &account) ||
        !check_code(req, &account, field_text(body, "code"), &use))
        return;
    const char *session = uuid7(a), *refresh_token = digest_random(a, REFRESH_TOKEN_BYTES);
    const char *days = arena_printf(a, "%lld", settings()->refresh_token_days);
    const char *new_hash =
        password_outdated(account.password_hash) ? password_hash(a, password) : NULL;
    struct rows *opened = db_query(
        a, &req->problem, OPEN, session, account.id, digest_token(a, refresh_token), days,
        sealed_client(req, session), new_hash, use.step, use.recovery, account.attempt.account,
        account.attempt.address, account.attempt.both, account.password_hash);
    if (opened && db_count(opened) == 0)
        respond_problem(req, 401, "invalid_credentials");
    if (req->problem.status)
        return;
    req->user = (struct identity){
        .user = account.id, .session = session, .role = account.role, .scope = account.scope};
    respond_tokens(req, 201, &req->user, refresh_token);
}

static void refresh(struct request *req)
{
    struct json_object *body = req_body(req, REFRESH_TOKEN, false);
    if (!body)
        return;
    const char *next = digest_random(req->arena, REFRESH_TOKEN_BYTES);
    struct rows *rows = db_query(req->arena, &req->problem, REFRESH,
                                 digest_token(req->arena, field_text(body, "refresh_token")),
                                 digest_token(req->arena, next));
    if (!rows)
        return;
    struct identity who = {.session = db_text(rows, 0, 0),
                           .user = db_text(rows, 0, 1),
                           .role = db_text(rows, 0, 2),
                           .scope = db_text(rows, 0, 3)};
    req->user = who;
    if (who.user)
        respond_tokens(req, 200, &who, next);
    else
        respond_problem(req, 401, "invalid_refresh_token");
}

static void list_sessions(struct request *req)
{
    struct json_object *query = req_query(req, LIST_QUERY);
    struct page_wanted page;
    if (query && req_page(req, query, "sessions", FIELD_TIME, &page))
        respond_page(req,
                     db_query(req->arena, &req->problem, LIST, req->user.user,
                              req->user.session, page.value, page.id, page.limit_text),
                     page.limit, "sessions");
}

static void end_session(struct request *req, const char *session)
{
    struct rows *rows =
        session ? db_query(req->arena, &req->problem, END, session, req->user.user) : NULL;
    if (rows && db_count(rows) == 0)
        respond_problem(req, 404, "not_found");
    else if (rows)
        respond_empty(req);
}

static void end_one(struct request *req)
{
    end_session(req, req_param_uuid(req, "id"));
}

static void end_others(struct request *req)
{
    if (db_query(req->arena, &req->problem, END_OTHERS, req->user.user, req->user.session))
        respond_empty(req);
}

/* Twice is as good as once: who signs out is out. */
static void log_out(struct request *req)
{
    if (db_query(req->arena, &req->problem, END, req->user.session, req->user.user))
        respond_empty(req);
}

/* RFC 7617: "Basic " and base64 of user:password, for browsers that open a page of reports. */
static bool basic_identity(struct request *req, struct identity *who)
{
    const char *header = req_header(req, "HTTP_AUTHORIZATION");
    if (!header || strncasecmp(header, "Basic ", 6))
        return false;
    char *text = arena_strdup(req->arena, header + 6 + strspn(header + 6, " "));
    for (char *c = text; *c; c++) /* plain base64 differs from base64url in these */
        *c = *c == '+' ? '-' : *c == '/' ? '_' : *c == '=' ? '\0' : *c;
    size_t n;
    char *pair = base64url_decode(req->arena, text, &n);
    char *colon = pair && utf8_valid(pair, n) ? strchr(pair, ':') : NULL;
    if (!colon)
        return false;
    *colon = '\0';
    struct account account;
    if (!account_enter(req, pair, normal_nfc(req->arena, colon + 1), &account))
        return false;
    if (account.factor.enabled) { /* a browser's dialog has no place for its code */
        respond_problem(req, 401, "second_factor_required");
        return false;
    }
    account_succeed(req, &account);
    *who = (struct identity){.user = account.id, .role = account.role, .scope = account.scope};
    return !req->problem.status;
}

/* What nginx asks before it shows a page that is a file (auth_request): it names the permission
 * in VENDAS_REQUIRE, which no client can set. */
static void check_session(struct request *req)
{
    struct identity who = {0};
    const char *permission = req_header(req, "VENDAS_REQUIRE");
    req_may(req, ""); /* reads the Bearer token, if there is one */
    if (req->user.user)
        who = req->user;
    else if (!basic_identity(req, &who)) {
        if (!req->problem.status)
            respond_problem(req, 401, "unauthorized");
        return;
    }
    if (permission && !identity_may(&who, permission)) {
        respond_problem(req, 403, "forbidden");
        return;
    }
    struct buf b = buf_new(req->arena);
    buf_printf(&b, "{\"user_id\":\"%s\",\"scope\":\"%s\",\"role\":", who.user, who.scope);
    buf_json(&b, who.role);
    buf_raw(&b, "}");
    respond_header(req, "Cache-Control", "no-store");
    respond_json(req, 200, b.data);
}

static const struct route ROUTES[] = {
    {"POST", "/v1/sessions", ANYONE, log_in},
    {"GET", "/v1/sessions", SIGNED_IN, list_sessions},
    {"DELETE", "/v1/sessions", SIGNED_IN, end_others},
    {"POST", "/v1/sessions/refresh", ANYONE, refresh},
    {"GET", "/v1/sessions/current", ANYONE, check_session},
    {"DELETE", "/v1/sessions/current", SIGNED_IN, log_out},
    {"DELETE", "/v1/sessions/{id}", SIGNED_IN, end_one},
    {0},
};

int main(int argc, char **argv)
{
    return serve("registry", ROUTES, argc, argv);
}
