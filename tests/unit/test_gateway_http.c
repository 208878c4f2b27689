#include "unit.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "json.h"
#include "sales/gateway_http.h"

/* A gateway that does one thing after the other, with what each connection asks. */
enum deed {
    ANSWER,       /* and close */
    ANSWER_STAY,  /* and wait for more on the same connection */
    CLOSE_UNREAD, /* without having read anything */
    CLOSE_READ,   /* without an answer */
    HANG,         /* and never answer */
    END,
};

static struct {
    int listener, port;
    pthread_t thread;
    const enum deed *deeds;
    const char *answer;
    int requests; /* that were read whole */
    char last[4096];
} server;

static bool read_request(int fd)
{
    size_t n = 0, body = 0;
    char *end = NULL;
    while (!end || strlen(end + 4) < body) {
        ssize_t got = recv(fd, server.last + n, sizeof server.last - 1 - n, 0);
        if (got <= 0)
            return false;
        n += (size_t)got;
        server.last[n] = '\0';
        end = strstr(server.last, "\r\n\r\n");
        const char *length = strstr(server.last, "Content-Length: ");
        body = length ? strtoul(length + 16, NULL, 10) : 0;
    }
    server.requests++;
    return true;
}

static void *serve_all(void *nothing)
{
    int held[8], count = 0, fd = -1;
    for (const enum deed *d = server.deeds; *d != END; d++) {
        if (fd < 0)
            fd = accept(server.listener, NULL, NULL);
        bool read = *d == CLOSE_UNREAD || read_request(fd);
        if (read && (*d == ANSWER || *d == ANSWER_STAY))
            send(fd, server.answer, strlen(server.answer), MSG_NOSIGNAL);
        if (*d == HANG)
            held[count++] = fd;
        else if (*d != ANSWER_STAY)
            close(fd);
        if (*d != ANSWER_STAY)
            fd = -1;
    }
    if (fd >= 0)
        close(fd);
    for (char rest; count > 0; close(held[count]))
        for (count--; recv(held[count], &rest, 1, 0) > 0;) /* until the other side gives up */
            continue;
    return nothing;
}

/* deeds end with END. */
static void serve(const enum deed *deeds, const char *answer)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof at;
    server.listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(server.listener, (struct sockaddr *)&at, n), 0);
    assert_int_equal(listen(server.listener, 8), 0);
    getsockname(server.listener, (struct sockaddr *)&at, &n);
    server.port = ntohs(at.sin_port);
    server.deeds = deeds;
    server.answer = answer;
    server.requests = 0;
    assert_int_equal(pthread_create(&server.thread, NULL, serve_all, NULL), 0);
}

static void stop(void)
{
    pthread_join(server.thread, NULL);
    close(server.listener);
}

static struct merchant_memory memory;
static struct gateway_answer answer;
static struct gateway_call call;

static const char *code_of(struct json_object *body)
{
    return json_text(body, "code");
}

static enum gateway_result send_to(const char *scheme, const char *method, long long patience)
{
    static const char *const HEADERS[] = {"Idempotency-Key: k1", NULL};
    const struct merchant m = {
        .name = "m",
        .ca_file = "",
        .api_url = arena_printf(a, "%s://127.0.0.1:%d", scheme, server.port),
        .memory = &memory,
    };
    const struct gateway_request request = {
        .merchant = &m,
        .method = method,
        .path = "/v1/things?secret=1",
        .type = strcmp(method, "GET") ? "application/json" : NULL,
        .body = strcmp(method, "GET") ? "{\"a\":1}" : NULL,
        .headers = HEADERS,
        .code = code_of,
    };
    call = (struct gateway_call){.arena = a, .deadline = gateway_clock() + patience};
    return gateway_send(&call, &request, &answer);
}

/* What comes of one request that is answered so. */
static enum gateway_result answered(const char *method, const char *text)
{
    static const enum deed ONCE[] = {ANSWER, END};
    serve(ONCE, text);
    enum gateway_result result = send_to("http", method, 2000);
    stop();
    return result;
}

#define HEAD "Content-Type: application/json\r\nConnection: close\r\n"

