/* paypal_signature: the five headers of a notification in a line each, and its body behind
 * them. The seeds are signed by the certificate below, whose key nobody kept. */
#include "fuzz.h"

#include <curl/curl.h>

#include "sales/paypal_signature.h"

static const char SIGNER[] = ROOT "/fuzz/keys/paypal.pem", WEBHOOK[] = "8PT597110X687430L";
static const long long NOW = 1767225600;

static const struct paypal_signer *signer(void)
{
    static struct paypal_signer *read;
    static char pem[8192];
    FILE *f = read ? NULL : fopen(SIGNER, "r");
    if (f) {
        size_t n = fread(pem, 1, sizeof pem, f);
        fclose(f);
        fuzz_expect(paypal_signer_read(pem, n, SIGNER, NOW, &read) == SIGNATURE_VALID);
    }
    fuzz_expect(read);
    return read;
}

/* The next line of what is left, without its end; NULL where nothing is left. */
static const char *next_line(struct arena *a, const uint8_t **data, size_t *size)
{
    if (!*size)
        return NULL;
    const uint8_t *end = memchr(*data, '\n', *size);
    size_t n = end ? (size_t)(end - *data) : *size;
    const char *line = arena_memdup(a, *data, n);
    *data += end ? n + 1 : n;
    *size -= end ? n + 1 : n;
    return line;
}

/* A part of a URL as libcurl reads it, "" where there is none. */
static const char *part(struct arena *a, CURLU *url, CURLUPart which)
{
    char *text = NULL;
    curl_url_get(url, which, &text, 0);
    const char *copy = arena_strdup(a, text ? text : "");
    curl_free(text);
    return copy;
}

/* What is taken for the address of a certificate another reader takes to the same place. */
static void look_at_address(struct arena *a, const char *text)
{
    static const char FOLDER[] = "/v1/notifications/certs/";
    if (!text || !paypal_cert_is_at(a, text, PAYPAL_API))
        return;
    CURLU *url = curl_url();
    fuzz_expect(!curl_url_set(url, CURLUPART_URL, text, 0));
    const char *host = part(a, url, CURLUPART_HOST), *path = part(a, url, CURLUPART_PATH);
    fuzz_expect(!strcmp(part(a, url, CURLUPART_SCHEME), "https"));
    fuzz_expect(!strcmp(host, "api.paypal.com") || !strcmp(host, "api-m.paypal.com"));
    fuzz_expect(!strncmp(path, FOLDER, strlen(FOLDER)) && !strchr(path + strlen(FOLDER), '/'));
    static const CURLUPart NONE[] = {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_PORT,
                                     CURLUPART_QUERY, CURLUPART_FRAGMENT};
    for (size_t i = 0; i < sizeof NONE / sizeof *NONE; i++)
        fuzz_expect(!*part(a, url, NONE[i]));
    curl_url_cleanup(url);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = fuzz_begin();
    struct paypal_notification n = {0};
    n.transmission_id = next_line(a, &data, &size);
    n.transmission_time = next_line(a, &data, &size);
    n.transmission_sig = next_line(a, &data, &size);
    n.cert_url = next_line(a, &data, &size);
    n.auth_algo = next_line(a, &data, &size);
    n.body = data;
    n.n = size;
    look_at_address(a, n.cert_url);
    enum signature_result result = paypal_signature_verify_by(a, &n, WEBHOOK, signer(), NOW);
    fuzz_expect(*signature_word(result) && !signature_may_pass_later(result));
    if (result == SIGNATURE_VALID)
        fuzz_expect(n.auth_algo && !strcmp(n.auth_algo, "SHA256withRSA") &&
                    !strpbrk(n.transmission_id, "| ") && *n.transmission_sig);
    return fuzz_end(a);
}
