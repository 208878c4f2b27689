#include "registry/account.h"

#include <string.h>

#include "db.h"
#include "password.h"

#define COLUMNS "name, email, role, scope, language, password_hash, secret, last_step"

static const char BY_EMAIL[] =
    "SELECT wait, id, " COLUMNS "  FROM registry.account_to_enter($1, NULL, $2::bytea,"
    "           $3::bytea, $4::bytea, $5::int, $6::int, $7::int)";

static const char BY_ID[] =
    "SELECT wait, id, " COLUMNS "  FROM registry.account_to_enter(NULL, $1::uuid, $2::bytea,"
    "           $3::bytea, $4::bytea, $5::int, $6::int, $7::int)";

static const char OWNER[] = "SELECT email, language FROM registry.users WHERE id = $1::uuid";

static const char USE_FACTOR[] =
    "SELECT registry.use_second_factor($1::uuid, $2::bigint, $3::bytea)";

static const char SUCCEED[] =
    "SELECT registry.succeed_attempt($1::bytea, $2::bytea, $3::bytea)";

const struct field ACCOUNT_PROOF[] = {
    {"password", FIELD_PASSWORD, FIELD_REQUIRED, 1, PASSWORD_MAX, NULL, NULL},
    {"code", FIELD_SECRET, 0, 1, 20, NULL, NULL},
    {0},
};

bool account_owner(struct request *req, const char *id, struct account *account)
{
    struct rows *rows = db_query(req->arena, &req->problem, OWNER, id);
    if (rows && db_count(rows) == 0)
        respond_problem(req, 404, "not_found");
    if (req->problem.status)
        return false;
    *account = (struct account){
        .id = id, .email = db_text(rows, 0, 0), .lang = lang_from_accept(db_text(rows, 0, 1))};
    return true;
}

/* Counts the attempt under a name of the account and reads the account by sql, whose parameter
 * key is NULL for none; false where it may not be tried now. */
static bool look_up(struct request *req, const char *sql, const char *name, const char *key,
                    struct account *account)
{
    struct attempt attempt = attempt_of(req, name);
    struct rows *rows =
        db_query(req->arena, &req->problem, sql, key, attempt.account, attempt.address,
                 attempt.both, attempt.free_account, attempt.free_address, attempt.longest);
    if (!rows)
        return false;
    if (db_integer(rows, 0, 0) > 0) {
        attempt_refuse(req, (int)db_integer(rows, 0, 0));
        return false;
    }
    *account = (struct account){
        .id = db_text(rows, 0, 1),
        .name = db_text(rows, 0, 2),
        .email = db_text(rows, 0, 3),
        .role = db_text(rows, 0, 4),
        .scope = db_text(rows, 0, 5),
        .lang = lang_from_accept(db_text(rows, 0, 6)),
        .password_hash = db_text(rows, 0, 7),
        .factor = second_factor_of(req->arena, db_text(rows, 0, 1), db_text(rows, 0, 8),
                                   db_integer(rows, 0, 9)),
        .attempt = attempt,
    };
    return true;
}

/* Whether an account can have this address: others have letters of which PostgreSQL makes ASCII
 * in lower case (the sign of kelvin, a dotted I), and attempt_of() does not. Each spelling
 * would be counted by itself. */
static bool is_ascii(const char *email)
{
    while (*email && !(*email & 0x80))
        email++;
    return !*email;
}

bool account_enter(struct request *req, const char *email, const char *password,
                   struct account *account)
{
    if (!look_up(req, BY_EMAIL, email, is_ascii(email) ? email : NULL, account))
        return false;
    if (password_matches(account->password_hash, password))
        return true;
    respond_problem(req, 401, "invalid_credentials");
    return false;
}

bool account_attempt(struct request *req, struct account *account)
{
    return look_up(req, BY_ID, req->user.user, req->user.user, account);
}

bool account_prove(struct request *req, const char *pointer, const char *password,
                   struct account *account)
{
    if (!account_attempt(req, account))
        return false;
    if (password_matches(account->password_hash, password))
        return true;
    problem_field(&req->problem, pointer, "wrong_password", NULL);
    return false;
}

static bool use_code(struct request *req, const char *code, const struct account *account)
{
    struct code_use use;
    if (!code)
        problem_field(&req->problem, "/code", "required", NULL);
    else if (!second_factor_accepts(req->arena, &account->factor, account->id, code, time(NULL),
                                    &use))
        problem_field(&req->problem, "/code", "invalid_code", NULL);
    else
        db_query(req->arena, &req->problem, USE_FACTOR, account->id, use.step, use.recovery);
    return !req->problem.status;
}

bool account_prove_both(struct request *req, struct account *account)
{
    struct json_object *body = req_body(req, ACCOUNT_PROOF, false);
    if (!body || !account_prove(req, "/password", field_text(body, "password"), account) ||
        (account->factor.enabled && !use_code(req, field_text(body, "code"), account)))
        return false;
    account_succeed(req, account);
    return !req->problem.status;
}

void account_succeed(struct request *req, const struct account *account)
{
    db_query(req->arena, &req->problem, SUCCEED, account->attempt.account,
             account->attempt.address, account->attempt.both);
}
