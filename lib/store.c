#include "store.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buf.h"
#include "digest.h"
#include "file.h"
#include "log.h"
#include "settings.h"

enum { CONNECT_SECONDS = 5 };

static const char FILE_SCHEME[] = "file://", S3_SCHEME[] = "s3+", REGION[] = "?region=";
static const char PUBLIC_KEYS[] = "images/";

/* Characters that an address may have without being written otherwise (RFC 3986 section 2.3),
 * and what stands between its parts. */
static const char PLAIN[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._/:";

/* A folder -----------------------------------------------------------------------------------
 */

static const char *folder(void)
{
    const char *where = settings()->image_store;
    size_t n = strlen(FILE_SCHEME);
    return !strncmp(where, FILE_SCHEME, n) ? where + n : NULL;
}

static enum store_result file_trouble(const char *what, const char *key)
{
    const char *reason = strerror(errno);
    log_error(what, "key", key, "reason", reason, NULL);
    return STORE_AWAY;
}

/* Makes the folders that a key lies in, each on disk before there is something in it. */
static bool make_folders(struct arena *a, const char *key, mode_t mode)
{
    for (const char *slash = strchr(key, '/'); slash; slash = strchr(slash + 1, '/')) {
        char *path = arena_printf(a, "%s/%.*s", folder(), (int)(slash - key), key);
        if (mkdir(path, mode)) {
            if (errno != EEXIST)
                return false;
            continue;
        }
        *strrchr(path, '/') = '\0';
        int above = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        bool ok = above >= 0 && !fsync(above);
        if (above >= 0)
            close(above);
        if (!ok)
            return false;
    }
    return true;
}

static bool is_public(const char *key)
{
    return !strncmp(key, PUBLIC_KEYS, strlen(PUBLIC_KEYS));
}

static enum store_result put_file(struct arena *a, const char *key, const void *p, size_t n)
{
    if (!make_folders(a, key, is_public(key) ? 0755 : 0700))
        return file_trouble("a folder of pictures could not be made", key);
    const char *path = arena_printf(a, "%s/%s", folder(), key);
    return file_write(path, p, n, is_public(key) ? 0644 : 0600) ? STORE_AWAY : STORE_DONE;
}

static enum store_result get_file(struct arena *a, const char *key, size_t max, const char **p,
                                  size_t *n)
{
    struct stat there;
    FILE *f = fopen(arena_printf(a, "%s/%s", folder(), key), "re");
    if (!f && (errno == ENOENT || errno == ENOTDIR))
        return STORE_ABSENT;
    if (!f || fstat(fileno(f), &there)) {
        enum store_result result = file_trouble("a picture could not be read", key);
        if (f)
            fclose(f);
        return result;
    }
    size_t size = (size_t)there.st_size;
    bool ok = size <= max;
    if (ok) {
        char *bytes = arena_alloc(a, size + 1);
        ok = fread(bytes, 1, size, f) == size;
        *p = bytes;
        *n = size;
    }
    fclose(f);
    if (!ok)
        log_error("a picture has not the size that it should have", "key", key, NULL);
    return ok ? STORE_DONE : STORE_AWAY;
}

static enum store_result delete_file(struct arena *a, const char *key)
{
    char *path = arena_printf(a, "%s/%s", folder(), key);
    if (unlink(path) && errno != ENOENT && errno != ENOTDIR)
        return file_trouble("a picture could not be deleted", key);
    if (is_public(key)) { /* in a folder of its picture, which goes with the last of them */
        *strrchr(path, '/') = '\0';
        rmdir(path);
    }
    return STORE_DONE;
}

/* A bucket -----------------------------------------------------------------------------------
 */

struct bucket {
    const char *url; /* without a slash at its end */
    const char *region;
};

/* Reads the setting; false, after a line in the log, where it is none. */
static bool read_bucket(struct arena *a, struct bucket *b)
{
    const char *where = settings()->image_store;
    const char *region = strstr(where, REGION);
    size_t scheme = strlen(S3_SCHEME), n = region ? (size_t)(region - where) : 0;
    bool ok = !strncmp(where, S3_SCHEME, scheme) && strspn(where + scheme, PLAIN) + scheme == n;
    if (ok) {
        char *url = arena_memdup(a, where + scheme, n - scheme);
        while (*url && url[strlen(url) - 1] == '/')
            url[strlen(url) - 1] = '\0';
        *b = (struct bucket){url, region + strlen(REGION)};
        const char *host = strncmp(url, "https://", 8) ? url + 7 : url + 8;
        ok = (!strncmp(url, "https://", 8) || !strncmp(url, "http://", 7)) &&
             strchr(host, '/') && *b->region && !b->region[strspn(b->region, PLAIN)];
    }
    if (!ok)
        log_error("VENDAS_IMAGE_STORE is neither file:///FOLDER nor "
                  "s3+https://HOST/BUCKET?region=REGION",
                  NULL);
    return ok;
}

struct transfer {
    struct buf answer;
    size_t max;
    const char *p; /* what is sent */
    size_t left;
};

static size_t receive(char *p, size_t size, size_t n, void *transfer)
{
    struct transfer *t = transfer;
    if (t->answer.len + size * n > t->max)
        return 0;
    buf_bytes(&t->answer, p, size * n);
    return size * n;
}

static size_t give(char *p, size_t size, size_t n, void *transfer)
{
    struct transfer *t = transfer;
    size_t count = size * n < t->left ? size * n : t->left;
    memcpy(p, t->p, count);
    t->p += count;
    t->left -= count;
    return count;
}

/* What a store calls its refusal (<Code>SignatureDoesNotMatch</Code>), for the log. */
static const char *refusal_code(struct arena *a, const struct buf *answer)
{
    const char *code = strstr(buf_text(answer), "<Code>");
    code = code ? code + strlen("<Code>") : "";
    return arena_memdup(a, code, strspn(code, PLAIN));
}

static enum store_result judge(struct arena *a, const char *key, CURLcode done, long status,
                               const struct buf *answer)
{
    if (done != CURLE_OK) {
        log_error("the picture store does not answer", "key", key, "reason",
                  curl_easy_strerror(done), NULL);
        return STORE_AWAY;
    }
    if (status >= 200 && status < 300)
        return STORE_DONE;
    const char *code = refusal_code(a, answer);
    if (status == 404 && strcmp(code, "NoSuchBucket"))
        return STORE_ABSENT;
    log_error("the picture store refuses", "key", key, "status", arena_printf(a, "%ld", status),
              "code", code, NULL);
    return status >= 500 || status == 429 || status == 408 ? STORE_AWAY : STORE_REFUSED;
}

/* The headers of a request. The payload's hash is ours to send: libcurl 7.88 signs an upload
 * without one as unsigned. It signs each header that is named here, also one that is named to
 * be left out: so "Expect" is not. */
static struct curl_slist *headers(struct arena *a, const char *type, const void *p, size_t n)
{
    struct curl_slist *list = curl_slist_append(
        NULL, arena_printf(a, "x-amz-content-sha256: %s", digest_sha256(a, p, n)));
    return type ? curl_slist_append(list, arena_printf(a, "Content-Type: %s", type)) : list;
}

static void sign(CURL *curl, struct arena *a, const struct bucket *b)
{
    curl_easy_setopt(curl, CURLOPT_AWS_SIGV4, arena_printf(a, "aws:amz:%s:s3", b->region));
    curl_easy_setopt(curl, CURLOPT_USERNAME, settings()->s3_access_key);
    curl_easy_setopt(curl, CURLOPT_PASSWORD, settings()->s3_secret_key);
}

/* One request; the handle keeps the connection for the next. t->max bounds the answer. */
static enum store_result ask(struct arena *a, const char *method, const char *key,
                             const char *type, struct transfer *t)
{
    static CURL *curl;
    struct bucket bucket;
    if (!read_bucket(a, &bucket))
        return STORE_REFUSED;
    if (!curl && !(curl = curl_easy_init()))
        return STORE_AWAY;
    curl_easy_reset(curl);
    struct curl_slist *list = headers(a, type, t->p, t->left);
    curl_easy_setopt(curl, CURLOPT_URL, arena_printf(a, "%s/%s", bucket.url, key));
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)STORE_SECONDS);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, list);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, t);
    if (!strcmp(method, "PUT")) {
        curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(curl, CURLOPT_READFUNCTION, give);
        curl_easy_setopt(curl, CURLOPT_READDATA, t);
        curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)t->left);
    } else {
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
    }
    sign(curl, a, &bucket);
    long status = 0;
    CURLcode done = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_slist_free_all(list);
    return judge(a, key, done, status, &t->answer);
}

