/* vendasctl gateways: verify-webhook, which asks neither the shop nor a gateway. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "command.h"
#include "messages.h"
#include "sales/paypal_signature.h"
#include "sales/stripe_signature.h"

/* What is read ---------------------------------------------------------------------------- */

/* All that is left of a file. */
static bool read_all(struct call *call, FILE *f, const char *name, struct buf *to)
{
    char piece[65536];
    *to = buf_new(call->client.arena);
    for (size_t n; (n = fread(piece, 1, sizeof piece, f));)
        buf_bytes(to, piece, n);
    return !ferror(f) || client_fail(&call->client, EXIT_USAGE, name, strerror(errno));
}

static bool read_file(struct call *call, enum option_name option, struct buf *to)
{
    const char *path = call->given[option];
    FILE *f = fopen(path, "re");
    if (!f)
        return client_fail(&call->client, EXIT_USAGE, path, strerror(errno));
    bool read = read_all(call, f, path, to);
    fclose(f);
    return read;
}

static bool read_body(struct call *call, struct buf *to)
{
    return read_all(call, stdin, "-", to);
}

/* When it is judged: as was said, or now. */
static bool read_time(struct call *call, long long *at)
{
    const char *given = call->given[OPTION_AT];
    size_t n = given ? strlen(given) : 0;
    *at = given ? strtoll(given, NULL, 10) : time(NULL);
    if (given && (!n || n > 12 || strspn(given, "0123456789") != n))
        return call_wrong(call, given, "not_unix_time");
    return true;
}

/* The value of a header in a line, "NAME: VALUE"; NULL where it has another name. */
static const char *header_value(const char *line, const char *name)
{
    size_t n = strlen(name);
    if (strncasecmp(line, name, n) || line[n] != ':')
        return NULL;
    return line + n + 1 + strspn(line + n + 1, " \t");
}

/* What came of it ------------------------------------------------------------------------- */

/* detail, where it is not NULL, stands in the text of the reason. */
static void tell(struct call *call, enum signature_result result, const char *detail)
{
    const char *word = signature_word(result);
    bool valid = result == SIGNATURE_VALID;
    if (!valid)
        call->client.status = EXIT_REFUSED;
    if (call->given[OPTION_JSON])
        printf("{\"valid\":%s,\"reason\":\"%s\"}\n", valid ? "true" : "false", word);
    else if (valid)
        puts(call_text(call, "valid"));
    else
        printf("%s: %s\n", call_text(call, "not_valid"),
               message_with(call->client.arena, word, call->client.lang, detail));
}

/* Stripe ---------------------------------------------------------------------------------- */

static void verify_stripe(struct call *call)
{
    struct buf secrets, body;
    const char *header = call->given[OPTION_HEADER];
    const char *value = header_value(header, "Stripe-Signature");
    long long at, age;
    if (!read_time(call, &at) || !read_file(call, OPTION_SECRET_FILE, &secrets) ||
        !read_body(call, &body))
        return;
    enum signature_result result =
        stripe_signature_verify(call->client.arena, value ? value : header, buf_text(&secrets),
                                body.data, body.len, at, &age);
    tell(call, result, arena_printf(call->client.arena, "%lld", llabs(age)));
}

/* PayPal ---------------------------------------------------------------------------------- */

/* Fills what the headers say; those with other names are passed over. */
static bool read_headers(struct call *call, struct paypal_notification *n)
{
    const struct {
        const char *name, **value;
    } headers[] = {
        {"PAYPAL-TRANSMISSION-ID", &n->transmission_id},
        {"PAYPAL-TRANSMISSION-TIME", &n->transmission_time},
        {"PAYPAL-TRANSMISSION-SIG", &n->transmission_sig},
        {"PAYPAL-CERT-URL", &n->cert_url},
        {"PAYPAL-AUTH-ALGO", &n->auth_algo},
    };
    char *at = arena_strdup(call->client.arena, call->given[OPTION_HEADER]);
    for (char *line; (line = strsep(&at, "\n"));) {
        if (!strchr(line, ':'))
            return call_wrong(call, line, "not_a_header");
        for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
            const char *value = header_value(line, headers[i].name);
            if (value)
                *headers[i].value = value;
        }
    }
    return true;
}

static bool is_paypals(struct call *call, const char *url)
{
    return paypal_cert_is_at(call->client.arena, url, PAYPAL_API) ||
           paypal_cert_is_at(call->client.arena, url, PAYPAL_SANDBOX_API);
}

static enum signature_result judge(struct call *call, const struct paypal_notification *n,
                                   const struct buf *pem, long long at)
{
    struct paypal_signer *signer;
    if (n->cert_url && *n->cert_url && !is_paypals(call, n->cert_url))
        return CERTIFICATE_ELSEWHERE;
    enum signature_result result =
        paypal_signer_read(pem->data, pem->len, call->given[OPTION_CA_FILE], at, &signer);
    if (result == SIGNATURE_VALID)
        result = paypal_signature_verify_by(call->client.arena, n,
                                            call->given[OPTION_WEBHOOK_ID], signer, at);
    paypal_signer_free(signer);
    return result;
}

static void verify_paypal(struct call *call)
{
    struct paypal_notification n = {0};
    struct buf pem, body;
    long long at;
    if (!read_time(call, &at) || !read_headers(call, &n) ||
        !read_file(call, OPTION_CERT_FILE, &pem) || !read_body(call, &body))
        return;
    n.body = body.data;
    n.n = body.len;
    tell(call, judge(call, &n, &pem, at), NULL);
}

/* The command ----------------------------------------------------------------------------- */

#define STRIPE_USAGE "stripe --secret-file FILE --header HEADER [--at UNIX_TIME]"
#define PAYPAL_USAGE                                                                           \
    "paypal --webhook-id ID --cert-file FILE [--ca-file FILE] --header HEADER..."              \
    " [--at UNIX_TIME]"

static const struct gateway {
    const char *name, *usage;
    enum option_name needed[3];
    void (*verify)(struct call *call);
} GATEWAYS[] = {
    {"stripe", STRIPE_USAGE, {OPTION_SECRET_FILE, OPTION_HEADER, OPTION_HEADER}, verify_stripe},
    {"paypal",
     PAYPAL_USAGE,
     {OPTION_WEBHOOK_ID, OPTION_CERT_FILE, OPTION_HEADER},
     verify_paypal},
};

static const struct gateway *find(const char *name)
{
    for (size_t i = 0; i < sizeof GATEWAYS / sizeof *GATEWAYS; i++)
        if (!strcmp(GATEWAYS[i].name, name))
            return &GATEWAYS[i];
    return NULL;
}

static void verify_webhook(struct call *call)
{
    const char *name = call->arguments[0], *stray;
    const struct gateway *gateway = find(name);
    bool complete = true;
    if (!gateway) {
        call_wrong(call, name, "not_a_gateway");
        return;
    }
    for (size_t i = 0; i < sizeof gateway->needed / sizeof *gateway->needed; i++)
        complete = complete && call->given[gateway->needed[i]];
    stray = options_stray(call->client.arena, call->given, gateway->usage);
    if (stray)
        call_wrong(call, stray, "stray_option");
    else if (!complete)
        call_wrong(call, gateway->usage, "option_missing");
    else
        gateway->verify(call);
}

const struct command GATEWAY_COMMANDS[] = {
    {"gateways", "verify-webhook", 1, STRIPE_USAGE " | " PAYPAL_USAGE,
     "help_gateways_verify_webhook", verify_webhook},
    {0},
};
