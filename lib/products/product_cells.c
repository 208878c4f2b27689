#include "products/product_cells.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "buf.h"
#include "fields.h"
#include "utf8.h"

static const char CLEAR[] = "-";

/* Writing ---------------------------------------------------------------------------------- */

/* Also blanks at the ends, which reading drops. */
static void write_escaped(struct buf *b, const char *text)
{
    for (const char *s = text; *s; s++) {
        if (strchr("\\|>", *s) || (*s == ' ' && (s == text || !s[1])))
            buf_raw(b, "\\");
        buf_bytes(b, s, 1);
    }
}

static void write_path(struct buf *b, struct json_object *path)
{
    for (size_t i = 0; i < json_object_array_length(path); i++) {
        buf_raw(b, i ? " > " : "");
        write_escaped(b, json_object_get_string(json_object_array_get_idx(path, i)));
    }
}

static void write_part(struct buf *b, struct json_object *part)
{
    write_escaped(b, field_text(part, "sku"));
    buf_printf(b, "*%lld", field_integer(part, "quantity"));
}

static const char *write_list(struct arena *a, enum cell_kind kind, struct json_object *list)
{
    struct buf b = buf_new(a);
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *item = json_object_array_get_idx(list, i);
        buf_raw(&b, i ? "|" : "");
        if (kind == CELL_PATHS)
            write_path(&b, item);
        else if (kind == CELL_PARTS)
            write_part(&b, item);
        else
            write_escaped(&b, json_object_get_string(item));
    }
    return b.len ? sheet_guard(a, b.data) : NULL;
}

static const char *with_comma(struct arena *a, const char *number)
{
    char *text = arena_strdup(a, number), *point = strchr(text, '.');
    if (point)
        *point = ',';
    return text;
}

/* The attributes' names are shared by three kinds of columns: each has those of its type. */
static bool has_kind(enum cell_kind kind, struct json_object *value)
{
    enum json_type type = json_object_get_type(value);
    return kind == CELL_ATTRIBUTE ? type == json_type_string
           : kind == CELL_BOOLEAN ? type == json_type_boolean
                                  : type == json_type_int || type == json_type_double;
}

static struct sheet_cell write_named(struct arena *a, const struct product_column *c,
                                     struct json_object *object)
{
    bool option = c->kind == CELL_OPTION;
    struct json_object *values = field_value(object, option ? "options" : "attributes");
    struct json_object *value = field_value(values, c->member);
    if (!value || (!option && !has_kind(c->kind, value)))
        return (struct sheet_cell){0};
    if (c->kind == CELL_NUMBER)
        return (struct sheet_cell){with_comma(a, json_object_get_string(value)), SHEET_NUMBER};
    return (struct sheet_cell){sheet_guard(a, json_object_get_string(value)), SHEET_TEXT};
}

static const char *write_ahead(struct arena *a, struct json_object *ahead)
{
    return arena_printf(a, "%lld|%s", field_integer(ahead, "pieces"),
                        field_text(ahead, field_present(ahead, "days") ? "days" : "date"));
}

struct sheet_cell cell_write(struct arena *a, const struct product_column *c,
                             struct json_object *object)
{
    struct json_object *value = field_value(object, c->member);
    if (c->kind >= CELL_OPTION)
        return write_named(a, c, object);
    if (!value)
        return (struct sheet_cell){0};
    long long n = json_object_get_int64(value);
    const char *text;
    switch (c->kind) {
    case CELL_MONEY:
        return (struct sheet_cell){arena_printf(a, "%lld,%02lld", n / 100, n % 100),
                                   SHEET_MONEY};
    case CELL_INTEGER:
        return (struct sheet_cell){arena_printf(a, "%lld", n), SHEET_NUMBER};
    case CELL_AHEAD:
        return (struct sheet_cell){write_ahead(a, value), SHEET_TEXT};
    case CELL_TEXT:
        text = json_object_get_string(value);
        return (struct sheet_cell){*text ? sheet_guard(a, text) : NULL, SHEET_TEXT};
    default:
        return (struct sheet_cell){write_list(a, c->kind, value), SHEET_TEXT};
    }
}

