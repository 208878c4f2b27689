/* The database and the signature check are stood in for (see tests/local.mk), so that each is
 * counted. */
#include "keys.h"

#include "identity.h"
#include "keyring.h"
#include "rows.h"
#include "token.h"

static const char USER[] = "0190a5c0-1234-7abc-8def-0123456789ab";
static const char SESSION[] = "0190a5c0-1234-7abc-8def-ba9876543210";
static const struct identity ANA = {USER, SESSION, "manager", "products:write orders:read"};

/* What the database says of every session, and how often it and the signature were asked. */
static const char *live[2];
static bool away;
static int looks, checks;

struct rows *__wrap_db_run(struct arena *arena, struct problem *p, enum db_how how,
                           const char *sql, int count, const char *const *values);
struct rows *__wrap_db_run(struct arena *arena, struct problem *p, enum db_how how,
                           const char *sql, int count, const char *const *values)
{
    (void)arena;
    (void)how;
    looks++;
    assert_non_null(strstr(sql, "registry.live_identity("));
    assert_int_equal(count, 3);
    assert_string_equal(values[0], SESSION);
    assert_string_equal(values[1], USER);
    assert_non_null(values[2]);
    if (away)
        problem_set(p, 503, "database_unavailable");
    return away ? NULL : rows_of(2, 1, live);
}

bool __real_token_verify(struct arena *arena, const char *text, struct token *t);
bool __wrap_token_verify(struct arena *arena, const char *text, struct token *t);
bool __wrap_token_verify(struct arena *arena, const char *text, struct token *t)
{
    checks++;
    return __real_token_verify(arena, text, t);
}

static int before_each(void **state)
{
    (void)state;
    live[0] = "manager";
    live[1] = "products:write orders:read";
    away = false;
    looks = checks = 0;
    return 0;
}

static int setup(void **state)
{
    int status = keys_begin(state);
    EVP_PKEY_free(keys_make("2026-1"));
    return status;
}

/* Who bears the token; the database must not fail. */
static struct identity bearer(const char *token)
{
    struct identity who;
    struct problem p = problem_none(a);
    identity_read(a, &p, token, &who);
    assert_int_equal(p.status, 0);
    return who;
}

static void test_a_signature_is_checked_once(void **state)
{
    (void)state;
    char *token = token_sign(a, &ANA, 600);
    for (int i = 0; i < 10; i++) {
        struct identity who = bearer(token);
        assert_string_equal(who.user, USER);
        assert_string_equal(who.session, SESSION);
        assert_string_equal(who.role, "manager");
        assert_string_equal(who.scope, "products:write orders:read");
    }
    assert_int_equal(checks, 1);
    assert_int_equal(looks, 0);
}

static void test_what_does_not_hold_is_nobody_each_time(void **state)
{
    (void)state;
    char *token = token_sign(a, &ANA, 600);
    token[strlen(token) - 2] = token[strlen(token) - 2] == 'A' ? 'B' : 'A';
    for (int i = 0; i < 3; i++)
        assert_null(bearer(token).user);
    assert_null(bearer("").user);
    assert_int_equal(checks, 4);
}

static void test_a_remembered_token_runs_out(void **state)
{
    (void)state;
    char *token = token_sign(a, &ANA, 30);
    assert_non_null(bearer(token).user);
    ahead += 36;
    assert_null(bearer(token).user);
    assert_int_equal(looks, 0);
}

static void test_a_session_is_looked_up_again_within_the_bound(void **state)
{
    (void)state;
    char *token = token_sign(a, &ANA, 600);
    bearer(token);
    ahead += 58;
    bearer(token);
    assert_int_equal(looks, 0);
    ahead += 2;
    for (int i = 0; i < 5; i++)
        bearer(token);
    assert_int_equal(looks, 1);
    ahead += 60;
    bearer(token);
    assert_int_equal(looks, 2);
    assert_int_equal(checks, 1);
}

static void test_what_a_token_says_is_as_old_as_the_token(void **state)
{
    (void)state;
    char *token = token_sign(a, &ANA, 600);
    ahead += 60;
    assert_non_null(bearer(token).user);
    assert_int_equal(looks, 1);
}

