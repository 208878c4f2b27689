/* What commands share. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "command.h"
#include "fields.h"
#include "messages.h"
#include "uuid.h"

/* A page of --all is as large as the API has them. */
#define PAGE "100"
#define DEFAULT_LIMIT "20"

const char *call_text(const struct call *call, const char *code)
{
    return message_with(call->client.arena, code, call->client.lang, NULL);
}

const char *call_wrong(struct call *call, const char *given, const char *code)
{
    client_fail(&call->client, EXIT_USAGE, given, call_text(call, code));
    return NULL;
}

/* Tables and lists ------------------------------------------------------------------------- */

struct table *call_table(struct call *call, const struct column *columns)
{
    const char *headings[TABLE_MAX_COLUMNS + 1] = {NULL};
    for (int i = 0; columns[i].code; i++)
        headings[i] = arena_printf(call->client.arena, "%s%s", columns[i].figures ? ">" : "",
                                   call_text(call, columns[i].code));
    return table_new(call->client.arena, headings);
}

const char *call_figure(struct call *call, struct json_object *of, const char *name)
{
    return arena_printf(call->client.arena, "%lld", field_integer(of, name));
}

static const char *next_page(struct call *call, const char *path, struct json_object *page)
{
    const char *cursor = field_text(page, "next_cursor");
    struct buf b = buf_new(call->client.arena);
    if (!cursor)
        return NULL;
    buf_printf(&b, "%s&cursor=", path);
    buf_url(&b, cursor);
    return b.data;
}

/* A row as a member of the one list that --json writes. */
static void write_row(struct buf *to, struct json_object *of)
{
    buf_printf(to, "%s%s", to->data[to->len - 1] == '[' ? "" : ",",
               json_object_to_json_string_ext(of, JSON_C_TO_STRING_NOSLASHESCAPE));
}

void call_list(struct call *call, const char *path, const char *filters, struct table *table,
               void (*row)(struct call *call, struct table *table, struct json_object *of))
{
    const char *limit = call->given[OPTION_ALL]     ? PAGE
                        : call->given[OPTION_LIMIT] ? call->given[OPTION_LIMIT]
                                                    : DEFAULT_LIMIT;
    const char *first = arena_printf(call->client.arena, "%s?limit=%s%s", path, limit, filters);
    const char *text;
    struct buf all = buf_new(call->client.arena);
    buf_raw(&all, "{\"data\":[");
    for (const char *at = first; at;) {
        struct json_object *page = client_ask(&call->client, "GET", at, NULL, NULL, &text);
        struct json_object *data = field_value(page, "data");
        if (!json_object_is_type(data, json_type_array))
            return;
        for (size_t i = 0; i < json_object_array_length(data); i++)
            if (call->given[OPTION_JSON])
                write_row(&all, json_object_array_get_idx(data, i));
            else
                row(call, table, json_object_array_get_idx(data, i));
        at = call->given[OPTION_ALL] ? next_page(call, first, page) : NULL;
    }
    if (call->given[OPTION_JSON])
        printf("%s]}\n", all.data);
    else
        table_print(table);
}

/* What arguments name ---------------------------------------------------------------------- */

/* The rows of a short list that fit a filter; NULL, and told, where there is no answer. */
static struct json_object *look_up(struct call *call, const char *path, const char *filter,
                                   const char *value)
{
    const char *text;
    struct buf b = buf_new(call->client.arena);
    buf_printf(&b, "%s?limit=" DEFAULT_LIMIT "&%s=", path, filter);
    buf_url(&b, value);
    return field_value(client_ask(&call->client, "GET", b.data, NULL, NULL, &text), "data");
}

const char *call_order(struct call *call)
{
    const char *named = call->arguments[0], *digits = named + (*named == '#');
    if (uuid_valid(named))
        return named;
    if (!*digits || strspn(digits, "0123456789") != strlen(digits))
        return call_wrong(call, named, "not_an_order");
    struct json_object *orders =
        look_up(call, "/v1/orders", "q", arena_printf(call->client.arena, "#%s", digits));
    if (orders && json_object_array_length(orders))
        return field_text(json_object_array_get_idx(orders, 0), "id");
    if (orders)
        client_fail(&call->client, EXIT_REFUSED, named, call_text(call, "no_such_order"));
    return NULL;
}

const char *call_user(struct call *call, const char *named)
{
    if (uuid_valid(named))
        return named;
    struct json_object *users = look_up(call, "/v1/users", "q", named);
    for (size_t i = 0; users && i < json_object_array_length(users); i++) {
        struct json_object *user = json_object_array_get_idx(users, i);
        if (!strcasecmp(field_text(user, "email"), named))
            return field_text(user, "id");
    }
    if (users)
        client_fail(&call->client, EXIT_REFUSED, named, call_text(call, "no_such_user"));
    return NULL;
}

static const char *variant_of(struct json_object *product, const char *sku)
{
    struct json_object *variants = field_value(product, "variants");
    for (size_t i = 0; variants && i < json_object_array_length(variants); i++) {
        struct json_object *variant = json_object_array_get_idx(variants, i);
        if (!strcmp(field_text(variant, "sku"), sku))
            return field_text(variant, "id");
    }
    return NULL;
}

/* Of what is for sale or, with in_stock, of what the shop's stock may hold besides. */
static const char *variant_named(struct call *call, const char *named, bool in_stock)
{
    const char *id = NULL;
    if (uuid_valid(named))
        return named;
    struct json_object *found = look_up(call, "/v1/products", "q", named);
    for (size_t i = 0; found && !id && i < json_object_array_length(found); i++)
        id = variant_of(json_object_array_get_idx(found, i), named);
    if (found && !id && in_stock) {
        found = look_up(call, "/v1/stock", "sku", named);
        if (found && json_object_array_length(found))
            id = field_text(json_object_array_get_idx(found, 0), "variant_id");
    }
    if (found && !id)
        client_fail(&call->client, EXIT_REFUSED, named,
                    call_text(call, in_stock ? "no_stocked_sku" : "no_such_sku"));
    return id;
}

const char *call_variant(struct call *call, const char *named)
{
    return variant_named(call, named, false);
}

const char *call_stocked(struct call *call, const char *named)
{
    return variant_named(call, named, true);
}

/* What is sent ----------------------------------------------------------------------------- */

const char *call_amount(struct call *call, const char *given)
{
    size_t whole = strspn(given, "0123456789");
    const char *rest = given + whole + (given[whole] == '.' || given[whole] == ',');
    size_t cents = strspn(rest, "0123456789");
    if (!whole || whole > 12 || cents > 2 || rest[cents] || (given[whole] && !cents))
        return call_wrong(call, given, "not_an_amount");
    return arena_printf(call->client.arena, "%.*s%.*s%.*s", (int)whole, given, (int)cents, rest,
                        (int)(2 - cents), "00");
}

void call_member(struct buf *object, const char *name, const char *value)
{
    if (!value)
        return;
    buf_printf(object, "%s\"%s\":", object->len > 1 ? "," : "", name);
    buf_json(object, value);
}

const char *call_key(struct call *call)
{
    return call->given[OPTION_KEY] ? call->given[OPTION_KEY] : uuid7(call->client.arena);
}
