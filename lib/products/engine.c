#include "products/engine.h"

#include <curl/curl.h>
#include <string.h>

#include "buf.h"
#include "json.h"
#include "log.h"
#include "settings.h"

/* More is no answer to what is asked: a bulk request's is some hundred kilobytes. */
enum { MAX_ANSWER = 16 << 20 };

bool engine_set(void)
{
    return *settings()->search_url;
}

static size_t receive(char *p, size_t one, size_t n, void *answer)
{
    struct buf *b = answer;
    if (b->len + one * n > MAX_ANSWER)
        return 0; /* ends the transfer */
    buf_bytes(b, p, one * n);
    return one * n;
}

static struct curl_slist *headers(struct arena *a, const char *path)
{
    /* curl would wait for a "100 Continue" before it sends a large body. */
    struct curl_slist *list = curl_slist_append(NULL, "Expect:");
    list =
        curl_slist_append(list, strcmp(path, "/_bulk") ? "Content-Type: application/json"
                                                       : "Content-Type: application/x-ndjson");
    if (*settings()->search_api_key)
        list = curl_slist_append(
            list, arena_printf(a, "Authorization: ApiKey %s", settings()->search_api_key));
    return list;
}

static void prepare(CURL *curl, long long timeout_ms)
{
    const struct settings *s = settings();
    curl_easy_reset(curl);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)timeout_ms);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive);
    if (*s->search_ca)
        curl_easy_setopt(curl, CURLOPT_CAINFO, s->search_ca);
    if (*s->search_user) {
        curl_easy_setopt(curl, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
        curl_easy_setopt(curl, CURLOPT_USERNAME, s->search_user);
        curl_easy_setopt(curl, CURLOPT_PASSWORD, s->search_password);
    }
}

static long trouble(const char *path, const char *reason)
{
    log_error("the search engine does not answer", "path", path, "reason", reason, NULL);
    return 0;
}

long engine_ask(struct arena *a, const char *method, const char *path, const char *body,
                long long timeout_ms, struct json_object **answer)
{
    static CURL *curl;
    struct buf text = buf_new(a);
    *answer = NULL;
    if (!curl && !(curl = curl_easy_init()))
        return trouble(path, "no memory");
    struct curl_slist *list = headers(a, path);
    prepare(curl, timeout_ms);
    curl_easy_setopt(curl, CURLOPT_URL, arena_printf(a, "%s%s", settings()->search_url, path));
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, list);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &text);
    if (body) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(body));
    }
    long status = 0;
    CURLcode done = curl_easy_perform(curl);
    if (!done)
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_slist_free_all(list);
    if (done)
        return trouble(path, curl_easy_strerror(done));
    if (!json_read(a, buf_text(&text), text.len, answer))
        return trouble(path, arena_printf(a, "no JSON, status %ld", status));
    return status;
}
