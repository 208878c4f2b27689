/* token: access tokens; fuzz/keys has a public key "fuzz", whose private half nobody kept. The
 * seeds that it signed are good at one moment, which is always now. */
#include "fuzz.h"

#include <time.h>

#include "token.h"

time_t time(time_t *out)
{
    static const time_t NOW = 1795574040;
    if (out)
        *out = NOW;
    return NOW;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = fuzz_begin();
    struct token t;
    bool holds = token_verify(a, arena_memdup(a, data, size), &t);
    const struct identity *who = &t.who;
    if (holds)
        fuzz_expect(who->user && who->session && who->role && who->scope &&
                    t.expires_at > t.issued_at);
    else
        fuzz_expect(!who->user && !who->session && !who->role && !who->scope);
    identity_may(who, "orders:read");
    return fuzz_end(a);
}
