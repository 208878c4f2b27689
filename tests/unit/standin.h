/*
 * standin: what the tests share that ask Stripe and PayPal as the shop asks them, at the
 * stand-in for both (tests/gateways/gateways.py), which holds every request against their published
 * contracts. A test is a TEST(), begins with need_stand_in() and ends with no request that they
 * do not allow; main is `return cmocka_run_group_tests(tests, standin_begin, standin_end)`.
 */
#ifndef VENDAS_STANDIN_H
#define VENDAS_STANDIN_H

#include "unit.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "buf.h"
#include "json.h"
#include "log.h"
#include "sales/gateway.h"
#include "uuid.h"

static const char STAND_IN[] = ROOT "/tests/gateways/gateways.py";

static int port;
static pid_t process;
static struct merchant_memory memory;
static struct merchant stripe = {.name = "s",
                                 .gateway = "stripe",
                                 .methods = "card pix boleto",
                                 .ca_file = "",
                                 .key_id = "pk_test_standinshop",
                                 .key = "sk_test_standinshop",
                                 .return_url = "https://shop.example",
                                 .memory = &memory};
static struct merchant paypal = {.name = "p",
                                 .gateway = "paypal",
                                 .methods = "paypal",
                                 .ca_file = "",
                                 .key_id = "standin-client",
                                 .key = "standin-secret",
                                 .return_url = "https://shop.example",
                                 .memory = &memory};

/* The stand-in ----------------------------------------------------------------------------- */

static inline bool connects(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    bool connected = !connect(fd, (struct sockaddr *)&at, sizeof at);
    close(fd);
    return connected;
}

static inline int free_port(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(fd, (struct sockaddr *)&at, n) || getsockname(fd, (struct sockaddr *)&at, &n))
        return 0;
    close(fd);
    return ntohs(at.sin_port);
}

static inline int standin_begin(void **state)
{
    unit_begin(state);
    log_program("standin");
    if (access(STAND_IN, R_OK))
        return 0;
    port = free_port();
    process = fork();
    if (!process) {
        prctl(PR_SET_PDEATHSIG, SIGTERM); /* it is not to outlive us, whatever happens */
        execl("/usr/bin/python3", "python3", "-B", STAND_IN, "--port",
              arena_printf(a, "%d", port), NULL);
        _exit(127);
    }
    for (int i = 0; i < 1000 && !connects(); i++) {
        usleep(50000);
        if (waitpid(process, NULL, WNOHANG) == process) {
            process = 0; /* Python lacks what it needs, and says so */
            return 0;
        }
    }
    stripe.api_url = paypal.api_url = arena_printf(a, "http://127.0.0.1:%d", port);
    return connects() ? 0 : -1;
}

static inline int standin_end(void **state)
{
    free(memory.token);
    if (process) {
        kill(process, SIGTERM);
        waitpid(process, NULL, 0);
    }
    return unit_end(state);
}

static inline size_t receive(char *p, size_t one, size_t n, void *text)
{
    buf_bytes(text, p, one * n);
    return one * n;
}

/* What happens at the gateways without the shop, or what they know; body NULL: only looks. */
static inline struct json_object *control(const char *path, const char *body)
{
    struct buf text = buf_new(a);
    struct json_object *value;
    long status = 0;
    CURL *curl = curl_easy_init();
    curl_easy_setopt(curl, CURLOPT_URL,
                     arena_printf(a, "http://127.0.0.1:%d/_control/%s", port, path));
    if (body)
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &text);
    assert_int_equal(curl_easy_perform(curl), CURLE_OK);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_cleanup(curl);
    if (status != 200 || !json_read(a, buf_text(&text), text.len, &value))
        fail_msg("%s: %ld %s", path, status, buf_text(&text));
    return value;
}

static inline void happens(const char *what, const char *id)
{
    control(arena_printf(a, "%s/%s", what, id), "{}");
}

static inline void goes_wrong(const char *gateway, const char *operation, const char *kind)
{
    control("misbehave",
            arena_printf(a,
                         "{\"gateway\": \"%s\", \"operation\": \"%s\", \"kind\": \"%s\","
                         " \"seconds\": 1}",
                         gateway, operation, kind));
}

