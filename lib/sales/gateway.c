#include "sales/gateway.h"

#include <string.h>

static const struct gateway *const GATEWAYS[] = {
    &GATEWAY_MANUAL,
    NULL,
};

const struct gateway *gateway_find(const char *name)
{
    for (const struct gateway *const *g = GATEWAYS; *g; g++)
        if (!strcmp((*g)->name, name))
            return *g;
    return NULL;
}
