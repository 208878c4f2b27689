/*
 * command: what one call of vendasctl is to do.
 */
#ifndef VENDAS_CLI_COMMAND_H
#define VENDAS_CLI_COMMAND_H

#include <stdbool.h>

#include "client.h"

/* Options, and what stands behind the command's two words. */
struct call {
    struct client client;
    bool json; /* the API's documents as they are, for programs */
    bool all;  /* every page of a list */
    int limit; /* of a list */
    int max;   /* pieces of what is "low" */
    const char *status, *reason, *key;
    const char *const *arguments;
};

struct command {
    const char *group, *name;
    int arguments; /* so many, exactly */
    const char *usage, *about;
    void (*run)(struct call *call);
};

/* Each ends with a group that is NULL. */
extern const struct command ORDER_COMMANDS[], STOCK_COMMANDS[];

/* A list, page by page, at most so many rows as asked for, or all: show() is called with each
 * page's "data"; with --json one document of all of them is written instead. path has its query
 * begun ("?limit="). */
void call_list(struct call *call, const char *path,
               void (*show)(struct call *call, void *to, struct json_object *data), void *to);

/* An argument as a segment of a path; NULL, and told, where it can't be an id. */
const char *call_id(struct call *call, int argument);

/* {"reason": ...} where --reason was given, else NULL. */
const char *call_reason(struct call *call);

/* A heading or a word in the caller's language: a code of lib/messages. */
const char *call_text(const struct call *call, const char *code);

#endif
