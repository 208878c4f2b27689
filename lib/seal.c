#include "seal.h"

#include <dirent.h>
#include <json-c/json.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "buf.h"
#include "digest.h"
#include "json.h"
#include "log.h"
#include "settings.h"

enum { KEY_BYTES = 32, NONCE_BYTES = 12, TAG_BYTES = 16, NUMBER_BYTES = 4, MAX_KEYS = 16 };

/* How old what was read of the keys may be: at all, and where one is asked for that is not
 * among them. */
enum { KEEP_SECONDS = 60, KEEP_WITHOUT_SECONDS = 1 };

struct key {
    int number;
    unsigned char bytes[KEY_BYTES];
};

static struct {
    struct key list[MAX_KEYS]; /* rising numbers */
    int count;
    struct key lookup; /* number 1 when there is one */
    time_t read_at;
} keys;

/* Keys ------------------------------------------------------------------------------------- */

static bool read_key(struct arena *a, const char *name, unsigned char key[KEY_BYTES])
{
    char line[2 * KEY_BYTES + 2] = "";
    const char *path = arena_printf(a, "%s/%s", settings()->data_keys, name);
    FILE *f = fopen(path, "r");
    if (!f)
        return false;
    size_t n = fread(line, 1, sizeof line - 1, f);
    fclose(f);
    line[n] = '\0';
    line[strcspn(line, "\n")] = '\0';
    char *bytes = hex_decode(a, line, &n);
    bool good = bytes && n == KEY_BYTES;
    if (good) {
        memcpy(key, bytes, KEY_BYTES);
        OPENSSL_cleanse(bytes, n);
    } else {
        log_error("a data key is not 64 hexadecimal digits", "file", path, NULL);
    }
    OPENSSL_cleanse(line, sizeof line);
    return good;
}

/* The number in "12.key", 0 for any other name. */
static int number_of(const char *name)
{
    char *end;
    long n = strtol(name, &end, 10);
    return *name >= '1' && *name <= '9' && !strcmp(end, ".key") && n <= INT32_MAX ? (int)n : 0;
}

static int by_number(const void *one, const void *other)
{
    const struct key *a = one, *b = other;
    return (a->number > b->number) - (a->number < b->number);
}

/* The oldest key in the list, whose place a newer one takes when there are too many. */
static struct key *slot(void)
{
    if (keys.count < MAX_KEYS)
        return &keys.list[keys.count++];
    qsort(keys.list, MAX_KEYS, sizeof *keys.list, by_number);
    return &keys.list[0];
}

static void read_keys(struct arena *a)
{
    DIR *folder = opendir(settings()->data_keys);
    keys.count = 0;
    keys.read_at = time(NULL);
    for (struct dirent *e; folder && (e = readdir(folder));) {
        struct key k = {.number = number_of(e->d_name)};
        if (k.number && read_key(a, e->d_name, k.bytes))
            *slot() = k;
        OPENSSL_cleanse(&k, sizeof k);
    }
    if (folder)
        closedir(folder);
    qsort(keys.list, (size_t)keys.count, sizeof *keys.list, by_number);
    keys.lookup.number = read_key(a, "lookup.key", keys.lookup.bytes);
}

static void keep_keys(struct arena *a, time_t seconds)
{
    if (!keys.count || time(NULL) - keys.read_at > seconds)
        read_keys(a);
}

static _Noreturn void end_without(const char *what)
{
    log_error("personal data can't be sealed", "reason", what, "folder", settings()->data_keys,
              NULL);
    exit(EXIT_FAILURE);
}

static const struct key *sealing_key(struct arena *a)
{
    keep_keys(a, KEEP_SECONDS);
    if (!keys.count)
        end_without("there is no data key");
    return &keys.list[keys.count - 1];
}

static const struct key *find_key(int number)
{
    for (int i = keys.count - 1; i >= 0; i--)
        if (keys.list[i].number == number)
            return &keys.list[i];
    return NULL;
}

static const struct key *opening_key(struct arena *a, int number)
{
    keep_keys(a, KEEP_SECONDS);
    if (!find_key(number))
        keep_keys(a, KEEP_WITHOUT_SECONDS);
    return find_key(number);
}

int seal_version(void)
{
    struct arena *a = arena_new();
    int number = sealing_key(a)->number;
    arena_free(a);
    return number;
}

/* Sealing and opening ---------------------------------------------------------------------- */

static const char *place(struct arena *a, const char *column, const char *row)
{
    return arena_printf(a, "%s:%s", column, row);
}

/* One pass of AES-256-GCM over n bytes from in to out: towards ciphertext it writes the tag,
 * back it compares it. */
static bool gcm(bool seal, const struct key *k, const unsigned char *nonce, const char *aad,
                const unsigned char *in, unsigned char *out, size_t n, unsigned char *tag)
{
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    int len;
    bool ok =
        c && EVP_CipherInit_ex(c, EVP_aes_256_gcm(), NULL, k->bytes, nonce, seal) == 1 &&
        EVP_CipherUpdate(c, NULL, &len, (const unsigned char *)aad, (int)strlen(aad)) == 1 &&
        EVP_CipherUpdate(c, out, &len, in, (int)n) == 1;
    if (ok && !seal)
        ok = EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, TAG_BYTES, tag) == 1;
    ok = ok && EVP_CipherFinal_ex(c, out + n, &len) == 1;
    if (ok && seal)
        ok = EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, TAG_BYTES, tag) == 1;
    EVP_CIPHER_CTX_free(c);
    return ok;
}