static void test_the_present_role_takes_the_place_of_the_token_s(void **state)
{
    (void)state;
    char *token = token_sign(a, &ANA, 600);
    live[0] = "stock";
    live[1] = "stock:read";
    ahead += 60;
    for (int i = 0; i < 2; i++) {
        struct identity who = bearer(token);
        assert_string_equal(who.role, "stock");
        assert_true(identity_may(&who, "stock:read"));
        assert_false(identity_may(&who, "orders:read"));
    }
}

static void test_an_ended_session_is_nobody_for_good(void **state)
{
    (void)state;
    char *token = token_sign(a, &ANA, 600);
    live[0] = live[1] = NULL;
    ahead += 60;
    assert_null(bearer(token).user);
    live[0] = live[1] = "x";
    ahead += 60;
    assert_null(bearer(token).user);
    assert_int_equal(looks, 1);
    assert_int_equal(checks, 1);
}

static void test_where_the_database_is_away_nobody_is_believed_past_the_bound(void **state)
{
    (void)state;
    struct identity who;
    struct problem p = problem_none(a);
    char *token = token_sign(a, &ANA, 600);
    away = true;
    assert_non_null(bearer(token).user);
    ahead += 60;
    identity_read(a, &p, token, &who);
    assert_null(who.user);
    assert_int_equal(p.status, 503);
    away = false;
    assert_non_null(bearer(token).user);
}

static void test_a_key_that_is_taken_away_takes_its_tokens_along(void **state)
{
    (void)state;
    const char *kid = keys_kid(1);
    EVP_PKEY_free(keys_make(kid));
    ahead += KEYRING_SECONDS + 1;
    char *token = token_sign(a, &ANA, 600);
    assert_non_null(bearer(token).user);
    keys_remove(kid);
    ahead += KEYRING_SECONDS + 1;
    assert_null(bearer(token).user);
}

static void test_far_more_tokens_than_there_is_room_for_are_all_believed(void **state)
{
    (void)state;
    enum { MANY = 3000 };
    static char *tokens[MANY];
    for (int i = 0; i < MANY; i++) {
        tokens[i] = token_sign(a, &ANA, 600);
        assert_string_equal(bearer(tokens[i]).user, USER);
    }
    assert_int_equal(checks, MANY);
    for (int i = 0; i < MANY; i++)
        assert_string_equal(bearer(tokens[i]).user, USER);
    assert_true(checks > MANY && checks < 2 * MANY);
}

static void test_a_permission_is_held_by_its_whole_name(void **state)
{
    (void)state;
    assert_true(identity_may(&ANA, "products:write"));
    assert_true(identity_may(&ANA, "orders:read"));
    assert_false(identity_may(&ANA, "orders"));
    assert_false(identity_may(&ANA, "orders:rea"));
    assert_false(identity_may(&ANA, "rders:read"));
    assert_false(identity_may(&ANA, "products:write orders:read"));
    assert_false(identity_may(&ANA, ""));
    assert_false(identity_may(&(struct identity){0}, "orders:read"));
    assert_false(identity_may(&(struct identity){.scope = ""}, ""));
}

static void test_a_program_is_told_from_a_user_by_its_session(void **state)
{
    (void)state;
    assert_true(identity_is_program(&(struct identity){USER, USER, "service", ""}));
    assert_false(identity_is_program(&ANA));
    assert_false(identity_is_program(&(struct identity){0}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_signature_is_checked_once, before_each),
        cmocka_unit_test_setup(test_what_does_not_hold_is_nobody_each_time, before_each),
        cmocka_unit_test_setup(test_a_remembered_token_runs_out, before_each),
        cmocka_unit_test_setup(test_a_session_is_looked_up_again_within_the_bound, before_each),
        cmocka_unit_test_setup(test_what_a_token_says_is_as_old_as_the_token, before_each),
        cmocka_unit_test_setup(test_the_present_role_takes_the_place_of_the_token_s,
                               before_each),
        cmocka_unit_test_setup(test_an_ended_session_is_nobody_for_good, before_each),
        cmocka_unit_test_setup(
            test_where_the_database_is_away_nobody_is_believed_past_the_bound, before_each),
        cmocka_unit_test_setup(test_a_key_that_is_taken_away_takes_its_tokens_along,
                               before_each),
        cmocka_unit_test_setup(test_far_more_tokens_than_there_is_room_for_are_all_believed,
                               before_each),
        cmocka_unit_test(test_a_permission_is_held_by_its_whole_name),
        cmocka_unit_test(test_a_program_is_told_from_a_user_by_its_session),
    };
    return cmocka_run_group_tests(tests, setup, keys_end);
}
