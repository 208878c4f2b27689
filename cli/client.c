#include "client.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "buf.h"
#include "fields.h"
#include "json.h"
#include "messages.h"

enum { TRIES = 3, TIMEOUT_SECONDS = 30, LONGEST_LINE = 4096, MAX_ANSWER = 32 << 20 };

bool client_fail(struct client *c, int status, const char *what, const char *why)
{
    fprintf(stderr, "vendasctl: %s%s%s\n", what, why ? ": " : "", why ? why : "");
    c->status = status;
    return false;
}

/* A text in the caller's language, by its code. */
static const char *say(const struct client *c, const char *code)
{
    return message_with(c->arena, code, c->lang, NULL);
}

/* Where and who ---------------------------------------------------------------------------- */

static const char **member(struct client *c, const char *name)
{
    return !strcmp(name, "url")             ? &c->url
           : !strcmp(name, "client_id")     ? &c->client_id
           : !strcmp(name, "client_secret") ? &c->client_secret
           : !strcmp(name, "ca")            ? &c->ca
                                            : NULL;
}

static void read_environment(struct client *c)
{
    static const char *const NAMES[][2] = {{"VENDASCTL_URL", "url"},
                                           {"VENDASCTL_CLIENT_ID", "client_id"},
                                           {"VENDASCTL_CLIENT_SECRET", "client_secret"},
                                           {"VENDASCTL_CA", "ca"}};
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        const char **to = member(c, NAMES[i][1]), *value = getenv(NAMES[i][0]);
        if (!*to && value && *value)
            *to = value;
    }
}

/* A text without the blanks at its ends. */
static char *trimmed(char *text)
{
    text += strspn(text, " \t");
    size_t n = strlen(text);
    while (n && strchr(" \t\r\n", text[n - 1]))
        n--;
    text[n] = '\0';
    return text;
}

static bool read_line(struct client *c, const char *path, char *line)
{
    line = trimmed(line);
    char *equals = strchr(line, '=');
    if (!*line || *line == '#')
        return true;
    if (!equals)
        return client_fail(c, EXIT_USAGE, path, say(c, "config_not_a_pair"));
    *equals = '\0';
    const char **to = member(c, trimmed(line));
    if (!to)
        return client_fail(c, EXIT_USAGE, path, say(c, "config_unknown_name"));
    if (!*to)
        *to = arena_strdup(c->arena, trimmed(equals + 1));
    return true;
}

/* Reads a file that is open; it is closed. */
static bool read_open(struct client *c, const char *path, FILE *f)
{
    struct stat about;
    char line[LONGEST_LINE];
    bool ok = true;
    if (fstat(fileno(f), &about) || about.st_uid != geteuid() || about.st_mode & 077)
        ok = client_fail(c, EXIT_USAGE, path, say(c, "config_not_secret"));
    while (ok && fgets(line, sizeof line, f))
        ok = read_line(c, path, line);
    fclose(f);
    return ok;
}

static const char *usual_file(struct arena *a)
{
    const char *folder = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    if (folder && *folder)
        return arena_printf(a, "%s/vendas/vendasctl.conf", folder);
    return arena_printf(a, "%s/.config/vendas/vendasctl.conf", home ? home : "");
}

/* A secret goes over TLS, or not out of this host. */
static bool is_safe(const char *url)
{
    static const char *const NEAR[] = {"http://127.0.0.1", "http://localhost", "http://[::1]"};
    if (!strncasecmp(url, "https://", 8))
        return true;
    for (size_t i = 0; i < sizeof NEAR / sizeof *NEAR; i++) {
        size_t n = strlen(NEAR[i]);
        if (!strncasecmp(url, NEAR[i], n) && (!url[n] || strchr(":/", url[n])) &&
            !strchr(url, '@'))
            return true;
    }
    return false;
}

static bool configure(struct client *c)
{
    read_environment(c);
    const char *path = c->config ? c->config : usual_file(c->arena);
    FILE *f = fopen(path, "re");
    if (!f && (c->config || errno != ENOENT))
        return client_fail(c, EXIT_USAGE, path, strerror(errno));
    if (f && !read_open(c, path, f))
        return false;
    if (!c->url)
        return client_fail(c, EXIT_USAGE, say(c, "config_no_url"), NULL);
    if (!is_safe(c->url))
        return client_fail(c, EXIT_USAGE, c->url, say(c, "config_url_unsafe"));
    if (!c->client_id || !c->client_secret)
        return client_fail(c, EXIT_USAGE, say(c, "config_no_caller"), NULL);
    return true;
}

/* Requests --------------------------------------------------------------------------------- */

