/*
 * response: the answer of a request while it is being put together. Handlers use the respond_*
 * functions of request.h; this is what serve.c sends from.
 */
#ifndef VENDAS_RESPONSE_H
#define VENDAS_RESPONSE_H

#include <stdbool.h>

#include "buf.h"

struct request;

struct response {
    int status; /* 0 until there is an answer */
    const char *type, *body;
    size_t length;
    struct buf headers; /* complete lines */
    bool for_all;       /* see respond_to_all() */
};

/* Turns a problem into the answer, if there is one or no answer at all. */
void response_settle(struct request *req);

/* The answer in CGI form (RFC 3875 section 6): Status and headers, a blank line; the body is
 * left out of it. */
const char *response_head(struct request *req);

#endif
