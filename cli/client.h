/*
 * client: the API as a service account sees it: where it is, signing in, one request at a time.
 *
 * Where it is and who calls come from options, then the environment (VENDASCTL_URL,
 * VENDASCTL_CLIENT_ID, VENDASCTL_CLIENT_SECRET, VENDASCTL_CA), then a file of lines NAME=VALUE
 * (url, client_id, client_secret, ca). The file holds a secret, and so is refused unless it is
 * the caller's own and nobody else may read it. There is no option for the secret: what stands
 * on a command line everybody on the host can see.
 */
#ifndef VENDAS_CLI_CLIENT_H
#define VENDAS_CLI_CLIENT_H

#include <json-c/json.h>
#include <stdbool.h>

#include "arena.h"
#include "lang.h"

/* What the command exits with. */
enum exit_code {
    EXIT_DONE = 0,
    EXIT_REFUSED = 1,     /* the shop said no, and why */
    EXIT_USAGE = 2,       /* wrong arguments or configuration */
    EXIT_UNREACHABLE = 3, /* no answer, or the shop could not answer now: try again later */
};

struct client {
    struct arena *arena;
    enum lang lang; /* of the caller's locale */
    const char *config; /* the file, or NULL for the usual one */
    const char *url, *client_id, *client_secret, *ca;
    const char *token;
    int status; /* an exit_code; not EXIT_DONE once something went wrong, which was told */
};

/* Tells what is wrong, with the reason unless that is NULL, and remembers the status, an
 * exit_code. false. */
bool client_fail(struct client *c, int status, const char *what, const char *why);

/* Asks the shop, signed in; path with its query. The first time it is looked up where the shop is
 * and who calls, as above, so that a command that asks nothing needs neither. body is JSON text
 * or NULL; key an Idempotency-Key or NULL. A request that may be repeated, a GET or one with a
 * key, is tried three times. The answer's document, which goes with the arena, and its text in
 * *text, an empty object where it has no content; NULL after telling why there is none. */
struct json_object *client_ask(struct client *c, const char *method, const char *path,
                               const char *body, const char *key, const char **text);

#endif
