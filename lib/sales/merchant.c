#include "sales/merchant.h"

#include <curl/curl.h>
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "ip.h"
#include "json.h"
#include "sales/gateway.h"
#include "sales/paypal_cert.h"
#include "settings.h"
#include "words.h"

enum { MAX_FILE = 65536, MAX_NAME = 40 };

static const char CREDENTIAL[] = "credential:", ENDING[] = ".json";
static const char NAME_CHARACTERS[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";

/* Where the accounts were read from, and they. They stay as long as the process does. */
static struct arena *kept;
static const char *read_from;
static struct merchant list[MERCHANT_MAX];
static int count;

/* A file as it is being read. */
struct reading {
    struct arena *arena;
    const char
        *start; /* what the names of its folder's files begin with: "FOLDER/" and a prefix */
    const char *name; /* of the account */
    struct json_object *object;
    bool faulty;
};

static void fault(struct reading *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void fault(struct reading *r, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "VENDAS_GATEWAYS: %s%s: %s\n", r->name, ENDING,
            arena_vprintf(r->arena, format, args));
    va_end(args);
    r->faulty = true;
}

/* A file of the folder; NULL with errno where it can't be read. */
static char *read_file(struct reading *r, const char *name, size_t *n)
{
    const char *path = *name == '/' ? name : arena_printf(r->arena, "%s%s", r->start, name);
    FILE *f = fopen(path, "re");
    if (!f)
        return NULL;
    char *bytes = arena_alloc(r->arena, MAX_FILE + 1);
    *n = fread(bytes, 1, MAX_FILE, f);
    bool whole = !ferror(f) && fgetc(f) == EOF;
    int reason = ferror(f) ? errno : EFBIG;
    fclose(f);
    errno = reason;
    return whole ? bytes : NULL;
}

/* Members ---------------------------------------------------------------------------------- */

/* A member that is text of one line and not empty; fallback where it is not there, NULL: it
 * must be. */
static const char *text_of(struct reading *r, const char *name, const char *fallback)
{
    struct json_object *value;
    if (!json_object_object_get_ex(r->object, name, &value) && fallback)
        return fallback;
    const char *text = json_text(r->object, name);
    if (!value)
        fault(r, "\"%s\" is missing", name);
    else if (!text || !*text || strlen(text) != (size_t)json_object_get_string_len(value) ||
             text[strcspn(text, "\r\n")])
        fault(r, "\"%s\" must be text", name);
    else
        return arena_strdup(r->arena, text);
    return "";
}

/* Its file's content without the line break at its end; "" after a fault. */
static char *secret_of(struct reading *r, const char *name)
{
    size_t n = 0;
    const char *file = text_of(r, name, NULL);
    char *secret = *file ? read_file(r, file, &n) : NULL;
    if (!secret) {
        if (*file)
            fault(r, "\"%s\": %s: %s", name, file, strerror(errno));
        return "";
    }
    while (n && (secret[n - 1] == '\n' || secret[n - 1] == '\r'))
        secret[--n] = '\0';
    if (!n || strlen(secret) != n)
        fault(r, "\"%s\": %s holds no secret", name, file);
    return secret;
}

/* A secret of one line. */
static const char *key_of(struct reading *r, const char *name)
{
    const char *key = secret_of(r, name);
    if (key[strcspn(key, " \t\r\n")])
        fault(r, "\"%s\" must be a file of one line, without blanks", name);
    return key;
}

static bool is_live(struct reading *r)
{
    if (!json_object_is_type(json_member(r->object, "live"), json_type_boolean))
        fault(r, "\"live\" must be true or false");
    return json_is_true(r->object, "live");
}

/* "capture": whether to capture later. */
static bool captures_later(struct reading *r)
{
    const char *capture = text_of(r, "capture", "automatic");
    if (*capture && !words_hold("automatic manual", capture))
        fault(r, "\"capture\" must be \"automatic\" or \"manual\"");
    return !strcmp(capture, "manual");
}

/* "methods", all of which the gateway must have. */
static const char *methods_of(struct reading *r, const struct gateway *g)
{
    struct json_object *methods = json_member(r->object, "methods");
    struct buf words = buf_new(r->arena);
    if (!methods)
        return g->methods;
    if (!json_item(methods, 0))
        fault(r, "\"methods\" must be a list of %s's: %s", g->name, g->methods);
    struct json_object *item;
    for (size_t i = 0; (item = json_item(methods, i)); i++) {
        const char *method = json_object_get_string(item);
        if (!words_hold(g->methods, method))
            fault(r, "%s has no method \"%s\", it has: %s", g->name, method, g->methods);
        buf_printf(&words, "%s%s", i ? " " : "", method);
    }
    return buf_text(&words);
}

/* "api_url": https, or http where only this host hears what is said. */
static const char *url_of(struct reading *r, const char *fallback)
{
    char *text = arena_strdup(r->arena, text_of(r, "api_url", fallback));
    char *scheme = NULL, *host = NULL, *user = NULL;
    CURLU *url = curl_url();
    bool good =
        url && !curl_url_set(url, CURLUPART_URL, text, 0) &&
        !curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) &&
        !curl_url_get(url, CURLUPART_HOST, &host, 0) &&
        curl_url_get(url, CURLUPART_USER, &user, 0) == CURLUE_NO_USER &&
        (!strcmp(scheme, "https") || (!strcmp(scheme, "http") && ip_is_this_host(host)));
    if (*text && !good)
        fault(r, "\"api_url\" must be https://..., or http:// on this host");
    curl_free(scheme);
    curl_free(host);
    curl_free(user);
    curl_url_cleanup(url);
    while (*text && text[strlen(text) - 1] == '/')
        text[strlen(text) - 1] = '\0';
    return text;
}

