/* PayPal is a thread that answers on loopback; the clock stands until a test moves it (see
 * tests/local.mk). */
#include "certs.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <time.h>

#include "log.h"
#include "sales/paypal_cert.h"

static struct cert paypal;
static struct paypal_trust trust;
static const char *chain;

/* The clock in milliseconds, and what PayPal is asked: how often, how long it takes, and what
 * it says to names that do not tell it what to say. */
static _Atomic long long now_ms = 5000;
static _Atomic int asked;
static _Atomic long long takes_ms;
static _Atomic bool is_away;

int __wrap_clock_gettime(clockid_t clock, struct timespec *time);
int __wrap_clock_gettime(clockid_t clock, struct timespec *time)
{
    (void)clock;
    *time = (struct timespec){now_ms / 1000, now_ms % 1000 * 1000000};
    return 0;
}

/* PayPal ----------------------------------------------------------------------------------- */

enum { TOO_MUCH = 70 << 10 };

static const char *status_of(const char *name)
{
    return is_away                        ? "503 Service Unavailable"
           : !strncmp(name, "MISSING", 7) ? "404 Not Found"
           : !strncmp(name, "MOVED", 5)   ? "302 Found\r\nLocation: CERT-elsewhere"
           : !strncmp(name, "CLOSED", 6)  ? "403 Forbidden"
           : !strncmp(name, "LATER", 5)   ? "429 Too Many Requests"
                                          : "200 OK";
}

static void answer(int connection)
{
    char request[4096] = "", name[100] = "";
    size_t n = 0;
    for (ssize_t more; n < sizeof request - 1 && !strstr(request, "\r\n\r\n");
         n += (size_t)more)
        if ((more = read(connection, request + n, sizeof request - 1 - n)) <= 0)
            break;
    sscanf(request, "GET /v1/notifications/certs/%99s", name);
    asked++;
    now_ms += takes_ms;
    const char *body = !strncmp(name, "CERT", 4) ? chain : "<html>";
    dprintf(connection, "HTTP/1.1 %s\r\nConnection: close\r\n\r\n%s", status_of(name), body);
    if (!strncmp(name, "LARGE", 5))
        dprintf(connection, "%*s", TOO_MUCH, "");
    close(connection);
}

static void *serve(void *listener)
{
    for (int connection; (connection = accept((int)(intptr_t)listener, NULL, NULL)) >= 0;)
        answer(connection);
    return NULL;
}

static int setup(void **state)
{
    struct sockaddr_in here = {.sin_family = AF_INET,
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof here;
    pthread_t thread;
    int status = unit_begin(state), listener = socket(AF_INET, SOCK_STREAM, 0);
    signal(SIGPIPE, SIG_IGN); /* who asks may have had enough */
    log_program("test_paypal_cert");
    paypal = certs_make((struct wanted){.name = PAYPAL, .ca = true});
    chain = certs_pem(&paypal, 1);
    assert_int_equal(bind(listener, (struct sockaddr *)&here, size), 0);
    assert_int_equal(listen(listener, 16), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&here, &size), 0);
    assert_int_equal(pthread_create(&thread, NULL, serve, (void *)(intptr_t)listener), 0);
    pthread_detach(thread);
    trust.api = arena_printf(a, "http://127.0.0.1:%d", ntohs(here.sin_port));
    trust.ca_file = certs_file(chain);
    return status;
}

static int teardown(void **state)
{
    certs_free(&paypal);
    return unit_end(state);
}

/* What a test finds: time has passed, and nobody has asked. */
static int before_each(void **state)
{
    (void)state;
    now_ms += 3600 * 1000;
    asked = 0;
    takes_ms = 0;
    is_away = false;
    return 0;
}

static enum signature_result look_up(const char *name)
{
    const struct paypal_signer *signer;
    const char *url = arena_printf(a, "%s/v1/notifications/certs/%s", trust.api, name);
    enum signature_result result = paypal_cert_signer(a, url, &trust, NOW, &signer);
    assert_int_equal(signer != NULL, result == SIGNATURE_VALID);
    return result;
}

/* Addresses -------------------------------------------------------------------------------- */

