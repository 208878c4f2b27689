#include "response.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cursor.h"
#include "db.h"
#include "digest.h"
#include "request.h"
#include "seal.h"

static const char JSON[] = "application/json";

void respond_header(struct request *req, const char *name, const char *value)
{
    buf_printf(&req->response->headers, "%s: %s\r\n", name, value);
}

void respond_bytes(struct request *req, int status, const char *type, const void *p, size_t n)
{
    req->response->status = status;
    req->response->type = type;
    req->response->body = p;
    req->response->length = n;
    req->response->produce = NULL;
    req->response->unmeasured = false;
}

void respond_stream(struct request *req, const char *type, long long length,
                    bool (*produce)(struct request *req, void *context), void *context)
{
    respond_bytes(req, 200, type, "", length < 0 ? 0 : (size_t)length);
    req->response->unmeasured = length < 0;
    req->response->produce = produce;
    req->response->context = context;
}

bool respond_part(struct request *req, const void *p, size_t n)
{
    struct response *r = req->response;
    if (!r->send(r->sink, p, n))
        return false;
    r->sent += (long long)n;
    return true;
}

bool respond_file_part(struct request *req, int fd)
{
    enum { CHUNK = 65536 };
    char *chunk = arena_alloc(req->arena, CHUNK);
    ssize_t n;
    while ((n = read(fd, chunk, CHUNK)) > 0)
        if (!respond_part(req, chunk, (size_t)n))
            return false;
    return n == 0;
}

void respond_empty(struct request *req)
{
    respond_bytes(req, 204, NULL, "", 0);
}

void respond_problem(struct request *req, int status, const char *code)
{
    problem_set(&req->problem, status, code);
}

/* Whether an If-None-Match (a list of tags, perhaps weak, or *) holds the tag; the comparison
 * is the weak one (RFC 9110 section 13.1.2). */
static bool none_match_holds(const char *header, const char *tag)
{
    size_t n = strlen(tag);
    while (header && *header) {
        header += strspn(header, " \t,");
        if (*header == '*')
            return true;
        if (!strncmp(header, "W/", 2))
            header += 2;
        if (!strncmp(header, tag, n) && strchr(", \t", header[n]))
            return true;
        header += strcspn(header, ",");
    }
    return false;
}

/* JSON with this before its hash in its ETag; 304 to who has it. */
static void respond_tagged(struct request *req, int status, const char *json,
                           const char *prefix)
{
    size_t n = strlen(json);
    char *hash = digest_sha256(req->arena, json, n);
    const char *tag = arena_printf(req->arena, "\"%s%.16s\"", prefix, hash);
    respond_header(req, "ETag", tag);
    bool reading = !strcmp(req->method, "GET") || !strcmp(req->method, "HEAD");
    if (reading && none_match_holds(req_header(req, "HTTP_IF_NONE_MATCH"), tag))
        respond_bytes(req, 304, NULL, "", 0);
    else
        respond_bytes(req, status, JSON, json, n);
}

void respond_json(struct request *req, int status, const char *json)
{
    json = seal_expand(req->arena, json);
    if (req->response->for_all && status == 200)
        respond_tagged(req, status, json, "");
    else
        respond_bytes(req, status, JSON, json, strlen(json));
}

void respond_resource(struct request *req, int status, const char *json, long long version)
{
    respond_tagged(req, status, seal_expand(req->arena, json),
                   arena_printf(req->arena, "%lld-", version));
}

void respond_to_all(struct request *req)
{
    req->response->for_all = true;
}

void respond_row(struct request *req, int status, const struct rows *rows)
{
    if (rows && db_count(rows) == 0)
        respond_problem(req, 404, "not_found");
    else if (rows)
        respond_json(req, status, db_text(rows, 0, 0));
}

void respond_version(struct request *req, int status, const struct rows *rows)
{
    if (rows && db_count(rows) == 0)
        respond_problem(req, 404, "not_found");
    else if (rows)
        respond_resource(req, status, db_text(rows, 0, 0), db_integer(rows, 0, 1));
}

void respond_redirect(struct request *req, const char *location)
{
    respond_header(req, "Location", location);
    respond_json(req, 301, arena_printf(req->arena, "{\"location\":\"%s\"}", location));
}

static const char *first_column(struct arena *a, const struct rows *rows, int row)
{
    (void)a;
    return db_text(rows, row, 0);
}

