#include "json.h"

#include <stdio.h>
#include <string.h>

#include "utf8.h"

static void release(void *value)
{
    json_object_put(value);
}

struct json_object *json_keep(struct arena *a, struct json_object *value)
{
    arena_defer(a, release, value);
    return value;
}

/* json-c takes NaN and Infinity for numbers even where it is strict; RFC 8259 does not, nor
 * does PostgreSQL. Outside its strings no JSON has these capitals. */
static bool holds_no_number(const char *json, size_t n)
{
    bool in_string = false;
    for (size_t i = 0; i < n; i++) {
        if (json[i] == '"')
            in_string = !in_string;
        else if (in_string && json[i] == '\\')
            i++;
        else if (!in_string && (json[i] == 'N' || json[i] == 'I'))
            return true;
    }
    return false;
}

/* The character of len bytes at s as JSON escapes (RFC 8259 section 7); returns what is behind.
 */
static char *write_escapes(char *o, const char *s, size_t len)
{
    unsigned c = (unsigned char)*s & (0x7Fu >> len);
    for (size_t i = 1; i < len; i++)
        c = c << 6 | ((unsigned char)s[i] & 0x3F);
    if (c < 0x10000)
        return o + sprintf(o, "\\u%04x", c);
    return o + sprintf(o, "\\u%04x\\u%04x", 0xD7C0 + (c >> 10), 0xDC00 + (c & 0x3FF));
}

/* json-c 0.18 is strict with every byte past ASCII, as if it were a control character: so it
 * gets them as escapes, which say the same. text is UTF-8; *n becomes the length. */
static const char *ascii_json(struct arena *a, const char *text, size_t *n)
{
    size_t wide = 0;
    for (size_t i = 0; i < *n; i++)
        wide += (unsigned char)text[i] >= 0x80;
    if (!wide)
        return text;
    char *out = arena_alloc(a, *n + 2 * wide + 1), *o = out;
    bool escaped = false; /* behind a backslash it is no JSON, and stays so */
    for (size_t i = 0, len; i < *n; i += len) {
        len = utf8_char(text + i, *n - i);
        if (len == 1 || escaped)
            o = (char *)memcpy(o, text + i, len) + len;
        else
            o = write_escapes(o, text + i, len);
        escaped = text[i] == '\\' && !escaped;
    }
    *n = (size_t)(o - out);
    return out;
}

bool json_read(struct arena *a, const char *text, size_t n, struct json_object **value)
{
    *value = NULL;
    /* json-c lets pass some of what is no UTF-8. */
    if (!utf8_valid(text, n) || holds_no_number(text, n))
        return false;
    text = ascii_json(a, text, &n);
    struct json_tokener *t = json_tokener_new_ex(JSON_MAX_DEPTH);
    json_tokener_set_flags(t, JSON_TOKENER_STRICT);
    /* The NUL behind the text is passed on too: it ends a bare number. */
    struct json_object *read = json_tokener_parse_ex(t, text, (int)n + 1);
    enum json_tokener_error e = json_tokener_get_error(t);
    bool whole = e == json_tokener_success && json_tokener_get_parse_end(t) >= n;
    json_tokener_free(t);
    json_keep(a, read);
    if (whole)
        *value = read;
    return whole;
}

struct json_object *json_member(struct json_object *object, const char *name)
{
    struct json_object *value = NULL;
    json_object_object_get_ex(object, name, &value);
    return value;
}

const char *json_text(struct json_object *object, const char *name)
{
    struct json_object *value = json_member(object, name);
    return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;
}

bool json_number(struct json_object *object, const char *name, long long *number)
{
    struct json_object *value = json_member(object, name);
    if (!json_object_is_type(value, json_type_int))
        return false;
    *number = json_object_get_int64(value);
    return true;
}

bool json_is_true(struct json_object *object, const char *name)
{
    struct json_object *value = json_member(object, name);
    return json_object_is_type(value, json_type_boolean) && json_object_get_boolean(value);
}

struct json_object *json_item(struct json_object *list, size_t i)
{
    return json_object_is_type(list, json_type_array) && i < json_object_array_length(list)
               ? json_object_array_get_idx(list, i)
               : NULL;
}