static void check(const char *api, const char *const *urls, size_t n, bool expected)
{
    for (size_t i = 0; i < n; i++)
        if (paypal_cert_is_at(a, urls[i], api) != expected)
            fail_msg("%s by %s", urls[i], api);
}

static void test_certificates_lie_at_paypal(void **state)
{
    (void)state;
    static const char *const LIVE[] = {
        "https://api.paypal.com/v1/notifications/certs/CERT-360caa42-fca2a594-1d93a270",
        "https://api-m.paypal.com/v1/notifications/certs/CERT-360caa42-fca2a594-1d93a270",
        "https://api.paypal.com/v1/notifications/certs/a_B",
    };
    static const char *const SANDBOX[] = {
        "https://api.sandbox.paypal.com/v1/notifications/certs/CERT-1",
        "https://api-m.sandbox.paypal.com/v1/notifications/certs/CERT-1",
    };
    check(PAYPAL_API, LIVE, LENGTH(LIVE), true);
    check(PAYPAL_SANDBOX_API, SANDBOX, LENGTH(SANDBOX), true);
    check(PAYPAL_API, SANDBOX, LENGTH(SANDBOX), false);
    check(PAYPAL_SANDBOX_API, LIVE, LENGTH(LIVE), false);
    check("https://api.paypal.com", LIVE, 1, true);
    check("https://api.paypal.com", LIVE + 1, 1, false);
}

static void test_nothing_that_only_looks_like_it_is_taken(void **state)
{
    (void)state;
    static const char *const URLS[] = {
        "",
        "https://api.paypal.com",
        "https://api.paypal.com/v1/notifications/certs/",
        "https://api.paypal.com/v1/notifications/CERT-1",
        "https://api.paypal.com.evil.example/v1/notifications/certs/CERT-1",
        "https://evil.example/v1/notifications/certs/CERT-1",
        "https://evilapi.paypal.com/v1/notifications/certs/CERT-1",
        "https://paypal.com/v1/notifications/certs/CERT-1",
        "https://www.paypal.com/v1/notifications/certs/CERT-1",
        "http://api.paypal.com/v1/notifications/certs/CERT-1",
        "HTTPS://api.paypal.com/v1/notifications/certs/CERT-1",
        "https://API.paypal.com/v1/notifications/certs/CERT-1",
        "https://api.paypal.com./v1/notifications/certs/CERT-1",
        "https://api.paypal.com:443/v1/notifications/certs/CERT-1",
        "https://api.paypal.com:8443/v1/notifications/certs/CERT-1",
        "https://api.paypal.com@evil.example/v1/notifications/certs/CERT-1",
        "https://evil.example\\@api.paypal.com/v1/notifications/certs/CERT-1",
        "https://me@api.paypal.com/v1/notifications/certs/CERT-1",
        "https://api.paypal.com/v1/notifications/certs/../../oauth2/CERT-1",
        "https://api.paypal.com/v1/notifications/certs/%2e%2e%2fx",
        "https://api.paypal.com/v1/notifications/certs/a/b",
        "https://api.paypal.com/v1/notifications/certs/CERT-1?x",
        "https://api.paypal.com/v1/notifications/certs/CERT-1#x",
        "https://api.paypal.com/v1/notifications/certs/CERT-1\n",
        " https://api.paypal.com/v1/notifications/certs/CERT-1",
        "https:/api.paypal.com/v1/notifications/certs/CERT-1",
        "https:///api.paypal.com/v1/notifications/certs/CERT-1",
        "https://api.paypal.com//v1/notifications/certs/CERT-1",
        "https://ap\xD1\x96.paypal.com/v1/notifications/certs/CERT-1",
        "https://127.0.0.1/v1/notifications/certs/CERT-1",
        "file:///v1/notifications/certs/CERT-1",
    };
    check(PAYPAL_API, URLS, LENGTH(URLS), false);
    const char *too_long =
        arena_printf(a, "https://api.paypal.com/v1/notifications/certs/%0500d", 0);
    check(PAYPAL_API, &too_long, 1, false);
}

