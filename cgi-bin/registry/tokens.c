/*
 * Tokens: a service account signs in (OAuth 2.0 client credentials, RFC 6749 section 4.4).
 * Service Registry, tables registry.service_accounts and service_account_secrets.
 */
#include <string.h>

#include "buf.h"
#include "db.h"
#include "digest.h"
#include "request.h"
#include "settings.h"
#include "token.h"
#include "words.h"

static const char CLIENT[] = "SELECT registry.client_scope($1::uuid, $2::bytea)";

static const struct field CREDENTIALS[] = {
    {"client_id", FIELD_UUID, FIELD_REQUIRED, 0, 0, NULL, NULL},
    {"client_secret", FIELD_SECRET, FIELD_REQUIRED, 1, 200, NULL, NULL},
    {"scope", FIELD_TEXT, 0, 1, 2000, NULL, NULL},
    {0},
};

/* Whether all words of one list are in the other. */
static bool is_part(struct arena *a, const char *words, const char *of)
{
    for (size_t n; *words; words += n + (words[n] == ' ')) {
        n = strcspn(words, " ");
        if (!words_hold(of, arena_memdup(a, words, n)))
            return false;
    }
    return true;
}

static void respond_token(struct request *req, const struct identity *who)
{
    long long seconds = settings()->access_token_seconds;
    const char *token = token_sign(req->arena, who, seconds);
    if (!token) {
        respond_problem(req, 500, "internal_error");
        return;
    }
    respond_header(req, "Cache-Control", "no-store"); /* RFC 6749 section 5.1 */
    respond_json(req, 200,
                 arena_printf(req->arena,
                              "{\"access_token\":\"%s\",\"token_type\":\"Bearer\","
                              "\"expires_in\":%lld,\"scope\":\"%s\"}",
                              token, seconds, who->scope));
}

/* A client that is not known and a secret that is wrong take the same query: there is no
 * password to hash, as nobody can try 256 random bits. */
static void sign_in(struct request *req)
{
    struct json_object *body = req_body(req, CREDENTIALS, false);
    if (!body)
        return;
    const char *id = field_text(body, "client_id"), *secret = field_text(body, "client_secret");
    const char *wanted = field_text(body, "scope");
    struct rows *rows =
        db_query(req->arena, &req->problem, CLIENT, id, digest_token(req->arena, secret));
    const char *scope = rows ? db_text(rows, 0, 0) : NULL;
    if (rows && !scope)
        respond_problem(req, 401, "invalid_client");
    else if (rows && wanted && !is_part(req->arena, wanted, scope))
        problem_field(&req->problem, "/scope", "invalid_scope", scope);
    if (req->problem.status)
        return;
    struct identity who = {
        .user = id, .session = id, .role = "service", .scope = wanted ? wanted : scope};
    respond_token(req, &who);
}

static const struct route ROUTES[] = {
    {"POST", "/v1/tokens", ANYONE, sign_in},
    {0},
};

int main(int argc, char **argv)
{
    return serve("registry", ROUTES, argc, argv);
}
