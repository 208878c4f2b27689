#include "unit.h"

#include "sales/merchant.h"

static char *folder;

static void put(const char *name, const char *text)
{
    FILE *f = fopen(arena_printf(a, "%s/%s", folder, name), "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

/* A new folder, with what a Stripe account's secrets are in. */
static void begin_folder(void)
{
    folder = arena_printf(a, "/tmp/vendas-gateways-XXXXXX");
    assert_non_null(mkdtemp(folder));
    put("s.key", "sk_test_1\n");
    put("s.webhook", "whsec_1\nwhsec_2\n");
    put("p.secret", "secret\n");
}

static void end_folder(void)
{
    assert_int_equal(system(arena_printf(a, "rm -r %s", folder)), 0);
}

/* What merchants_load() says on standard error; NULL when all is well. */
static char *load(const char *setting)
{
    setenv("VENDAS_GATEWAYS", setting, 1);
    assert_int_equal(settings_load(), 0);
    return unit_complaint(merchants_load);
}

#define STRIPE                                                                                 \
    "\"gateway\": \"stripe\", \"live\": false, \"secret_key_file\": \"s.key\", "               \
    "\"publishable_key\": \"pk_test_1\", \"webhook_secret_file\": \"s.webhook\""
#define PAYPAL                                                                                 \
    "\"gateway\": \"paypal\", \"live\": false, \"client_id\": \"id\", "                        \
    "\"client_secret_file\": \"p.secret\", \"webhook_id\": \"WH\""

static void test_without_the_setting_there_are_no_accounts(void **state)
{
    (void)state;
    assert_null(load(""));
    assert_null(merchant_at(0));
    assert_null(merchant_find("stripe", NULL));
}

static void test_an_account_is_what_its_file_says(void **state)
{
    (void)state;
    begin_folder();
    put("main.json",
        "{" STRIPE ", \"methods\": [\"pix\", \"card\"], \"capture\": \"manual\", "
        "\"api_url\": \"http://127.0.0.1:8000/\", \"return_url\": \"https://shop\"}");
    put("pp.json", "{" PAYPAL "}");
    put("notes.txt", "{");
    put(".hidden.json", "{");
    assert_null(load(folder));
    const struct merchant *m = merchant_at(0);
    assert_string_equal(m->name, "main");
    assert_string_equal(m->gateway, "stripe");
    assert_false(m->live);
    assert_string_equal(m->methods, "pix card");
    assert_true(m->capture_later);
    assert_string_equal(m->api_url, "http://127.0.0.1:8000");
    assert_string_equal(m->ca_file, "");
    assert_string_equal(m->key_id, "pk_test_1");
    assert_string_equal(m->key, "sk_test_1");
    assert_int_equal(m->secret_count, 2);
    assert_string_equal(m->secrets[0], "whsec_1");
    assert_string_equal(m->secrets[1], "whsec_2");
    assert_string_equal(m->return_url, "https://shop");
    m = merchant_at(1);
    assert_string_equal(m->methods, "paypal");
    assert_false(m->capture_later);
    assert_string_equal(m->api_url, "https://api-m.sandbox.paypal.com");
    assert_string_equal(m->key_id, "id");
    assert_string_equal(m->key, "secret");
    assert_int_equal(m->secret_count, 1);
    assert_string_equal(m->secrets[0], "WH");
    assert_string_equal(m->return_url, settings()->public_url);
    assert_null(merchant_at(2));
    end_folder();
}

static void test_an_account_is_found_by_gateway_and_name(void **state)
{
    (void)state;
    begin_folder();
    put("a-b.json", "{" STRIPE "}");
    put("a.json", "{" STRIPE "}");
    put("pp.json", "{" PAYPAL "}");
    assert_null(load(folder));
    assert_string_equal(merchant_find("stripe", NULL)->name, "a");
    assert_string_equal(merchant_find("stripe", "")->name, "a");
    assert_string_equal(merchant_find("stripe", "a-b")->name, "a-b");
    assert_string_equal(merchant_find("paypal", "pp")->name, "pp");
    assert_null(merchant_find("paypal", "a"));
    assert_null(merchant_find("manual", NULL));
    end_folder();
}

static void test_it_is_read_once(void **state)
{
    (void)state;
    begin_folder();
    put("s.json", "{" STRIPE "}");
    assert_null(load(folder));
    put("s.json", "{");
    assert_null(load(folder));
    assert_non_null(merchant_at(0));
    assert_null(load(""));
    assert_non_null(load(folder));
    assert_null(merchant_at(0));
    assert_non_null(load(folder)); /* and again after a fault */
    put("s.json", "{" STRIPE "}");
    assert_null(load(folder));
    end_folder();
}

static void test_live_accounts_have_live_keys(void **state)
{
    (void)state;
    begin_folder();
    put("s.key", "rk_live_1");
    put("s.json",
        "{\"gateway\": \"stripe\", \"live\": true, \"secret_key_file\": \"s.key\", "
        "\"publishable_key\": \"pk_live_1\", \"webhook_secret_file\": \"s.webhook\"}");
    put("p.json", "{\"gateway\": \"paypal\", \"live\": true, \"client_id\": \"id\", "
                  "\"client_secret_file\": \"p.secret\", \"webhook_id\": \"WH\"}");
    assert_null(load(folder));
    assert_true(merchant_find("stripe", NULL)->live);
    assert_string_equal(merchant_find("stripe", NULL)->api_url, "https://api.stripe.com");
    assert_string_equal(merchant_find("paypal", NULL)->api_url, "https://api-m.paypal.com");
    end_folder();
}

static void test_each_fault_is_told_in_a_line_without_a_secret(void **state)
{
    (void)state;
    static const char *const CASES[][2] = {
        {"", "this is no JSON object"},
        {"[]", "this is no JSON object"},
        {"{\"live\": false}", "\"gateway\" is missing"},
        {"{\"gateway\": \"pagar\", \"live\": false}", "there is no gateway \"pagar\""},
        {"{\"gateway\": \"manual\", \"live\": false}", "there is no gateway \"manual\""},
        {"{\"gateway\": 1}", "\"gateway\" must be text"},
        {"{" STRIPE ", \"publishabel_key\": \"x\"}", "there is no \"publishabel_key\""},
        {"{" PAYPAL ", \"publishable_key\": \"x\"}", "there is no \"publishable_key\""},
        {"{" STRIPE ", \"methods\": [\"pix\", \"cheque\"]}", "no method \"cheque\""},
        {"{" STRIPE ", \"methods\": []}", "\"methods\" must be a list"},
        {"{" STRIPE ", \"methods\": \"pix\"}", "\"methods\" must be a list"},
        {"{" STRIPE ", \"live\": \"no\"}", "\"live\" must be true or false"},
        {"{" STRIPE ", \"live\": true}", "\"secret_key_file\" must begin with sk_live_"},
        {"{" STRIPE ", \"publishable_key\": \"sk_test_1\"}",
         "\"publishable_key\" must begin with pk_test_"},
        {"{" STRIPE ", \"publishable_key\": \"\"}", "\"publishable_key\" must be text"},
        {"{" STRIPE ", \"capture\": \"never\"}", "\"capture\" must be"},
        {"{" STRIPE ", \"secret_key_file\": \"none\"}", "none: No such file"},
        {"{" STRIPE ", \"secret_key_file\": \"s.webhook\"}", "a file of one line"},
        {"{" STRIPE ", \"webhook_secret_file\": \"empty\"}", "empty holds no secret"},
        {"{" STRIPE ", \"webhook_secret_file\": \"five\"}", "may hold 4 secrets"},
        {"{" STRIPE ", \"ca_file\": \"none.pem\"}", "none.pem: No such file"},
        {"{" STRIPE ", \"api_url\": \"http://api.stripe.com\"}", "\"api_url\" must be https"},
        {"{" STRIPE ", \"api_url\": \"https://me@api.stripe.com\"}",
         "\"api_url\" must be https"},
        {"{" STRIPE ", \"api_url\": \"ftp://127.0.0.1\"}", "\"api_url\" must be https"},
        {"{" STRIPE ", \"api_url\": \"api.stripe.com\"}", "\"api_url\" must be https"},
        {"{" PAYPAL ", \"webhook_id\": null}", "\"webhook_id\" is missing"},
    };
    begin_folder();
    put("empty", "\n");
    put("five", "1\n2\n3\n4\n5\n");
    for (size_t i = 0; i < LENGTH(CASES); i++) {
        put("x.json", CASES[i][0]);
        const char *said = load(folder);
        const char *start = "VENDAS_GATEWAYS: x.json: ";
        if (!said || strncmp(said, start, strlen(start)) || !strstr(said, CASES[i][1]))
            fail_msg("%s: %s", CASES[i][0], said);
        if (strstr(said, "sk_test_1") || strstr(said, "whsec_1"))
            fail_msg("%s tells a secret: %s", CASES[i][0], said);
        assert_null(merchant_at(0));
    }
    end_folder();
}

static void test_faults_of_all_accounts_are_told(void **state)
{
    (void)state;
    begin_folder();
    put("a.json", "{");
    put("b c.json", "{}");
    put("good.json", "{" STRIPE "}");
    const char *said = load(folder);
    assert_non_null(strstr(said, "a.json: "));
    assert_non_null(strstr(said, "b c.json: a name has"));
    end_folder();
    assert_non_null(strstr(load(folder), "No such file"));
}

static void test_files_may_be_credentials(void **state)
{
    (void)state;
    unsetenv("CREDENTIALS_DIRECTORY");
    assert_non_null(strstr(load("credential:gateways"), "LoadCredential= is missing"));
    begin_folder();
    setenv("CREDENTIALS_DIRECTORY", folder, 1);
    put("other_x.json", "{");
    put("gateways_s.key", "sk_test_2");
    put("gateways_s.webhook", "whsec_3");
    put("gateways_main.json", "{" STRIPE "}");
    assert_null(load("credential:gateways"));
    assert_string_equal(merchant_at(0)->name, "main");
    assert_string_equal(merchant_at(0)->key, "sk_test_2");
    end_folder();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_the_setting_there_are_no_accounts),
        cmocka_unit_test(test_an_account_is_what_its_file_says),
        cmocka_unit_test(test_an_account_is_found_by_gateway_and_name),
        cmocka_unit_test(test_it_is_read_once),
        cmocka_unit_test(test_live_accounts_have_live_keys),
        cmocka_unit_test(test_each_fault_is_told_in_a_line_without_a_secret),
        cmocka_unit_test(test_faults_of_all_accounts_are_told),
        cmocka_unit_test(test_files_may_be_credentials),
    };
    return UNIT_RUN(tests);
}
