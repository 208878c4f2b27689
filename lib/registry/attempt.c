#include "registry/attempt.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

#include "digest.h"
#include "seal.h"
#include "settings.h"

static const char COLUMN[] = "registry.attempts.key";

const char *attempt_network(struct arena *a, const char *address)
{
    static const unsigned char IPV4[12] = {[10] = 0xFF, [11] = 0xFF}; /* RFC 4291 2.5.5.2 */
    unsigned char b[16];
    if (!address || inet_pton(AF_INET6, address, b) != 1)
        return address ? address : "";
    if (!memcmp(b, IPV4, sizeof IPV4))
        return arena_printf(a, "%d.%d.%d.%d", b[12], b[13], b[14], b[15]);
    return arena_printf(a, "%s/64", hex_encode(a, b, 8));
}

static const char *lower(struct arena *a, const char *s)
{
    char *copy = arena_strdup(a, s);
    for (char *c = copy; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    return copy;
}

const char *letter_key(struct arena *a, const char *email)
{
    return seal_lookup(a, COLUMN, arena_printf(a, "letters to %s", lower(a, email)));
}

struct attempt attempt_of(struct request *req, const char *account)
{
    struct arena *a = req->arena;
    const struct settings *s = settings();
    const char *name = lower(a, account);
    const char *network = attempt_network(a, req_header(req, "REMOTE_ADDR"));
    return (struct attempt){
        .account = seal_lookup(a, COLUMN, arena_printf(a, "account %s", name)),
        .address = seal_lookup(a, COLUMN, arena_printf(a, "address %s", network)),
        .both = seal_lookup(a, COLUMN, arena_printf(a, "account %s at %s", name, network)),
        .free_account = arena_printf(a, "%lld", s->sign_in_attempts),
        .free_address = arena_printf(a, "%lld", s->sign_in_attempts_per_address),
        .longest = arena_printf(a, "%lld", s->sign_in_longest_wait_seconds),
    };
}

void attempt_refuse(struct request *req, int seconds)
{
    req->problem.retry_after = seconds;
    respond_problem(req, 429, "too_many_attempts");
}
