#include "address.h"

#include <stddef.h>
#include <string.h>

#include "brazil.h"

const char *const ADDRESS_LINES[] = {
    "recipient", "postal_code", "street", "number", "complement", "district", "city", NULL,
};

const char *address_state(struct problem *p, const char *at, struct json_object *address)
{
    const char *given = field_text(address, "state");
    const char *range = postal_code_state(field_text(address, "postal_code"));
    if (range && (!given || !strcmp(given, range)))
        return range;
    problem_field(p, arena_printf(p->arena, "%s/postal_code", at),
                  range ? "postal_code_state" : "not_postal_code", range);
    return NULL;
}
