/*
 * webhooks: tells subscribers of events (docs/webhooks.md). It first writes down which orders
 * are ready by what has arrived for them (sales.tell_ready), then puts new events before those
 * who listen (sales.route_events) and sends what is due, several at once: of each subscriber up
 * to EACH requests are under way, so that one who is slow holds up nobody else. It ends when
 * nothing is due.
 *
 * Each event is sent at least once. What is claimed is this job's for a while; what came of it
 * is written down together with other results. A job that is killed leaves claims behind that
 * run out, and then the next one sends again.
 *
 * Subscribers are named by people, so nothing is called but what ip.h lets through, looked at
 * when the connection is made; no redirect is followed, and of answers only the status is kept.
 */
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "arena.h"
#include "buf.h"
#include "db.h"
#include "ip.h"
#include "job.h"
#include "log.h"
#include "sales/webhook.h"
#include "seal.h"
#include "settings.h"

enum { EACH = 8, ROUTE_BATCH = 10000, WAIT_MS = 1000, LONGEST_ERROR = 200 };

static const char TELL_READY[] = "SELECT sales.tell_ready()";
static const char ROUTE[] = "SELECT sales.route_events($1::int)";
static const char CLAIM[] = "SELECT webhook, address, key, event, attempt, body"
                            "  FROM sales.claim_deliveries($1::int, $2::uuid[], $3::int)";
enum { WEBHOOK, ADDRESS, KEY, EVENT, ATTEMPT, BODY };
static const char SETTLE[] = "SELECT sales.settle_deliveries($1::jsonb)";

/* One request under way; it lives in its own arena. */
struct transfer {
    struct arena *arena;
    struct transfer *next, *previous;
    CURL *curl;
    struct curl_slist *headers;
    const char *webhook, *event, *attempt;
    bool refused; /* it would have gone to a private address */
};

struct run {
    CURLM *multi;
    struct transfer list; /* head of a ring */
    int under_way;
    struct arena *arena; /* of one turn */
    struct buf results;  /* of this turn, a JSON array that is still open */
    long long sent, failed;
    bool broken; /* the database is away */
};

/* A request ------------------------------------------------------------------------------- */

static size_t pass_over(char *p, size_t one, size_t n, void *unused)
{
    (void)p, (void)unused;
    return one * n;
}

