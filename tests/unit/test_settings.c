#include "unit.h"

/* Loads the settings with one variable set. Returns what was said on stderr, NULL when all was
 * well. */
static char *load_with(const char *name, const char *value)
{
    setenv(name, value, 1);
    char *said = unit_complaint(settings_load);
    unsetenv(name);
    return said;
}

static void test_settings_have_defaults(void **state)
{
    (void)state;
    unit_settings();
    assert_string_equal(settings()->currency, "BRL");
    assert_string_equal(settings()->timezone, "America/Sao_Paulo");
    assert_int_equal(settings()->access_token_seconds, 900);
    assert_int_equal(settings()->max_body_bytes, 1048576);
    assert_string_equal(settings()->cors_origins, "");
}

static void test_the_environment_sets_them(void **state)
{
    (void)state;
    assert_null(load_with("VENDAS_CURRENCY", "EUR"));
    assert_string_equal(settings()->currency, "EUR");
    assert_null(load_with("VENDAS_ACCESS_TOKEN_SECONDS", "60"));
    assert_int_equal(settings()->access_token_seconds, 60);
    assert_string_equal(settings()->currency, "BRL");
}

static void test_a_malformed_value_is_told_by_name(void **state)
{
    (void)state;
    static const char *const CASES[][2] = {
        {"VENDAS_ACCESS_TOKEN_SECONDS", "soon"},
        {"VENDAS_ACCESS_TOKEN_SECONDS", ""},
        {"VENDAS_ACCESS_TOKEN_SECONDS", "60s"},
        {"VENDAS_ACCESS_TOKEN_SECONDS", "9"},
        {"VENDAS_ACCESS_TOKEN_SECONDS", "86401"},
        {"VENDAS_MAX_BODY_BYTES", "99999999999999999999"},
        {"VENDAS_ORDER_HOLD_MINUTES", "-1"},
        {"VENDAS_DATABASE_URL", ""},
        {"VENDAS_CURRENCY", "R$"},
        {"VENDAS_CURRENCY", "BRLX"},
        {"VENDAS_SHOP_STATE", "sp"},
        {"VENDAS_SHOP_STATE", "XX"},
        {"VENDAS_SHOP_STATE", "S"},
        {"VENDAS_SHOP_STATE", "SP "},
    };
    for (size_t i = 0; i < LENGTH(CASES); i++) {
        const char *said = load_with(CASES[i][0], CASES[i][1]);
        if (!said || !strstr(said, CASES[i][0]))
            fail_msg("%s=%s was accepted", CASES[i][0], CASES[i][1]);
    }
}

static void test_an_unknown_setting_is_told_by_name_but_not_its_value(void **state)
{
    (void)state;
    static const char *const NAMES[] = {"VENDAS_CURRENCI", "VENDAS_", "VENDAS_CURRENCY_"};
    for (size_t i = 0; i < LENGTH(NAMES); i++) {
        const char *said = load_with(NAMES[i], "hidden");
        assert_non_null(said);
        assert_non_null(strstr(said, NAMES[i]));
        assert_null(strstr(said, "hidden"));
    }
    assert_null(load_with("OTHER_PROGRAMS_SETTING", "x"));
}

/* Whether a documented line NAME= stands in the file. */
static bool documented(const char *file, const char *name)
{
    return strstr(file, arena_printf(a, "\n%s=", name)) != NULL;
}

static bool is_setting(const char *name)
{
    for (int i = 0; settings_name(i); i++)
        if (!strcmp(settings_name(i), name))
            return true;
    return false;
}

static void test_every_setting_stands_in_the_documented_file(void **state)
{
    (void)state;
    const char *file = unit_source("systemd/vendas.env");
    int count = 0;
    for (; settings_name(count); count++)
        if (!documented(file, settings_name(count)))
            fail_msg("%s is not documented", settings_name(count));
    assert_true(count > 10);
    assert_null(settings_name(-1));
}

static void test_every_documented_setting_exists(void **state)
{
    (void)state;
    for (const char *s = unit_source("systemd/vendas.env"); (s = strchr(s, '\n'));) {
        s++;
        const char *name = arena_memdup(a, s, strcspn(s, "=\n"));
        if (*s != '#' && *s != '\n' && *s && !is_setting(name))
            fail_msg("%s does not exist", name);
    }
}

/* The value as a shell reads it. */
static char *documented_value(const char *file, const char *name)
{
    const char *s = strstr(file, arena_printf(a, "\n%s=", name)) + strlen(name) + 2;
    return *s == '"' ? arena_memdup(a, s + 1, strcspn(s + 1, "\""))
                     : arena_memdup(a, s, strcspn(s, "\n"));
}

static void test_the_documented_values_are_the_defaults(void **state)
{
    (void)state;
    const char *file = unit_source("systemd/vendas.env");
    unit_settings();
    struct settings defaults = *settings();
    for (int i = 0; settings_name(i); i++)
        setenv(settings_name(i), documented_value(file, settings_name(i)), 1);
    assert_int_equal(settings_load(), 0);
    assert_string_equal(settings()->database_url, defaults.database_url);
    assert_string_equal(settings()->public_url, defaults.public_url);
    assert_string_equal(settings()->api_url, defaults.api_url);
    assert_string_equal(settings()->jwt_keys, defaults.jwt_keys);
    assert_int_equal(settings()->access_token_seconds, defaults.access_token_seconds);
    assert_int_equal(settings()->refresh_token_days, defaults.refresh_token_days);
    assert_string_equal(settings()->timezone, defaults.timezone);
    assert_string_equal(settings()->currency, defaults.currency);
    assert_int_equal(settings()->max_body_bytes, defaults.max_body_bytes);
    assert_int_equal(settings()->order_hold_minutes, defaults.order_hold_minutes);
    assert_string_equal(settings()->cors_origins, defaults.cors_origins);
    assert_string_equal(settings()->bank_account, defaults.bank_account);
    assert_string_equal(settings()->reports_dir, defaults.reports_dir);
    assert_string_equal(settings()->shop_name, defaults.shop_name);
    assert_string_equal(settings()->mail_url, defaults.mail_url);
    assert_string_equal(settings()->mail_from, defaults.mail_from);
    unit_settings();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_settings_have_defaults),
        cmocka_unit_test(test_the_environment_sets_them),
        cmocka_unit_test(test_a_malformed_value_is_told_by_name),
        cmocka_unit_test(test_an_unknown_setting_is_told_by_name_but_not_its_value),
        cmocka_unit_test(test_every_setting_stands_in_the_documented_file),
        cmocka_unit_test(test_every_documented_setting_exists),
        cmocka_unit_test(test_the_documented_values_are_the_defaults),
    };
    return UNIT_RUN(tests);
}