static void test_http_is_for_a_stand_in_on_this_host(void **state)
{
    (void)state;
    static const struct {
        const char *api, *url;
        bool allowed;
    } CASES[] = {
        {"http://127.0.0.1:8999", "http://127.0.0.1:8999/v1/notifications/certs/A", true},
        {"http://localhost:8999", "http://localhost:8999/v1/notifications/certs/A", true},
        {"http://[::1]:8999", "http://[::1]:8999/v1/notifications/certs/A", true},
        {"http://127.0.0.1:8999", "http://127.0.0.1:8998/v1/notifications/certs/A", false},
        {"http://127.0.0.1:8999", "http://localhost:8999/v1/notifications/certs/A", false},
        {"http://127.0.0.1:8999", "https://127.0.0.1:8999/v1/notifications/certs/A", false},
        {"http://api.paypal.com", "http://api.paypal.com/v1/notifications/certs/A", false},
        {"http://10.0.0.1", "http://10.0.0.1/v1/notifications/certs/A", false},
        {"ftp://127.0.0.1", "ftp://127.0.0.1/v1/notifications/certs/A", false},
        {"", "/v1/notifications/certs/A", false},
    };
    for (size_t i = 0; i < LENGTH(CASES); i++)
        check(CASES[i].api, &CASES[i].url, 1, CASES[i].allowed);
}

/* Fetching --------------------------------------------------------------------------------- */

static void test_a_certificate_is_fetched_once_a_day(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++)
        assert_int_equal(look_up("CERT-day"), SIGNATURE_VALID);
    now_ms += 24 * 3600 * 1000 - 1;
    assert_int_equal(look_up("CERT-day"), SIGNATURE_VALID);
    assert_int_equal(asked, 1);
    now_ms += 1;
    assert_int_equal(look_up("CERT-day"), SIGNATURE_VALID);
    assert_int_equal(asked, 2);
}

static void test_what_is_trusted_stays_so_while_paypal_is_away(void **state)
{
    (void)state;
    assert_int_equal(look_up("CERT-stale"), SIGNATURE_VALID);
    now_ms += 24 * 3600 * 1000;
    is_away = true;
    assert_int_equal(look_up("CERT-stale"), SIGNATURE_VALID);
    assert_int_equal(look_up("CERT-stale"), SIGNATURE_VALID);
    assert_int_equal(asked, 2);
    now_ms += 60 * 1000;
    assert_int_equal(look_up("CERT-stale"), SIGNATURE_VALID);
    assert_int_equal(asked, 3);
}

static void test_what_is_not_there_now_is_told_apart_from_what_is_not_there(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum signature_result result;
    } CASES[] = {{"MISSING-1", CERTIFICATE_MISSING},    {"LATER-1", CERTIFICATE_UNAVAILABLE},
                 {"CLOSED-1", CERTIFICATE_UNAVAILABLE}, {"MOVED-1", CERTIFICATE_UNAVAILABLE},
                 {"LARGE-1", CERTIFICATE_UNAVAILABLE},  {"OTHER-1", CERTIFICATE_MALFORMED}};
    for (size_t i = 0; i < LENGTH(CASES); i++) {
        now_ms += 1000;
        assert_int_equal(look_up(CASES[i].name), CASES[i].result);
        assert_int_equal(look_up(CASES[i].name), CASES[i].result);
        assert_int_equal(asked, i + 1);
    }
    now_ms += 600 * 1000;
    assert_int_equal(look_up("MISSING-1"), CERTIFICATE_MISSING);
    assert_int_equal(asked, LENGTH(CASES) + 1);
}

static void test_nobody_there_is_unavailable(void **state)
{
    (void)state;
    const struct paypal_signer *signer;
    static const struct paypal_trust NOBODY = {.api = "http://127.0.0.1:9"};
    assert_int_equal(paypal_cert_signer(a, "http://127.0.0.1:9/v1/notifications/certs/CERT-1",
                                        &NOBODY, NOW, &signer),
                     CERTIFICATE_UNAVAILABLE);
    assert_null(signer);
}

static void test_somebody_elses_address_is_not_asked(void **state)
{
    (void)state;
    const struct paypal_signer *signer;
    const char *url = arena_printf(a, "%s/v1/other/CERT-1", trust.api);
    assert_int_equal(paypal_cert_signer(a, url, &trust, NOW, &signer), CERTIFICATE_ELSEWHERE);
    assert_null(signer);
    assert_int_equal(asked, 0);
}

