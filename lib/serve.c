#include <fcgiapp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "db.h"
#include "digest.h"
#include "input.h"
#include "log.h"
#include "request.h"
#include "response.h"
#include "settings.h"
#include "utf8.h"
#include "words.h"

/* Routes ----------------------------------------------------------------------------------- */

/* Whether path fits the route's pattern; the parts that {names} stand for go to parameters. A
 * name may have an ending behind it in its part of the path, such as "{name}.png". */
static bool fits(struct arena *a, const char *pattern, const char *path,
                 const char *parameters[MAX_PATH_PARAMETERS])
{
    int count = 0;
    while (*pattern) {
        if (*pattern != '{') {
            if (*pattern++ != *path++)
                return false;
            continue;
        }
        pattern += strcspn(pattern, "}") + 1;
        size_t n = strcspn(path, "/"), ending = strcspn(pattern, "/");
        if (n <= ending || count == MAX_PATH_PARAMETERS)
            return false;
        parameters[count++] = arena_memdup(a, path, n - ending);
        path += n - ending;
    }
    return *path == '\0';
}

static void allow_header(struct request *req, const struct route *routes)
{
    struct buf allow = buf_new(req->arena);
    const char *unused[MAX_PATH_PARAMETERS];
    for (const struct route *r = routes; r->method; r++)
        if (fits(req->arena, r->path, req->path, unused))
            buf_printf(&allow, "%s%s, ", r->method, strcmp(r->method, "GET") ? "" : ", HEAD");
    buf_raw(&allow, "OPTIONS");
    respond_header(req, "Allow", allow.data);
}

static const struct route *find_route(struct request *req, const struct route *routes)
{
    const char *method = strcmp(req->method, "HEAD") ? req->method : "GET";
    bool path_known = false;
    if (!utf8_valid(req->path, strlen(req->path))) { /* nothing is named so */
        problem_set(&req->problem, 404, "not_found");
        return NULL;
    }
    for (const struct route *r = routes; r->method; r++) {
        if (!fits(req->arena, r->path, req->path, req->parameters))
            continue;
        if (!strcmp(r->method, method))
            return r;
        path_known = true;
    }
    if (!path_known) {
        problem_set(&req->problem, 404, "not_found");
    } else {
        allow_header(req, routes);
        if (!strcmp(req->method, "OPTIONS"))
            respond_empty(req);
        else
            problem_set(&req->problem, 405, "method_not_allowed");
    }
    return NULL;
}

/* Who -------------------------------------------------------------------------------------- */

static bool may_call(struct request *req)
{
    const char *permission = req->route->permission;
    if (!strcmp(permission, ANYONE))
        return true;
    if (req_signed_in(req) && strcmp(permission, SIGNED_IN) && !req_may(req, permission))
        problem_set(&req->problem, 403, "forbidden");
    return !req->problem.status;
}

/* CORS (Fetch standard section 3.2): off unless the operator names origins. */
static void cors(struct request *req)
{
    const char *origin = req_header(req, "HTTP_ORIGIN");
    if (!*settings()->cors_origins)
        return;
    /* Also where none was sent: a cache may come by the answer to either request first. */
    respond_header(req, "Vary", "Origin");
    if (!origin || !words_hold(settings()->cors_origins, origin))
        return;
    respond_header(req, "Access-Control-Allow-Origin", origin);
    respond_header(req, "Access-Control-Allow-Headers",
                   "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match");
    respond_header(req, "Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE");
    respond_header(req, "Access-Control-Expose-Headers", "ETag, Idempotent-Replayed");
}

/* One request ------------------------------------------------------------------------------ */

static const char *or_empty(const char *s)
{
    return s ? s : "";
}

static const char *request_id(const struct request *req)
{
    const char *id = req_header(req, "REQUEST_ID");
    return id && *id ? id : digest_random(req->arena, 12);
}

/* Answers one request: afterwards req->response is what is to be sent. */
static void answer(struct request *req, const struct route *routes)
{
    req->method = or_empty(req_header(req, "REQUEST_METHOD"));
    req->path = arena_printf(req->arena, "%s%s", or_empty(req_header(req, "SCRIPT_NAME")),
                             or_empty(req_header(req, "PATH_INFO")));
    req->lang = lang_from_accept(req_header(req, "HTTP_ACCEPT_LANGUAGE"));
    req->id = request_id(req);
    cors(req);
    req->route = find_route(req, routes);
    if (req->route && may_call(req))
        req->route->handle(req);
    response_settle(req);
}

