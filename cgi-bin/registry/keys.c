/*
 * Keys: the public halves of the keys that sign access tokens (RFC 7517), so that any service
 * can check a token by itself. Service Registry, no table.
 */
#include "keyring.h"
#include "request.h"

static void read_keys(struct request *req)
{
    respond_header(req, "Cache-Control",
                   arena_printf(req->arena, "public, max-age=%d", JWKS_SECONDS));
    respond_json(req, 200, keyring_jwks(req->arena));
}

static const struct route ROUTES[] = {
    {"GET", "/.well-known/jwks.json", ANYONE, read_keys},
    {0},
};

int main(int argc, char **argv)
{
    return serve("registry", ROUTES, argc, argv);
}