/* Either -------------------------------------------------------------------------------------
 */

/* What a store says beside the bytes that it keeps is short. */
enum { MAX_WORDS = 65536 };

enum store_result store_put(struct arena *a, const char *key, const char *type, const void *p,
                            size_t n)
{
    if (folder())
        return put_file(a, key, p, n);
    struct transfer t = {.answer = buf_new(a), .max = MAX_WORDS, .p = p, .left = n};
    enum store_result result = ask(a, "PUT", key, type, &t);
    return result == STORE_ABSENT ? STORE_REFUSED : result; /* there is no such bucket */
}

enum store_result store_get(struct arena *a, const char *key, size_t max, const char **p,
                            size_t *n)
{
    if (folder())
        return get_file(a, key, max, p, n);
    struct transfer t = {.answer = buf_new(a), .max = max + MAX_WORDS, .p = ""};
    enum store_result result = ask(a, "GET", key, NULL, &t);
    *p = buf_text(&t.answer);
    *n = t.answer.len;
    return result == STORE_DONE && *n > max ? STORE_AWAY : result;
}

enum store_result store_delete(struct arena *a, const char *key)
{
    if (folder())
        return delete_file(a, key);
    struct transfer t = {.answer = buf_new(a), .max = MAX_WORDS, .p = ""};
    enum store_result result = ask(a, "DELETE", key, NULL, &t);
    return result == STORE_ABSENT ? STORE_DONE : result;
}
