/*
 * accept: which of several media types a client would rather have.
 */
#ifndef VENDAS_ACCEPT_H
#define VENDAS_ACCEPT_H

/* The place in types (ended by NULL) of what an Accept header asks for (RFC 9110 section
 * 12.5.1): the highest weight, given by the range that names the type best; of equals the first
 * in types. 0 where the header is NULL or takes none of them. */
int accept_choose(const char *accept, const char *const *types);

#endif
