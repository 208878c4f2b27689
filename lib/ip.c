#include "ip.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

static bool private_ipv4(uint32_t ip)
{
    /* IANA special-purpose addresses (RFC 6890): none of these is on the Internet. */
    static const struct {
        uint32_t net;
        int bits;
    } NETS[] = {
        {0x00000000, 8},  {0x0A000000, 8},  {0x64400000, 10}, {0x7F000000, 8},
        {0xA9FE0000, 16}, {0xAC100000, 12}, {0xC0000000, 24}, {0xC0A80000, 16},
        {0xC6120000, 15}, {0xE0000000, 3},
    };
    for (size_t i = 0; i < sizeof NETS / sizeof *NETS; i++)
        if ((ip ^ NETS[i].net) >> (32 - NETS[i].bits) == 0)
            return true;
    return false;
}

static bool private_ipv6(const unsigned char *ip)
{
    static const unsigned char MAPPED[12] = {[10] = 0xFF, [11] = 0xFF}, ZERO[12] = {0};
    if (!memcmp(ip, MAPPED, 12) || !memcmp(ip, ZERO, 12)) {
        uint32_t v4;
        memcpy(&v4, ip + 12, 4);
        return private_ipv4(ntohl(v4));
    }
    /* 2001::/23 and 2002::/16 hold protocols, some of which carry an IPv4 address (Teredo,
     * 6to4); else 2000::/3 is what is given out for use on the Internet. */
    bool protocol = ip[0] == 0x20 && ((ip[1] == 0x01 && ip[2] < 2) || ip[1] == 0x02);
    return protocol || (ip[0] & 0xE0) != 0x20;
}

bool ip_is_private(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET)
        return private_ipv4(ntohl(((const struct sockaddr_in *)address)->sin_addr.s_addr));
    return address->sa_family != AF_INET6 ||
           private_ipv6(((const struct sockaddr_in6 *)address)->sin6_addr.s6_addr);
}

bool ip_is_this_host(const char *host)
{
    struct in_addr v4;
    return !strcasecmp(host, "localhost") || !strcmp(host, "[::1]") ||
           (inet_pton(AF_INET, host, &v4) == 1 && ntohl(v4.s_addr) >> 24 == 127);
}
