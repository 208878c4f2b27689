/* token: access tokens; fuzz/keys has a public key "fuzz", whose private half nobody kept. */
#include "fuzz.h"

#include "token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = fuzz_begin();
    struct identity who;
    if (!token_verify(a, arena_memdup(a, data, size), &who))
        fuzz_expect(!who.user && !who.session && !who.role && !who.scope);
    identity_may(&who, "orders:read");
    return fuzz_end(a);
}