static long long microseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

/* The arena's request, ready to be answered. */
static struct request *new_request(struct arena *a, char **environment, struct input *in)
{
    struct request *req = arena_alloc(a, sizeof *req);
    req->arena = a;
    req->problem = problem_none(a);
    req->environment = environment;
    req->input = in;
    req->response = arena_alloc(a, sizeof *req->response);
    req->response->headers = buf_new(a);
    req->second = time(NULL);
    return req;
}

/* Returns whether all of the answer has gone. */
static bool serve_one(struct arena *a, const struct route *routes, char **environment,
                      struct input *in, response_sink *send, void *sink)
{
    long long start = microseconds();
    struct request *req = new_request(a, environment, in);
    answer(req, routes);
    bool whole = response_send(req, send, sink);
    log_request(&(struct log_answer){
        .request_id = req->id,
        .method = req->method,
        .route = req->route ? req->route->path : "-",
        .status = req->response->status,
        .bytes = req->response->sent,
        .microseconds = microseconds() - start,
        .user = req->user.user,
        .code = req->problem.code,
        .cut = !whole,
    });
    return whole;
}

/* The two ways in -------------------------------------------------------------------------- */

static size_t read_fcgi(void *stream, char *p, size_t n)
{
    return (size_t)FCGX_GetStr(p, (int)n, stream);
}

static bool send_fcgi(void *stream, const char *p, size_t n)
{
    return FCGX_PutStr(p, (int)n, stream) == (int)n;
}

static size_t read_file(void *file, char *p, size_t n)
{
    return fread(p, 1, n, file);
}

static bool send_file(void *file, const char *p, size_t n)
{
    return fwrite(p, 1, n, file) == n;
}

static void stop(int signal)
{
    (void)signal;
    FCGX_ShutdownPending();
}

/* SIGTERM lets the request at hand finish; accept() is interrupted. */
static void watch_signals(void)
{
    struct sigaction action = {.sa_handler = stop};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

/* Before it closes, libfcgi waits for nginx to close first, lest input that nobody has read
 * reset the connection and the answer with it. Where all has been read it need not. */
static void finish(FCGX_Request *fcgi)
{
    if (FCGX_GetChar(fcgi->in) == EOF)
        FCGX_Detach(fcgi);
    FCGX_Finish_r(fcgi);
}

static void accept_loop(const struct route *routes)
{
    FCGX_Request fcgi;
    struct arena *a = arena_new();
    FCGX_InitRequest(&fcgi, 0, FCGI_FAIL_ACCEPT_ON_INTR);
    while (FCGX_Accept_r(&fcgi) == 0) {
        struct input in = {.read = read_fcgi, .source = fcgi.in};
        if (serve_one(a, routes, fcgi.envp, &in, send_fcgi, fcgi.out))
            finish(&fcgi);
        else
            FCGX_Free(&fcgi, 1); /* closes it without a word of an end */
        arena_reset(a);
    }
    FCGX_Free(&fcgi, 1);
    arena_free(a);
}

extern char **environ;

static bool plain_cgi(const struct route *routes)
{
    struct arena *a = arena_new();
    struct input in = {.read = read_file, .source = stdin};
    bool whole = serve_one(a, routes, environ, &in, send_file, stdout);
    arena_free(a);
    return whole;
}

int serve(const char *service, const struct route *routes, int argc, char **argv)
{
    if (argc == 2 && !strcmp(argv[1], "--routes")) {
        for (const struct route *r = routes; r->method; r++)
            printf("%s\t%s\t%s\n", r->method, r->path, r->permission);
        return 0;
    }
    const char *slash = strrchr(argv[0], '/');
    log_program(slash ? slash + 1 : argv[0]);
    db_service(service);
    if (argc > 1 || settings_load()) {
        if (argc > 1)
            fprintf(stderr, "usage: %s [--routes]\n", argv[0]);
        return EXIT_FAILURE;
    }
    watch_signals();
    if (FCGX_Init())
        return EXIT_FAILURE;
    bool ok = true;
    if (FCGX_IsCGI())
        ok = plain_cgi(routes);
    else
        accept_loop(routes);
    db_close();
    return ok ? 0 : EXIT_FAILURE;
}
