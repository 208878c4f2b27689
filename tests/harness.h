/*
 * harness: a request as serve() hands it to a handler, without a server; for the unit tests and
 * the fuzz targets.
 */
#ifndef VENDAS_HARNESS_H
#define VENDAS_HARNESS_H

#include <string.h>

#include "input.h"
#include "request.h"
#include "response.h"

/* What is left of a request's body. */
struct harness_body {
    const char *p;
    size_t left;
};

static inline size_t harness_read(void *source, char *p, size_t n)
{
    struct harness_body *body = source;
    if (n > body->left)
        n = body->left;
    memcpy(p, body->p, n);
    body->p += n;
    body->left -= n;
    return n;
}

/* A request with these CGI variables ("NAME=value", a NULL behind them) and n bytes of body;
 * both must stay. Its CONTENT_LENGTH is the caller's to set. */
static inline struct request *
harness_request(struct arena *arena, const char *const *environment, const char *body, size_t n)
{
    struct request *req = arena_alloc(arena, sizeof *req);
    struct input *in = arena_alloc(arena, sizeof *in);
    struct harness_body *source = arena_alloc(arena, sizeof *source);
    *source = (struct harness_body){body, n};
    *in = (struct input){.read = harness_read, .source = source};
    req->arena = arena;
    req->problem = problem_none(arena);
    req->environment = (char **)environment;
    req->input = in;
    req->response = arena_alloc(arena, sizeof *req->response);
    req->response->headers = buf_new(arena);
    req->method = "GET";
    req->path = "/";
    req->id = "req-1";
    return req;
}

#endif
