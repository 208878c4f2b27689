/* An order as people read it. */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "fields.h"
#include "money.h"
#include "when.h"

const char *order_money(struct call *call, struct json_object *order, struct json_object *of,
                        const char *name)
{
    return money_format(call->client.arena, field_integer(of, name),
                        field_text(order, "currency"), call->client.lang);
}

struct json_object *order_line(struct json_object *order, const char *member, const char *value)
{
    struct json_object *lines = field_value(order, "items");
    for (size_t i = 0; lines && i < json_object_array_length(lines); i++) {
        struct json_object *line = json_object_array_get_idx(lines, i);
        if (!strcmp(field_text(line, member), value))
            return line;
    }
    return NULL;
}

/* An order on its way to standard output. */
struct printing {
    struct call *call;
    struct arena *arena;
    struct json_object *order;
};

/* The texts that there are, with commas between them; NULL where there is none. */
static const char *join(struct arena *a, const char *const *texts, size_t count)
{
    struct buf b = buf_new(a);
    for (size_t i = 0; i < count; i++)
        if (texts[i] && *texts[i])
            buf_printf(&b, "%s%s", b.len ? ", " : "", texts[i]);
    return b.data;
}

static const char *place(struct printing *p)
{
    struct json_object *address = field_value(p->order, "shipping_address");
    const char *const parts[] = {
        field_text(address, "recipient"),   field_text(address, "street"),
        field_text(address, "number"),      field_text(address, "complement"),
        field_text(address, "district"),    field_text(address, "city"),
        field_text(address, "postal_code"), field_text(address, "state"),
    };
    return join(p->arena, parts, sizeof parts / sizeof *parts);
}

static const char *buyer(struct printing *p)
{
    struct json_object *customer = field_value(p->order, "customer");
    const char *const parts[] = {field_text(customer, "name"), field_text(customer, "email"),
                                 field_text(customer, "phone"),
                                 field_text(customer, "document")};
    return join(p->arena, parts, sizeof parts / sizeof *parts);
}

/* "BEMVINDO10 (R$ 10,00)", one beside the other. */
static const char *coupons_used(struct printing *p, struct json_object *coupons)
{
    struct buf b = buf_new(p->arena);
    for (size_t i = 0; coupons && i < json_object_array_length(coupons); i++) {
        struct json_object *coupon = json_object_array_get_idx(coupons, i);
        buf_printf(&b, "%s%s (%s)", i ? ", " : "", field_text(coupon, "code"),
                   order_money(p->call, p->order, coupon, "discount"));
    }
    return b.data;
}

/* An amount of the totals; NULL where it is nothing and need not be told. */
static const char *amount(struct printing *p, const char *name, bool always)
{
    struct json_object *totals = field_value(p->order, "totals");
    return always || field_integer(totals, name) ? order_money(p->call, p->order, totals, name)
                                                 : NULL;
}

static void print_head(struct printing *p, struct json_object *coupons)
{
    struct call *call = p->call;
    struct json_object *freight = field_value(p->order, "freight");
    const struct {
        const char *code, *value;
    } pairs[] = {
        {"column_id", field_text(p->order, "id")},
        {"column_status", field_text(p->order, "status")},
        {"column_placed", when_show(p->arena, field_text(p->order, "created_at"))},
        {"column_held_until", when_show(p->arena, field_text(p->order, "expires_at"))},
        {"column_customer", buyer(p)},
        {"column_address", place(p)},
        {"column_service", field_text(freight, "service")},
        {"column_coupons", coupons_used(p, coupons)},
        {"column_items", amount(p, "items", true)},
        {"column_discount", amount(p, "discount", false)},
        {"column_freight", amount(p, "freight", true)},
        {"column_tax", amount(p, "tax", false)},
        {"column_amount", amount(p, "total", true)},
    };
    struct table *table =
        table_new(p->arena, (const char *[]){call_text(call, "column_number"),
                                             call_figure(call, p->order, "number"), NULL});
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (pairs[i].value)
            table_row(table, (const char *[]){call_text(call, pairs[i].code), pairs[i].value});
    table_print(table);
}