/* Reading ---------------------------------------------------------------------------------- */

static size_t digits(const char *s)
{
    return strspn(s, "0123456789");
}

bool cell_money(const char *text, long long *minor)
{
    enum { MOST_DIGITS = 13 };
    if (!strncmp(text, "R$", 2))
        text += 2;
    while (*text == ' ' || !strncmp(text, "\xC2\xA0", 2))
        text += *text == ' ' ? 1 : 2;
    size_t n = digits(text);
    bool grouped = n >= 1 && n <= 3 && text[n] == '.' && digits(text + n + 1) == 3;
    long long whole = 0;
    if (!n || n > MOST_DIGITS)
        return false;
    for (size_t i = 0, all = 0; i < n && all <= MOST_DIGITS; i++, all++)
        whole = whole * 10 + (text[i] - '0');
    text += n;
    for (size_t all = n; grouped && *text == '.'; text += 4, all += 3) {
        if (digits(text + 1) != 3 || all > MOST_DIGITS - 3)
            return false;
        whole = whole * 1000 + strtoll((char[]){text[1], text[2], text[3], 0}, NULL, 10);
    }
    long long part = 0;
    if (*text == ',' || (*text == '.' && !grouped)) {
        n = digits(text + 1);
        if (n < 1 || n > 2)
            return false;
        part = (text[1] - '0') * 10 + (n == 2 ? text[2] - '0' : 0);
        text += 1 + n;
    }
    *minor = whole * 100 + part;
    return !*text;
}

/* The next item of a list, without blanks around it, and what ended it; NULL when it is empty.
 * *s stands behind that character afterwards. */
static char *next_item(struct arena *a, const char **s, const char *ends, char *end)
{
    struct buf b = buf_new(a);
    size_t keep = 0; /* as far as escaped characters reach */
    while (**s == ' ')
        (*s)++;
    for (; **s && !strchr(ends, **s); (*s)++) {
        if (**s == '\\' && (*s)[1]) {
            keep = b.len + 1;
            (*s)++;
        }
        buf_bytes(&b, *s, 1);
    }
    *end = **s;
    *s += **s != '\0';
    while (b.len > keep && b.data[b.len - 1] == ' ')
        b.data[--b.len] = '\0';
    return b.len ? b.data : NULL;
}

static const char *read_list(struct arena *a, const char *s, struct json_object *list)
{
    for (char end = '|'; end == '|';) {
        const char *item = next_item(a, &s, "|", &end);
        if (!item)
            return "not_item_list";
        json_object_array_add(list, json_object_new_string(item));
    }
    return NULL;
}

static const char *read_paths(struct arena *a, const char *s, struct json_object *list)
{
    enum { LONGEST_NAME = 120 };
    struct json_object *path = NULL;
    for (char end = '|'; end;) {
        if (end == '|') {
            path = json_object_new_array();
            json_object_array_add(list, path);
        }
        const char *name = next_item(a, &s, "|>", &end);
        if (!name || utf8_length(name) > LONGEST_NAME)
            return "not_path";
        json_object_array_add(path, json_object_new_string(name));
    }
    return NULL;
}

static const char *read_parts(struct arena *a, const char *s, struct json_object *list)
{
    for (char end = '|'; end == '|';) {
        char *item = next_item(a, &s, "|", &end), *star = item ? strrchr(item, '*') : NULL;
        size_t n = star ? digits(star + 1) : 0;
        if (!item || star == item || (star && (!n || n > 4 || star[1 + n])))
            return "not_parts";
        long quantity = star ? strtol(star + 1, NULL, 10) : 1;
        if (quantity < 1 || quantity > 1000)
            return "not_parts";
        if (star)
            *star = '\0';
        struct json_object *part = json_object_new_object();
        json_object_object_add(part, "sku", json_object_new_string(item));
        json_object_object_add(part, "quantity", json_object_new_int64(quantity));
        json_object_array_add(list, part);
    }
    return NULL;
}

