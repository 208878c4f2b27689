/*
 * Second factor: one-time passwords at sign-in, for whoever wants them. Service Registry,
 * tables registry.second_factors and registry.recovery_codes.
 *
 * POST gives out a secret, PUT proves with a first code that an authenticator has it; from then
 * on signing in asks for a code. Recovery codes are shown once.
 */
#include <time.h>

#include "audit.h"
#include "buf.h"
#include "db.h"
#include "letter.h"
#include "password.h"
#include "registry/account.h"
#include "registry/subject.h"
#include "request.h"
#include "settings.h"

static const char READ[] =
    "SELECT json_build_object("
    "    'enabled', count(f.confirmed_at) > 0,"
    "    'enabled_at', shared.rfc3339(min(f.confirmed_at)),"
    "    'recovery_codes_left', (SELECT count(*) FROM registry.recovery_codes r"
    "                             WHERE r.user_id = $1::uuid AND r.used_at IS NULL))"
    "  FROM registry.second_factors f WHERE f.user_id = $1::uuid AND f.confirmed_at IS NOT "
    "NULL";

static const char GIVE_OUT[] = "SELECT registry.begin_second_factor($1::uuid, $2::bytea)";

static const char PENDING[] = "SELECT secret, last_step FROM registry.second_factors"
                              " WHERE user_id = $1::uuid AND confirmed_at IS NULL";

static const char ENABLE[] =
    "SELECT registry.enable_second_factor($1::uuid, $2::bigint, $3::bytea[]),"
    "       registry.post_letter($4::uuid, 'second_factor_added', $5::bytea, $1::uuid,"
    "                            now() + make_interval(secs => $6::int))";

static const char NEW_CODES[] = "SELECT registry.set_recovery_codes($1::uuid, $2::bytea[])";

/* There is something to tell only where one was asked for until now. */
static const char DISABLE[] =
    "WITH had AS MATERIALIZED (SELECT FROM registry.second_factors"
    "                           WHERE user_id = $2::uuid AND confirmed_at IS NOT NULL)"
    "SELECT registry.disable_second_factor($1::jsonb, $2::uuid),"
    "       (SELECT registry.post_letter($3::uuid, 'second_factor_removed', $4::bytea,"
    "            $2::uuid, now() + make_interval(secs => $5::int)) FROM had)";

static const struct field PASSWORD[] = {
    {"password", FIELD_PASSWORD, FIELD_REQUIRED, 1, PASSWORD_MAX, NULL, NULL},
    {0},
};

static const struct field CODE[] = {
    {"code", FIELD_SECRET, FIELD_REQUIRED, 1, 20, NULL, NULL},
    {0},
};

static void read_factor(struct request *req)
{
    const char *id = subject_of(req, "users:read");
    if (id)
        respond_row(req, 200, db_query(req->arena, &req->problem, READ, id));
}

static void give_out(struct request *req)
{
    struct arena *a = req->arena;
    struct account account;
    struct json_object *body = subject_of(req, NULL) ? req_body(req, PASSWORD, false) : NULL;
    if (!body || !account_prove(req, "/password", field_text(body, "password"), &account))
        return;
    account_succeed(req, &account);
    const char *secret = second_factor_secret(a);
    if (!db_query(a, &req->problem, GIVE_OUT, account.id,
                  second_factor_seal(a, account.id, secret)))
        return;
    struct buf b = buf_new(a);
    buf_printf(&b, "{\"secret\":\"%s\",\"uri\":", secret);
    buf_json(&b, second_factor_uri(a, settings()->shop_name, account.email, secret));
    buf_raw(&b, "}");
    respond_json(req, 201, b.data);
}

/* New recovery codes for the user: the answer that shows them, and the array of their hashes.
 */
static const char *new_codes(struct arena *a, const char *user, const char **answer)
{
    struct buf shown = buf_new(a), hashes = buf_new(a);
    for (int i = 0; i < RECOVERY_CODES; i++) {
        const char *code = recovery_code(a);
        buf_printf(&shown, "%s\"%s\"", i ? "," : "{\"recovery_codes\":[", code);
        buf_printf(&hashes, "%s\"\\%s\"", i ? "," : "{", recovery_code_hash(a, user, code));
    }
    buf_raw(&shown, "]}");
    buf_raw(&hashes, "}");
    *answer = shown.data;
    return hashes.data;
}

/* Whether code is the pending secret's; its step then goes to *use. False with the problem
 * filled. */
static bool check_first_code(struct request *req, const char *user, const char *code,
                             struct code_use *use)
{
    struct rows *rows = db_query(req->arena, &req->problem, PENDING, user);
    if (rows && db_count(rows) == 0)
        respond_problem(req, 409, "second_factor_not_begun");
    if (req->problem.status)
        return false;
    struct second_factor factor =
        second_factor_of(req->arena, user, db_text(rows, 0, 0), db_integer(rows, 0, 1));
    if (second_factor_accepts(req->arena, &factor, user, code, time(NULL), use) && use->step)
        return true;
    problem_field(&req->problem, "/code", "invalid_code", NULL);
    return false;
}

/* A wrong code counts as an attempt: who holds a stolen token and a secret that its owner has
 * begun with is not to try them all. */
static void enable(struct request *req)
{
    struct arena *a = req->arena;
    struct account account;
    struct code_use use;
    const char *answer;
    struct json_object *body = subject_of(req, NULL) ? req_body(req, CODE, false) : NULL;
    if (!body || !account_attempt(req, &account) ||
        !check_first_code(req, account.id, field_text(body, "code"), &use))
        return;
    account_succeed(req, &account);
    const char *hashes = new_codes(a, account.id, &answer);
    struct letter letter =
        letter_write(a, "second_factor_added", account.lang, account.email, NULL);
    if (db_query(a, &req->problem, ENABLE, account.id, use.step, hashes, letter.id,
                 letter.payload, letter.seconds))
        respond_json(req, 200, answer);
}

static void renew_codes(struct request *req)
{
    struct account account;
    const char *answer;
    if (!subject_of(req, NULL) || !account_prove_both(req, &account))
        return;
    const char *hashes = new_codes(req->arena, account.id, &answer);
    if (db_query(req->arena, &req->problem, NEW_CODES, account.id, hashes))
        respond_json(req, 201, answer);
}

/* Staff may do so for whoever lost the device and the recovery codes. */
static void disable(struct request *req)
{
    struct account account;
    const char *id = subject_of(req, "users:write");
    if (!id)
        return;
    bool own = subject_is_caller(req, id);
    if (!(own ? account_prove_both(req, &account) : account_owner(req, id, &account)))
        return;
    struct letter letter =
        letter_write(req->arena, "second_factor_removed", account.lang, account.email, NULL);
    if (db_query(req->arena, &req->problem, DISABLE, own ? NULL : audit_act(req), id, letter.id,
                 letter.payload, letter.seconds))
        respond_empty(req);
}

static const struct route ROUTES[] = {
    {"GET", "/v1/users/{id}/second-factor", SIGNED_IN, read_factor},
    {"POST", "/v1/users/{id}/second-factor", SIGNED_IN, give_out},
    {"PUT", "/v1/users/{id}/second-factor", SIGNED_IN, enable},
    {"DELETE", "/v1/users/{id}/second-factor", SIGNED_IN, disable},
    {"POST", "/v1/users/{id}/recovery-codes", SIGNED_IN, renew_codes},
    {0},
};

int main(int argc, char **argv)
{
    return serve("registry", ROUTES, argc, argv);
}
