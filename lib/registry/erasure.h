/*
 * erasure: what orders keep of a buyer who is erased.
 *
 * The tax law has the shop keep whom it sold to, five years (CTN art. 173, 174 and 195; LGPD
 * art. 16 I): name, document and address. How to reach the buyer is no part of that and goes.
 */
#ifndef VENDAS_ERASURE_H
#define VENDAS_ERASURE_H

#include "request.h"

/* The snapshots of the buyer in a user's orders without e-mail and telephone, sealed anew:
 * {ORDER: BYTEA}, a jsonb parameter of registry.erase_user(). NULL with the problem filled. */
const char *erasure_snapshots(struct request *req, const char *user);

#endif
