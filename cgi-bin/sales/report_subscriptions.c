/*
 * Report subscriptions: who of the staff is sent which report page by mail. Everybody who may
 * read reports sees to his own; who may change users (users:write), to all. Service Sales,
 * table sales.report_subscriptions; the job "mail-reports" sends.
 *
 * The link of a letter needs no signing in and ends its subscription, nothing else. A GET only
 * asks, as mail programs look at links by themselves; a POST ends it, be it by the page's
 * button or by a mail program's (RFC 8058), whose body says nothing that counts.
 */
#include <string.h>

#include "audit.h"
#include "buf.h"
#include "db.h"
#include "messages.h"
#include "request.h"
#include "sales/report_mail.h"
#include "settings.h"
#include "uuid.h"

static const char LIST[] =
    "SELECT document, to_json(created_at)#>>'{}', id FROM sales.report_subscription_documents"
    " WHERE ($1::uuid IS NULL OR user_id = $1::uuid)"
    "   AND ($2::uuid IS NULL OR user_id = $2::uuid)"
    "   AND ($3::timestamptz IS NULL OR (created_at, id) < ($3::timestamptz, $4::uuid))"
    " ORDER BY created_at DESC, id DESC LIMIT $5::int + 1";

static const char READ[] = "SELECT document, version FROM sales.report_subscription_documents"
                           " WHERE id = $1::uuid AND user_id = coalesce($2::uuid, user_id)";

static const char CREATE[] =
    "SELECT sales.subscribe($1::jsonb, $2::uuid, $3::uuid, $4, $5, $6, $7::int)";

static const char CHANGE[] =
    "SELECT sales.change_subscription($1::jsonb, $2::uuid, $3::uuid, $4, $5::int)";

static const char DELETE[] = "SELECT sales.unsubscribe($1::jsonb, $2::uuid, $3::uuid)";

static const char END[] = "SELECT sales.unsubscribe_by_link($1::uuid)";

static const struct field LIST_QUERY[] = {
    {"user_id", FIELD_UUID, 0, 0, 0, NULL, NULL},
    PAGE_FIELDS(400),
    {0},
};

static const struct field NEW[] = {
    {"page", FIELD_CHOICE, FIELD_REQUIRED, 0, 0, "daily weekly monthly", NULL},
    {"language", FIELD_CHOICE, 0, 0, 0, "pt-BR en", NULL},
    {"user_id", FIELD_UUID, 0, 0, 0, NULL, NULL},
    {0},
};

static const struct field CHANGES[] = {
    {"page", FIELD_FIXED, 0, 0, 0, NULL, NULL},
    {"language", FIELD_CHOICE, 0, 0, 0, "pt-BR en", NULL},
    {"user_id", FIELD_FIXED, 0, 0, 0, NULL, NULL},
    {0},
};

static const struct field LINK[] = {
    {"signature", FIELD_TEXT, FIELD_REQUIRED, 1, 100, NULL, NULL},
    {0},
};

/* Whose subscriptions the caller sees to: his own, or NULL for everybody's. */
static const char *owner(struct request *req)
{
    return req_may(req, "users:write") ? NULL : req->user.user;
}

static void list_subscriptions(struct request *req)
{
    struct json_object *query = req_query(req, LIST_QUERY);
    struct page_wanted page;
    if (!query || !req_page(req, query, "report_subscriptions", FIELD_TIME, &page))
        return;
    const char *whose = owner(req);
    if (!req->problem.status)
        respond_page(req,
                     db_query_planned(req->arena, &req->problem, LIST, whose,
                                      field_text(query, "user_id"), page.value, page.id,
                                      page.limit_text),
                     page.limit, "report_subscriptions");
}

static void respond_subscription(struct request *req, int status, const char *id,
                                 const char *whose)
{
    respond_version(req, status, db_query(req->arena, &req->problem, READ, id, whose));
}

