/*
 * request: one request and its answer, from the route table to the last byte.
 *
 * A program is a route table: `return serve("products", ROUTES, argc, argv)`. For each request
 * serve() finds the route, checks who is calling and what they may do, and calls the handler.
 * The handler reads what it needs with the functions below and answers with exactly one
 * respond_*. A handler that returns without an answer, because a function it called filled
 * req->problem, has that problem told.
 */
#ifndef VENDAS_REQUEST_H
#define VENDAS_REQUEST_H

#include <json-c/json.h>
#include <stdbool.h>

#include "arena.h"
#include "fields.h"
#include "identity.h"
#include "lang.h"
#include "problem.h"

struct request;

/* Who may call: a permission's name, or one of these. */
#define ANYONE "anyone"
#define SIGNED_IN "signed in"

struct route {
    const char *method;
    const char *path; /* "/v1/products/{id}" */
    const char *permission;
    void (*handle)(struct request *req);
};

enum { MAX_PATH_PARAMETERS = 4 };

struct request {
    struct arena *arena;
    struct problem problem;
    enum lang lang;
    const char *method; /* as sent; HEAD is handled as GET */
    const char *path;
    const char *id;   /* X-Request-Id */
    long long second; /* in which it came, since the epoch */
    const struct route *route;
    struct identity user; /* .user is NULL when nobody is signed in */
    /* The rest is for request.c, response.c and serve.c. */
    const char *parameters[MAX_PATH_PARAMETERS];
    char **environment;
    struct input *input;
    struct response *response;
    bool identified;
};

/* Runs a program: as FastCGI when standard input is a listening socket, else as plain CGI for
 * one request. `PROGRAM --routes` prints the table. Ends with a route whose method is NULL.
 * Returns main's exit status. */
int serve(const char *service, const struct route *routes, int argc, char **argv);

/* Reading ---------------------------------------------------------------------------------- */

/* The part of the path that {name} stands for; never NULL for a name in the route. */
const char *req_param(const struct request *req, const char *name);

/* The same, which must be a UUID, in lower case: else the problem is 404 and the answer NULL.
 */
const char *req_param_uuid(struct request *req, const char *name);

/* A header by its CGI name, such as "HTTP_IF_MATCH" (RFC 3875 section 4.1.18), or NULL. */
const char *req_header(const struct request *req, const char *name);

/* The query string, checked against the table; numbers are read as the table's types want them.
 * A parameter that the table does not name is refused; a name in it such as "attr.*" stands for
 * all that begin so. One that is a FIELD_LIST may come several times, and is a list of what
 * came; of others the last counts. NULL with the problem filled. */
struct json_object *req_query(struct request *req, const struct field *fields);

/* "limit" and "cursor" for a table of query fields; a cursor is as long as the list's sort
 * values make it. */
#define PAGE_FIELDS(longest_cursor)                                                            \
    {"limit", FIELD_INTEGER, 0, 1, 100, NULL, NULL},                                           \
    {                                                                                          \
        "cursor", FIELD_TEXT, 0, 1, longest_cursor, NULL, NULL                                 \
    }

/* Which part of a list is asked for: the first page where value and id are NULL, else what
 * follows the row that they are of. */
struct page_wanted {
    int limit;
    const char *limit_text;
    const char *value, *id;
};

/* Reads "limit" (20 where it is absent) and "cursor" of a checked query. name is the list's, as
 * for respond_page(); a cursor whose sort value is no such type or whose id is no UUID was not
 * given out by us: a field error on "cursor" and false. */
bool req_page(struct request *req, struct json_object *query, const char *name,
              enum field_type type, struct page_wanted *page);

/* The body, which must be a JSON object that passes the table. partial: see fields_check().
 * NULL with the problem filled. */
struct json_object *req_body(struct request *req, const struct field *fields, bool partial);

/* The body's bytes as they came, for signatures, pictures and lists; NULL with the problem
 * filled (missing, 413). *n is the length; a NUL stands behind it. */
const char *req_bytes(struct request *req, size_t *n);

/* The same with a bound of its own in the place of VENDAS_MAX_BODY_BYTES. */
const char *req_bytes_up_to(struct request *req, long long max, size_t *n);

