/* vendasctl stock: show, history, low, locations, receive, count, transfer. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "fields.h"
#include "when.h"

/* Levels ----------------------------------------------------------------------------------- */

static void level_row(struct call *call, struct table *table, struct json_object *level)
{
    const char *sku = field_text(level, "sku");
    table_row(table,
              (const char *[]){sku ? sku : field_text(level, "variant_id"),
                               field_text(level, "name"), call_figure(call, level, "on_hand"),
                               call_figure(call, level, "reserved"),
                               call_figure(call, level, "available")});
}

static struct table *level_table(struct call *call)
{
    static const struct column COLUMNS[] = {
        {"column_sku", false},     {"column_name", false},     {"column_on_hand", true},
        {"column_reserved", true}, {"column_available", true}, {0}};
    return call_table(call, COLUMNS);
}

static void print_places(struct call *call, struct json_object *places)
{
    static const struct column COLUMNS[] = {{"column_location", false},
                                            {"column_on_hand", true},
                                            {"column_reserved", true},
                                            {"column_available", true},
                                            {0}};
    struct table *table = call_table(call, COLUMNS);
    for (size_t i = 0; i < json_object_array_length(places); i++) {
        struct json_object *at = json_object_array_get_idx(places, i);
        table_row(table,
                  (const char *[]){field_text(at, "location"), call_figure(call, at, "on_hand"),
                                   call_figure(call, at, "reserved"),
                                   call_figure(call, at, "available")});
    }
    putchar('\n');
    table_print(table);
}

/* A level, and where it lies where the document says that. */
static void print_level(struct call *call, struct json_object *level, const char *text)
{
    struct json_object *places = field_value(level, "locations");
    if (call->given[OPTION_JSON]) {
        puts(text);
        return;
    }
    struct table *table = level_table(call);
    level_row(call, table, level);
    table_print(table);
    if (places && json_object_array_length(places))
        print_places(call, places);
}

static void show_stock(struct call *call)
{
    const char *id = call_stocked(call, call->arguments[0]), *text;
    if (!id)
        return;
    const char *path = arena_printf(call->client.arena, "/v1/stock/%s", id);
    struct json_object *level = client_ask(&call->client, "GET", path, NULL, NULL, &text);
    if (level)
        print_level(call, level, text);
}

static void low_stock(struct call *call)
{
    const char *max = call->given[OPTION_MAX];
    call_list(call, "/v1/stock",
              max ? arena_printf(call->client.arena, "&max_available=%s", max) : "&low=true",
              level_table(call), level_row);
}

static void location_row(struct call *call, struct table *table, struct json_object *location)
{
    table_row(table,
              (const char *[]){call_figure(call, location, "position"),
                               field_text(location, "code"), field_text(location, "name")});
}

static void list_locations(struct call *call)
{
    static const struct column COLUMNS[] = {
        {"column_position", true}, {"column_location", false}, {"column_name", false}, {0}};
    call_list(call, "/v1/stock/locations", "", call_table(call, COLUMNS), location_row);
}

/* The ledger ------------------------------------------------------------------------------- */

static void movement_row(struct call *call, struct table *table, struct json_object *movement)
{
    table_row(table, (const char *[]){
                         when_show(call->client.arena, field_text(movement, "created_at")),
                         field_text(movement, "kind"), field_text(movement, "location"),
                         call_figure(call, movement, "on_hand"),
                         call_figure(call, movement, "reserved"),
                         field_text(movement, "reason"), field_text(movement, "order_id")});
}

static void stock_history(struct call *call)
{
    static const struct column COLUMNS[] = {
        {"column_changed", false},  {"column_change", false},
        {"column_location", false}, {"column_on_hand", true},
        {"column_reserved", true},  {"column_reason", false},
        {"column_order", false},    {0}};
    const char *id = call_stocked(call, call->arguments[0]);
    if (id)
        call_list(call, arena_printf(call->client.arena, "/v1/stock/%s/movements", id), "",
                  call_table(call, COLUMNS), movement_row);
}

/* A body that is begun, with the variant, the pieces, of which there must be min, and the
 * reason; false, and told, where these can't be. */
static bool begin_body(struct call *call, struct buf *body, int min)
{
    const char *pieces = call->arguments[1];
    char *end;
    long quantity = strtol(pieces, &end, 10);
    if (end == pieces || *end || quantity < min)
        return call_wrong(call, pieces, "not_pieces");
    const char *variant = call_stocked(call, call->arguments[0]);
    *body = buf_new(call->client.arena);
    buf_printf(body, "{\"quantity\":%ld", quantity);
    call_member(body, "variant_id", variant);
    call_member(body, "reason", call->given[OPTION_REASON]);
    return variant;
}

static void send(struct call *call, const char *path, struct buf *body)
{
    const char *text;
    buf_raw(body, "}");
    struct json_object *level =
        client_ask(&call->client, "POST", path, body->data, call_key(call), &text);
    if (level)
        print_level(call, level, text);
}

static void move_stock(struct call *call, const char *kind, int min)
{
    struct buf body;
    if (!begin_body(call, &body, min))
        return;
    call_member(&body, "kind", kind);
    call_member(&body, "location", call->given[OPTION_LOCATION]);
    send(call, "/v1/stock/movements", &body);
}

static void receive_stock(struct call *call)
{
    move_stock(call, "receive", 1);
}

static void count_stock(struct call *call)
{
    move_stock(call, "count", 0);
}

static void transfer_stock(struct call *call)
{
    struct buf body;
    if (!begin_body(call, &body, 1))
        return;
    call_member(&body, "from", call->given[OPTION_FROM]);
    call_member(&body, "to", call->given[OPTION_TO]);
    send(call, "/v1/stock/transfers", &body);
}

const struct command STOCK_COMMANDS[] = {
    {"stock", "show", 1, "VARIANT", "help_stock_show", show_stock},
    {"stock", "history", 1, "VARIANT [--limit N | --all]", "help_stock_history", stock_history},
    {"stock", "low", 0, "[--max PIECES] [--limit N | --all]", "help_stock_low", low_stock},
    {"stock", "locations", 0, "", "help_stock_locations", list_locations},
    {"stock", "receive", 2, "VARIANT PIECES [--location LOCATION] [--reason TEXT] [--key KEY]",
     "help_stock_receive", receive_stock},
    {"stock", "count", 2, "VARIANT PIECES [--location LOCATION] [--reason TEXT] [--key KEY]",
     "help_stock_count", count_stock},
    {"stock", "transfer", 2,
     "VARIANT PIECES --from LOCATION --to LOCATION [--reason TEXT] [--key KEY]",
     "help_stock_transfer", transfer_stock},
    {0},
};
