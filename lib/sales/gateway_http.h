/*
 * gateway_http: requests to a gateway's API, with libcurl, and what their outcome means for
 * money. Each has a key under which it may be repeated; what was sent and not answered is
 * uncertain, never failed.
 *
 * An account that does not answer is left alone for a while: after BREAKER_FAILURES time-outs
 * in a row this program asks it for nothing for BREAKER_SECONDS and says AWAY at once, so that
 * a gateway that hangs does not keep all workers waiting.
 */
#ifndef VENDAS_SALES_GATEWAY_HTTP_H
#define VENDAS_SALES_GATEWAY_HTTP_H

#include <json-c/json.h>

#include "sales/gateway.h"

enum {
    GATEWAY_CONNECT_SECONDS = 3,
    GATEWAY_MAX_ANSWER = 1 << 20,
    BREAKER_FAILURES = 3,
    BREAKER_SECONDS = 30,
};

struct gateway_request {
    const struct merchant *merchant;
    const char *method;         /* "GET" or "POST" */
    const char *path;           /* from the account's api_url on, query included */
    const char *type;           /* Content-Type of the body */
    const char *body;           /* NULL for none */
    const char *const *headers; /* lines, ended by NULL; NULL for none */
    const char *user;           /* "NAME:PASSWORD" for basic authentication, or NULL */
    /* Finds the gateway's word for a refusal in its body. NULL, or a NULL from it: it says
     * none. */
    const char *(*code)(struct json_object *body);
};

struct gateway_answer {
    int status;               /* 0: none came whole */
    struct json_object *body; /* goes with the arena; NULL where there was no JSON object */
};

/* Milliseconds of the clock that never steps, by which deadlines and struct merchant_memory go.
 */
long long gateway_clock(void);

/* Sends a request, within what is left of the call's VENDAS_GATEWAY_SECONDS, and fills
 * call->code and call->retry_after.
 *
 * DONE: a status below 300 with a JSON object (or none with 204) came whole.
 * REFUSED: another 4xx in the gateway's words, whose body is there.
 * AWAY: nothing of the request was sent, 429, 503 that says Retry-After, or 401 and 403: with
 * our key nothing is carried out, which the operator can put right; the breaker, or no time
 * left. UNCERTAIN: anything else once some of the request was sent (time-out, half an answer,
 * 5xx, 408, 409 of a key in use). A GET is AWAY then: it changes nothing.
 *
 * Logs what is not DONE, with neither secrets nor bodies. */
enum gateway_result gateway_send(struct gateway_call *call,
                                 const struct gateway_request *request,
                                 struct gateway_answer *answer);

#endif
