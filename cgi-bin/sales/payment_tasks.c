/*
 * What about money a person has to see to, how days compare with the gateways' own lists, and
 * the books. Service Sales, tables sales.payment_tasks, reconciliations and money_entries. What
 * is noted down at a task is sealed (lib/seal).
 */
#include "audit.h"
#include "db.h"
#include "request.h"
#include "seal.h"

static const char TASKS[] =
    "SELECT document, to_json(opened_at)#>>'{}', id FROM sales.payment_task_documents"
    " WHERE ($1::boolean IS NULL OR (closed_at IS NULL) = $1::boolean)"
    "   AND ($2::text IS NULL OR kind = $2) AND ($3::uuid IS NULL OR payment_id = $3::uuid)"
    "   AND ($4::timestamptz IS NULL OR (opened_at, id) < ($4::timestamptz, $5::uuid))"
    " ORDER BY opened_at DESC, id DESC LIMIT $6::int + 1";

static const char TASK[] =
    "SELECT document FROM sales.payment_task_documents WHERE id = $1::uuid";

static const char CLOSE[] = "SELECT sales.close_task($1::jsonb, $2::uuid, $3::bytea)";

static const char RECONCILIATIONS[] =
    "SELECT document, day, id FROM sales.reconciliation_documents"
    " WHERE ($1::date IS NULL OR (day, id) < ($1::date, $2::uuid))"
    " ORDER BY day DESC, id DESC LIMIT $3::int + 1";

static const char BOOKS[] =
    "SELECT json_build_object('data', coalesce(json_agg(json_build_object("
    "           'gateway', gateway, 'merchant', nullif(merchant, ''), 'currency', currency,"
    "           'account', account, 'amount', amount)"
    "           ORDER BY gateway, merchant, currency, account), '[]'),"
    "       'sum', coalesce(sum(amount), 0))"
    "  FROM sales.books";

#define KINDS                                                                                  \
    "late_payment underpaid overpaid refund_by_person refund_failed dispute uncertain "        \
    "capture_failed wrong_mode difference"

static const struct field TASKS_QUERY[] = {
    {"status", FIELD_CHOICE, 0, 0, 0, "open closed", NULL},
    {"kind", FIELD_CHOICE, 0, 0, 0, KINDS, NULL},
    {"payment", FIELD_UUID, 0, 0, 0, NULL, NULL},
    PAGE_FIELDS(400),
    {0},
};

static const struct field PAGE_QUERY[] = {
    PAGE_FIELDS(400),
    {0},
};

static const struct field CLOSING[] = {
    {"note", FIELD_TEXT, 0, 1, 500, NULL, NULL},
    {0},
};

static void list_tasks(struct request *req)
{
    struct json_object *query = req_query(req, TASKS_QUERY);
    struct page_wanted page;
    if (!query || !req_page(req, query, "payment-tasks", FIELD_TIME, &page))
        return;
    const char *status = field_text(query, "status");
    respond_page(req,
                 db_query_planned(req->arena, &req->problem, TASKS,
                                  status ? db_flag(*status == 'o') : NULL,
                                  field_text(query, "kind"), field_text(query, "payment"),
                                  page.value, page.id, page.limit_text),
                 page.limit, "payment-tasks");
}

static void close_task(struct request *req)
{
    const char *id = req_param_uuid(req, "id");
    struct json_object *body = id && req_has_body(req) ? req_body(req, CLOSING, false) : NULL;
    if (!req->problem.status && db_query(req->arena, &req->problem, CLOSE, audit_act(req), id,
                                         seal_text(req->arena, "sales.payment_tasks.note", id,
                                                   body ? field_text(body, "note") : NULL)))
        respond_row(req, 200, db_query(req->arena, &req->problem, TASK, id));
}

static void list_reconciliations(struct request *req)
{
    struct json_object *query = req_query(req, PAGE_QUERY);
    struct page_wanted page;
    if (query && req_page(req, query, "reconciliations", FIELD_DATE, &page))
        respond_page(req,
                     db_query(req->arena, &req->problem, RECONCILIATIONS, page.value, page.id,
                              page.limit_text),
                     page.limit, "reconciliations");
}

static void read_books(struct request *req)
{
    respond_row(req, 200, db_query(req->arena, &req->problem, BOOKS));
}

static const struct route ROUTES[] = {
    {"GET", "/v1/payment-tasks", "payments:read", list_tasks},
    {"POST", "/v1/payment-tasks/{id}/close", "payments:confirm", close_task},
    {"GET", "/v1/reconciliations", "reports:read", list_reconciliations},
    {"GET", "/v1/books", "reports:read", read_books},
    {0},
};

int main(int argc, char **argv)
{
    return serve("sales", ROUTES, argc, argv);
}
