/*
 * log: one JSON object per line on stderr, which the supervisor keeps.
 *
 * Never log a secret or a personal datum: no token, password, e-mail, name or address.
 */
#ifndef VENDAS_LOG_H
#define VENDAS_LOG_H

#include <stdbool.h>

/* To be called first: names the program in every line (name must stay), and sees to it that
 * nothing else ever stands in the place of a standard error that was closed. */
void log_program(const char *name);

/* Further members of a line: pairs of name and text, ended by NULL. */
void log_error(const char *message, ...) __attribute__((sentinel));
void log_info(const char *message, ...) __attribute__((sentinel));

/* The line of a request. */
struct log_answer {
    const char *request_id, *method, *route;
    int status;
    long long bytes, microseconds; /* of the body as it was sent; from first to last */
    const char *user;              /* an id, or NULL */
    const char *code;              /* the problem's, or NULL */
    bool cut;                      /* not all of the answer was sent: an error of ours, unless
                                      there is no code, as then the client has gone */
};
void log_request(const struct log_answer *answer);

#endif