static size_t receive(char *p, size_t one, size_t n, void *answer)
{
    struct buf *b = answer;
    if (b->len + one * n > MAX_ANSWER)
        return 0; /* ends the transfer */
    buf_bytes(b, p, one * n);
    return one * n;
}

static struct curl_slist *headers_of(struct client *c, const char *body, const char *key)
{
    struct curl_slist *list = curl_slist_append(NULL, "Expect:");
    list = curl_slist_append(list,
                             arena_printf(c->arena, "Accept-Language: %s", lang_tag(c->lang)));
    if (body)
        list = curl_slist_append(list, "Content-Type: application/json");
    if (c->token)
        list = curl_slist_append(list,
                                 arena_printf(c->arena, "Authorization: Bearer %s", c->token));
    if (key)
        list = curl_slist_append(list, arena_printf(c->arena, "Idempotency-Key: %s", key));
    return list;
}

static void set_up(CURL *curl, struct client *c, const char *method, const char *path,
                   const char *body, struct buf *text)
{
    size_t n = strlen(c->url);
    while (n && c->url[n - 1] == '/')
        n--;
    curl_easy_setopt(curl, CURLOPT_URL, arena_printf(c->arena, "%.*s%s", (int)n, c->url, path));
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)TIMEOUT_SECONDS);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, text);
    if (c->ca)
        curl_easy_setopt(curl, CURLOPT_CAINFO, c->ca);
    if (body)
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
    else if (strcmp(method, "GET"))
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, "");
}

/* One attempt; the status, or 0 with the reason in *why. */
static long attempt(struct client *c, const char *method, const char *path, const char *body,
                    const char *key, struct buf *text, const char **why)
{
    CURL *curl = curl_easy_init();
    struct curl_slist *headers = headers_of(c, body, key);
    long status = 0;
    *why = "no memory";
    *text = buf_new(c->arena);
    if (curl) {
        set_up(curl, c, method, path, body, text);
        curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
        CURLcode code = curl_easy_perform(curl);
        *why = arena_strdup(c->arena, curl_easy_strerror(code));
        if (!code)
            curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
        curl_easy_cleanup(curl);
    }
    curl_slist_free_all(headers);
    return status;
}

/* Tells what the shop said: the problem, and each field that is at fault. */
static void tell(struct client *c, long status, struct json_object *problem)
{
    const char *detail = field_text(problem, "detail");
    bool later = status == 429 || status >= 500;
    client_fail(c, later ? EXIT_UNREACHABLE : EXIT_REFUSED,
                detail ? detail : say(c, "answered_with_status"),
                detail ? field_text(problem, "code") : arena_printf(c->arena, "%ld", status));
    struct json_object *errors = field_value(problem, "errors");
    for (size_t i = 0; errors && i < json_object_array_length(errors); i++) {
        struct json_object *error = json_object_array_get_idx(errors, i);
        fprintf(stderr, "  %s: %s\n", field_text(error, "pointer"),
                field_text(error, "detail"));
    }
}

static struct json_object *ask(struct client *c, const char *method, const char *path,
                               const char *body, const char *key, const char **text)
{
    struct buf got;
    const char *why;
    struct json_object *document = NULL;
    int tries = key || !strcmp(method, "GET") ? TRIES : 1;
    long status = 0;
    for (int try = 0; try < tries && (!status || status == 503); try++) {
        if (try)
            nanosleep(&(struct timespec){.tv_sec = try}, NULL);
        status = attempt(c, method, path, body, key, &got, &why);
    }
    if (!status) {
        client_fail(c, EXIT_UNREACHABLE, c->url, why);
        return NULL;
    }
    *text = buf_text(&got);
    if (status == 204)
        return json_keep(c->arena, json_object_new_object());
    bool is_json = json_read(c->arena, *text, got.len, &document) && document;
    if (status >= 200 && status < 300 && is_json)
        return document;
    tell(c, status, is_json ? document : NULL);
    return NULL;
}

static bool sign_in(struct client *c)
{
    struct buf body = buf_new(c->arena);
    const char *text;
    buf_raw(&body, "{\"client_id\":");
    buf_json(&body, c->client_id);
    buf_raw(&body, ",\"client_secret\":");
    buf_json(&body, c->client_secret);
    buf_raw(&body, "}");
    struct json_object *tokens = ask(c, "POST", "/v1/tokens", body.data, NULL, &text);
    c->token = tokens ? field_text(tokens, "access_token") : NULL;
    return c->token;
}

struct json_object *client_ask(struct client *c, const char *method, const char *path,
                               const char *body, const char *key, const char **text)
{
    if (!c->token && !(configure(c) && sign_in(c)))
        return NULL;
    return ask(c, method, path, body, key, text);
}
