/* vendasctl reports: subscribe, unsubscribe, subscriptions. */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "fields.h"
#include "when.h"

static const char PATH[] = "/v1/report-subscriptions";

static void subscribe(struct call *call)
{
    const char *user = call_user(call, call->arguments[1]), *text;
    struct buf body = buf_new(call->client.arena);
    if (!user)
        return;
    buf_raw(&body, "{");
    call_member(&body, "page", call->arguments[0]);
    call_member(&body, "user_id", user);
    call_member(&body, "language", call->given[OPTION_LANGUAGE]);
    buf_raw(&body, "}");
    struct json_object *made = client_ask(&call->client, "POST", PATH, body.data, NULL, &text);
    if (made)
        puts(call->given[OPTION_JSON] ? text : field_text(made, "id"));
}

/* The id of a user's subscription of a page; NULL, and told, where there is none. A user has no
 * more than one of each, which are fewer than a page of the list. */
static const char *find(struct call *call, const char *page, const char *user)
{
    const char *text;
    const char *path = arena_printf(call->client.arena, "%s?limit=100&user_id=%s", PATH, user);
    struct json_object *data =
        field_value(client_ask(&call->client, "GET", path, NULL, NULL, &text), "data");
    if (!data)
        return NULL;
    for (size_t i = 0; i < json_object_array_length(data); i++) {
        struct json_object *of = json_object_array_get_idx(data, i);
        if (!strcmp(field_text(of, "page"), page))
            return field_text(of, "id");
    }
    client_fail(&call->client, EXIT_REFUSED, page, call_text(call, "no_such_subscription"));
    return NULL;
}

static void unsubscribe(struct call *call)
{
    const char *user = call_user(call, call->arguments[1]), *text;
    const char *id = user ? find(call, call->arguments[0], user) : NULL;
    if (id)
        client_ask(&call->client, "DELETE", arena_printf(call->client.arena, "%s/%s", PATH, id),
                   NULL, NULL, &text);
}

static void row(struct call *call, struct table *table, struct json_object *of)
{
    const char *mailed = field_text(of, "mailed_at");
    table_row(table, (const char *[]){field_text(of, "user_id"), field_text(of, "page"),
                                      field_text(of, "language"),
                                      mailed ? when_show(call->client.arena, mailed) : ""});
}

static void list(struct call *call)
{
    static const struct column COLUMNS[] = {{"column_user", false},
                                            {"column_page", false},
                                            {"column_language", false},
                                            {"column_mailed", false},
                                            {0}};
    const char *named = call->given[OPTION_USER];
    const char *user = named ? call_user(call, named) : NULL;
    if (!named || user)
        call_list(call, PATH, user ? arena_printf(call->client.arena, "&user_id=%s", user) : "",
                  call_table(call, COLUMNS), row);
}

const struct command REPORT_COMMANDS[] = {
    {"reports", "subscribe", 2, "PAGE USER [--language LANGUAGE]", "help_reports_subscribe",
     subscribe},
    {"reports", "unsubscribe", 2, "PAGE USER", "help_reports_unsubscribe", unsubscribe},
    {"reports", "subscriptions", 0, "[--user USER] [--limit N | --all]",
     "help_reports_subscriptions", list},
    {0},
};
