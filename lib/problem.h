/*
 * problem: what went wrong with a request, as RFC 9457 wants it told.
 *
 * Functions that can fail take a struct problem and fill it; the first failure stands, and
 * field errors add up, so that a caller hears of every fault at once.
 */
#ifndef VENDAS_PROBLEM_H
#define VENDAS_PROBLEM_H

#include <json-c/json.h>
#include <stdbool.h>

#include "arena.h"
#include "buf.h"
#include "lang.h"

struct field_error {
    struct field_error *next;
    const char *pointer; /* JSON pointer (RFC 6901) into the body, or the parameter's name */
    const char *code;
    const char *argument; /* for the {} in the message, or NULL */
};

struct problem {
    struct arena *arena;
    int status;                  /* 0: nothing went wrong */
    const char *code;            /* of lib/messages */
    struct json_object *members; /* further members to tell, or NULL */
    struct field_error *errors, *last_error;
    int error_count;
    int retry_after; /* seconds, 0 for none */
};

/* No problem yet. */
struct problem problem_none(struct arena *a);

/* Sets status and code, unless something was set before. */
void problem_set(struct problem *p, int status, const char *code);

/* Adds a field error; the problem becomes 422 "validation_failed" if nothing was set before.
 * The texts are copied. argument may be NULL. Of more than PROBLEM_MAX_ERRORS the first are
 * told: a body of nothing but faults must not become an answer many times its size. */
enum { PROBLEM_MAX_ERRORS = 1000 };
void problem_field(struct problem *p, const char *pointer, const char *code,
                   const char *argument);

/* Takes over what SQL told (shared.fail): a JSON object whose "pointer" becomes a field error,
 * its "errors", [{"pointer", "code", "argument"}], one each, and whose other members are told as
 * they are. A text that is no object is passed over. */
void problem_detail(struct problem *p, const char *json);

/* Writes the field errors as a JSON array. */
void problem_write_errors(struct buf *b, const struct problem *p, enum lang lang);

/* The document. instance is the request's id. */
char *problem_json(const struct problem *p, enum lang lang, const char *instance);

#endif