/* Floods ----------------------------------------------------------------------------------- */

static void test_unknown_addresses_are_fetched_once_a_second(void **state)
{
    (void)state;
    for (int i = 0; i < 50; i++) {
        const char *name = arena_printf(a, "MISSING-a%d", i);
        assert_int_equal(look_up(name), i ? CERTIFICATE_UNAVAILABLE : CERTIFICATE_MISSING);
    }
    now_ms += 999;
    assert_int_equal(look_up("CERT-a"), CERTIFICATE_UNAVAILABLE);
    assert_int_equal(asked, 1);
    now_ms += 1;
    assert_int_equal(look_up("CERT-a"), SIGNATURE_VALID);
    assert_int_equal(look_up("CERT-b"), CERTIFICATE_UNAVAILABLE);
    assert_int_equal(look_up("CERT-a"), SIGNATURE_VALID);
    assert_int_equal(asked, 2);
}

static void test_slow_answers_are_waited_for_the_more_seldom(void **state)
{
    (void)state;
    takes_ms = 2000;
    assert_int_equal(look_up("MISSING-slow1"), CERTIFICATE_MISSING);
    now_ms += 7999;
    assert_int_equal(look_up("MISSING-slow2"), CERTIFICATE_UNAVAILABLE);
    now_ms += 1;
    assert_int_equal(look_up("MISSING-slow2"), CERTIFICATE_MISSING);
    assert_int_equal(asked, 2);
}

static void test_made_up_addresses_push_nothing_out_that_is_trusted(void **state)
{
    (void)state;
    assert_int_equal(look_up("CERT-kept"), SIGNATURE_VALID);
    for (int i = 0; i < 30; i++) {
        now_ms += 1000;
        look_up(arena_printf(a, "MISSING-b%d", i));
    }
    assert_int_equal(asked, 31);
    assert_int_equal(look_up("CERT-kept"), SIGNATURE_VALID);
    assert_int_equal(asked, 31);
}

static void test_there_is_room_for_the_last_that_were_asked_for(void **state)
{
    (void)state;
    for (int i = 0; i < 12; i++) {
        now_ms += 1000;
        assert_int_equal(look_up(arena_printf(a, "CERT-%d", i)), SIGNATURE_VALID);
        assert_int_equal(look_up("CERT-0"), SIGNATURE_VALID);
    }
    assert_int_equal(asked, 12);
    for (int i = 11; i > 4; i--)
        assert_int_equal(look_up(arena_printf(a, "CERT-%d", i)), SIGNATURE_VALID);
    assert_int_equal(asked, 12);
    now_ms += 1000;
    assert_int_equal(look_up("MISSING-c"), CERTIFICATE_MISSING); /* and not kept */
    assert_int_equal(asked, 13);
    now_ms += 1000;
    assert_int_equal(look_up("CERT-4"), SIGNATURE_VALID);
    assert_int_equal(asked, 14);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_certificates_lie_at_paypal),
        cmocka_unit_test(test_nothing_that_only_looks_like_it_is_taken),
        cmocka_unit_test(test_http_is_for_a_stand_in_on_this_host),
        cmocka_unit_test_setup(test_a_certificate_is_fetched_once_a_day, before_each),
        cmocka_unit_test_setup(test_what_is_trusted_stays_so_while_paypal_is_away, before_each),
        cmocka_unit_test_setup(test_what_is_not_there_now_is_told_apart_from_what_is_not_there,
                               before_each),
        cmocka_unit_test_setup(test_nobody_there_is_unavailable, before_each),
        cmocka_unit_test_setup(test_somebody_elses_address_is_not_asked, before_each),
        cmocka_unit_test_setup(test_unknown_addresses_are_fetched_once_a_second, before_each),
        cmocka_unit_test_setup(test_slow_answers_are_waited_for_the_more_seldom, before_each),
        cmocka_unit_test_setup(test_made_up_addresses_push_nothing_out_that_is_trusted,
                               before_each),
        cmocka_unit_test_setup(test_there_is_room_for_the_last_that_were_asked_for,
                               before_each),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