/* Each test begins with nothing, and ends with no request that the contracts do not allow. */
static inline int set_up(void **state)
{
    (void)state;
    if (process)
        control("reset", "{}");
    stripe.capture_later = paypal.capture_later = stripe.live = paypal.live = false;
    free(memory.token);
    memory = (struct merchant_memory){0};
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    struct json_object *refused = process ? control("refused", NULL) : NULL;
    if (json_item(refused, 0))
        print_error("refused: %s\n", json_object_to_json_string(refused));
    return json_item(refused, 0) ? -1 : 0;
}

static inline void need_stand_in(void)
{
    if (!process) {
        print_message("tests/gateways/gateways.py is not there, or does not start\n");
        skip();
    }
}

/* Payments --------------------------------------------------------------------------------- */

static struct gateway_call call;
static struct json_object *facts; /* of the last call */

typedef enum gateway_result step(struct gateway_call *call, const struct gateway_payment *p);

static inline enum gateway_result after(enum gateway_result result)
{
    facts = NULL;
    if (call.facts)
        assert_true(json_read(a, call.facts, strlen(call.facts), &facts));
    return result;
}

static inline enum gateway_result asked(step *what, const struct gateway_payment *p)
{
    call = (struct gateway_call){.arena = a};
    return after(what(&call, p));
}

static inline void done(step *what, const struct gateway_payment *p)
{
    enum gateway_result result = asked(what, p);
    if (result != GATEWAY_DONE)
        fail_msg("result %d, code %s", result, call.code);
}

static inline enum gateway_result refund(const struct gateway_payment *p, const char *id,
                                         long long amount)
{
    const struct gateway_refund r = {id, amount};
    call = (struct gateway_call){.arena = a};
    return after(gateway_find(p->merchant->gateway)->refund(&call, p, &r));
}

static inline struct json_object *value_of(const char *text)
{
    struct json_object *value;
    assert_true(json_read(a, text, strlen(text), &value));
    return value;
}

static inline struct gateway_payment payment(const struct merchant *m, const char *method)
{
    return (struct gateway_payment){
        .id = uuid7(a),
        .merchant = m,
        .method = method,
        .amount = 12990,
        .currency = "BRL",
        .order_number = 1001,
        .expires_at = time(NULL) + 5 * 86400,
        .customer = value_of("{\"name\": \"João & Filhos\", \"email\": \"joao@example.com\","
                             " \"phone\": null, \"document\": \"52998224725\"}"),
        .address = value_of("{\"recipient\": \"João\", \"street\": \"Rua Augusta\","
                            " \"number\": \"100\", \"complement\": null, \"district\":"
                            " \"Consolação\", \"city\": \"São Paulo\", \"state\": \"SP\","
                            " \"postal_code\": \"01304001\"}"),
    };
}

static inline long long fact(const char *name)
{
    long long n = -1;
    json_number(facts, name, &n);
    return n;
}

static inline const char *word(const char *name)
{
    const char *text = json_text(facts, name);
    return text ? text : "";
}

static inline const char *next(const char *name)
{
    const char *text = json_text(json_member(facts, "next_action"), name);
    return text ? text : "";
}

static inline long long number_in(const char *list, const char *name)
{
    long long n = -1;
    json_number(json_item(json_member(facts, list), 0), name, &n);
    return n;
}

static inline const char *word_in(const char *list, const char *name)
{
    const char *text = json_text(json_item(json_member(facts, list), 0), name);
    return text ? text : "";
}

/* A payment that has begun. */
static inline struct gateway_payment begun(const struct merchant *m, const char *method)
{
    struct gateway_payment p = payment(m, method);
    done(gateway_find(m->gateway)->begin, &p);
    p.ref = word("ref");
    assert_true(*p.ref);
    assert_false(json_is_true(facts, "live"));
    return p;
}

/* A part of it goes back, however often that is asked. */
static inline void gives_back_once(const struct gateway_payment *p)
{
    const char *id = uuid7(a);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(refund(p, id, 5000), GATEWAY_DONE);
        assert_string_equal(word_in("refunds", "id"), id);
        assert_string_equal(word_in("refunds", "status"), "succeeded");
        assert_int_equal(number_in("refunds", "amount"), 5000);
    }
    done(gateway_find(p->merchant->gateway)->read, p);
    assert_string_equal(word_in("refunds", "id"), id);
    assert_null(json_item(json_member(facts, "refunds"), 1));
}

#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, set_up, tear_down)

#endif