static void test_an_answer_means_what_its_status_says(void **state)
{
    (void)state;
    static const struct {
        const char *answer;
        enum gateway_result post, get;
    } CASES[] = {
        {"200 OK\r\n" HEAD "\r\n{}", GATEWAY_DONE, GATEWAY_DONE},
        {"201 Created\r\n" HEAD "\r\n{}", GATEWAY_DONE, GATEWAY_DONE},
        {"204 No Content\r\nConnection: close\r\n\r\n", GATEWAY_DONE, GATEWAY_DONE},
        {"200 OK\r\n" HEAD "\r\n", GATEWAY_UNCERTAIN, GATEWAY_AWAY},
        {"200 OK\r\n" HEAD "\r\n[]", GATEWAY_UNCERTAIN, GATEWAY_AWAY},
        {"200 OK\r\n" HEAD "\r\n<html>", GATEWAY_UNCERTAIN, GATEWAY_AWAY},
        {"200 OK\r\n" HEAD "\r\n{\"a\":", GATEWAY_UNCERTAIN, GATEWAY_AWAY},
        {"200 OK\r\n" HEAD "Content-Length: 9\r\n\r\n{}", GATEWAY_UNCERTAIN, GATEWAY_AWAY},
        {"302 Found\r\n" HEAD "Location: https://localhost/\r\n\r\n{}", GATEWAY_UNCERTAIN,
         GATEWAY_AWAY},
        {"400 Bad Request\r\n" HEAD "\r\n{}", GATEWAY_REFUSED, GATEWAY_REFUSED},
        {"402 Payment Required\r\n" HEAD "\r\n{}", GATEWAY_REFUSED, GATEWAY_REFUSED},
        {"404 Not Found\r\n" HEAD "\r\n{}", GATEWAY_REFUSED, GATEWAY_REFUSED},
        {"422 Unprocessable\r\n" HEAD "\r\n{}", GATEWAY_REFUSED, GATEWAY_REFUSED},
        {"400 Bad Request\r\n" HEAD "\r\n<html>", GATEWAY_UNCERTAIN, GATEWAY_AWAY},
        {"401 Unauthorized\r\n" HEAD "\r\n{}", GATEWAY_AWAY, GATEWAY_AWAY},
        {"403 Forbidden\r\n" HEAD "\r\n{}", GATEWAY_AWAY, GATEWAY_AWAY},
        {"408 Request Timeout\r\n" HEAD "\r\n{}", GATEWAY_UNCERTAIN, GATEWAY_AWAY},
        {"409 Conflict\r\n" HEAD "\r\n{}", GATEWAY_UNCERTAIN, GATEWAY_AWAY},
        {"429 Too Many\r\n" HEAD "\r\n{}", GATEWAY_AWAY, GATEWAY_AWAY},
        {"500 Error\r\n" HEAD "\r\n{}", GATEWAY_UNCERTAIN, GATEWAY_AWAY},
        {"502 Bad Gateway\r\n" HEAD "\r\n<html>", GATEWAY_UNCERTAIN, GATEWAY_AWAY},
        {"503 Unavailable\r\n" HEAD "\r\n{}", GATEWAY_UNCERTAIN, GATEWAY_AWAY},
        {"503 Unavailable\r\n" HEAD "Retry-After: 7\r\n\r\n{}", GATEWAY_AWAY, GATEWAY_AWAY},
    };
    for (size_t i = 0; i < LENGTH(CASES); i++) {
        const char *text = arena_printf(a, "HTTP/1.1 %s", CASES[i].answer);
        enum gateway_result post = answered("POST", text), get = answered("GET", text);
        if (post != CASES[i].post || get != CASES[i].get)
            fail_msg("%s: POST %d, GET %d", CASES[i].answer, post, get);
    }
}

static void test_a_refusal_comes_with_its_words(void **state)
{
    (void)state;
    assert_int_equal(answered("POST", "HTTP/1.1 402 No\r\n" HEAD "\r\n{\"code\":\"declined\"}"),
                     GATEWAY_REFUSED);
    assert_string_equal(call.code, "declined");
    assert_int_equal(answer.status, 402);
    assert_string_equal(json_text(answer.body, "code"), "declined");
    assert_int_equal(call.retry_after, 0);
    assert_int_equal(answered("POST", "HTTP/1.1 429 No\r\n" HEAD "Retry-After: 7\r\n\r\n{}"),
                     GATEWAY_AWAY);
    assert_int_equal(call.retry_after, 7);
    assert_null(call.code);
    assert_int_equal(answered("POST", "HTTP/1.1 200 OK\r\n" HEAD "\r\n{\"code\":\"none\"}"),
                     GATEWAY_DONE);
    assert_null(call.code);
}

static void test_a_request_is_sent_as_it_is_given(void **state)
{
    (void)state;
    answered("POST", "HTTP/1.1 200 OK\r\n" HEAD "\r\n{}");
    assert_ptr_equal(strstr(server.last, "POST /v1/things?secret=1 HTTP/1.1\r\n"), server.last);
    assert_non_null(strstr(server.last, "\r\nIdempotency-Key: k1\r\n"));
    assert_non_null(strstr(server.last, "\r\nContent-Type: application/json\r\n"));
    assert_non_null(strstr(server.last, "\r\n\r\n{\"a\":1}"));
    assert_null(strstr(server.last, "Expect"));
    answered("GET", "HTTP/1.1 200 OK\r\n" HEAD "\r\n{}");
    assert_null(strstr(server.last, "Content-"));
}