/* Called with the address that is about to be connected to, after the name was looked up. */
static curl_socket_t open_socket(void *transfer, curlsocktype purpose, struct curl_sockaddr *to)
{
    (void)purpose;
    struct transfer *t = transfer;
    if (!settings()->webhook_private_addresses && ip_is_private(&to->addr)) {
        t->refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

static void set_up(struct transfer *t, const char *url, const char *body)
{
    bool near = settings()->webhook_private_addresses;
    curl_easy_setopt(t->curl, CURLOPT_URL, url);
    curl_easy_setopt(t->curl, CURLOPT_PROTOCOLS_STR, near ? "http,https" : "https");
    curl_easy_setopt(t->curl, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(t->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(body));
    curl_easy_setopt(t->curl, CURLOPT_HTTPHEADER, t->headers);
    curl_easy_setopt(t->curl, CURLOPT_TIMEOUT, (long)settings()->webhook_seconds);
    curl_easy_setopt(t->curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(t->curl, CURLOPT_PROXY, ""); /* whose address would be the one looked at */
    curl_easy_setopt(t->curl, CURLOPT_WRITEFUNCTION, pass_over);
    curl_easy_setopt(t->curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(t->curl, CURLOPT_OPENSOCKETDATA, t);
    curl_easy_setopt(t->curl, CURLOPT_PRIVATE, t);
}

static struct curl_slist *headers_of(struct arena *a, const char *secret, const char *body)
{
    /* curl would wait for a "100 Continue" before it sends a large body. */
    struct curl_slist *list = curl_slist_append(NULL, "Expect:");
    list = curl_slist_append(list, "Content-Type: application/json");
    list = curl_slist_append(list, "User-Agent: Vendas-Webhooks/1");
    return curl_slist_append(list,
                             arena_printf(a, "Vendas-Signature: %s",
                                          webhook_signature(a, secret, time(NULL), body)));
}

static void drop(struct run *run, struct transfer *t)
{
    t->previous->next = t->next;
    t->next->previous = t->previous;
    run->under_way--;
    if (t->curl) {
        curl_multi_remove_handle(run->multi, t->curl);
        curl_easy_cleanup(t->curl);
    }
    curl_slist_free_all(t->headers);
    arena_free(t->arena);
}

/* Notes down what came of a request: its status, or why there is none. */
static void note(struct run *run, const struct transfer *t, long status, const char *error)
{
    struct buf *b = &run->results;
    bool taken = status >= 200 && status < 300;
    buf_printf(b, "%s{\"webhook\":\"%s\",\"event\":%s,\"attempt\":%s,\"status\":",
               b->len ? "," : "[", t->webhook, t->event, t->attempt);
    buf_raw(b, status ? arena_printf(run->arena, "%ld", status) : "null");
    buf_raw(b, ",\"error\":");
    buf_json(b, error ? arena_printf(run->arena, "%.*s", LONGEST_ERROR, error) : NULL);
    buf_raw(b, "}");
    run->sent += taken;
    run->failed += !taken;
}

static void begin(struct run *run, const struct rows *rows, int i)
{
    struct arena *a = arena_new();
    struct transfer *t = arena_alloc(a, sizeof *t);
    t->arena = a;
    t->webhook = arena_strdup(a, db_text(rows, i, WEBHOOK));
    t->event = arena_strdup(a, db_text(rows, i, EVENT));
    t->attempt = arena_strdup(a, db_text(rows, i, ATTEMPT));
    t->next = run->list.next;
    t->previous = &run->list;
    t->next->previous = t->previous->next = t;
    run->under_way++;
    const char *body = arena_strdup(a, db_text(rows, i, BODY));
    const char *secret =
        unseal_text(a, "sales.webhooks.secret", t->webhook, db_text(rows, i, KEY));
    t->curl = secret ? curl_easy_init() : NULL;
    if (t->curl) {
        t->headers = headers_of(a, secret, body);
        set_up(t, db_text(rows, i, ADDRESS), body); /* libcurl copies the URL */
    }
    if (!t->curl || curl_multi_add_handle(run->multi, t->curl)) {
        note(run, t, 0, secret ? "no memory" : "sealed");
        drop(run, t);
    }
}

/* The turns ------------------------------------------------------------------------------- */

/* Whose requests are under way, as an array literal. */
static const char *busy(struct run *run)
{
    struct buf b = buf_new(run->arena);
    buf_raw(&b, "{");
    for (struct transfer *t = run->list.next; t != &run->list; t = t->next)
        buf_printf(&b, "%s%s", b.len > 1 ? "," : "", t->webhook);
    buf_raw(&b, "}");
    return b.data;
}

static bool route(struct run *run, struct problem *problem)
{
    struct rows *rows;
    do
        rows =
            db_query(run->arena, problem, ROUTE, arena_printf(run->arena, "%d", ROUTE_BATCH));
    while (rows && db_integer(rows, 0, 0) == ROUTE_BATCH);
    return rows;
}

/* Begins what is due and there is room for. */
static void refill(struct run *run)
{
    struct problem problem = problem_none(run->arena);
    /* Time to be answered in, and to write down what came of it. */
    const char *lease = arena_printf(run->arena, "%lld", 2 * settings()->webhook_seconds + 30);
    struct rows *rows = route(run, &problem)
                            ? db_query(run->arena, &problem, CLAIM,
                                       arena_printf(run->arena, "%d", EACH), busy(run), lease)
                            : NULL;
    for (int i = 0; rows && i < db_count(rows); i++)
        begin(run, rows, i);
    run->broken |= !rows;
}

static void collect(struct run *run)
{
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(run->multi, &left))) {
        if (message->msg != CURLMSG_DONE)
            continue;
        CURLcode code = message->data.result;
        struct transfer *t = NULL;
        long status = 0;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &t);
        if (!code)
            curl_easy_getinfo(message->easy_handle, CURLINFO_RESPONSE_CODE, &status);
        note(run, t, status,
             !code        ? NULL
             : t->refused ? "private address"
                          : curl_easy_strerror(code));
        drop(run, t);
    }
}

static void settle(struct run *run)
{
    if (!run->results.len)
        return;
    struct problem problem = problem_none(run->arena);
    buf_raw(&run->results, "]");
    run->broken |= !db_query(run->arena, &problem, SETTLE, run->results.data);
}

static long long now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

/* Goes on with what is under way until one of it is over, for a second at the most: then it is
 * looked whether more is due. */
static void go_on(struct run *run)
{
    long long end = now_ms() + WAIT_MS, left = WAIT_MS;
    int active = 0;
    while (!curl_multi_perform(run->multi, &active) && active && active == run->under_way &&
           left > 0) {
        curl_multi_poll(run->multi, NULL, 0, (int)left, NULL);
        left = end - now_ms();
    }
}

/* One turn; false when there is nothing under way and nothing came of it. */
static bool turn(struct run *run)
{
    arena_reset(run->arena);
    run->results = buf_new(run->arena);
    refill(run);
    go_on(run);
    collect(run);
    settle(run);
    return run->results.len || run->under_way;
}

/* Each order in its own transaction, so that nobody waits long for it. */
static void tell_ready(struct run *run)
{
    struct problem problem = problem_none(run->arena);
    struct rows *rows;
    while ((rows = db_query(run->arena, &problem, TELL_READY)) && db_boolean(rows, 0, 0))
        arena_reset(run->arena);
    run->broken |= !rows;
}

static void deliver(struct run *run)
{
    while (!run->broken && turn(run))
        ;
    while (run->under_way)
        drop(run, run->list.next);
    if (run->sent || run->failed)
        log_info("told subscribers", "sent", arena_printf(run->arena, "%lld", run->sent),
                 "failed", arena_printf(run->arena, "%lld", run->failed), NULL);
    if (run->broken)
        log_error("events could not be sent", NULL);
}

int main(void)
{
    if (job_begin("webhooks", "sales") || curl_global_init(CURL_GLOBAL_DEFAULT))
        return EXIT_FAILURE;
    struct run run = {.multi = curl_multi_init(), .arena = arena_new(), .broken = false};
    run.list.next = run.list.previous = &run.list;
    run.broken = !run.multi;
    tell_ready(&run);
    deliver(&run);
    curl_multi_cleanup(run.multi);
    arena_free(run.arena);
    db_close();
    curl_global_cleanup();
    return run.broken ? EXIT_FAILURE : EXIT_SUCCESS;
}
