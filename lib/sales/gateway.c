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

bool gateway_has_method(const struct gateway *g, const char *method)
{
    size_t n = strlen(method);
    for (const char *m = g->methods; *m;) {
        size_t len = strcspn(m, " ");
        if (len == n && !memcmp(m, method, n))
            return true;
        m += len + (m[len] == ' ');
    }
    return false;
}