static void test_more_than_an_answer_can_be_is_none(void **state)
{
    (void)state;
    char *text = arena_alloc(a, GATEWAY_MAX_ANSWER + 200);
    int n = sprintf(text, "HTTP/1.1 200 OK\r\n" HEAD "\r\n{\"a\":\"");
    memset(text + n, 'x', GATEWAY_MAX_ANSWER);
    strcpy(text + n + GATEWAY_MAX_ANSWER, "\"}");
    assert_int_equal(answered("POST", text), GATEWAY_UNCERTAIN);
    assert_null(answer.body);
}

/* What comes of one request to a server that does so. */
static enum gateway_result met_with(enum deed deed, const char *scheme, const char *method)
{
    const enum deed deeds[] = {deed, END};
    serve(deeds, "");
    enum gateway_result result = send_to(scheme, method, 300);
    stop();
    memory = (struct merchant_memory){0};
    return result;
}

static void test_what_was_not_sent_was_not_carried_out(void **state)
{
    (void)state;
    assert_int_equal(met_with(CLOSE_UNREAD, "https", "POST"), GATEWAY_AWAY); /* no TLS */
    assert_int_equal(met_with(HANG, "https", "POST"), GATEWAY_AWAY);
    assert_int_equal(send_to("http", "POST", 300), GATEWAY_AWAY); /* nobody is there any more */
    assert_int_equal(send_to("http", "POST", 0), GATEWAY_AWAY);   /* no time left */
    assert_int_equal(answer.status, 0);
}

static void test_what_was_sent_and_not_answered_is_uncertain(void **state)
{
    (void)state;
    assert_int_equal(met_with(CLOSE_READ, "http", "POST"), GATEWAY_UNCERTAIN);
    assert_int_equal(met_with(HANG, "http", "POST"), GATEWAY_UNCERTAIN);
    assert_int_equal(met_with(CLOSE_READ, "http", "GET"), GATEWAY_AWAY);
    assert_int_equal(met_with(HANG, "http", "GET"), GATEWAY_AWAY);
}

static void test_a_kept_connection_that_is_gone_is_made_anew(void **state)
{
    (void)state;
    static const enum deed DEEDS[] = {ANSWER_STAY, ANSWER_STAY, CLOSE_READ, ANSWER, END};
    serve(DEEDS, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
    assert_int_equal(send_to("http", "POST", 2000), GATEWAY_DONE);
    assert_int_equal(send_to("http", "POST", 2000), GATEWAY_DONE);
    /* curl sends it again, and both have the same key. */
    assert_int_equal(send_to("http", "POST", 2000), GATEWAY_DONE);
    assert_int_equal(server.requests, 4);
    stop();
    assert_int_equal(send_to("http", "POST", 2000), GATEWAY_AWAY);
}

static void test_an_account_that_hangs_is_left_alone_for_a_while(void **state)
{
    (void)state;
    static const enum deed HANGING[] = {HANG, HANG, HANG, END};
    memory = (struct merchant_memory){0};
    serve(HANGING, "");
    for (int i = 0; i < BREAKER_FAILURES; i++)
        assert_int_equal(send_to("http", "POST", 200), GATEWAY_UNCERTAIN);
    stop();
    long long before = gateway_clock();
    assert_int_equal(send_to("http", "POST", 20000), GATEWAY_AWAY);
    assert_true(gateway_clock() - before < 100);
    assert_true(call.retry_after >= BREAKER_SECONDS - 1);
    assert_true(memory.silent_until > before + (BREAKER_SECONDS - 1) * 1000);
    memory.silent_until = gateway_clock(); /* the while is over: one time-out is enough now */
    assert_int_equal(met_with(HANG, "http", "POST"), GATEWAY_UNCERTAIN);
    memory = (struct merchant_memory){.timeouts = BREAKER_FAILURES};
    answered("POST", "HTTP/1.1 500 No\r\n" HEAD "\r\n{}");
    assert_int_equal(memory.timeouts, 0); /* it answers */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_answer_means_what_its_status_says),
        cmocka_unit_test(test_a_refusal_comes_with_its_words),
        cmocka_unit_test(test_a_request_is_sent_as_it_is_given),
        cmocka_unit_test(test_more_than_an_answer_can_be_is_none),
        cmocka_unit_test(test_what_was_not_sent_was_not_carried_out),
        cmocka_unit_test(test_what_was_sent_and_not_answered_is_uncertain),
        cmocka_unit_test(test_a_kept_connection_that_is_gone_is_made_anew),
        cmocka_unit_test(test_an_account_that_hangs_is_left_alone_for_a_while),
    };
    return UNIT_RUN(tests);
}
