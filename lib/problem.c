#include "problem.h"

#include <string.h>

#include "json.h"
#include "messages.h"

struct problem problem_none(struct arena *a)
{
    return (struct problem){.arena = a};
}

void problem_set(struct problem *p, int status, const char *code)
{
    if (p->status)
        return;
    p->status = status;
    p->code = arena_strdup(p->arena, code);
}

void problem_field(struct problem *p, const char *pointer, const char *code,
                   const char *argument)
{
    problem_set(p, 422, "validation_failed");
    if (p->error_count == PROBLEM_MAX_ERRORS)
        return;
    p->error_count++;
    struct field_error *e = arena_alloc(p->arena, sizeof *e);
    e->pointer = arena_strdup(p->arena, pointer);
    e->code = arena_strdup(p->arena, code);
    e->argument = arena_strdup(p->arena, argument);
    *(p->last_error ? &p->last_error->next : &p->errors) = e;
    p->last_error = e;
}

/* [{"pointer", "code", "argument"}] */
static void add_errors(struct problem *p, struct json_object *errors)
{
    for (size_t i = 0; i < json_object_array_length(errors); i++) {
        struct json_object *error = json_object_array_get_idx(errors, i);
        const char *pointer = json_object_get_string(json_object_object_get(error, "pointer"));
        const char *code = json_object_get_string(json_object_object_get(error, "code"));
        struct json_object *argument = json_object_object_get(error, "argument");
        problem_field(p, pointer, code, json_object_get_string(argument));
    }
}

void problem_detail(struct problem *p, const char *json)
{
    struct json_object *detail = json ? json_tokener_parse(json) : NULL, *pointer, *errors;
    if (!detail)
        return;
    json_keep(p->arena, detail);
    if (!json_object_is_type(detail, json_type_object))
        return;
    if (json_object_object_get_ex(detail, "pointer", &pointer)) {
        problem_field(p, json_object_get_string(pointer), p->code, NULL);
        json_object_object_del(detail, "pointer");
    }
    if (json_object_object_get_ex(detail, "errors", &errors)) {
        add_errors(p, errors);
        json_object_object_del(detail, "errors");
    }
    p->members = detail;
}

static void member(struct buf *b, const char *name, const char *value)
{
    buf_printf(b, ",\"%s\":", name);
    buf_json(b, value);
}

void problem_write_errors(struct buf *b, const struct problem *p, enum lang lang)
{
    buf_raw(b, "[");
    for (const struct field_error *e = p->errors; e; e = e->next) {
        buf_raw(b, e == p->errors ? "{\"pointer\":" : ",{\"pointer\":");
        buf_json(b, e->pointer);
        member(b, "code", e->code);
        member(b, "detail", message_with(p->arena, e->code, lang, e->argument));
        buf_raw(b, "}");
    }
    buf_raw(b, "]");
}

char *problem_json(const struct problem *p, enum lang lang, const char *instance)
{
    struct buf b = buf_new(p->arena);
    buf_raw(&b, "{\"type\":");
    buf_json(&b, arena_printf(p->arena, "/problems/%s", p->code));
    member(&b, "title", message_of_status(p->status, lang));
    buf_printf(&b, ",\"status\":%d", p->status);
    member(&b, "detail", message_with(p->arena, p->code, lang, NULL));
    member(&b, "instance", arena_printf(p->arena, "urn:request:%s", instance));
    member(&b, "code", p->code);
    if (p->members) {
        json_object_object_foreach(p->members, name, value)
        {
            buf_printf(&b, ",\"%s\":", name);
            buf_raw(&b, json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN));
        }
    }
    buf_raw(&b, ",\"errors\":");
    problem_write_errors(&b, p, lang);
    buf_raw(&b, "}");
    return b.data;
}
