#include "sales/paypal_cert.h"

#include <curl/curl.h>
#include <string.h>
#include <time.h>

#include "buf.h"
#include "ip.h"
#include "log.h"

/* Addresses -------------------------------------------------------------------------------- */

enum { LONGEST_ORIGIN = 256 };

static const char FOLDER[] = "/v1/notifications/certs/", MODERN[] = "https://api-m.",
                  CLASSIC[] = "https://api.";
static const char NAME_CHARACTERS[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* Whether http is spoken to the API: on loopback alone. */
static bool is_stand_in(const char *api)
{
    CURLU *url = curl_url();
    char *scheme = NULL, *host = NULL;
    bool found = url && !curl_url_set(url, CURLUPART_URL, api, 0) &&
                 !curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) &&
                 !curl_url_get(url, CURLUPART_HOST, &host, 0) && !strcmp(scheme, "http") &&
                 ip_is_this_host(host);
    curl_free(scheme);
    curl_free(host);
    curl_url_cleanup(url);
    return found;
}

/* Whether url is a certificate's address at that origin. */
static bool lies_at(const char *url, const char *origin)
{
    size_t n = strlen(origin), folder = strlen(FOLDER);
    if (strncmp(url, origin, n) || strncmp(url + n, FOLDER, folder))
        return false;
    const char *name = url + n + folder;
    return *name && strspn(name, NAME_CHARACTERS) == strlen(name);
}

bool paypal_cert_is_at(struct arena *a, const char *url, const char *api)
{
    size_t modern = strlen(MODERN);
    if (strlen(url) > PAYPAL_MAX_CERT_URL)
        return false;
    if (strncmp(api, "https://", 8) && !is_stand_in(api))
        return false;
    return lies_at(url, api) || (!strncmp(api, MODERN, modern) &&
                                 lies_at(url, arena_printf(a, "%s%s", CLASSIC, api + modern)));
}

/* Fetching --------------------------------------------------------------------------------- */

enum { CONNECT_SECONDS = 3, FETCH_SECONDS = 10, MAX_BYTES = 64 << 10 };

static size_t receive(char *p, size_t one, size_t n, void *answer)
{
    struct buf *b = answer;
    if (b->len + one * n > MAX_BYTES)
        return 0; /* ends the transfer */
    buf_bytes(b, p, one * n);
    return one * n;
}

static CURLcode get(const char *url, const struct paypal_trust *trust, struct buf *answer,
                    long *status)
{
    CURL *curl = curl_easy_init();
    if (!curl)
        return CURLE_OUT_OF_MEMORY;
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https,http");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "Vendas/1");
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)FETCH_SECONDS);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
    if (trust->ca_file && *trust->ca_file)
        curl_easy_setopt(curl, CURLOPT_CAINFO, trust->ca_file);
    CURLcode code = curl_easy_perform(curl);
    if (!code)
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, status);
    curl_easy_cleanup(curl);
    return code;
}

/* What an answer says that is no certificate. Only that there is none is for good: a 403 may be
 * of something on the way. */
static enum signature_result result_of(long status)
{
    return status == 400 || status == 404 || status == 410 ? CERTIFICATE_MISSING
                                                           : CERTIFICATE_UNAVAILABLE;
}

static enum signature_result fetch(struct arena *a, const char *url,
                                   const struct paypal_trust *trust, long long now,
                                   struct paypal_signer **signer)
{
    struct buf answer = buf_new(a);
    long status = 0;
    *signer = NULL;
    CURLcode code = get(url, trust, &answer, &status);
    enum signature_result result =
        status == 200 ? paypal_signer_read(answer.data, answer.len, trust->ca_file, now, signer)
                      : result_of(status);
    if (result != SIGNATURE_VALID)
        log_error("no certificate of PayPal's", "url", url, "reason", signature_word(result),
                  "answer",
                  code ? curl_easy_strerror(code) : arena_printf(a, "status %ld", status),
                  NULL);
    return result;
}

/* Keeping ---------------------------------------------------------------------------------- */

enum {
    PLACES = 8,
    TRUSTED_MS = 24 * 3600 * 1000,
    REFUSED_MS = 600 * 1000,
    UNAVAILABLE_MS = 60 * 1000,
    PAUSE_MS = 1000,
    PAUSE_FACTOR = 4,
};

/* What is known of an address. */
static struct place {
    char url[PAYPAL_MAX_CERT_URL + 1];
    struct paypal_signer *signer; /* NULL: there is none, for the reason of the result */
    enum signature_result result;
    long long until_ms, used_ms; /* fetched anew from then on; last asked for */
} places[PLACES];

/* When an address of which nothing is known may be fetched. */
static long long next_unknown_ms;

static long long now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static struct place *find(const char *url)
{
    for (struct place *p = places; p < places + PLACES; p++)
        if (!strcmp(p->url, url))
            return p;
    return NULL;
}

/* The place that was asked for least lately, of those with a signer or of those without, which
 * the free ones are among. */
static struct place *oldest(bool with_signer)
{
    struct place *found = NULL;
    for (struct place *p = places; p < places + PLACES; p++)
        if (!p->signer == !with_signer && (!found || p->used_ms < found->used_ms))
            found = p;
    return found;
}

/* Keeps what came of fetching; the signer goes to the place, or is freed. */
static struct place *keep(struct place *p, const char *url, struct paypal_signer *signer,
                          enum signature_result result, long long at_ms)
{
    /* PayPal does not answer: what was trusted is good for as long as it says itself. */
    bool stale = p && p->signer && result == CERTIFICATE_UNAVAILABLE;
    if (!p)
        p = oldest(false);
    if (!p && signer)
        p = oldest(true);
    if (!p)
        return NULL;
    p->until_ms = at_ms + (result == SIGNATURE_VALID           ? TRUSTED_MS
                           : result == CERTIFICATE_UNAVAILABLE ? UNAVAILABLE_MS
                                                               : REFUSED_MS);
    if (stale)
        return p;
    paypal_signer_free(p->signer);
    strcpy(p->url, url);
    p->signer = signer;
    p->result = result;
    return p;
}

/* Fetches what lies at an address, whose place is put into *p: NULL where there is room for
 * none.
 */
static enum signature_result fill(struct arena *a, struct place **p, const char *url,
                                  const struct paypal_trust *trust, long long now)
{
    struct paypal_signer *signer;
    bool known = *p && (*p)->signer;
    long long begun_ms = now_ms();
    enum signature_result result = fetch(a, url, trust, now, &signer);
    long long done_ms = now_ms(), pause_ms = PAUSE_FACTOR * (done_ms - begun_ms);
    if (!known)
        next_unknown_ms = done_ms + (pause_ms > PAUSE_MS ? pause_ms : PAUSE_MS);
    *p = keep(*p, url, signer, result, done_ms);
    return result;
}

enum signature_result paypal_cert_signer(struct arena *a, const char *url,
                                         const struct paypal_trust *trust, long long now,
                                         const struct paypal_signer **signer)
{
    *signer = NULL;
    if (!paypal_cert_is_at(a, url, trust->api))
        return CERTIFICATE_ELSEWHERE;
    struct place *p = find(url);
    long long at_ms = now_ms();
    if (!p || at_ms >= p->until_ms) {
        if (!(p && p->signer) && at_ms < next_unknown_ms)
            return CERTIFICATE_UNAVAILABLE;
        enum signature_result result = fill(a, &p, url, trust, now);
        if (!p)
            return result;
    }
    p->used_ms = at_ms;
    *signer = p->signer;
    return p->result;
}
