#include "token.h"

#include <jwt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "digest.h"
#include "fields.h"
#include "json.h"
#include "keyring.h"
#include "settings.h"
#include "uuid.h"

/* For clocks that go differently. */
enum { MAX_TOKEN = 8192, LEEWAY_SECONDS = 5 };

static const char AUDIENCE[] = "vendas";

char *token_sign(struct arena *a, const struct identity *who, long long seconds)
{
    const struct signing_key *k = keyring_signing();
    jwt_t *jwt;
    if (!k || jwt_new(&jwt))
        return NULL;
    long now = time(NULL);
    int bad = jwt_add_header(jwt, "kid", k->kid);
    bad |= jwt_add_grant(jwt, "iss", settings()->public_url);
    bad |= jwt_add_grant(jwt, "aud", AUDIENCE);
    bad |= jwt_add_grant(jwt, "sub", who->user);
    bad |= jwt_add_grant(jwt, "sid", who->session);
    bad |= jwt_add_grant(jwt, "role", who->role);
    bad |= jwt_add_grant(jwt, "scope", who->scope);
    bad |= jwt_add_grant_int(jwt, "iat", now);
    bad |= jwt_add_grant_int(jwt, "exp", now + seconds);
    bad |= jwt_add_grant(jwt, "jti", digest_random(a, 12));
    bad |= jwt_set_alg(jwt, JWT_ALG_ES256, (const unsigned char *)k->private_pem,
                       (int)strlen(k->private_pem));
    char *text = bad ? NULL : jwt_encode_str(jwt), *copy = arena_strdup(a, text);
    free(text); /* libjwt 1.10 has no jwt_free_str(); without own allocators it is free() */
    jwt_free(jwt);
    return copy;
}

/* How many members the JSON text names, those of the same name too. */
static int members_named(const char *json)
{
    int count = 0;
    bool in_string = false;
    for (const char *c = json; *c; c++) {
        if (*c == '"')
            in_string = !in_string;
        else if (in_string && *c == '\\')
            c++;
        else
            count += !in_string && *c == ':';
    }
    return count;
}

/* A header or claims as we write them: an object of texts and whole numbers, each named once.
 * json-c and jansson (in libjwt) would let the last of two count, other readers the first: what
 * one of them checks another one must not see differently. NULL for anything else. */
static struct json_object *read_part(struct arena *a, const char *part, size_t length)
{
    struct json_object *object;
    size_t n;
    const char *json = base64url_decode(a, arena_memdup(a, part, length), &n);
    if (!json || strlen(json) != n || !json_read(a, json, n, &object) ||
        !json_object_is_type(object, json_type_object) ||
        json_object_object_length(object) != members_named(json))
        return NULL;
    json_object_object_foreach(object, name, value)
    {
        bool text = json_object_is_type(value, json_type_string);
        if (!*name || (!text && !json_object_is_type(value, json_type_int)))
            return NULL;
        if (text &&
            strlen(json_object_get_string(value)) != (size_t)json_object_get_string_len(value))
            return NULL;
    }
    return object;
}

/* The three parts, whose lengths go to length[]; each is base64url and nothing else (RFC 7515
 * section 7.1). libjwt passes over padding, blanks and left-over bits, so that one signature
 * would have many forms. */
static bool split(struct arena *a, const char *text, const char *part[3], size_t length[3])
{
    size_t n;
    for (int i = 0; i < 3; i++, text++) {
        part[i] = text;
        length[i] = strcspn(text, ".");
        text += length[i];
        if (length[i] == 0 || *text != (i < 2 ? '.' : '\0') ||
            !base64url_decode(a, arena_memdup(a, part[i], length[i]), &n))
            return false;
    }
    return true;
}

static bool is_text(struct json_object *object, const char *name, const char *wanted)
{
    const char *text = field_text(object, name);
    return text && json_object_is_type(field_value(object, name), json_type_string) &&
           (!wanted || !strcmp(text, wanted));
}

static bool is_number(struct json_object *object, const char *name)
{
    return json_object_is_type(field_value(object, name), json_type_int);
}

/* The key that the header names. It is read before anything is verified: a token that says
 * HS256 would otherwise be checked with our public key as a shared secret, which everybody
 * knows. */
static const struct signing_key *key_of(struct json_object *header)
{
    if (!header || json_object_object_length(header) != 3 || !is_text(header, "typ", "JWT") ||
        !is_text(header, "alg", "ES256") || !is_text(header, "kid", NULL))
        return NULL;
    return keyring_find(field_text(header, "kid"));
}

static bool signature_holds(const char *text, const struct signing_key *k)
{
    jwt_t *jwt;
    if (!*k->public_pem || jwt_decode(&jwt, text, (const unsigned char *)k->public_pem,
                                      (int)strlen(k->public_pem)))
        return false;
    bool holds = jwt_get_alg(jwt) == JWT_ALG_ES256;
    jwt_free(jwt);
    return holds;
}

static bool times_hold(struct json_object *claims)
{
    long long now = time(NULL), soon = now + LEEWAY_SECONDS;
    long long issued = field_integer(claims, "iat"), expires = field_integer(claims, "exp");
    return is_number(claims, "iat") && is_number(claims, "exp") && issued > 0 &&
           issued <= soon && expires > now - LEEWAY_SECONDS && expires > issued &&
           expires <= soon + MAX_ACCESS_TOKEN_SECONDS &&
           (!field_present(claims, "nbf") ||
            (is_number(claims, "nbf") && field_integer(claims, "nbf") <= soon));
}

static bool claims_hold(struct json_object *claims)
{
    return claims && is_text(claims, "iss", settings()->public_url) &&
           is_text(claims, "aud", AUDIENCE) && is_text(claims, "sub", NULL) &&
           uuid_valid(field_text(claims, "sub")) && is_text(claims, "sid", NULL) &&
           uuid_valid(field_text(claims, "sid")) && is_text(claims, "role", NULL) &&
           is_text(claims, "scope", NULL) && times_hold(claims);
}

bool token_verify(struct arena *a, const char *text, struct token *t)
{
    const char *part[3];
    size_t length[3];
    *t = (struct token){0};
    if (strlen(text) > MAX_TOKEN || !split(a, text, part, length))
        return false;
    const struct signing_key *k = key_of(read_part(a, part[0], length[0]));
    struct json_object *claims = k ? read_part(a, part[1], length[1]) : NULL;
    if (!claims_hold(claims) || !signature_holds(text, k))
        return false;
    *t = (struct token){
        .who = {.user = field_text(claims, "sub"),
                .session = field_text(claims, "sid"),
                .role = field_text(claims, "role"),
                .scope = field_text(claims, "scope")},
        .issued_at = field_integer(claims, "iat"),
        .expires_at = field_integer(claims, "exp"),
    };
    return true;
}