/* The same piece by piece, for what is larger than memory should hold. First: whether there is
 * a body, of up to max_bytes; else false with the problem filled (missing, 413). */
bool req_body_fits(struct request *req, long long max_bytes);

/* The body's next n bytes, or fewer at its end; returns how many. Not beside req_bytes(). */
size_t req_read(struct request *req, char *p, size_t n);

/* Whether Content-Type names this type, whatever its parameters (RFC 9110 section 8.3.1). */
bool req_type_is(const struct request *req, const char *type);

/* Whether there is a body at all, where one is optional. */
bool req_has_body(const struct request *req);

/* JSON text as a value, NULL with the problem (400) filled. The value goes with the request. */
struct json_object *req_json(struct request *req, const char *text, size_t n);

/* Whether somebody is signed in, on a route for ANYONE; false with the problem filled: 401, or
 * what req_may() fills. */
bool req_signed_in(struct request *req);

/* Whether the caller has a permission, on a route that asks for none. The problem is filled
 * where the database can't tell who calls (503), or they call too often (429, see lib/limit.h).
 */
bool req_may(struct request *req, const char *permission);

/* The version that If-Match asks for: its number, 0 when there is no such header or it is "*".
 * An If-Match that is no version of ours can match nothing: problem 412 and -1. */
int req_if_match(struct request *req);

/* Answering -------------------------------------------------------------------------------- */

/* A JSON document; json must stay until the request ends. */
void respond_json(struct request *req, int status, const char *json);

/* A resource that has a version: sets ETag, which names version and content, and answers 304 to
 * an If-None-Match that has it. If-Match looks at the version alone, so that a sale, which
 * changes what a product's document says but not the product, does not fail an edit. */
void respond_resource(struct request *req, int status, const char *json, long long version);

/* What follows, where it is a 200, is the same for everybody who asks without a token, and may
 * be a second old: nginx's micro-cache keeps it until the second is over in which the request
 * came (nginx/nginx.conf.in), so that nobody ever gets what has not held for a second. JSON
 * that has no version gets an ETag of its content, and 304 as above. */
void respond_to_all(struct request *req);

/* The JSON document that a query found, its first column; 404 where it found none. NULL rows:
 * the problem is told. */
struct rows;
void respond_row(struct request *req, int status, const struct rows *rows);

/* The same for a resource: its document and its version are the first two columns. */
void respond_version(struct request *req, int status, const struct rows *rows);

/* A page of a list from rows of (document, sort value, id), fetched with one row more than
 * limit: {"data": [...], "next_cursor": ...}. name is the cursor's. NULL rows: the problem is
 * told. */
void respond_page(struct request *req, const struct rows *rows, int limit, const char *name);

/* The same where something else than the first column is a row's document, NULL for a row that
 * is left out, and with further members of the answer behind the two, JSON text such as
 * `,"total":3`. */
void respond_page_of(struct request *req, const struct rows *rows, int limit, const char *name,
                     const char *(*document)(struct arena *a, const struct rows *rows, int row),
                     const char *more);

/* What was asked for has moved for good, 301: location is a path of ours, which also is the
 * document's "location". */
void respond_redirect(struct request *req, const char *location);

/* Any other content. */
void respond_bytes(struct request *req, int status, const char *type, const void *p, size_t n);

/* An answer of 200 that is made while it is sent, when its head is out: produce() writes it with
 * respond_part(), piece by piece, and tells whether it is all there. Not for a HEAD. length is
 * that of the whole, or -1 where nobody knows.
 *
 * Where it is not all there (the reason in req->problem, for the log) the connection is cut, so
 * that the client can tell: nginx ends the answer without its last chunk. */
void respond_stream(struct request *req, const char *type, long long length,
                    bool (*produce)(struct request *req, void *context), void *context);

/* Sends n bytes of such an answer. False when nobody is there any more. */
bool respond_part(struct request *req, const void *p, size_t n);

/* The same of a file, from where it stands to its end; false also where it can't be read. */
bool respond_file_part(struct request *req, int fd);

/* No content, 204. */
void respond_empty(struct request *req);

/* A header of the answer; value is copied. */
void respond_header(struct request *req, const char *name, const char *value);

/* Refuses the request; the first problem of a request stands. */
void respond_problem(struct request *req, int status, const char *code);

#endif