void respond_page(struct request *req, const struct rows *rows, int limit, const char *name)
{
    respond_page_of(req, rows, limit, name, first_column, "");
}

void respond_page_of(struct request *req, const struct rows *rows, int limit, const char *name,
                     const char *(*document)(struct arena *a, const struct rows *rows, int row),
                     const char *more)
{
    if (!rows)
        return;
    struct buf b = buf_new(req->arena);
    int count = db_count(rows), shown = count > limit ? limit : count;
    const char *between = "";
    buf_raw(&b, "{\"data\":[");
    for (int i = 0; i < shown; i++) {
        const char *one = document(req->arena, rows, i);
        if (!one)
            continue;
        buf_raw(&b, between);
        buf_raw(&b, one);
        between = ",";
    }
    buf_raw(&b, "],\"next_cursor\":");
    buf_json(&b, count > limit ? cursor_encode(req->arena, name, db_text(rows, shown - 1, 1),
                                               db_text(rows, shown - 1, 2))
                               : NULL);
    buf_raw(&b, more);
    buf_raw(&b, "}");
    respond_json(req, 200, b.data);
}

void response_settle(struct request *req)
{
    struct response *r = req->response;
    if (!r->status && !req->problem.status)
        problem_set(&req->problem, 500, "internal_error");
    if (!req->problem.status)
        return;
    if (req->problem.retry_after)
        respond_header(req, "Retry-After",
                       arena_printf(req->arena, "%d", req->problem.retry_after));
    if (req->problem.status == 401)
        respond_header(req, "WWW-Authenticate",
                       strcmp(req->problem.code, "invalid_token")
                           ? "Bearer realm=\"vendas\""
                           : "Bearer realm=\"vendas\", error=\"invalid_token\"");
    respond_header(req, "Content-Language", lang_tag(req->lang));
    const char *json = problem_json(&req->problem, req->lang, req->id);
    respond_bytes(req, req->problem.status, "application/problem+json", json, strlen(json));
}

/* RFC 9110 section 15; nginx passes the line on as it is. */
static const char *reason_phrase(int status)
{
    static const struct {
        int status;
        const char *phrase;
    } TABLE[] = {
        {200, "OK"},
        {201, "Created"},
        {202, "Accepted"},
        {204, "No Content"},
        {301, "Moved Permanently"},
        {304, "Not Modified"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {409, "Conflict"},
        {412, "Precondition Failed"},
        {413, "Content Too Large"},
        {415, "Unsupported Media Type"},
        {422, "Unprocessable Content"},
        {429, "Too Many Requests"},
        {503, "Service Unavailable"},
    };
    for (size_t i = 0; i < sizeof TABLE / sizeof *TABLE; i++)
        if (TABLE[i].status == status)
            return TABLE[i].phrase;
    return "Internal Server Error";
}

const char *response_head(struct request *req)
{
    struct response *r = req->response;
    struct buf head = buf_new(req->arena);
    buf_printf(&head, "Status: %d %s\r\n", r->status, reason_phrase(r->status));
    if (r->type)
        buf_printf(&head, "Content-Type: %s\r\n", r->type);
    if (r->status != 204 && r->status != 304 && !r->unmeasured)
        buf_printf(&head, "Content-Length: %zu\r\n", r->length);
    /* Answers depend on who asks and change at any moment: a cache may keep them, but asks. */
    if (!strstr(buf_text(&r->headers), "Cache-Control:"))
        buf_raw(&head, req->user.user || r->status >= 400 ? "Cache-Control: no-store\r\n"
                                                          : "Cache-Control: no-cache\r\n");
    /* "@" is a moment; plain seconds would be counted from the answer, and one more begun. */
    if (r->for_all && r->status == 200 && !req_header(req, "HTTP_AUTHORIZATION"))
        buf_printf(&head, "X-Accel-Expires: @%lld\r\n", req->second);
    buf_raw(&head, buf_text(&r->headers));
    buf_raw(&head, "\r\n");
    return head.data;
}

bool response_send(struct request *req, response_sink *send, void *sink)
{
    struct response *r = req->response;
    const char *head = response_head(req);
    r->send = send;
    r->sink = sink;
    if (!send(sink, head, strlen(head)))
        return false;
    if (!strcmp(req->method, "HEAD"))
        return true;
    return r->produce ? r->produce(req, r->context) : respond_part(req, r->body, r->length);
}
