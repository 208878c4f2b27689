#include "unit.h"

#include "json.h"
#include "sales/gateway.h"
#include "sales/signature.h"

/* Headers as a request has them: pairs of name and value, ended by NULL. */
static const char *header(void *pairs, const char *name)
{
    for (const char **p = pairs; *p; p += 2)
        if (!strcmp(*p, name))
            return p[1];
    return NULL;
}

static enum gateway_trust verify(const struct gateway *g, const struct merchant *m,
                                 const char **headers, const char *body, long long now,
                                 const char **reason)
{
    const struct gateway_notification n = {body, strlen(body), header, headers, (time_t)now};
    return g->verify(a, m, &n, reason);
}

static struct json_object *vectors(const char *name)
{
    size_t n;
    struct json_object *all;
    char *text = unit_shared(arena_printf(a, "gateways/%s", name), &n);
    assert_true(json_read(a, text, n, &all));
    return all;
}

static void test_a_notification_of_stripes_is_genuine_for_any_of_the_secrets(void **state)
{
    (void)state;
    struct json_object *all = vectors("stripe-webhook-vectors.json");
    struct json_object *valid = json_item(json_member(all, "vectors"), 0);
    const char *headers[] = {"HTTP_STRIPE_SIGNATURE", json_text(valid, "header"), NULL};
    const char *body = json_text(valid, "payload"), *reason = NULL;
    struct merchant m = {.secret_count = 2, .secrets = {"whsec_old", json_text(all, "secret")}};
    long long now = 0;
    assert_true(json_number(all, "now", &now));
    assert_int_equal(verify(&GATEWAY_STRIPE, &m, headers, body, now, &reason), GATEWAY_GENUINE);
    assert_int_equal(verify(&GATEWAY_STRIPE, &m, headers, body, now + 1000, &reason),
                     GATEWAY_FORGED);
    assert_string_equal(reason, "signature_too_old");
    assert_int_equal(verify(&GATEWAY_STRIPE, &m, headers, "{}", now, &reason), GATEWAY_FORGED);
    m.secret_count = 1;
    assert_int_equal(verify(&GATEWAY_STRIPE, &m, headers, body, now, &reason), GATEWAY_FORGED);
    assert_string_equal(reason, "signature_mismatch");
    headers[0] = NULL;
    assert_int_equal(verify(&GATEWAY_STRIPE, &m, headers, body, now, &reason), GATEWAY_FORGED);
    assert_string_equal(reason, "signature_no_header");
}

static const char *theirs(struct json_object *headers, const char *name)
{
    return json_text(headers, name);
}

static void test_what_can_not_be_told_now_is_to_be_sent_again(void **state)
{
    (void)state;
    struct json_object *all = vectors("paypal-webhook-vectors.json");
    struct json_object *valid = json_item(json_member(all, "vectors"), 0);
    struct json_object *sent = json_member(valid, "headers");
    const char *headers[] = {
        "HTTP_PAYPAL_TRANSMISSION_ID",
        theirs(sent, "PAYPAL-TRANSMISSION-ID"),
        "HTTP_PAYPAL_TRANSMISSION_TIME",
        theirs(sent, "PAYPAL-TRANSMISSION-TIME"),
        "HTTP_PAYPAL_TRANSMISSION_SIG",
        theirs(sent, "PAYPAL-TRANSMISSION-SIG"),
        "HTTP_PAYPAL_CERT_URL",
        "http://127.0.0.1:9/v1/notifications/certs/CERT-1",
        "HTTP_PAYPAL_AUTH_ALGO",
        theirs(sent, "PAYPAL-AUTH-ALGO"),
        NULL,
    };
    const struct merchant m = {.secret_count = 1,
                               .secrets = {json_text(valid, "webhook_id")},
                               .api_url = "http://127.0.0.1:9",
                               .ca_file = ""};
    const char *body = json_text(valid, "body"), *reason = NULL;
    assert_int_equal(verify(&GATEWAY_PAYPAL, &m, headers, body, time(NULL), &reason),
                     GATEWAY_CANNOT_TELL);
    assert_string_equal(reason, "certificate_unavailable");
    headers[7] = "https://api.paypal.com.example/v1/notifications/certs/CERT-1";
    assert_int_equal(verify(&GATEWAY_PAYPAL, &m, headers, body, time(NULL), &reason),
                     GATEWAY_FORGED);
    assert_string_equal(reason, "certificate_elsewhere");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_notification_of_stripes_is_genuine_for_any_of_the_secrets),
        cmocka_unit_test(test_what_can_not_be_told_now_is_to_be_sent_again),
    };
    return UNIT_RUN(tests);
}
