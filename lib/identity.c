#include "identity.h"

#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "db.h"
#include "keyring.h"
#include "settings.h"
#include "token.h"
#include "words.h"

static const char LIVE[] =
    "SELECT role, scope FROM registry.live_identity($1::uuid, $2::uuid, $3)";

/* Tokens of a quarter of an hour: room for a thousand callers of each worker. Beyond that a
 * token is verified anew, which is slower and as safe. */
enum { SETS = 256, WAYS = 4 };

enum { USER, SESSION, ROLE, SCOPE, TEXTS };

struct known {
    unsigned char hash[SHA256_DIGEST_LENGTH]; /* of the whole token */
    long long expires_at;                     /* 0: nothing is known here */
    long long live_at;                        /* when what it says was last known to be true */
    char *text[TEXTS];                        /* ROLE and SCOPE NULL: its session has ended */
};

static struct known table[SETS][WAYS];
static unsigned generation; /* of the keys that all of the table was verified with */

static void keep(struct known *k, int which, const char *text)
{
    char *copy = text ? strdup(text) : NULL;
    free(k->text[which]);
    k->text[which] = copy;
}

static void forget_all(void)
{
    for (int i = 0; i < SETS; i++)
        for (int j = 0; j < WAYS; j++)
            table[i][j].expires_at = 0;
}

/* What is known of the token with this hash; NULL where nothing is. */
static struct known *find(const unsigned char *hash)
{
    long long now = time(NULL);
    for (struct known *k = table[hash[0]]; k < table[hash[0]] + WAYS; k++)
        if (k->expires_at > now && !memcmp(k->hash, hash, sizeof k->hash))
            return k;
    return NULL;
}

/* Where to remember a token: in the place of the one that runs out first. */
static struct known *place_for(const unsigned char *hash)
{
    struct known *first = table[hash[0]];
    for (struct known *k = first + 1; k < table[hash[0]] + WAYS; k++)
        if (k->expires_at < first->expires_at)
            first = k;
    return first;
}

/* Verifies a token and remembers it. NULL where it does not hold. */
static struct known *learn(struct arena *a, const char *text, const unsigned char *hash)
{
    struct token t;
    if (!token_verify(a, text, &t))
        return NULL;
    struct known *k = place_for(hash);
    long long now = time(NULL);
    memcpy(k->hash, hash, sizeof k->hash);
    k->expires_at = t.expires_at;
    k->live_at = t.issued_at < now ? t.issued_at : now;
    keep(k, USER, t.who.user);
    keep(k, SESSION, t.who.session);
    keep(k, ROLE, t.who.role);
    keep(k, SCOPE, t.who.scope);
    return k;
}

/* Sees whether the session still lives, where that is due. False with the problem filled. */
static bool look_again(struct arena *a, struct problem *p, struct known *k)
{
    long long now = time(NULL);
    long long age = now - k->live_at;
    if (!k->text[ROLE] || (age >= 0 && age < settings()->session_check_seconds))
        return true;
    struct rows *rows = db_query(a, p, LIVE, k->text[SESSION], k->text[USER], k->text[SCOPE]);
    if (!rows)
        return false;
    keep(k, ROLE, db_text(rows, 0, 0)); /* an ended session never lives again */
    keep(k, SCOPE, db_text(rows, 0, 1));
    k->live_at = now;
    return true;
}

void identity_read(struct arena *a, struct problem *p, const char *token, struct identity *who)
{
    unsigned char hash[SHA256_DIGEST_LENGTH];
    *who = (struct identity){0};
    if (generation != keyring_generation()) {
        generation = keyring_generation();
        forget_all();
    }
    SHA256((const unsigned char *)token, strlen(token), hash);
    struct known *k = find(hash);
    if (!k)
        k = learn(a, token, hash);
    if (!k || !look_again(a, p, k) || !k->text[ROLE])
        return;
    *who = (struct identity){.user = arena_strdup(a, k->text[USER]),
                             .session = arena_strdup(a, k->text[SESSION]),
                             .role = arena_strdup(a, k->text[ROLE]),
                             .scope = arena_strdup(a, k->text[SCOPE])};
}

bool identity_is_program(const struct identity *who)
{
    return who->user && !strcmp(who->user, who->session);
}

bool identity_may(const struct identity *who, const char *permission)
{
    return words_hold(who->scope, permission);
}
