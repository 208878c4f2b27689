/* vendasctl orders: list, show, ship, deliver, cancel. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "fields.h"
#include "uuid.h"
#include "when.h"

/* The list --------------------------------------------------------------------------------- */

static const char *read_time(struct call *call, const char *given)
{
    const char *time = when_read(call->client.arena, given);
    return time ? time : call_wrong(call, given, "not_a_time");
}

/* Which parameter of the API an option is; where it is an id, by_id. read() makes the value of
 * what was given, or NULL, and has told. */
static const struct {
    enum option_name option;
    const char *parameter, *by_id;
    const char *(*read)(struct call *call, const char *given);
} FILTERS[] = {
    {OPTION_FROM, "created_from", NULL, read_time},
    {OPTION_TO, "created_to", NULL, read_time},
    {OPTION_CUSTOMER, "customer", "customer_id", NULL},
    {OPTION_PRODUCT, "variant_id", "product_id", call_variant},
    {OPTION_MIN_TOTAL, "min_total", NULL, call_amount},
    {OPTION_MAX_TOTAL, "max_total", NULL, call_amount},
    {OPTION_GATEWAY, "gateway", NULL, NULL},
    {OPTION_READY, "ready", NULL, NULL},
    {OPTION_TEXT, "q", NULL, NULL},
};

static void parameter(struct buf *to, const char *name, const char *value)
{
    buf_printf(to, "&%s=", name);
    buf_url(to, value);
}

/* False after telling what can't be a filter. */
static bool put_filters(struct call *call, struct buf *to)
{
    const char *status = call->given[OPTION_STATUS];
    char *at = status ? arena_strdup(call->client.arena, status) : NULL;
    for (char *one; (one = strsep(&at, ","));)
        parameter(to, "status", one);
    for (size_t i = 0; i < sizeof FILTERS / sizeof *FILTERS; i++) {
        const char *value = call->given[FILTERS[i].option];
        if (!value)
            continue;
        bool is_id = FILTERS[i].by_id && uuid_valid(value);
        if (FILTERS[i].read && !is_id && !(value = FILTERS[i].read(call, value)))
            return false;
        parameter(to, is_id ? FILTERS[i].by_id : FILTERS[i].parameter, value);
    }
    return true;
}

static void list_row(struct call *call, struct table *table, struct json_object *order)
{
    struct json_object *totals = field_value(order, "totals");
    table_row(table, (const char *[]){
                         call_figure(call, order, "number"), field_text(order, "status"),
                         when_show(call->client.arena, field_text(order, "created_at")),
                         field_text(field_value(order, "customer"), "name"),
                         order_money(call, order, totals, "total"), field_text(order, "id")});
}

static void list_orders(struct call *call)
{
    static const struct column COLUMNS[] = {{"column_number", true},
                                            {"column_status", false},
                                            {"column_placed", false},
                                            {"column_customer", false},
                                            {"column_amount", true},
                                            {"column_id", false},
                                            {0}};
    struct buf filters = buf_new(call->client.arena);
    if (put_filters(call, &filters))
        call_list(call, "/v1/orders", buf_text(&filters), call_table(call, COLUMNS), list_row);
}

/* One order -------------------------------------------------------------------------------- */

static struct json_object *ask(struct call *call, const char *method, const char *order,
                               const char *act, const char *body, const char *key,
                               const char **text)
{
    const char *path = arena_printf(call->client.arena, "/v1/orders/%s%s", order, act);
    return client_ask(&call->client, method, path, body, key, text);
}

static void show_order(struct call *call)
{
    const char *text, *rules_text, *id = call_order(call);
    struct json_object *order = id ? ask(call, "GET", id, "", NULL, NULL, &text) : NULL;
    if (!order)
        return;
    if (call->given[OPTION_JSON]) {
        puts(text);
        return;
    }
    struct json_object *rules = ask(call, "GET", id, "/rules", NULL, NULL, &rules_text);
    if (rules)
        order_print(call, order, field_value(rules, "coupons"));
}

/* Has something done with an order, which the API answers with, and shows it. */
static void change_order(struct call *call, const char *id, const char *act, struct buf *body)
{
    const char *text;
    if (body->len > 1)
        buf_raw(body, "}");
    struct json_object *order =
        ask(call, "POST", id, act, body->len > 1 ? body->data : NULL, NULL, &text);
    if (order && call->given[OPTION_JSON])
        puts(text);
    else if (order)
        order_print(call, order, NULL);
}

