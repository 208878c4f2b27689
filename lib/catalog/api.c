#include "catalog/api.h"

#include <curl/curl.h>
#include <time.h>

#include "buf.h"
#include "fields.h"
#include "json.h"
#include "log.h"
#include "settings.h"

enum { BATCH = 100, TIMEOUT_MS = 60000, TRIES = 3, MARGIN_SECONDS = 60 };

static size_t receive(char *p, size_t one, size_t n, void *answer)
{
    buf_bytes(answer, p, one * n);
    return one * n;
}

/* One POST; the answer's JSON, or NULL when it was no 2xx. */
static struct json_object *post_once(struct arena *a, CURL *curl, const char *path,
                                     const char *token, const char *body, long *status)
{
    struct buf answer = buf_new(a);
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    if (token)
        headers =
            curl_slist_append(headers, arena_printf(a, "Authorization: Bearer %s", token));
    curl_easy_setopt(curl, CURLOPT_URL, arena_printf(a, "%s%s", settings()->api_url, path));
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)TIMEOUT_MS);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
    CURLcode code = curl_easy_perform(curl);
    *status = 0;
    if (!code)
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, status);
    curl_slist_free_all(headers);
    return *status / 100 == 2 ? json_keep(a, json_tokener_parse(buf_text(&answer))) : NULL;
}

/* Tries again while the API is away (no answer, 5xx). */
static struct json_object *post(struct arena *a, const char *path, const char *token,
                                const char *body)
{
    CURL *curl = curl_easy_init();
    struct json_object *json = NULL;
    long status = 0;
    for (int try = 0; curl && !json && try < TRIES; try++) {
        struct timespec pause = {.tv_sec = 2 * try};
        nanosleep(&pause, NULL);
        json = post_once(a, curl, path, token, body, &status);
        if (status >= 400 && status < 500)
            break;
    }
    curl_easy_cleanup(curl);
    if (!json)
        log_error("the API did not take a request", "path", path, "status",
                  arena_printf(a, "%ld", status), NULL);
    return json;
}

/* A token, and when the next one is to be asked for, in seconds of the monotonic clock. */
struct token {
    const char *text;
    time_t until;
};

static time_t seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

/* A request that begins with a token may take a while before the token is read. */
static time_t margin(long long life)
{
    return life / 2 < MARGIN_SECONDS ? life / 2 : MARGIN_SECONDS;
}

/* A token that lives for a while yet: a long run outlives several. NULL: not signed in. */
static const char *live_token(struct arena *a, struct token *token)
{
    if (token->text && seconds_now() < token->until)
        return token->text;
    struct buf body = buf_new(a);
    buf_raw(&body, "{\"client_id\":");
    buf_json(&body, settings()->collector_client_id);
    buf_raw(&body, ",\"client_secret\":");
    buf_json(&body, settings()->collector_client_secret);
    buf_raw(&body, "}");
    struct json_object *answer = post(a, "/v1/tokens", NULL, body.data);
    if (!answer)
        return NULL;
    long long life = field_integer(answer, "expires_in");
    token->text = field_text(answer, "access_token");
    token->until = seconds_now() + life - margin(life);
    return token->text;
}

static void add_counts(struct json_object *answer, long long counts[5])
{
    static const char *const NAMES[] = {"created", "updated", "unchanged", "duplicate",
                                        "rejected"};
    for (int i = 0; i < 5; i++)
        counts[i] += field_integer(field_value(answer, "counts"), NAMES[i]);
    counts[3] += field_integer(field_value(answer, "counts"), "proposed");
}

int api_ingest(struct arena *a, struct json_object *items, long long counts[5])
{
    struct token token = {0};
    size_t n = json_object_array_length(items);
    size_t limit = (size_t)settings()->max_body_bytes / 2; /* the last item may pass it */
    for (size_t next = 0; next < n;) {
        struct buf body = buf_new(a);
        for (size_t i = 0; next < n && i < BATCH && body.len < limit; i++, next++)
            buf_printf(&body, "%s%s", i ? "," : "[",
                       field_json(json_object_array_get_idx(items, next)));
        buf_raw(&body, "]");
        const char *bearer = live_token(a, &token);
        struct json_object *answer = bearer ? post(a, "/v1/ingest", bearer, body.data) : NULL;
        if (!answer)
            return -1;
        add_counts(answer, counts);
    }
    return 0;
}
