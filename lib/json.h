/*
 * json: JSON values that go with an arena, and reading them from strangers.
 */
#ifndef VENDAS_JSON_H
#define VENDAS_JSON_H

#include <json-c/json.h>
#include <stdbool.h>

#include "arena.h"

/* Releases the value with the arena; returns it. NULL is allowed. */
struct json_object *json_keep(struct arena *a, struct json_object *value);

/* Reads n bytes of JSON (RFC 8259), behind which a NUL stands. Strictly: UTF-8, no NaN, comment
 * or trailing comma, nothing behind the value. Fills *value, which goes with the arena and is
 * NULL for JSON's null; false and NULL for what is no JSON or is nested deeper than
 * JSON_MAX_DEPTH. Of members with the same name the last counts. */
enum { JSON_MAX_DEPTH = 16 };
bool json_read(struct arena *a, const char *text, size_t n, struct json_object **value);

/* Members of an object that nobody has checked. What is no object has none, and a member of
 * another type than is asked for is not there: NULL, or false and *number as it was. */
struct json_object *json_member(struct json_object *object, const char *name);
const char *json_text(struct json_object *object, const char *name);
bool json_number(struct json_object *object, const char *name, long long *number);
bool json_is_true(struct json_object *object, const char *name);

/* The items of a list by their index, NULL after the last and for what is no list. */
struct json_object *json_item(struct json_object *list, size_t i);

#endif