/* A body that is begun, with the reason. */
static struct buf begin_body(struct call *call)
{
    struct buf body = buf_new(call->client.arena);
    buf_raw(&body, "{");
    call_member(&body, "reason", call->given[OPTION_REASON]);
    return body;
}

/* Adds what SKU=PIECES,SKU=PIECES says; false, and told, where it is not so, or not of the
 * order. */
static bool put_items(struct call *call, struct buf *body, struct json_object *order)
{
    char *at = arena_strdup(call->client.arena, call->given[OPTION_ITEMS]);
    buf_printf(body, "%s\"items\":[", body->len > 1 ? "," : "");
    for (char *one; (one = strsep(&at, ","));) {
        char *pieces = strchr(one, '=');
        if (!pieces || !pieces[1] || strspn(pieces + 1, "0123456789") != strlen(pieces + 1) ||
            strlen(pieces + 1) > 6)
            return call_wrong(call, one, "not_an_item");
        *pieces++ = '\0';
        struct json_object *line = order_line(order, "sku", one);
        if (!line)
            return client_fail(&call->client, EXIT_REFUSED, one,
                               call_text(call, "not_in_order"));
        buf_printf(body, "%s{\"variant_id\":\"%s\",\"quantity\":%ld}",
                   body->data[body->len - 1] == '[' ? "" : ",", field_text(line, "variant_id"),
                   strtol(pieces, NULL, 10));
    }
    buf_raw(body, "]}");
    return true;
}

/* A parcel with a part of the order. A key makes it safe to send again what may have arrived.
 */
static void ship_part(struct call *call, const char *id, struct buf *body)
{
    const char *text;
    struct json_object *order = ask(call, "GET", id, "", NULL, NULL, &text);
    if (order && put_items(call, body, order) &&
        ask(call, "POST", id, "/shipments", body->data, call_key(call), &text))
        show_order(call);
}

static void ship_order(struct call *call)
{
    struct buf body = begin_body(call);
    const char *id = call_order(call);
    call_member(&body, "carrier", call->given[OPTION_CARRIER]);
    call_member(&body, "tracking_code", call->given[OPTION_TRACKING]);
    if (id && call->given[OPTION_ITEMS])
        ship_part(call, id, &body);
    else if (id)
        change_order(call, id, "/ship", &body);
}

/* The path of the parcel that has the tracking code; NULL, and told, where none has. */
static const char *find_parcel(struct call *call, const char *order, const char *tracking)
{
    const char *text;
    struct json_object *document = ask(call, "GET", order, "", NULL, NULL, &text);
    struct json_object *parcels = field_value(document, "shipments");
    for (size_t i = 0; parcels && i < json_object_array_length(parcels); i++) {
        struct json_object *parcel = json_object_array_get_idx(parcels, i);
        const char *code = field_text(parcel, "tracking_code");
        if (code && !strcmp(code, tracking))
            return arena_printf(call->client.arena, "/shipments/%s/deliver",
                                field_text(parcel, "id"));
    }
    if (document)
        client_fail(&call->client, EXIT_REFUSED, tracking, call_text(call, "no_such_parcel"));
    return NULL;
}

static void deliver_order(struct call *call)
{
    struct buf body = begin_body(call);
    const char *id = call_order(call), *tracking = call->given[OPTION_TRACKING];
    const char *act = id && tracking ? find_parcel(call, id, tracking) : "/deliver";
    if (id && act)
        change_order(call, id, act, &body);
}

static void cancel_order(struct call *call)
{
    struct buf body = begin_body(call);
    const char *id = call_order(call);
    if (id)
        change_order(call, id, "/cancel", &body);
}

const struct command ORDER_COMMANDS[] = {
    {"orders", "list", 0,
     "[--status STATUS,...] [--from TIME] [--to TIME] [--customer WHO] [--product WHAT]"
     " [--min-total AMOUNT] [--max-total AMOUNT] [--gateway GATEWAY] [--ready]"
     " [--text TEXT] [--limit N | --all]",
     "help_orders_list", list_orders},
    {"orders", "show", 1, "ORDER", "help_orders_show", show_order},
    {"orders", "ship", 1,
     "ORDER [--carrier NAME] [--tracking CODE] [--items SKU=PIECES,... [--key KEY]]"
     " [--reason TEXT]",
     "help_orders_ship", ship_order},
    {"orders", "deliver", 1, "ORDER [--tracking CODE] [--reason TEXT]", "help_orders_deliver",
     deliver_order},
    {"orders", "cancel", 1, "ORDER [--reason TEXT]", "help_orders_cancel", cancel_order},
    {0},
};