static const char *read_many(enum cell_kind kind, const char *text, struct json_object *list)
{
    struct arena *a = arena_new();
    const char *code = kind == CELL_PATHS   ? read_paths(a, text, list)
                       : kind == CELL_PARTS ? read_parts(a, text, list)
                                            : read_list(a, text, list);
    arena_free(a);
    return code;
}

/* A number with a decimal comma or point, as JSON has it. */
static struct json_object *read_number(const char *text)
{
    char number[64];
    if (snprintf(number, sizeof number, "%s", text) >= (int)sizeof number ||
        !strchr("-0123456789", *number))
        return NULL;
    char *comma = strchr(number, ',');
    if (comma)
        *comma = '.';
    struct json_object *value = json_tokener_parse(number);
    if (value && has_kind(CELL_NUMBER, value) &&
        strspn(number, "-+.eE0123456789") == strlen(number))
        return value;
    json_object_put(value);
    return NULL;
}

static const char *read_named(const struct product_column *c, const char *text,
                              struct json_object *object)
{
    const char *group = c->kind == CELL_OPTION ? "options" : "attributes";
    struct json_object *values = field_value(object, group), *value = NULL;
    if (!values) {
        values = json_object_new_object();
        json_object_object_add(object, group, values);
    }
    bool yes = !strcasecmp(text, "true") || !strcasecmp(text, "verdadeiro");
    bool no = !strcasecmp(text, "false") || !strcasecmp(text, "falso");
    if (!strcmp(text, CLEAR)) {
        if (c->kind == CELL_OPTION)
            return "not_null";
        if (field_present(values, c->member))
            return NULL; /* the column of another type has it */
    } else if (c->kind == CELL_NUMBER) {
        if (!(value = read_number(text)))
            return "not_number";
    } else if (c->kind == CELL_BOOLEAN) {
        if (!yes && !no)
            return "not_boolean";
        value = json_object_new_boolean(yes);
    } else {
        value = json_object_new_string(sheet_unguard(text));
    }
    json_object_object_add(values, c->member, value);
    return NULL;
}

static const char *read_ahead(const char *text, struct json_object **ahead)
{
    enum { MOST_DIGITS = 9 };
    size_t n = digits(text);
    const char *when = text + n + strspn(text + n, " ");
    if (!n || n > MOST_DIGITS || *when != '|')
        return "not_ahead";
    when += 1 + strspn(when + 1, " ");
    bool days = digits(when) == strlen(when);
    if (!*when || (days && strlen(when) > MOST_DIGITS))
        return "not_ahead";
    *ahead = json_object_new_object();
    json_object_object_add(*ahead, "pieces", json_object_new_int64(strtoll(text, NULL, 10)));
    if (days)
        json_object_object_add(*ahead, "days", json_object_new_int64(strtoll(when, NULL, 10)));
    else
        json_object_object_add(*ahead, "date", json_object_new_string(when));
    return NULL;
}

const char *cell_read(const struct product_column *c, const char *text,
                      struct json_object *object)
{
    if (c->kind >= CELL_OPTION)
        return read_named(c, text, object);
    struct json_object *value = NULL;
    const char *code = NULL;
    bool clear = !strcmp(text, CLEAR), many = c->kind >= CELL_LIST;
    long long n;
    char *end;
    if (many)
        value = json_object_new_array();
    if (many && !clear) {
        code = read_many(c->kind, sheet_unguard(text), value);
    } else if (c->kind == CELL_TEXT && !clear) {
        value = json_object_new_string(sheet_unguard(text));
    } else if (c->kind == CELL_MONEY && !clear) {
        if (cell_money(text, &n))
            value = json_object_new_int64(n);
        else
            code = "not_money";
    } else if (c->kind == CELL_AHEAD && !clear) {
        code = read_ahead(text, &value);
    } else if (c->kind == CELL_INTEGER && !clear) {
        n = strtoll(text, &end, 10);
        if (*end || end == text)
            code = "not_integer";
        else
            value = json_object_new_int64(n);
    }
    if (code)
        json_object_put(value);
    else
        json_object_object_add(object, c->member, value);
    return code;
}
