/*
 * report_filter: what all that a report counts must have, as a query string says it.
 */
#ifndef VENDAS_SALES_REPORT_FILTER_H
#define VENDAS_SALES_REPORT_FILTER_H

#include "request.h"

/* For a table of query fields. */
#define REPORT_FILTER_FIELDS                                                                   \
    {"state", FIELD_STATE, 0, 0, 0, NULL, NULL},                                               \
        {"region", FIELD_CHOICE, 0, 0, 0, "N NE CO SE S", NULL},                               \
        {"gateway", FIELD_TEXT, 0, 1, 40, NULL, NULL},                                         \
        {"coupon", FIELD_TEXT, 0, 1, 40, NULL, NULL},                                          \
        {"customer", FIELD_UUID, 0, 0, 0, NULL, NULL},                                         \
        {"product", FIELD_UUID, 0, 0, 0, NULL, NULL},                                          \
        {"variant", FIELD_UUID, 0, 0, 0, NULL, NULL},                                          \
    {                                                                                          \
        "category", FIELD_UUID, 0, 0, 0, NULL, NULL                                            \
    }

/* The filters of a checked query as sales.report() takes them; an object without members where
 * there are none. It goes with the arena. */
struct json_object *report_filter(struct arena *a, struct json_object *query);

#endif
