#include "password.h"

#include <argon2.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "digest.h"
#include "normal.h"
#include "settings.h"
#include "wordlist.h"

/* Hashes ----------------------------------------------------------------------------------- */

/* OWASP: 19 MiB, 2 passes, 1 lane. */
enum { MEMORY_KIB = 19456, PASSES = 2, LANES = 1, SALT_BYTES = 16, HASH_BYTES = 32 };

/* Below everything that a buyer waits for: a tenth of the share (setpriority(2)). */
enum { NICENESS = 10 };

/* What is to be hashed (out is set) or compared (hash is set). */
struct work {
    const char *password, *hash;
    char *out;
    size_t size;
    int result;
};

static void *work(void *argument)
{
    struct work *w = argument;
    unsigned char salt[SALT_BYTES];
    setpriority(PRIO_PROCESS, (id_t)gettid(), NICENESS);
    if (w->hash) {
        w->result = argon2id_verify(w->hash, w->password, strlen(w->password));
    } else {
        random_bytes(salt, sizeof salt);
        w->result =
            argon2id_hash_encoded(PASSES, MEMORY_KIB, LANES, w->password, strlen(w->password),
                                  salt, sizeof salt, HASH_BYTES, w->out, w->size);
    }
    return NULL;
}

/* A hash takes a processor as long as a hundred other requests do. So that these need not wait,
 * it is done at a lower priority; and in a thread, which on Linux has a priority of its own,
 * because a process without privileges could never raise its own again. */
static int do_in_the_background(struct work *w)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, work, w))
        return ARGON2_THREAD_FAIL;
    pthread_join(thread, NULL);
    return w->result;
}

char *password_hash(struct arena *a, const char *password)
{
    size_t size =
        argon2_encodedlen(PASSES, MEMORY_KIB, LANES, SALT_BYTES, HASH_BYTES, Argon2_id);
    struct work w = {.password = password, .out = arena_alloc(a, size), .size = size};
    if (do_in_the_background(&w) != ARGON2_OK) {
        fputs("{\"level\":\"fatal\",\"message\":\"can't hash a password\"}\n", stderr);
        exit(EXIT_FAILURE);
    }
    return w.out;
}

bool password_matches(const char *hash, const char *password)
{
    /* A hash of the same cost that nothing fits: its last part is all zeros. */
    static const char NOBODY[] = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$"
                                 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    struct work w = {.password = password, .hash = hash ? hash : NOBODY};
    bool fits = do_in_the_background(&w) == ARGON2_OK;
    return hash && fits;
}

bool password_outdated(const char *hash)
{
    unsigned version, memory, passes;
    return sscanf(hash, "$argon2id$v=%u$m=%u,t=%u,", &version, &memory, &passes) != 3 ||
           version < ARGON2_VERSION_NUMBER || memory < MEMORY_KIB || passes < PASSES;
}

/* Guessing --------------------------------------------------------------------------------- */

/* The shortest run that is seen as one, and how much around a common word makes it no other. */
enum { SHORTEST_RUN = 3, LONGEST_TRIM = 4 };

/* The length of the run that s begins with: one character again and again, or neighbours of a
 * track, in either direction. */
static size_t run_length(const char *s)
{
    static const char *const TRACKS[] = {
        "abcdefghijklmnopqrstuvwxyz",
        "01234567890",
        "qwertyuiop",
        "asdfghjkl",
        "zxcvbnm",
        "1qaz",
        "2wsx",
        "3edc",
        "4rfv",
        "5tgb",
        "6yhn",
        "7ujm",
    };
    size_t longest = strspn(s, (const char[]){*s, '\0'});
    for (size_t i = 0; i < sizeof TRACKS / sizeof *TRACKS; i++)
        for (const char *at = TRACKS[i]; (at = strchr(at, *s)); at++) {
            size_t up = 1, down = 1;
            while (s[up] && s[up] == at[up])
                up++;
            while (s[down] && down <= (size_t)(at - TRACKS[i]) && s[down] == *(at - down))
                down++;
            size_t n = up > down ? up : down;
            longest = n > longest ? n : longest;
        }
    return longest;
}

/* "12345678", "qwe123asd", "1qaz2wsx", "aaaabbbb". */
static bool is_all_runs(const char *s)
{
    while (*s) {
        size_t n = run_length(s);
        if (n < SHORTEST_RUN)
            return false;
        s += n;
    }
    return true;
}

/* "abcabcabc", "12121212": the same few characters again and again. */
static bool is_repeated(const char *s)
{
    size_t n = strlen(s);
    for (size_t unit = 1; unit <= 4 && 2 * unit <= n; unit++)
        if (!memcmp(s, s + unit, n - unit))
            return true;
    return false;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (unsigned char)c >= 0x80;
}

/* What is left of "123brasil!" when the digits and signs around it are taken away; all of it
 * where they are too many to be left out. */
static const char *core_of(struct arena *a, const char *s)
{
    const char *begin = s, *end = s + strlen(s);
    while (*begin && !is_letter(*begin))
        begin++;
    while (end > begin && !is_letter(end[-1]))
        end--;
    size_t trimmed = (size_t)(begin - s) + strlen(end);
    return trimmed > LONGEST_TRIM ? s : arena_memdup(a, begin, (size_t)(end - begin));
}

/* 1, 0, or -1 when there is no telling. */
static int is_common(struct arena *a, const char *folded)
{
    if (is_repeated(folded) || is_all_runs(folded))
        return 1;
    const char *const words[] = {folded, core_of(a, folded)};
    return wordlist_holds(settings()->common_passwords, words, 2);
}

/* Letters and digits alone, folded: "Ana-Lima" is found in "xanalima9". */
static char *squeeze(struct arena *a, const char *text)
{
    char *folded = normal_fold(a, text), *out = folded;
    for (const char *s = folded; *s; s++)
        if (is_letter(*s) || (*s >= '0' && *s <= '9'))
            *out++ = *s;
    *out = '\0';
    return folded;
}

/* Whether it holds what is long enough to tell: four letters, or two of a script in which two
 * say as much. */
static bool holds(const char *squeezed, const char *part)
{
    return strlen(part) >= 4 && strstr(squeezed, part);
}

/* A text whole, or one of the words that the separators leave of it. */
static bool holds_any(struct arena *a, const char *squeezed, const char *text,
                      const char *separators)
{
    if (holds(squeezed, squeeze(a, text)))
        return true;
    char *rest = arena_strdup(a, text), *word;
    while ((word = strsep(&rest, separators)))
        if (holds(squeezed, squeeze(a, word)))
            return true;
    return false;
}

bool password_acceptable(struct problem *p, const char *pointer, const char *password,
                         const char *name, const char *email)
{
    const char *squeezed = squeeze(p->arena, password);
    const char *local = arena_memdup(p->arena, email, strcspn(email, "@"));
    int common = is_common(p->arena, normal_fold(p->arena, password));
    if (common < 0)
        problem_set(p, 500, "internal_error");
    if (common > 0)
        problem_field(p, pointer, "password_common", NULL);
    bool identity = holds_any(p->arena, squeezed, name, " -'") ||
                    holds_any(p->arena, squeezed, local, "._-+");
    if (identity)
        problem_field(p, pointer, "password_holds_identity", NULL);
    return common == 0 && !identity;
}