/* "ca_file": named from the folder on, too. */
static const char *ca_file_of(struct reading *r)
{
    size_t n;
    const char *file = text_of(r, "ca_file", "");
    if (!*file)
        return "";
    if (!read_file(r, file, &n) && errno != EFBIG)
        fault(r, "\"ca_file\": %s: %s", file, strerror(errno));
    return *file == '/' ? file : arena_printf(r->arena, "%s%s", r->start, file);
}

static void refuse_unknown(struct reading *r, const char *known)
{
    json_object_object_foreach(r->object, name, value)
    {
        (void)value;
        if (!words_hold(known, name))
            fault(r, "there is no \"%s\"", name);
    }
}

/* Gateways --------------------------------------------------------------------------------- */

/* Whether a key of Stripe's is of these kinds, and of the money that the account says. */
static void check_key(struct reading *r, const char *name, const char *key, bool live,
                      const char *kind, const char *other_kind)
{
    const char *mode = live ? "live_" : "test_";
    bool fits = false;
    for (int i = 0; i < 2; i++) {
        const char *start = i ? other_kind : kind;
        fits = fits || (!strncmp(key, start, strlen(start)) &&
                        !strncmp(key + strlen(start), mode, strlen(mode)));
    }
    if (*key && !fits)
        fault(r, "\"%s\" must begin with %s%s, as \"live\" is %s", name, kind, mode,
              live ? "true" : "false");
}

static void read_stripe(struct reading *r, struct merchant *m)
{
    refuse_unknown(r, "gateway live methods capture api_url ca_file return_url secret_key_file "
                      "publishable_key webhook_secret_file");
    m->api_url = url_of(r, "https://api.stripe.com");
    m->key = key_of(r, "secret_key_file");
    check_key(r, "secret_key_file", m->key, m->live, "sk_", "rk_");
    m->key_id = text_of(r, "publishable_key", words_hold(m->methods, "card") ? NULL : "");
    check_key(r, "publishable_key", m->key_id, m->live, "pk_", "pk_");
    char *rest = secret_of(r, "webhook_secret_file");
    for (char *line; (line = strtok_r(rest, " \t\r\n", &rest));) {
        if (m->secret_count == MERCHANT_MAX_SECRETS) {
            fault(r, "\"webhook_secret_file\" may hold %d secrets", MERCHANT_MAX_SECRETS);
            break;
        }
        m->secrets[m->secret_count++] = line;
    }
}

static void read_paypal(struct reading *r, struct merchant *m)
{
    refuse_unknown(r, "gateway live methods capture api_url ca_file return_url client_id "
                      "client_secret_file webhook_id");
    m->api_url = url_of(r, m->live ? PAYPAL_API : PAYPAL_SANDBOX_API);
    m->key_id = text_of(r, "client_id", NULL);
    m->key = key_of(r, "client_secret_file");
    m->secrets[0] = text_of(r, "webhook_id", NULL);
    m->secret_count = 1;
}

