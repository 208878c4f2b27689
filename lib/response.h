/*
 * response: the answer of a request while it is being put together. Handlers use the respond_*
 * functions of request.h; this is what serve.c sends from.
 */
#ifndef VENDAS_RESPONSE_H
#define VENDAS_RESPONSE_H

#include <stdbool.h>

#include "buf.h"

struct request;

/* Takes n bytes of an answer on their way; false when nobody is there any more. */
typedef bool response_sink(void *sink, const char *p, size_t n);

struct response {
    int status; /* 0 until there is an answer */
    const char *type, *body;
    size_t length;
    struct buf headers; /* complete lines */
    bool for_all;       /* see respond_to_all() */
    /* see respond_stream() */
    bool (*produce)(struct request *req, void *context);
    void *context;
    bool unmeasured; /* nobody knows the length */
    /* where it goes once it is being sent, and how much of the body has gone */
    response_sink *send;
    void *sink;
    long long sent;
};

/* Turns a problem into the answer, if there is one or no answer at all. */
void response_settle(struct request *req);

/* The answer in CGI form (RFC 3875 section 6): Status and headers, a blank line; the body is
 * left out of it. */
const char *response_head(struct request *req);

/* Sends head and body, the latter not for a HEAD. Returns whether all of it has gone. */
bool response_send(struct request *req, response_sink *send, void *sink);

#endif
