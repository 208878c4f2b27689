#include "seal.h"

#include <dirent.h>
#include <errno.h>
#include <json-c/json.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buf.h"
#include "digest.h"
#include "file.h"
#include "json.h"
#include "log.h"
#include "settings.h"

enum { KEY_BYTES = 32, NONCE_BYTES = 12, TAG_BYTES = 16, NUMBER_BYTES = 4 };

/* How old what was read of the keys may be: at all, and where their folder has changed. One
 * that is not among them is looked for at once. */
enum { KEEP_SECONDS = 60, LOOK_SECONDS = 1 };

struct key {
    int number;
    time_t since;
    unsigned char bytes[KEY_BYTES];
};

static struct {
    struct key list[SEAL_MAX_KEYS]; /* rising numbers */
    int count;
    int highest;       /* number that a file has, whether or not it can be read */
    struct key lookup; /* number 1 when there is one */
    time_t read_at;
    struct timespec changed; /* their folder, when they were read */
} keys;

/* Keys ------------------------------------------------------------------------------------- */

static const char *path_of(struct arena *a, const char *name)
{
    return arena_printf(a, "%s/%s", settings()->data_keys, name);
}

static bool read_key(struct arena *a, const char *name, struct key *key)
{
    char line[2 * KEY_BYTES + 2] = "";
    const char *path = path_of(a, name);
    struct stat about;
    FILE *f = fopen(path, "r");
    if (!f)
        return false;
    size_t n = fread(line, 1, sizeof line - 1, f);
    key->since = fstat(fileno(f), &about) ? 0 : about.st_mtime;
    fclose(f);
    line[n] = '\0';
    line[strcspn(line, "\n")] = '\0';
    char *bytes = hex_decode(a, line, &n);
    bool good = bytes && n == KEY_BYTES;
    if (good) {
        memcpy(key->bytes, bytes, KEY_BYTES);
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
    if (keys.count < SEAL_MAX_KEYS)
        return &keys.list[keys.count++];
    qsort(keys.list, SEAL_MAX_KEYS, sizeof *keys.list, by_number);
    return &keys.list[0];
}

static struct timespec folder_changed(void)
{
    struct stat folder;
    return stat(settings()->data_keys, &folder) ? (struct timespec){0} : folder.st_mtim;
}

static void read_keys(struct arena *a)
{
    keys.changed = folder_changed(); /* first: what comes while they are read is seen later */
    DIR *folder = opendir(settings()->data_keys);
    keys.count = keys.highest = 0;
    keys.read_at = time(NULL);
    for (struct dirent *e; folder && (e = readdir(folder));) {
        struct key k = {.number = number_of(e->d_name)};
        if (k.number > keys.highest)
            keys.highest = k.number;
        if (k.number && read_key(a, e->d_name, &k))
            *slot() = k;
        OPENSSL_cleanse(&k, sizeof k);
    }
    if (folder)
        closedir(folder);
    qsort(keys.list, (size_t)keys.count, sizeof *keys.list, by_number);
    keys.lookup.number = read_key(a, "lookup.key", &keys.lookup);
}

/* Whether there may be other keys than those that were read. What came in the tick of the clock
 * in which they were read left the folder's time as it was: so soon after, one can't know. */
static bool folder_differs(void)
{
    struct timespec now = folder_changed();
    return now.tv_sec + 1 >= keys.read_at || now.tv_sec != keys.changed.tv_sec ||
           now.tv_nsec != keys.changed.tv_nsec;
}

static bool keys_are_old(void)
{
    time_t age = time(NULL) - keys.read_at;
    return !keys.count || age > KEEP_SECONDS || (age >= LOOK_SECONDS && folder_differs());
}

static void keep_keys(struct arena *a)
{
    if (keys_are_old())
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
    keep_keys(a);
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
    keep_keys(a);
    if (!find_key(number) && (folder_differs() || time(NULL) - keys.read_at > LOOK_SECONDS))
        read_keys(a);
    return find_key(number);
}

int seal_keys(struct seal_key list[SEAL_MAX_KEYS])
{
    struct arena *a = arena_new();
    sealing_key(a); /* there is one */
    for (int i = 0; i < keys.count; i++)
        list[i] = (struct seal_key){keys.list[i].number, keys.list[i].since};
    arena_free(a);
    return keys.count;
}

/* A file with a new key, which those may read who may read the key before, takes its name when
 * all is right with it: a program that could not read what others seal with would be lost. */
static bool write_key(struct arena *a, const char *path, const char *before)
{
    unsigned char bytes[KEY_BYTES];
    random_bytes(bytes, sizeof bytes);
    char *line = arena_printf(a, "%s\n", hex_encode(a, bytes, sizeof bytes));
    size_t n = strlen(line);
    const char *beside = arena_printf(a, "%s.new", path);
    struct stat like;
    bool known = !stat(before, &like);
    bool ok = !file_write(beside, line, n, known ? like.st_mode & 0777 : 0600);
    OPENSSL_cleanse(bytes, sizeof bytes);
    OPENSSL_cleanse(line, n);
    if (ok && ((known && chown(beside, like.st_uid, like.st_gid)) || file_move(beside, path))) {
        log_error("a data key could not be laid", "file", path, "reason", strerror(errno),
                  NULL);
        unlink(beside);
        ok = false;
    }
    return ok;
}

int seal_new_key(void)
{
    struct arena *a = arena_new();
    read_keys(a);
    int last = keys.highest;
    const char *path = path_of(a, arena_printf(a, "%d.key", last + 1));
    const char *before = path_of(a, arena_printf(a, "%d.key", last));
    bool ok = !last || find_key(last);
    if (!ok)
        log_error("the newest data key can't be read", "file", before, NULL);
    ok = ok && write_key(a, path, before);
    read_keys(a);
    arena_free(a);
    return ok ? last + 1 : 0;
}

void seal_drop_key(int number)
{
    struct arena *a = arena_new();
    const char *path = path_of(a, arena_printf(a, "%d.key", number));
    if (unlink(path))
        log_error("a data key could not be removed", "file", path, NULL);
    read_keys(a);
    arena_free(a);
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

int seal_number(const char *bytea)
{
    unsigned number = 0;
    return sscanf(bytea, "\\x%8x", &number) == 1 ? (int)number : 0;
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
    keep_keys(a);
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
