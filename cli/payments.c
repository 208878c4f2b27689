/* vendasctl payments: list, refund, tasks, done. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "fields.h"
#include "sales/task_letter.h"
#include "uuid.h"
#include "when.h"

/* What is left of a payment after all, or nothing as long as that is not known. */
static const char *money(struct call *call, struct json_object *payment, const char *name)
{
    return field_present(payment, name) && field_value(payment, name)
               ? order_money(call, payment, payment, name)
               : "";
}

static void payment_row(struct call *call, struct table *table, struct json_object *payment)
{
    table_row(table,
              (const char *[]){field_text(payment, "id"), field_text(payment, "gateway"),
                               field_text(payment, "method"), field_text(payment, "status"),
                               money(call, payment, "amount"), money(call, payment, "received"),
                               money(call, payment, "fee"), money(call, payment, "refunded"),
                               money(call, payment, "net")});
}

static void list_payments(struct call *call)
{
    static const struct column COLUMNS[] = {{"column_id", false},     {"column_gateway", false},
                                            {"column_method", false}, {"column_status", false},
                                            {"column_amount", true},  {"column_received", true},
                                            {"column_fee", true},     {"column_refunded", true},
                                            {"column_net", true},     {0}};
    const char *text, *id = call_order(call);
    struct table *table = call_table(call, COLUMNS);
    struct json_object *list =
        id ? client_ask(&call->client, "GET",
                        arena_printf(call->client.arena, "/v1/orders/%s/payments", id), NULL,
                        NULL, &text)
           : NULL;
    struct json_object *data = field_value(list, "data");
    if (!data)
        return;
    if (call->given[OPTION_JSON]) {
        puts(text);
        return;
    }
    for (size_t i = 0; i < json_object_array_length(data); i++)
        payment_row(call, table, json_object_array_get_idx(data, i));
    table_print(table);
}

/* Shows what the API answered with: in full for programs, a word of it for people. */
static void print_status(struct call *call, struct json_object *answer, const char *text,
                         const char *member)
{
    if (answer && call->given[OPTION_JSON])
        puts(text);
    else if (answer)
        puts(field_text(answer, member));
}

/* The first argument, which is an id; NULL, and told, where it is none. */
static const char *given_id(struct call *call)
{
    const char *id = call->arguments[0];
    return uuid_valid(id) ? id : call_wrong(call, id, "not_an_id");
}

static void refund_payment(struct call *call)
{
    const char *id = given_id(call), *text, *given = call->given[OPTION_AMOUNT];
    struct buf body = buf_new(call->client.arena);
    const char *amount = given ? call_amount(call, given) : NULL;
    if (!id || (given && !amount))
        return;
    buf_raw(&body, "{");
    if (amount)
        buf_printf(&body, "\"amount\":%s", amount);
    call_member(&body, "reason", call->given[OPTION_REASON]);
    buf_raw(&body, "}");
    const char *path = arena_printf(call->client.arena, "/v1/payments/%s/refunds", id);
    struct json_object *refund =
        client_ask(&call->client, "POST", path, body.data, call_key(call), &text);
    print_status(call, refund, text, "status");
}

static void task_row(struct call *call, struct table *table, struct json_object *task)
{
    const char *what = task_letter_code(field_text(task, "kind"));
    table_row(table,
              (const char *[]){field_text(task, "id"),
                               when_show(call->client.arena, field_text(task, "opened_at")),
                               field_value(task, "order_number")
                                   ? call_figure(call, task, "order_number")
                                   : "",
                               call_text(call, what)});
}

static void list_tasks(struct call *call)
{
    static const struct column COLUMNS[] = {{"column_id", false},
                                            {"column_changed", false},
                                            {"column_order", true},
                                            {"column_task", false},
                                            {0}};
    call_list(call, "/v1/payment-tasks", call->given[OPTION_CLOSED] ? "" : "&status=open",
              call_table(call, COLUMNS), task_row);
}

static void close_task(struct call *call)
{
    const char *id = given_id(call), *text;
    struct buf body = buf_new(call->client.arena);
    if (!id)
        return;
    buf_raw(&body, "{");
    call_member(&body, "note", call->given[OPTION_REASON]);
    buf_raw(&body, "}");
    const char *path = arena_printf(call->client.arena, "/v1/payment-tasks/%s/close", id);
    struct json_object *task = client_ask(&call->client, "POST", path, body.data, NULL, &text);
    print_status(call, task, text, "closed_at");
}

const struct command PAYMENT_COMMANDS[] = {
    {"payments", "list", 1, "ORDER", "help_payments_list", list_payments},
    {"payments", "refund", 1, "PAYMENT [--amount AMOUNT] [--reason TEXT] [--key KEY]",
     "help_payments_refund", refund_payment},
    {"payments", "tasks", 0, "[--closed] [--limit N | --all]", "help_payments_tasks",
     list_tasks},
    {"payments", "done", 1, "TASK [--reason TEXT]", "help_payments_done", close_task},
    {0},
};