/* An account; false after its faults. */
static bool read_merchant(struct reading *r, struct merchant *m)
{
    size_t n;
    const char *text = read_file(r, arena_printf(r->arena, "%s%s", r->name, ENDING), &n);
    if (!text)
        fault(r, "%s", strerror(errno));
    else if (strspn(r->name, NAME_CHARACTERS) != strlen(r->name) || strlen(r->name) > MAX_NAME)
        fault(r, "a name has letters, digits, \"-\" and \"_\", %d at the most", MAX_NAME);
    else if (!json_read(r->arena, text, n, &r->object) ||
             !json_object_is_type(r->object, json_type_object))
        fault(r, "this is no JSON object");
    if (r->faulty)
        return false;
    const char *name = text_of(r, "gateway", NULL);
    const struct gateway *g = gateway_find(name);
    if (*name && (!g || g->confirmed_by_person))
        fault(r, "there is no gateway \"%s\" that has accounts", name);
    if (r->faulty)
        return false;
    *m = (struct merchant){.name = r->name, .gateway = g->name, .live = is_live(r)};
    m->methods = methods_of(r, g);
    m->capture_later = captures_later(r);
    m->ca_file = ca_file_of(r);
    m->return_url = text_of(r, "return_url", settings()->public_url);
    m->memory = arena_alloc(r->arena, sizeof *m->memory);
    (g == &GATEWAY_STRIPE ? read_stripe : read_paypal)(r, m);
    return !r->faulty;
}

/* The folder ------------------------------------------------------------------------------- */

/* The account of a file of the folder, or NULL. */
static char *account_of(struct arena *a, const char *prefix, const char *file)
{
    size_t n = strlen(file), before = strlen(prefix), after = strlen(ENDING);
    bool good = n > before + after && !strncmp(file, prefix, before) && *file != '.' &&
                !strcmp(file + n - after, ENDING);
    return good ? arena_memdup(a, file + before, n - before - after) : NULL;
}

/* The folder that the setting means; NULL, after a line, where there is none. *prefix becomes
 * what the names of its files begin with. */
static const char *find_folder(struct arena *a, const char *setting, const char **prefix)
{
    size_t n = strlen(CREDENTIAL);
    *prefix = "";
    if (strncmp(setting, CREDENTIAL, n))
        return setting;
    *prefix = arena_printf(a, "%s_", setting + n); /* systemd.exec(5), LoadCredential= */
    const char *folder = getenv("CREDENTIALS_DIRECTORY");
    if (!folder)
        fprintf(stderr, "VENDAS_GATEWAYS: this program was handed no credentials: "
                        "LoadCredential= is missing\n");
    return folder;
}

static int by_name(const void *a, const void *b)
{
    const struct merchant *first = a, *second = b;
    return strcmp(first->name, second->name);
}

static int read_folder(const char *folder, const char *prefix)
{
    struct dirent **files;
    int result = 0, n = scandir(folder, &files, NULL, alphasort);
    if (n < 0) {
        fprintf(stderr, "VENDAS_GATEWAYS: %s: %s\n", folder, strerror(errno));
        return -1;
    }
    for (int i = 0; i < n; i++) {
        struct reading r = {.arena = kept, .name = account_of(kept, prefix, files[i]->d_name)};
        r.start = arena_printf(kept, "%s/%s", folder, prefix);
        if (r.name && count == MERCHANT_MAX)
            fault(&r, "there are more than %d accounts", MERCHANT_MAX);
        else if (r.name && read_merchant(&r, &list[count]))
            count++;
        if (r.faulty)
            result = -1;
        free(files[i]);
    }
    free(files);
    qsort(list, (size_t)count, sizeof *list, by_name);
    return result;
}

int merchants_load(void)
{
    const char *setting = settings()->gateways;
    if (read_from && !strcmp(read_from, setting))
        return 0;
    for (int i = 0; i < count; i++)
        free(list[i].memory->token);
    arena_free(kept);
    kept = arena_new();
    count = 0;
    read_from = NULL;
    const char *prefix, *folder = *setting ? find_folder(kept, setting, &prefix) : NULL;
    if (*setting && (!folder || read_folder(folder, prefix))) {
        count = 0;
        return -1;
    }
    read_from = arena_strdup(kept, setting);
    return 0;
}

const struct merchant *merchant_at(int i)
{
    merchants_load();
    return i >= 0 && i < count ? &list[i] : NULL;
}

const struct merchant *merchant_find(const char *gateway, const char *name)
{
    merchants_load();
    for (int i = 0; i < count; i++)
        if (!strcmp(list[i].gateway, gateway) &&
            (!name || !*name || !strcmp(list[i].name, name)))
            return &list[i];
    return NULL;
}
