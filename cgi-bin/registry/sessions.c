/*
 * Sessions: signing in, going on, signing out. Service Registry, tables registry.sessions and
 * registry.refresh_tokens.
 */
#include <string.h>
#include <strings.h>

#include "buf.h"
#include "db.h"
#include "digest.h"
#include "normal.h"
#include "password.h"
#include "request.h"
#include "settings.h"
#include "token.h"
#include "utf8.h"

static const char USER_BY_EMAIL[] =
    "SELECT id, password_hash, role, registry.permissions_of(role)"
    "  FROM registry.users WHERE lower(email) = lower($1)";

static const char OPEN[] = "SELECT registry.open_session($1::uuid, $2::bytea, $3::int)";

static const char REFRESH[] = "SELECT session_id, user_id, role, scope FROM "
                              "registry.refresh_session($1::bytea, $2::bytea)";

static const char END[] = "UPDATE registry.sessions SET ended_at = now()"
                          " WHERE id = $1::uuid AND ended_at IS NULL";

/* The bytes of a refresh token: nobody guesses 256 bits. */
enum { REFRESH_TOKEN_BYTES = 32 };

static const struct field CREDENTIALS[] = {
    {"email", FIELD_SECRET, FIELD_REQUIRED, 1, 254, NULL, NULL},
    {"password", FIELD_PASSWORD, FIELD_REQUIRED, 1, 128, NULL, NULL},
    {0},
};

static const struct field REFRESH_TOKEN[] = {
    {"refresh_token", FIELD_SECRET, FIELD_REQUIRED, 1, 200, NULL, NULL},
    {0},
};

/* A refresh token is kept as its SHA-256: it has entropy enough to need no salt. */
static const char *token_hash(struct arena *a, const char *token)
{
    return arena_printf(a, "\\x%s", digest_sha256(a, token, strlen(token)));
}

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

/* Who has this address and password; false with the problem filled. */
static bool check_password(struct request *req, const char *email, const char *password,
                           struct identity *who)
{
    struct rows *rows = db_query(req->arena, &req->problem, USER_BY_EMAIL, email);
    if (!rows)
        return false;
    bool found = db_count(rows) == 1;
    if (!password_matches(found ? db_text(rows, 0, 1) : NULL, password)) {
        respond_problem(req, 401, "invalid_credentials");
        return false;
    }
    *who = (struct identity){
        .user = db_text(rows, 0, 0), .role = db_text(rows, 0, 2), .scope = db_text(rows, 0, 3)};
    return true;
}

static void log_in(struct request *req)
{
    struct identity who;
    struct json_object *body = req_body(req, CREDENTIALS, false);
    if (!body ||
        !check_password(req, field_text(body, "email"), field_text(body, "password"), &who))
        return;
    const char *refresh_token = digest_random(req->arena, REFRESH_TOKEN_BYTES);
    const char *days = arena_printf(req->arena, "%lld", settings()->refresh_token_days);
    struct rows *rows = db_query(req->arena, &req->problem, OPEN, who.user,
                                 token_hash(req->arena, refresh_token), days);
    if (!rows)
        return;
    who.session = db_text(rows, 0, 0);
    respond_tokens(req, 201, &who, refresh_token);
}

static void refresh(struct request *req)
{
    struct json_object *body = req_body(req, REFRESH_TOKEN, false);
    if (!body)
        return;
    const char *next = digest_random(req->arena, REFRESH_TOKEN_BYTES);
    struct rows *rows = db_query(req->arena, &req->problem, REFRESH,
                                 token_hash(req->arena, field_text(body, "refresh_token")),
                                 token_hash(req->arena, next));
    if (!rows)
        return;
    struct identity who = {.session = db_text(rows, 0, 0),
                           .user = db_text(rows, 0, 1),
                           .role = db_text(rows, 0, 2),
                           .scope = db_text(rows, 0, 3)};
    if (who.user)
        respond_tokens(req, 200, &who, next);
    else
        respond_problem(req, 401, "invalid_refresh_token");
}

static void log_out(struct request *req)
{
    if (db_query(req->arena, &req->problem, END, req->user.session))
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
    return check_password(req, pair, normal_nfc(req->arena, colon + 1), who);
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
    {"POST", "/v1/sessions/refresh", ANYONE, refresh},
    {"GET", "/v1/sessions/current", ANYONE, check_session},
    {"DELETE", "/v1/sessions/current", SIGNED_IN, log_out},
    {0},
};

int main(int argc, char **argv)
{
    return serve("registry", ROUTES, argc, argv);
}
