#include "sales/gateway.h"

#include <string.h>

#include "settings.h"

static const struct gateway *const GATEWAYS[] = {
    &GATEWAY_MANUAL,
    &GATEWAY_STRIPE,
    &GATEWAY_PAYPAL,
    NULL,
};

const struct gateway *gateway_find(const char *name)
{
    for (const struct gateway *const *g = GATEWAYS; *g; g++)
        if (!strcmp((*g)->name, name))
            return *g;
    return NULL;
}

long long gateway_hold_minutes(const char *method)
{
    if (!strcmp(method, "pix"))
        return settings()->pix_hold_minutes;
    if (!strcmp(method, "boleto"))
        return settings()->boleto_hold_minutes;
    return settings()->order_hold_minutes;
}