static void create_subscription(struct request *req)
{
    struct json_object *body = req_body(req, NEW, false);
    if (!body)
        return;
    const char *id = uuid7(req->arena), *whose = owner(req);
    const char *user =
        field_present(body, "user_id") ? field_text(body, "user_id") : req->user.user;
    if (whose && strcmp(whose, user))
        respond_problem(req, 403, "forbidden");
    if (req->problem.status ||
        !db_query(req->arena, &req->problem, CREATE, audit_act(req), id, user,
                  field_text(body, "page"), field_text(body, "language"), settings()->timezone,
                  arena_printf(req->arena, "%lld", settings()->report_hour)))
        return;
    respond_header(req, "Location",
                   arena_printf(req->arena, "/v1/report-subscriptions/%s", id));
    respond_subscription(req, 201, id, whose);
}

static void read_subscription(struct request *req)
{
    const char *id = req_param_uuid(req, "id"), *whose = owner(req);
    if (!req->problem.status)
        respond_subscription(req, 200, id, whose);
}

static void change_subscription(struct request *req)
{
    const char *id = req_param_uuid(req, "id");
    struct json_object *body = id ? req_body(req, CHANGES, true) : NULL;
    int version = body ? req_if_match(req) : -1;
    if (version < 0)
        return;
    const char *whose = owner(req);
    if (!req->problem.status &&
        db_query(req->arena, &req->problem, CHANGE, audit_act(req), id, whose,
                 field_text(body, "language"), arena_printf(req->arena, "%d", version)))
        respond_subscription(req, 200, id, whose);
}

static void delete_subscription(struct request *req)
{
    const char *id = req_param_uuid(req, "id"), *whose = owner(req);
    if (!req->problem.status &&
        db_query(req->arena, &req->problem, DELETE, audit_act(req), id, whose))
        respond_empty(req);
}

/* The link of a letter --------------------------------------------------------------------- */

/* The subscription that the link is for; NULL with the problem filled where it is not ours. */
static const char *linked(struct request *req)
{
    const char *id = req_param_uuid(req, "id");
    struct json_object *query = id ? req_query(req, LINK) : NULL;
    if (!query)
        return NULL;
    if (report_mail_signed(req->arena, id, field_text(query, "signature")))
        return id;
    respond_problem(req, 403, "invalid_link");
    return NULL;
}

/* A page that says a sentence, with the button that ends it or without. */
static void respond_page_of_link(struct request *req, const char *code, bool asks)
{
    struct buf b = buf_new(req->arena);
    const char *title = message_with(req->arena, "unsubscribe", req->lang, NULL);
    buf_printf(&b,
               "<!doctype html>\n<html lang=\"%s\"><head><meta charset=\"utf-8\">"
               "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
               "<meta name=\"robots\" content=\"noindex\"><title>%s</title><style>"
               ":root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;"
               "max-width:32rem;margin:15vh auto 0;padding:0 16px;text-align:center}"
               "button{font:inherit;padding:10px 24px}</style></head><body><main><p>",
               lang_tag(req->lang), title);
    buf_html(&b, message_with(req->arena, code, req->lang, settings()->shop_name));
    buf_raw(&b, "</p>");
    if (asks)
        buf_printf(&b, "<form method=\"post\"><button>%s</button></form>", title);
    buf_raw(&b, "</main></body></html>\n");
    respond_header(req, "Cache-Control", "no-store");
    respond_bytes(req, 200, "text/html; charset=utf-8", b.data, b.len);
}

static void ask_about_link(struct request *req)
{
    if (linked(req))
        respond_page_of_link(req, "unsubscribe_ask", true);
}

static void end_by_link(struct request *req)
{
    const char *id = linked(req);
    if (id && db_query(req->arena, &req->problem, END, id))
        respond_page_of_link(req, "unsubscribe_done", false);
}

static const struct route ROUTES[] = {
    {"GET", "/v1/report-subscriptions", "reports:read", list_subscriptions},
    {"POST", "/v1/report-subscriptions", "reports:read", create_subscription},
    {"GET", "/v1/report-subscriptions/{id}", "reports:read", read_subscription},
    {"PATCH", "/v1/report-subscriptions/{id}", "reports:read", change_subscription},
    {"DELETE", "/v1/report-subscriptions/{id}", "reports:read", delete_subscription},
    {"GET", "/v1/report-subscriptions/{id}/unsubscribe", ANYONE, ask_about_link},
    {"POST", "/v1/report-subscriptions/{id}/unsubscribe", ANYONE, end_by_link},
    {0},
};

int main(int argc, char **argv)
{
    return serve("sales", ROUTES, argc, argv);
}
