/*
 * json: JSON values that go with an arena.
 */
#ifndef VENDAS_JSON_H
#define VENDAS_JSON_H

#include <json-c/json.h>

#include "arena.h"

/* Releases the value with the arena; returns it. NULL is allowed. */
struct json_object *json_keep(struct arena *a, struct json_object *value);

#endif
