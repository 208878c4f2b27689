#include "sales/report_filter.h"

#include "json.h"

static const char *const FILTERS[] = {"state",    "region",  "gateway", "coupon",
                                      "customer", "product", "variant", "category"};

struct json_object *report_filter(struct arena *a, struct json_object *query)
{
    struct json_object *wanted = json_keep(a, json_object_new_object());
    for (size_t i = 0; i < sizeof FILTERS / sizeof *FILTERS; i++)
        if (field_present(query, FILTERS[i]))
            json_object_object_add(wanted, FILTERS[i],
                                   json_object_get(field_value(query, FILTERS[i])));
    return wanted;
}