/* "2 x CAFE-1KG, 1 x COADOR". */
static const char *goods(struct printing *p, struct json_object *of)
{
    struct json_object *moved = field_value(of, "items");
    struct buf b = buf_new(p->arena);
    for (size_t i = 0; moved && i < json_object_array_length(moved); i++) {
        struct json_object *item = json_object_array_get_idx(moved, i);
        const char *variant = field_text(item, "variant_id");
        struct json_object *line = order_line(p->order, "variant_id", variant);
        buf_printf(&b, "%s%lld x %s", i ? ", " : "", field_integer(item, "quantity"),
                   line ? field_text(line, "sku") : variant);
    }
    return b.data;
}

/* What has not come yet of a line that was sold before it was there, and when it is expected:
 * "2 (2026-12-05)"; "" where nothing is to come. */
static const char *to_come(struct printing *p, struct json_object *line)
{
    struct json_object *ahead = field_value(line, "ahead");
    long long pieces = field_integer(ahead, "yet_to_come");
    return pieces
               ? arena_printf(p->arena, "%lld (%s)", pieces, field_text(ahead, "expected_on"))
               : "";
}

static void line_row(struct printing *p, struct table *table, struct json_object *line)
{
    table_row(table, (const char *[]){call_figure(p->call, line, "quantity"),
                                      field_text(line, "sku"), field_text(line, "name"),
                                      order_money(p->call, p->order, line, "unit_price"),
                                      order_money(p->call, p->order, line, "discount"),
                                      order_money(p->call, p->order, line, "total"),
                                      to_come(p, line)});
}

static void parcel_row(struct printing *p, struct table *table, struct json_object *parcel)
{
    table_row(table, (const char *[]){when_show(p->arena, field_text(parcel, "shipped_at")),
                                      field_text(parcel, "carrier"),
                                      field_text(parcel, "tracking_code"),
                                      when_show(p->arena, field_text(parcel, "delivered_at")),
                                      goods(p, parcel)});
}

static void return_row(struct printing *p, struct table *table, struct json_object *back)
{
    bool restocked = field_boolean(back, "restocked");
    table_row(table, (const char *[]){when_show(p->arena, field_text(back, "returned_at")),
                                      call_text(p->call, restocked ? "yes" : "no"),
                                      goods(p, back), field_text(back, "reason")});
}

/* A status as the API has it, as it is what --status takes; another event in words. */
static void change_row(struct printing *p, struct table *table, struct json_object *change)
{
    const char *event = field_text(change, "event");
    table_row(table,
              (const char *[]){when_show(p->arena, field_text(change, "at")),
                               strcmp(event, "status") ? call_text(p->call, event)
                                                       : field_text(change, "to"),
                               field_text(change, "reason"), field_text(change, "actor")});
}

/* A list of the order as a table; nothing where the list is empty. */
static void print_list(struct printing *p, const char *name, const struct column *columns,
                       void (*row)(struct printing *p, struct table *table,
                                   struct json_object *of))
{
    struct json_object *list = field_value(p->order, name);
    if (!list || !json_object_array_length(list))
        return;
    struct table *table = call_table(p->call, columns);
    for (size_t i = 0; i < json_object_array_length(list); i++)
        row(p, table, json_object_array_get_idx(list, i));
    putchar('\n');
    table_print(table);
}

void order_print(struct call *call, struct json_object *order, struct json_object *coupons)
{
    static const struct column LINES[] = {{"column_units", true},    {"column_sku", false},
                                          {"column_product", false}, {"column_price", true},
                                          {"column_discount", true}, {"column_amount", true},
                                          {"column_to_come", false}, {0}};
    static const struct column PARCELS[] = {
        {"column_shipped", false},   {"column_carrier", false}, {"column_tracking", false},
        {"column_delivered", false}, {"column_goods", false},   {0}};
    static const struct column RETURNS[] = {{"column_returned", false},
                                            {"column_restocked", false},
                                            {"column_goods", false},
                                            {"column_reason", false},
                                            {0}};
    static const struct column CHANGES[] = {{"column_changed", false},
                                            {"column_change", false},
                                            {"column_reason", false},
                                            {"column_actor", false},
                                            {0}};
    struct printing p = {call, call->client.arena, order};
    print_head(&p, coupons);
    print_list(&p, "items", LINES, line_row);
    print_list(&p, "shipments", PARCELS, parcel_row);
    print_list(&p, "returns", RETURNS, return_row);
    print_list(&p, "history", CHANGES, change_row);
}
