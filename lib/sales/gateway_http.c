#include "sales/gateway_http.h"

#include <curl/curl.h>
#include <limits.h>
#include <string.h>
#include <time.h>

#include "buf.h"
#include "json.h"
#include "log.h"
#include "settings.h"

/* What is known of a request when it is over. */
struct outcome {
    CURLcode done;
    bool sent; /* whether the gateway may have seen any of it */
    long status;
    bool wait; /* whether the answer has a Retry-After */
    struct json_object *body;
};

/* What it means for money: here stands all of it. */
static enum gateway_result judge(const char *method, const struct outcome *o)
{
    bool answered = o->done == CURLE_OK, has_body = o->body != NULL;
    if (!o->sent)
        return GATEWAY_AWAY; /* for whatever reason: nobody has read of it */
    if (answered && (o->status == 204 || (o->status / 100 == 2 && has_body)))
        return GATEWAY_DONE;
    if (answered && (o->status == 401 || o->status == 403 || o->status == 429))
        return GATEWAY_AWAY;
    if (answered && o->status == 503 && o->wait)
        return GATEWAY_AWAY;
    if (answered && o->status / 100 == 4 && o->status != 408 && o->status != 409 && has_body)
        return GATEWAY_REFUSED;
    return strcmp(method, "GET") ? GATEWAY_UNCERTAIN : GATEWAY_AWAY;
}

long long gateway_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Counts time-outs in a row, and has the account left alone after some. */
static void remember(struct merchant_memory *memory, CURLcode done)
{
    memory->timeouts = done == CURLE_OPERATION_TIMEDOUT ? memory->timeouts + 1 : 0;
    if (memory->timeouts >= BREAKER_FAILURES)
        memory->silent_until = gateway_clock() + BREAKER_SECONDS * 1000LL;
}

static size_t receive(char *p, size_t one, size_t n, void *answer)
{
    struct buf *b = answer;
    if (b->len + one * n > GATEWAY_MAX_ANSWER)
        return 0; /* ends the transfer */
    buf_bytes(b, p, one * n);
    return one * n;
}

static struct curl_slist *headers(struct arena *a, const struct gateway_request *r)
{
    /* curl would wait for a "100 Continue" before it sends a large body. */
    struct curl_slist *lines = curl_slist_append(NULL, "Expect:");
    lines = curl_slist_append(lines, arena_printf(a, "Content-Type:%s%s", r->type ? " " : "",
                                                  r->type ? r->type : ""));
    for (const char *const *h = r->headers; h && *h; h++)
        lines = curl_slist_append(lines, *h);
    return lines;
}

/* Everything but whom and what. One request at a time goes over a connection, which is kept. */
static void prepare(CURL *curl, const struct merchant *m, long long patience)
{
    long long connect = GATEWAY_CONNECT_SECONDS * 1000LL;
    curl_easy_reset(curl);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR,
                     strncmp(m->api_url, "http:", 5) ? "https" : "http");
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS,
                     (long)(connect < patience ? connect : patience));
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)patience);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "Vendas");
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive);
    if (*m->ca_file)
        curl_easy_setopt(curl, CURLOPT_CAINFO, m->ca_file);
}

/* A header of the answer, or NULL. */
static const char *header(CURL *curl, const char *name)
{
    struct curl_header *found;
    return curl_easy_header(curl, name, 0, CURLH_HEADER, -1, &found) ? NULL : found->value;
}

static struct outcome perform(CURL *curl, struct arena *a, const struct gateway_request *r,
                              long long patience)
{
    struct outcome o = {0};
    struct buf text = buf_new(a);
    struct curl_slist *lines = headers(a, r);
    long sent = 0;
    prepare(curl, r->merchant, patience);
    curl_easy_setopt(curl, CURLOPT_URL, arena_printf(a, "%s%s", r->merchant->api_url, r->path));
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, lines);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &text);
    if (r->user)
        curl_easy_setopt(curl, CURLOPT_USERPWD, r->user);
    if (strcmp(r->method, "GET"))
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, r->body ? r->body : "");
    o.done = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &o.status);
    /* The bytes of the request that were handed to the connection, over all tries: curl sends
     * again where a kept connection turns out to be closed. */
    curl_easy_getinfo(curl, CURLINFO_REQUEST_SIZE, &sent);
    o.sent = sent > 0;
    o.wait = o.done == CURLE_OK && header(curl, "Retry-After");
    if (o.done == CURLE_OK && json_read(a, buf_text(&text), text.len, &o.body) &&
        !json_object_is_type(o.body, json_type_object))
        o.body = NULL;
    curl_slist_free_all(lines);
    return o;
}

static void tell(CURL *curl, struct arena *a, const struct gateway_request *r,
                 const struct outcome *o, const char *code, enum gateway_result result)
{
    static const char *const RESULTS[] = {"done", "refused", "away", "uncertain"};
    const char *id = o->done ? NULL : header(curl, "Request-Id");
    if (!o->done && !id)
        id = header(curl, "Paypal-Debug-Id");
    (result == GATEWAY_REFUSED ? log_info : log_error)(
        "a gateway did not do what it was asked", "merchant", r->merchant->name, "method",
        r->method, "path", arena_memdup(a, r->path, strcspn(r->path, "?")), "result",
        RESULTS[result], "status", arena_printf(a, "%ld", o->status), "code", code, "reason",
        o->done ? curl_easy_strerror(o->done) : NULL, "their_id", id, NULL);
}

/* How long the request may take, in milliseconds; 0: it is not to be sent, and the log knows.
 */
static long long patience_for(struct gateway_call *call, const struct gateway_request *r)
{
    long long now = gateway_clock();
    if (!call->deadline)
        call->deadline = now + settings()->gateway_seconds * 1000LL;
    const char *reason = NULL;
    long long silence = r->merchant->memory->silent_until - now;
    if (silence > 0)
        reason = "it did not answer several times";
    else if (now >= call->deadline)
        reason = "what was asked before took too long";
    if (silence > 0)
        call->retry_after = (int)(silence / 1000 + 1);
    if (reason)
        log_error("a gateway is not asked", "merchant", r->merchant->name, "reason", reason,
                  NULL);
    return reason ? 0 : call->deadline - now;
}

enum gateway_result gateway_send(struct gateway_call *call, const struct gateway_request *r,
                                 struct gateway_answer *answer)
{
    static CURL *curl;
    *answer = (struct gateway_answer){0};
    call->code = NULL;
    call->retry_after = 0;
    long long patience = patience_for(call, r);
    if (!patience || (!curl && !(curl = curl_easy_init())))
        return GATEWAY_AWAY;
    struct outcome o = perform(curl, call->arena, r, patience);
    remember(r->merchant->memory, o.done);
    enum gateway_result result = judge(r->method, &o);
    if (o.done == CURLE_OK)
        *answer = (struct gateway_answer){(int)o.status, o.body};
    curl_off_t wait = 0;
    if (result != GATEWAY_DONE) {
        call->code = r->code && o.body ? r->code(o.body) : NULL;
        curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &wait);
        call->retry_after = wait > INT_MAX ? INT_MAX : (int)wait;
        tell(curl, call->arena, r, &o, call->code, result);
    }
    return result;
}
