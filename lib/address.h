/*
 * address: where things are delivered in Brazil. The same for a customer's address in Registry,
 * an order's in Sales and a quote's.
 */
#ifndef VENDAS_ADDRESS_H
#define VENDAS_ADDRESS_H

#include "fields.h"

/* For field tables: the members of an address. LINES and STATE are FIELD_REQUIRED or 0, LEAST
 * how many characters a line must have. */
#define ADDRESS_FIELDS(LINES, LEAST, STATE)                                                    \
    {"recipient", FIELD_LINE, LINES, LEAST, 120, NULL, NULL},                                  \
        {"postal_code", FIELD_POSTAL_CODE, FIELD_REQUIRED, 0, 0, NULL, NULL},                  \
        {"street", FIELD_LINE, LINES, LEAST, 160, NULL, NULL},                                 \
        {"number", FIELD_LINE, LINES, LEAST, 20, NULL, NULL},                                  \
        {"complement", FIELD_LINE, FIELD_NULLABLE, 0, 80, NULL, NULL},                         \
        {"district", FIELD_LINE, LINES, LEAST, 80, NULL, NULL},                                \
        {"city", FIELD_CITY, LINES, LEAST, 80, NULL, NULL},                                    \
    {                                                                                          \
        "state", FIELD_STATE, STATE, 0, 0, NULL, NULL                                          \
    }

/* The names of the members that say where in a state and to whom, NULL behind the last: what is
 * sealed as one value. The state stays in clear: freight, taxes and reports need it, and it
 * tells nobody's home. */
extern const char *const ADDRESS_LINES[];

/* The state that a checked address lies in: the one it gives, or that of its postal code. NULL
 * with a field error on AT/postal_code where the two disagree ("postal_code_state") or where no
 * state has such codes ("not_postal_code"). */
const char *address_state(struct problem *p, const char *at, struct json_object *address);

#endif
