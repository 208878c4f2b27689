/*
 * Confirmations: what a letter allows its reader to do, once. Confirming an address, of a new
 * account or of a changed one, and choosing a new password. Service Registry, tables
 * registry.registrations and registry.mail_tokens.
 *
 * Whoever asks for a letter is answered the same whether one was written or not.
 */
#include <string.h>

#include "db.h"
#include "digest.h"
#include "letter.h"
#include "password.h"
#include "registry/account.h"
#include "request.h"

static const char CONFIRM_AGAIN[] =
    "SELECT registry.ask_confirmation_again($1, $2::bytea, $3::int, $4::bytea, $5::uuid,"
    "                                       $6::bytea)";

static const char REGISTRATION[] = "SELECT password_hash FROM registry.registrations"
                                   " WHERE token_hash = $1::bytea AND expires_at > now()";

static const char CONFIRM[] = "SELECT registry.confirm_email($1::bytea)";

static const char ASK_RESET[] =
    "SELECT registry.ask_reset($1, $2::bytea, $3::int, $4::bytea, $5::uuid, $6::bytea)";

static const char RESET_OWNER[] =
    "SELECT u.name, u.email, u.language"
    "  FROM registry.mail_tokens t JOIN registry.users u ON u.id = t.user_id"
    " WHERE t.hash = $1::bytea AND t.purpose = 'reset_password' AND t.expires_at > now()";

static const char RESET[] =
    "SELECT registry.reset_password($1::bytea, $2, $3::uuid, $4::bytea, $5::bytea, $6::bytea,"
    "                               $7::bytea)";

enum { TOKEN_BYTES = 32, TOKEN_MAX = 200 };

static const struct field ADDRESS[] = {
    {"email", FIELD_EMAIL, FIELD_REQUIRED, 0, 0, NULL, NULL},
    {0},
};

static const struct field CONFIRMATION[] = {
    {"token", FIELD_SECRET, FIELD_REQUIRED, 1, TOKEN_MAX, NULL, NULL},
    {"password", FIELD_PASSWORD, 0, 1, PASSWORD_MAX, NULL, NULL},
    {0},
};

static const struct field NEW_PASSWORD[] = {
    {"token", FIELD_SECRET, FIELD_REQUIRED, 1, TOKEN_MAX, NULL, NULL},
    {"password", FIELD_PASSWORD, FIELD_REQUIRED, PASSWORD_MIN, PASSWORD_MAX, NULL, NULL},
    {0},
};

/* Has a letter of this kind with a new token written, by sql, to the address in the body. */
static void ask_letter(struct request *req, const char *sql, const char *kind,
                       const char *answer)
{
    struct arena *a = req->arena;
    struct json_object *body = req_body(req, ADDRESS, false);
    if (!body)
        return;
    const char *email = field_text(body, "email"), *token = digest_random(a, TOKEN_BYTES);
    struct letter letter = letter_write(a, kind, req->lang, email, token);
    if (db_query(a, &req->problem, sql, email, digest_token(a, token), letter.seconds,
                 letter_key(a, email), letter.id, letter.payload))
        respond_json(req, 202, answer);
}

static void confirm_again(struct request *req)
{
    ask_letter(req, CONFIRM_AGAIN, "confirm_email", "{\"status\":\"confirmation_sent\"}");
}

static void ask_reset(struct request *req)
{
    ask_letter(req, ASK_RESET, "reset_password", "{\"status\":\"reset_sent\"}");
}

static void refuse_token(struct request *req)
{
    problem_field(&req->problem, "/token", "invalid_letter_token", NULL);
}

/* Whether a registration's token came with its password: somebody who registers another's
 * address must not get an account that its owner confirms and he can enter. A change of address
 * asks for none. False with the problem filled. */
static bool is_who_registered(struct request *req, const char *token, const char *password)
{
    struct rows *rows = db_query(req->arena, &req->problem, REGISTRATION, token);
    if (!rows || db_count(rows) == 0)
        return rows;
    if (!password)
        problem_field(&req->problem, "/password", "required", NULL);
    else if (!password_matches(db_text(rows, 0, 0), password))
        problem_field(&req->problem, "/password", "wrong_password", NULL);
    return !req->problem.status;
}

static void confirm(struct request *req)
{
    struct json_object *body = req_body(req, CONFIRMATION, false);
    const char *token = body ? digest_token(req->arena, field_text(body, "token")) : NULL;
    if (!token || !is_who_registered(req, token, field_text(body, "password")))
        return;
    struct rows *rows = db_query(req->arena, &req->problem, CONFIRM, token);
    if (rows && !db_text(rows, 0, 0))
        refuse_token(req);
    else if (rows)
        respond_json(req, 200, "{\"status\":\"confirmed\"}");
}

/* The token is looked at before the password is hashed: without one that is good nobody makes
 * us work. Who reads the owner's letters is the owner: his failed attempts are forgotten. */
static void reset(struct request *req)
{
    struct arena *a = req->arena;
    struct json_object *body = req_body(req, NEW_PASSWORD, false);
    if (!body)
        return;
    const char *token = digest_token(a, field_text(body, "token")),
               *password = field_text(body, "password");
    struct rows *owner = db_query(a, &req->problem, RESET_OWNER, token);
    if (owner && db_count(owner) == 0)
        refuse_token(req);
    if (req->problem.status || !password_acceptable(&req->problem, "/password", password,
                                                    db_text(owner, 0, 0), db_text(owner, 0, 1)))
        return;
    const char *email = db_text(owner, 0, 1);
    struct letter letter = letter_write(a, "password_changed",
                                        lang_from_accept(db_text(owner, 0, 2)), email, NULL);
    struct attempt attempt = attempt_of(req, email);
    struct rows *rows =
        db_query(a, &req->problem, RESET, token, password_hash(a, password), letter.id,
                 letter.payload, attempt.account, attempt.address, attempt.both);
    if (rows && !db_text(rows, 0, 0))
        refuse_token(req);
    else if (rows)
        respond_empty(req);
}

static const struct route ROUTES[] = {
    {"POST", "/v1/email-confirmations", ANYONE, confirm_again},
    {"PUT", "/v1/email-confirmations", ANYONE, confirm},
    {"POST", "/v1/password-resets", ANYONE, ask_reset},
    {"PUT", "/v1/password-resets", ANYONE, reset},
    {0},
};

int main(int argc, char **argv)
{
    return serve("registry", ROUTES, argc, argv);
}
