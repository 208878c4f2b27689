#include "unit.h"

#include "sales/webhook.h"
#include "settings.h"

static void allow(const char *value)
{
    setenv("VENDAS_WEBHOOK_PRIVATE_ADDRESSES", value, 1);
    assert_int_equal(settings_load(), 0);
}

static void test_a_body_is_signed_with_its_time(void **state)
{
    (void)state;
    /* printf '1700000000.{"id":1}' | openssl dgst -sha256 -hmac secret */
    const char *made = webhook_signature(a, "secret", 1700000000, "{\"id\":1}");
    assert_string_equal(made,
                        "t=1700000000,v1="
                        "3dd1b9aef568d75f6790a84bd2e5dfa1f44409eef3cbdbd3f10b837376100c11");
    assert_string_not_equal(made, webhook_signature(a, "secret", 1700000001, "{\"id\":1}"));
    assert_string_not_equal(made + 13, webhook_signature(a, "secre", 1700000000, "{\"id\":1}"));
}

static void test_subscribers_are_on_the_internet_and_speak_https(void **state)
{
    (void)state;
    allow("0");
    assert_null(webhook_url_fault("https://erp.example/vendas"));
    assert_null(webhook_url_fault("https://8.8.8.8:8443/"));
    assert_null(webhook_url_fault("https://[2606:4700::1111]/"));
    static const char *const FAULTS[][2] = {
        {"http://erp.example/", "url_not_https"},
        {"http://127.0.0.1/", "url_not_https"},
        {"https://localhost/", "url_private"},
        {"https://127.0.0.1/", "url_private"},
        {"https://2130706433/", "url_private"},
        {"https://0x7f.1/", "url_private"},
        {"https://10.1.2.3/", "url_private"},
        {"https://169.254.169.254/latest", "url_private"},
        {"https://[::1]/", "url_private"},
        {"https://[::ffff:10.0.0.1]/", "url_private"},
        {"https://me@erp.example/", "url_with_password"},
        {"https://me:x@erp.example/", "url_with_password"},
        {"ftp://erp.example/", "not_url"},
        {"https://", "not_url"},
        {"", "not_url"},
    };
    for (size_t i = 0; i < LENGTH(FAULTS); i++) {
        const char *fault = webhook_url_fault(FAULTS[i][0]);
        if (!fault || strcmp(fault, FAULTS[i][1]))
            fail_msg("%s: %s", FAULTS[i][0], fault);
    }
}

static void test_a_setting_lets_them_be_near(void **state)
{
    (void)state;
    allow("1");
    assert_null(webhook_url_fault("http://127.0.0.1:8080/x"));
    assert_null(webhook_url_fault("http://localhost/x"));
    assert_null(webhook_url_fault("http://[::1]/x"));
    assert_null(webhook_url_fault("https://10.1.2.3/"));
    assert_string_equal(webhook_url_fault("http://10.1.2.3/"), "url_not_https");
    assert_string_equal(webhook_url_fault("http://erp.example/"), "url_not_https");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_body_is_signed_with_its_time),
        cmocka_unit_test(test_subscribers_are_on_the_internet_and_speak_https),
        cmocka_unit_test(test_a_setting_lets_them_be_near),
    };
    return UNIT_RUN(tests);
}
