/*
 * limit: how many requests an account makes in a minute, whatever addresses they come from.
 * nginx sees to it that one address does not ask too much; this is for one account with many.
 *
 * All workers of a host count together, in a file that each of them maps (VENDAS_LIMITS_FILE):
 * a table of fixed size, without locks, so that a worker that dies in the midst of it holds up
 * nobody. It is made where it is missing; what is in it is worth a minute and may be lost.
 * Where it can't be had, that is logged once, and nobody is limited: better than nobody served.
 */
#ifndef VENDAS_LIMIT_H
#define VENDAS_LIMIT_H

/* Counts a request of the account (its id). Returns 0 while there are no more of them in this
 * minute than VENDAS_ACCOUNT_REQUESTS_PER_MINUTE, else in how many seconds the next begins. */
int limit_request(const char *account);

#endif
