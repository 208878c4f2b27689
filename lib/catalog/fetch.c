#include "catalog/fetch.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "catalog/page.h"
#include "ip.h"

enum {
    CONNECT_TIMEOUT_MS = 10000,
    TOTAL_TIMEOUT_MS = 30000,
    MAX_REDIRECTS = 5,
    TRIES = 3,
    MAX_RETRY_AFTER_S = 30,
    MAX_CRAWL_DELAY_MS = 60000,
};

struct fetcher {
    CURL *curl;
    struct fetch_limits limits;
    const struct robots *robots; /* NULL before they are known */
    long long last_ms;           /* when the last request was made */
    bool refused;                /* the last one would have gone to a private address */
};

struct body {
    struct arena *arena;
    char *data;
    size_t length, size, max;
};

static long long now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static void sleep_ms(long long ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    if (ms > 0)
        nanosleep(&t, NULL);
}

static size_t receive(char *p, size_t one, size_t n, void *target)
{
    struct body *b = target;
    n *= one;
    if (b->length + n > b->max)
        return 0; /* ends the transfer */
    if (b->size - b->length < n + 1) {
        size_t size = 2 * (b->length + n + 1);
        b->data = memcpy(arena_alloc(b->arena, size), b->data ? b->data : "", b->length);
        b->size = size;
    }
    memcpy(b->data + b->length, p, n);
    b->length += n;
    b->data[b->length] = '\0';
    return n;
}

/* Called for each address that is about to be connected to, after name resolution: a name can't
 * be made to point inside once it has been looked at, and nothing inside is as much as knocked
 * at. */
static curl_socket_t open_socket(void *fetcher, curlsocktype purpose, struct curl_sockaddr *to)
{
    (void)purpose;
    struct fetcher *f = fetcher;
    if (!f->limits.private_addresses && ip_is_private(&to->addr)) {
        f->refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

struct fetcher *fetcher_new(const struct fetch_limits *limits)
{
    CURL *curl = curl_easy_init();
    struct fetcher *f = curl ? calloc(1, sizeof *f) : NULL;
    if (!f)
        return NULL;
    f->curl = curl;
    f->limits = *limits;
    curl_easy_setopt(curl, CURLOPT_USERAGENT, limits->agent);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "");
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)TOTAL_TIMEOUT_MS);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive);
    curl_easy_setopt(curl, CURLOPT_PROXY, ""); /* whose address would be the one looked at */
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, f);
    return f;
}

void fetcher_free(struct fetcher *f)
{
    if (!f)
        return;
    curl_easy_cleanup(f->curl);
    free(f);
}

void fetcher_obey(struct fetcher *f, const struct robots *robots)
{
    long long delay = robots_delay_ms(robots);
    if (delay > MAX_CRAWL_DELAY_MS)
        delay = MAX_CRAWL_DELAY_MS;
    if (delay > f->limits.pause_ms)
        f->limits.pause_ms = delay;
    f->robots = robots;
}

static struct fetch_result once(struct arena *a, struct fetcher *f, const char *url)
{
    struct body body = {.arena = a, .max = f->limits.max_bytes};
    struct fetch_result result = {.url = url};
    char *text = NULL;
    sleep_ms(f->last_ms + f->limits.pause_ms - now_ms());
    curl_easy_setopt(f->curl, CURLOPT_URL, url);
    curl_easy_setopt(f->curl, CURLOPT_WRITEDATA, &body);
    f->refused = false;
    CURLcode code = curl_easy_perform(f->curl);
    f->last_ms = now_ms();
    if (code)
        result.error =
            arena_strdup(a, f->refused ? "private address" : curl_easy_strerror(code));
    else
        curl_easy_getinfo(f->curl, CURLINFO_RESPONSE_CODE, &result.status);
    if (!code && !curl_easy_getinfo(f->curl, CURLINFO_CONTENT_TYPE, &text))
        result.content_type = arena_strdup(a, text);
    result.bytes = body.data ? body.data : "";
    result.length = body.length;
    return result;
}

static bool may_follow(struct arena *a, const struct fetcher *f, const char *from,
                       const char *to)
{
    return page_same_host(from, to) && (!f->robots || robots_allows(a, f->robots, to));
}

static struct fetch_result follow(struct arena *a, struct fetcher *f, const char *url)
{
    struct fetch_result result = once(a, f, url);
    for (int i = 0; i < MAX_REDIRECTS && result.status >= 301 && result.status <= 308; i++) {
        char *location = NULL;
        curl_easy_getinfo(f->curl, CURLINFO_REDIRECT_URL, &location);
        if (!location || !may_follow(a, f, url, location))
            break;
        result = once(a, f, arena_strdup(a, location));
    }
    return result;
}

struct fetch_result fetch(struct arena *a, struct fetcher *f, const char *url)
{
    struct fetch_result result = follow(a, f, url);
    for (int try = 1; try < TRIES && (result.status == 429 || result.status >= 500); try++) {
        curl_off_t wait = 0;
        curl_easy_getinfo(f->curl, CURLINFO_RETRY_AFTER, &wait);
        if (wait > MAX_RETRY_AFTER_S)
            break; /* the site wants to be left alone: the next run asks again */
        sleep_ms(wait > 0 ? wait * 1000 : try == 1 ? 1000 : 4000);
        result = follow(a, f, url);
    }
    return result;
}
