#include "json.h"

static void release(void *value)
{
    json_object_put(value);
}

struct json_object *json_keep(struct arena *a, struct json_object *value)
{
    arena_defer(a, release, value);
    return value;
}
