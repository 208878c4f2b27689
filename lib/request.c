#include "request.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cursor.h"
#include "input.h"
#include "json.h"
#include "limit.h"
#include "settings.h"
#include "utf8.h"

const char *req_header(const struct request *req, const char *name)
{
    size_t n = strlen(name);
    for (char **e = req->environment; e && *e; e++)
        if (!strncmp(*e, name, n) && (*e)[n] == '=')
            return *e + n + 1;
    return NULL;
}

const char *req_param(const struct request *req, const char *name)
{
    int i = 0;
    for (const char *p = req->route->path; (p = strchr(p, '{')); p++, i++)
        if (!strncmp(p + 1, name, strlen(name)) && p[1 + strlen(name)] == '}')
            return req->parameters[i];
    return "";
}

const char *req_param_uuid(struct request *req, const char *name)
{
    static const struct field UUID = {.type = FIELD_UUID};
    struct problem unused = problem_none(req->arena);
    const char *value = req_param(req, name);
    struct json_object *text = json_object_new_string(value), *normal = NULL;
    bool ok = field_check(&unused, &UUID, "", text, &normal);
    value =
        ok ? arena_strdup(req->arena, json_object_get_string(normal ? normal : text)) : NULL;
    json_object_put(normal);
    json_object_put(text);
    if (!ok)
        problem_set(&req->problem, 404, "not_found");
    return value;
}

/* Who calls must not call too often. */
static void check_limit(struct request *req)
{
    int wait = limit_request(req->user.user);
    if (!wait)
        return;
    problem_set(&req->problem, 429, "too_many_requests");
    req->problem.retry_after = wait;
}

/* Reads who calls, once. */
static void identify(struct request *req)
{
    const char *header = req_header(req, "HTTP_AUTHORIZATION");
    if (!req->identified && header && !strncasecmp(header, "Bearer ", 7)) {
        identity_read(req->arena, &req->problem, header + 7 + strspn(header + 7, " "),
                      &req->user);
        if (req->user.user)
            check_limit(req);
    }
    req->identified = true;
}

bool req_signed_in(struct request *req)
{
    identify(req);
    if (!req->user.user)
        problem_set(&req->problem, 401,
                    req_header(req, "HTTP_AUTHORIZATION") ? "invalid_token" : "unauthorized");
    return !req->problem.status;
}

bool req_may(struct request *req, const char *permission)
{
    identify(req);
    return identity_may(&req->user, permission);
}

int req_if_match(struct request *req)
{
    const char *header = req_header(req, "HTTP_IF_MATCH");
    if (!header || !strcmp(header, "*"))
        return 0;
    char *end;
    long version = *header == '"' ? strtol(header + 1, &end, 10) : 0;
    if (version > 0 && version < INT32_MAX && (*end == '-' || *end == '"'))
        return (int)version;
    problem_set(&req->problem, 412, "lost_update");
    return -1;
}

/* Query string ----------------------------------------------------------------------------- */

static int hex(char c)
{
    const char *digits = "0123456789abcdef0123456789ABCDEF", *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) % 16 : -1;
}

/* application/x-www-form-urlencoded (URL standard section 5). A stray % stands for itself. The
 * length counts, as the text may hold a NUL. */
static char *unescape(struct arena *a, const char *s, size_t n, size_t *length)
{
    char *out = arena_alloc(a, n + 1), *o = out;
    for (size_t i = 0; i < n; i++) {
        if (s[i] == '%' && i + 2 < n && hex(s[i + 1]) >= 0 && hex(s[i + 2]) >= 0) {
            *o++ = (char)(hex(s[i + 1]) * 16 + hex(s[i + 2]));
            i += 2;
        } else {
            *o++ = s[i] == '+' ? ' ' : s[i];
        }
    }
    *length = (size_t)(o - out);
    return out;
}

/* A number as JSON has it (RFC 8259 section 6), without an exponent. */
static bool is_decimal(const char *text, size_t length)
{
    static const char DIGITS[] = "0123456789";
    const char *whole = text + (*text == '-'), *rest = whole + strspn(whole, DIGITS);
    bool ok = rest > whole && (*whole != '0' || rest == whole + 1);
    if (*rest == '.') {
        size_t n = strspn(++rest, DIGITS);
        ok = ok && n;
        rest += n;
    }
    return ok && rest == text + length;
}

static struct json_object *typed(const struct field *f, const char *text, size_t length)
{
    char *end;
    long long n = strtoll(text, &end, 10);
    if (f->type == FIELD_INTEGER && length && strspn(text, "-0123456789") == length && !*end)
        return json_object_new_int64(n);
    if (f->type == FIELD_NUMBER && is_decimal(text, length))
        return json_object_new_double_s(strtod(text, NULL), text);
    if (f->type == FIELD_BOOLEAN && length == strlen(text) &&
        (!strcmp(text, "true") || !strcmp(text, "false")))
        return json_object_new_boolean(*text == 't');
    return json_object_new_string_len(text, (int)length);
}

/* The field of a parameter; "attr.*" is that of every name that begins so and goes on. */
static const struct field *parameter_field(const struct field *fields, const char *name,
                                           size_t length)
{
    for (const struct field *f = fields; f->name; f++) {
        size_t n = strlen(f->name);
        bool any = f->name[n - 1] == '*';
        if (strlen(name) == length &&
            (any ? length >= n && !strncmp(f->name, name, n - 1) : !strcmp(f->name, name)))
            return f;
    }
    return NULL;
}

