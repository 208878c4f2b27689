/*
 * command: what one call of vendasctl is to do, and what commands share.
 */
#ifndef VENDAS_CLI_COMMAND_H
#define VENDAS_CLI_COMMAND_H

#include <stdbool.h>

#include "buf.h"
#include "client.h"
#include "options.h"
#include "table.h"

/* Options, and what stands behind the command's two words. */
struct call {
    struct client client;
    const char *given[OPTION_COUNT]; /* see options_read() */
    const char *const *arguments;
};

struct command {
    const char *group, *name;
    int arguments;     /* so many, exactly */
    const char *usage; /* them, and the options that it takes */
    const char *about; /* a code of lib/messages */
    void (*run)(struct call *call);
};

/* Each ends with a group that is NULL. */
extern const struct command ORDER_COMMANDS[], PAYMENT_COMMANDS[], STOCK_COMMANDS[],
    REPORT_COMMANDS[], GATEWAY_COMMANDS[];

/* A text in the caller's language, by its code in lib/messages. */
const char *call_text(const struct call *call, const char *code);

/* Tells what is wrong with something that was given, by a code of lib/messages, so that the
 * command ends as wrongly used. NULL. */
const char *call_wrong(struct call *call, const char *given, const char *code);

/* A column of a table: a code of lib/messages, and whether figures stand in it. */
struct column {
    const char *code;
    bool figures;
};

/* A table with these columns, of which the last has no code. */
struct table *call_table(struct call *call, const struct column *columns);

/* A member that is a number, as text. */
const char *call_figure(struct call *call, struct json_object *of, const char *name);

/* Shows a list as a table, page by page, at most so many rows as --limit says, or with --all
 * all: row() adds one of its rows. With --json one document of all of them is written instead.
 * filters ("&name=value...", or "") stand behind the limit. */
void call_list(struct call *call, const char *path, const char *filters, struct table *table,
               void (*row)(struct call *call, struct table *table, struct json_object *of));

/* The id of the order that the first argument names, by its id or its number (1042, #1042);
 * NULL, and told, where there is none. */
const char *call_order(struct call *call);

/* The id of the user who is named by his id or, with users:read, by his e-mail; NULL, and told,
 * where there is none. */
const char *call_user(struct call *call, const char *named);

/* The id of the variant that is named by its id or, where its product is for sale, by its SKU;
 * NULL, and told, where there is none. */
const char *call_variant(struct call *call, const char *named);

/* The same of a variant with stock of its own, whether it is for sale or not: by SKU the shop's
 * stock is asked, where the catalogue has it not. */
const char *call_stocked(struct call *call, const char *named);

/* Minor units of an amount such as 150, 150.9 or 150,90; NULL, and told, where it is none. */
const char *call_amount(struct call *call, const char *given);

/* Adds a member to an object of JSON that is begun ("{"); none where value is NULL. */
void call_member(struct buf *object, const char *name, const char *value);

/* The Idempotency-Key: --key, or one that is made. */
const char *call_key(struct call *call);

/* What order.c has for orders.c: writes an order in full, with its coupons (a list, or NULL).
 */
void order_print(struct call *call, struct json_object *order, struct json_object *coupons);

/* The line of an order whose variant this is; NULL where there is none. */
struct json_object *order_line(struct json_object *order, const char *member,
                               const char *value);

/* What a member in minor units is as people read it, in the order's currency. */
const char *order_money(struct call *call, struct json_object *order, struct json_object *of,
                        const char *name);

#endif
