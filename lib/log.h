/*
 * log: one JSON object per line on stderr, which the supervisor keeps.
 *
 * Never log a secret or a personal datum: no token, password, e-mail, name or address.
 */
#ifndef VENDAS_LOG_H
#define VENDAS_LOG_H

/* To be called first: names the program in every line (name must stay), and sees to it that
 * nothing else ever stands in the place of a standard error that was closed. */
void log_program(const char *name);

/* Further members of a line: pairs of name and text, ended by NULL. */
void log_error(const char *message, ...) __attribute__((sentinel));
void log_info(const char *message, ...) __attribute__((sentinel));

/* The line of a request. user is an id or NULL; code is the problem's or NULL. */
void log_request(const char *request_id, const char *method, const char *route, int status,
                 long long microseconds, const char *user, const char *code);

#endif
