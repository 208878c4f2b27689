/* vendasctl stock: show, receive, low. */
#include <stdio.h>
#include <stdlib.h>

#include "buf.h"
#include "command.h"
#include "fields.h"
#include "table.h"
#include "uuid.h"

static const char *figure(struct call *call, struct json_object *level, const char *name)
{
    return arena_printf(call->client.arena, "%lld", field_integer(level, name));
}

static struct table *level_table(struct call *call)
{
    struct arena *a = call->client.arena;
    return table_new(
        a, (const char *[]){call_text(call, "column_variant"),
                            arena_printf(a, ">%s", call_text(call, "column_on_hand")),
                            arena_printf(a, ">%s", call_text(call, "column_reserved")),
                            arena_printf(a, ">%s", call_text(call, "column_available")), NULL});
}

static void level_row(struct call *call, struct table *table, struct json_object *level)
{
    table_row(table, (const char *[]){
                         field_text(level, "variant_id"), figure(call, level, "on_hand"),
                         figure(call, level, "reserved"), figure(call, level, "available")});
}

static void level_rows(struct call *call, void *table, struct json_object *levels)
{
    for (size_t i = 0; i < json_object_array_length(levels); i++)
        level_row(call, table, json_object_array_get_idx(levels, i));
}

static void print_level(struct call *call, struct json_object *level, const char *text)
{
    if (!level)
        return;
    if (call->json) {
        puts(text);
        return;
    }
    struct table *table = level_table(call);
    level_row(call, table, level);
    table_print(table);
}

static void show_stock(struct call *call)
{
    const char *id = call_id(call, 0), *text = "";
    if (!id)
        return;
    struct json_object *level =
        client_ask(&call->client, "GET", arena_printf(call->client.arena, "/v1/stock/%s", id),
                   NULL, NULL, &text);
    print_level(call, level, text);
}

/* The key makes it safe to send again what may have arrived: one is made where none is given.
 */
static void receive_stock(struct call *call)
{
    struct arena *a = call->client.arena;
    const char *id = call_id(call, 0), *quantity = call->arguments[1], *text = "";
    char *end;
    long pieces = strtol(quantity, &end, 10);
    if (id && (end == quantity || *end || pieces < 1)) {
        fprintf(stderr, "vendasctl: %s: not a number of pieces\n", quantity);
        call->client.status = EXIT_USAGE;
        id = NULL;
    }
    if (!id)
        return;
    struct buf body = buf_new(a);
    buf_printf(&body,
               "{\"variant_id\":\"%s\",\"kind\":\"receive\",\"quantity\":%ld,\"reason\":", id,
               pieces);
    buf_json(&body, call->reason);
    buf_raw(&body, "}");
    struct json_object *level = client_ask(&call->client, "POST", "/v1/stock/movements",
                                           body.data, call->key ? call->key : uuid7(a), &text);
    print_level(call, level, text);
}

static void low_stock(struct call *call)
{
    struct table *table = level_table(call);
    call_list(call,
              arena_printf(call->client.arena, "/v1/stock?limit=%d&max_available=%d",
                           call->limit, call->max),
              level_rows, table);
    if (!call->json && call->client.status == EXIT_DONE)
        table_print(table);
}

const struct command STOCK_COMMANDS[] = {
    {"stock", "show", 1, "VARIANT", "the level of a variant", show_stock},
    {"stock", "receive", 2, "VARIANT QUANTITY [--reason TEXT] [--key KEY]",
     "pieces have arrived", receive_stock},
    {"stock", "low", 0, "[--max PIECES] [--limit N | --all]",
     "variants of which there is little left", low_stock},
    {0},
};