/* Takes a value that was checked into the query; of a list it is one more. */
static void keep_parameter(struct request *req, const struct field *f,
                           struct json_object *query, const char *name,
                           struct json_object *value)
{
    if (f->type != FIELD_LIST) {
        json_object_object_add(query, name, json_object_get(value));
        return;
    }
    struct json_object *list = field_value(query, name);
    if (!list)
        json_object_object_add(query, name, list = json_object_new_array());
    if ((long long)json_object_array_length(list) < f->max)
        json_object_array_add(list, json_object_get(value));
    else
        problem_field(&req->problem, name, "too_many",
                      arena_printf(req->arena, "%lld", f->max));
}

static void query_parameter(struct request *req, const struct field *fields,
                            struct json_object *query, const char *pair, size_t n)
{
    const char *equals = memchr(pair, '=', n);
    size_t before = equals ? (size_t)(equals - pair) : n, name_length, length = 0;
    const char *name = unescape(req->arena, pair, before, &name_length);
    const char *text = equals ? unescape(req->arena, equals + 1, n - before - 1, &length) : "";
    const struct field *f = parameter_field(fields, name, name_length);
    if (!f || !utf8_valid(name, name_length)) {
        problem_field(&req->problem, f ? "" : name, "unknown_parameter", NULL);
        return;
    }
    const struct field *one = f->type == FIELD_LIST ? f->fields : f;
    struct json_object *value = typed(one, text, length), *normal = NULL;
    if (field_check(&req->problem, one, name, value, &normal))
        keep_parameter(req, f, query, name, normal ? normal : value);
    json_object_put(normal);
    json_object_put(value);
}

struct json_object *req_query(struct request *req, const struct field *fields)
{
    const char *s = req_header(req, "QUERY_STRING");
    struct json_object *query = json_keep(req->arena, json_object_new_object());
    for (s = s ? s : ""; *s; s += *s == '&') {
        size_t n = strcspn(s, "&");
        if (n)
            query_parameter(req, fields, query, s, n);
        s += n;
    }
    for (const struct field *f = fields; f->name; f++)
        if ((f->flags & FIELD_REQUIRED) && !field_present(query, f->name))
            problem_field(&req->problem, f->name, "required", NULL);
    return req->problem.status ? NULL : query;
}

static bool is_value(struct request *req, enum field_type type, const char *text)
{
    struct field f = {.type = type, .min = type == FIELD_INTEGER ? INT64_MIN + 1 : 0};
    struct problem unused = problem_none(req->arena);
    struct json_object *value = typed(&f, text, strlen(text)), *normal = NULL;
    bool ok = field_check(&unused, &f, "", value, &normal);
    json_object_put(normal);
    json_object_put(value);
    return ok;
}

bool req_page(struct request *req, struct json_object *query, const char *name,
              enum field_type type, struct page_wanted *page)
{
    page->limit = field_present(query, "limit") ? (int)field_integer(query, "limit") : 20;
    page->limit_text = arena_printf(req->arena, "%d", page->limit);
    if (!cursor_decode(&req->problem, field_text(query, "cursor"), name, &page->value,
                       &page->id))
        return false;
    if (page->value &&
        (!is_value(req, type, page->value) || !is_value(req, FIELD_UUID, page->id)))
        problem_field(&req->problem, "cursor", "not_cursor", NULL);
    return !req->problem.status;
}

/* Body ------------------------------------------------------------------------------------- */

static long long content_length(const struct request *req)
{
    const char *length = req_header(req, "CONTENT_LENGTH");
    return length ? strtoll(length, NULL, 10) : 0;
}

bool req_has_body(const struct request *req)
{
    return content_length(req) > 0;
}

bool req_body_fits(struct request *req, long long max_bytes)
{
    long long announced = content_length(req);
    if (announced > max_bytes)
        problem_set(&req->problem, 413, "body_too_large");
    else if (announced <= 0)
        problem_set(&req->problem, 400, "body_required");
    return !req->problem.status;
}

size_t req_read(struct request *req, char *p, size_t n)
{
    struct input *in = req->input;
    size_t left = (size_t)content_length(req) - in->length;
    n = in->read(in->source, p, n < left ? n : left);
    in->length += n;
    return n;
}

const char *req_bytes(struct request *req, size_t *n)
{
    return req_bytes_up_to(req, settings()->max_body_bytes, n);
}

const char *req_bytes_up_to(struct request *req, long long max, size_t *n)
{
    struct input *in = req->input;
    if (!in->bytes) {
        if (!req_body_fits(req, max))
            return NULL;
        size_t announced = (size_t)content_length(req);
        char *p = arena_alloc(req->arena, announced + 1);
        req_read(req, p, announced);
        in->bytes = p;
    }
    *n = in->length;
    return in->bytes;
}

struct json_object *req_json(struct request *req, const char *text, size_t n)
{
    struct json_object *value;
    if (!json_read(req->arena, text, n, &value))
        problem_set(&req->problem, 400, "invalid_json");
    return value;
}

bool req_type_is(const struct request *req, const char *type)
{
    const char *header = req_header(req, "CONTENT_TYPE");
    size_t n = header ? strcspn(header, "; \t") : 0;
    return n == strlen(type) && !strncasecmp(header, type, n);
}

struct json_object *req_body(struct request *req, const struct field *fields, bool partial)
{
    size_t n;
    const char *text = req_bytes(req, &n);
    if (!text)
        return NULL;
    if (!req_type_is(req, "application/json") &&
        !req_type_is(req, "application/merge-patch+json")) {
        problem_set(&req->problem, 415, "unsupported_media_type");
        return NULL;
    }
    struct json_object *body = req_json(req, text, n);
    if (req->problem.status)
        return NULL;
    if (!json_object_is_type(body, json_type_object)) {
        problem_set(&req->problem, 422, "body_not_object");
        return NULL;
    }
    return fields_check(&req->problem, fields, body, partial) ? body : NULL;
}
