/*
 * ip: which addresses are not on the Internet, so that nobody who names a URL has the shop knock
 * at what is behind its own door (server-side request forgery).
 */
#ifndef VENDAS_IP_H
#define VENDAS_IP_H

#include <stdbool.h>
#include <sys/socket.h>

/* Whether an address is on this host, in a private network or reserved (RFC 6890), in IPv4, IPv6
 * or one within the other. True for an address of any other family. */
bool ip_is_private(const struct sockaddr *address);

/* Whether a URL's host (as libcurl tells it: IPv6 in brackets) is this host on its face:
 * localhost, or an address of loopback in figures. */
bool ip_is_this_host(const char *host);

#endif