char *seal_json(struct arena *a, const char *column, const char *row, const char *json)
{
    if (!json)
        return NULL;
    const struct key *k = sealing_key(a);
    size_t n = strlen(json);
    unsigned char *p = arena_alloc(a, NUMBER_BYTES + NONCE_BYTES + n + TAG_BYTES + 1);
    unsigned char *nonce = p + NUMBER_BYTES, *text = nonce + NONCE_BYTES;
    for (int i = 0; i < NUMBER_BYTES; i++)
        p[i] = (unsigned char)((uint32_t)k->number >> (24 - 8 * i));
    random_bytes(nonce, NONCE_BYTES);
    if (!gcm(true, k, nonce, place(a, column, row), (const unsigned char *)json, text, n,
             text + n))
        end_without("the cipher failed");
    size_t whole = NUMBER_BYTES + NONCE_BYTES + n + TAG_BYTES;
    return arena_printf(a, "\\x%s", hex_encode(a, p, whole));
}

char *seal_text(struct arena *a, const char *column, const char *row, const char *text)
{
    if (!text)
        return NULL;
    struct buf b = buf_new(a);
    buf_json(&b, text);
    return seal_json(a, column, row, b.data);
}

static char *open_hex(struct arena *a, const char *column, const char *row, const char *hex)
{
    size_t n;
    unsigned char *p = (unsigned char *)hex_decode(a, hex, &n);
    const size_t around = NUMBER_BYTES + NONCE_BYTES + TAG_BYTES;
    if (p && n >= around) {
        int number = (int)((uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3]);
        const struct key *k = opening_key(a, number);
        unsigned char *nonce = p + NUMBER_BYTES, *text = nonce + NONCE_BYTES;
        char *json = arena_alloc(a, n - around + 1);
        if (k && gcm(false, k, nonce, place(a, column, row), text, (unsigned char *)json,
                     n - around, text + (n - around)))
            return json;
    }
    log_error("a sealed value does not open", "column", column, "row", row, NULL);
    return NULL;
}

char *unseal_json(struct arena *a, const char *column, const char *row, const char *bytea)
{
    if (!bytea)
        return NULL;
    return open_hex(a, column, row, bytea + (strncmp(bytea, "\\x", 2) ? 0 : 2));
}

char *unseal_text(struct arena *a, const char *column, const char *row, const char *bytea)
{
    char *json = unseal_json(a, column, row, bytea);
    struct json_object *value = json ? json_tokener_parse(json) : NULL;
    json_keep(a, value);
    return json_object_is_type(value, json_type_string)
               ? arena_strdup(a, json_object_get_string(value))
               : NULL;
}

char *seal_lookup(struct arena *a, const char *column, const char *text)
{
    if (!text)
        return NULL;
    keep_keys(a, KEEP_SECONDS);
    if (!keys.lookup.number)
        end_without("there is no lookup.key");
    const char *what = place(a, column, text);
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned n;
    if (!HMAC(EVP_sha256(), keys.lookup.bytes, KEY_BYTES, (const unsigned char *)what,
              strlen(what), hash, &n))
        end_without("the hash failed");
    return arena_printf(a, "\\x%s", hex_encode(a, hash, n));
}

/* Documents -------------------------------------------------------------------------------- */

static const char MARK[] = "{\"$sealed\"";

/* Goes over blanks and the character c; NULL where something else stands. */
static const char *over(const char *s, char c)
{
    s = s ? s + strspn(s, " ") : NULL;
    return s && *s == c ? s + 1 : NULL;
}

/* Goes over a string without escapes, which goes to *text. */
static const char *over_string(struct arena *a, const char *s, const char **text)
{
    s = over(s, '"');
    size_t n = s ? strcspn(s, "\"\\") : 0;
    if (!s || s[n] != '"')
        return NULL;
    *text = arena_memdup(a, s, n);
    return s + n + 1;
}

/* Reads one marker at s; what it stands for goes to *json. Returns what is behind it, or NULL
 * where it is none after all. */
static const char *over_sealed(struct arena *a, const char *s, const char **json)
{
    const char *column, *row, *hex;
    s = over(over(s + sizeof MARK - 1, ':'), '[');
    s = over(over_string(a, s, &column), ',');
    s = over(over_string(a, s, &row), ',');
    s = over(over(over_string(a, s, &hex), ']'), '}');
    if (s)
        *json = open_hex(a, column, row, hex);
    return s;
}

const char *seal_expand(struct arena *a, const char *json)
{
    const char *mark = json ? strstr(json, MARK) : NULL;
    if (!mark)
        return json;
    struct buf b = buf_new(a);
    for (; mark; mark = strstr(json, MARK)) {
        const char *value = NULL, *behind = over_sealed(a, mark, &value);
        buf_bytes(&b, json, (size_t)(mark - json));
        if (!behind) {
            buf_raw(&b, MARK);
            behind = mark + sizeof MARK - 1;
        } else {
            buf_raw(&b, value ? value : "null");
        }
        json = behind;
    }
    buf_raw(&b, json);
    return b.data;
}
