/* vendasctl orders: list, show, ship, cancel. */
#include <stdio.h>
#include <string.h>

#include "buf.h"
#include "command.h"
#include "fields.h"
#include "messages.h"
#include "money.h"
#include "table.h"

static const char *number_of(struct call *call, struct json_object *of, const char *name)
{
    return arena_printf(call->client.arena, "%lld", field_integer(of, name));
}

static const char *money(struct call *call, struct json_object *order, struct json_object *of,
                         const char *name)
{
    return money_format(call->client.arena, field_integer(of, name),
                        field_text(order, "currency"), call->client.lang);
}

/* "2026-01-31 12:00" of an RFC 3339 time, in UTC as the API has it. */
static const char *minute(struct call *call, const char *time)
{
    return time && strlen(time) > 16
               ? arena_printf(call->client.arena, "%.10s %.5s", time, time + 11)
               : time;
}

static void list_rows(struct call *call, void *table, struct json_object *orders)
{
    for (size_t i = 0; i < json_object_array_length(orders); i++) {
        struct json_object *order = json_object_array_get_idx(orders, i);
        table_row(table, (const char *[]){
                             number_of(call, order, "number"), field_text(order, "status"),
                             minute(call, field_text(order, "created_at")),
                             field_text(field_value(order, "customer"), "name"),
                             money(call, order, field_value(order, "totals"), "total"),
                             field_text(order, "id")});
    }
}

static void list_orders(struct call *call)
{
    struct arena *a = call->client.arena;
    struct table *table = table_new(
        a,
        (const char *[]){arena_printf(a, ">%s", call_text(call, "column_number")),
                         call_text(call, "column_status"), call_text(call, "column_placed"),
                         call_text(call, "column_customer"),
                         arena_printf(a, ">%s", call_text(call, "column_amount")), "ID", NULL});
    struct buf path = buf_new(a);
    buf_printf(&path, "/v1/orders?limit=%d", call->limit);
    if (call->status) {
        buf_raw(&path, "&status=");
        buf_url(&path, call->status);
    }
    call_list(call, path.data, list_rows, table);
    if (!call->json && call->client.status == EXIT_DONE)
        table_print(table);
}

static void print_items(struct call *call, struct json_object *order)
{
    struct arena *a = call->client.arena;
    struct json_object *items = field_value(order, "items");
    struct table *table = table_new(
        a, (const char *[]){arena_printf(a, ">%s", call_text(call, "column_units")), "SKU",
                            call_text(call, "column_product"),
                            arena_printf(a, ">%s", call_text(call, "column_amount")), NULL});
    for (size_t i = 0; items && i < json_object_array_length(items); i++) {
        struct json_object *item = json_object_array_get_idx(items, i);
        table_row(table, (const char *[]){number_of(call, item, "quantity"),
                                          field_text(item, "sku"), field_text(item, "name"),
                                          money(call, order, item, "total")});
    }
    table_print(table);
}

/* One order in full; what is behind a name stands in a second column. */
static void print_order(struct call *call, struct json_object *order)
{
    struct json_object *totals = field_value(order, "totals");
    struct table *table =
        table_new(call->client.arena, (const char *[]){call_text(call, "column_number"),
                                                       number_of(call, order, "number"), NULL});
    const char *const pairs[][2] = {
        {"ID", field_text(order, "id")},
        {call_text(call, "column_status"), field_text(order, "status")},
        {call_text(call, "column_placed"), minute(call, field_text(order, "created_at"))},
        {call_text(call, "column_customer"),
         field_text(field_value(order, "customer"), "name")},
        {call_text(call, "column_freight"), money(call, order, totals, "freight")},
        {call_text(call, "column_amount"), money(call, order, totals, "total")},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        table_row(table, pairs[i]);
    table_print(table);
    putchar('\n');
    print_items(call, order);
}

static void ask_order(struct call *call, const char *method, const char *act, const char *body)
{
    const char *id = call_id(call, 0), *text;
    struct json_object *order =
        id ? client_ask(&call->client, method,
                        arena_printf(call->client.arena, "/v1/orders/%s%s", id, act), body,
                        NULL, &text)
           : NULL;
    if (order && call->json)
        puts(text);
    else if (order)
        print_order(call, order);
}

static void show_order(struct call *call)
{
    ask_order(call, "GET", "", NULL);
}

static void ship_order(struct call *call)
{
    ask_order(call, "POST", "/ship", call_reason(call));
}

static void cancel_order(struct call *call)
{
    ask_order(call, "POST", "/cancel", call_reason(call));
}

const struct command ORDER_COMMANDS[] = {
    {"orders", "list", 0, "[--status STATUS] [--limit N | --all]", "orders, newest first",
     list_orders},
    {"orders", "show", 1, "ID", "an order with its lines", show_order},
    {"orders", "ship", 1, "ID [--reason TEXT]", "it is on its way", ship_order},
    {"orders", "cancel", 1, "ID [--reason TEXT]", "it is off", cancel_order},
    {0},
};
