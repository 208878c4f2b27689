#include "sales/order_list.h"

#include <string.h>

#include "buf.h"
#include "db.h"
#include "sales/order.h"

/* Digits of a bigint that can't overflow. */
enum { MOST_DIGITS = 18 };

static const struct field STATUS[] = {{"", FIELD_CHOICE, 0, 0, 0, ORDER_STATUSES, NULL}};

static const struct field QUERY[] = {
    {"status", FIELD_LIST, 0, 0, ORDER_STATUS_COUNT, NULL, STATUS},
    {"created_from", FIELD_TIME, 0, 0, 0, NULL, NULL},
    {"created_to", FIELD_TIME, 0, 0, 0, NULL, NULL},
    {"customer_id", FIELD_UUID, 0, 0, 0, NULL, NULL},
    {"customer", FIELD_TEXT, 0, 2, 120, NULL, NULL},
    {"product_id", FIELD_UUID, 0, 0, 0, NULL, NULL},
    {"variant_id", FIELD_UUID, 0, 0, 0, NULL, NULL},
    {"min_total", FIELD_INTEGER, 0, 0, 0, NULL, NULL},
    {"max_total", FIELD_INTEGER, 0, 0, 0, NULL, NULL},
    {"gateway", FIELD_TEXT, 0, 1, 40, NULL, NULL},
    {"ready", FIELD_BOOLEAN, 0, 0, 0, NULL, NULL},
    {"q", FIELD_TEXT, 0, 2, 120, NULL, NULL},
    PAGE_FIELDS(400),
    {0},
};

/* A condition of each filter that is one value, as it stands before and behind its parameter.
 */
static const struct {
    const char *name, *before, *behind;
} FILTERS[] = {
    {"created_from", "o.created_at >= ", "::timestamptz"},
    {"created_to", "o.created_at < ", "::timestamptz"},
    {"customer_id", "o.user_id = ", "::uuid"},
    {"min_total", "o.total >= ", "::bigint"},
    {"max_total", "o.total <= ", "::bigint"},
    {"product_id",
     "EXISTS (SELECT FROM sales.order_items i WHERE i.order_id = o.id AND i.product_id = ",
     "::uuid)"},
    {"variant_id",
     "EXISTS (SELECT FROM sales.order_items i WHERE i.order_id = o.id AND i.variant_id = ",
     "::uuid)"},
    {"gateway",
     "EXISTS (SELECT FROM sales.payments p WHERE p.order_id = o.id AND p.gateway = ", ")"},
    {"ready",
     "(NOT EXISTS (SELECT FROM sales.order_ahead a WHERE a.order_id = o.id AND NOT a.arrived))"
     " = ",
     "::boolean"},
};

enum { FILTER_COUNT = sizeof FILTERS / sizeof *FILTERS };
/* Beside them: whose, status, customer, q, the cursor's two values, and the limit. */
enum { MOST_VALUES = FILTER_COUNT + 7 };

/* The statement as it comes together. */
struct question {
    struct buf sql;
    const char *values[MOST_VALUES];
    int count;
};

/* Adds a parameter with what stands around it. */
static void put(struct question *q, const char *before, const char *value, const char *behind)
{
    q->values[q->count++] = value;
    buf_printf(&q->sql, "%s$%d%s", before, q->count, behind);
}

static void condition(struct question *q, const char *before, const char *value,
                      const char *behind)
{
    buf_raw(&q->sql, " AND ");
    put(q, before, value, behind);
}

char *order_list_pattern(struct arena *a, const char *words)
{
    struct buf b = buf_new(a);
    buf_raw(&b, "%");
    for (const char *c = words; *c; c++) {
        if (strchr("%_\\", *c))
            buf_raw(&b, "\\");
        buf_bytes(&b, *c == ' ' ? "%" : c, 1);
    }
    buf_raw(&b, "%");
    return b.data;
}

const char *order_list_number(const char *text)
{
    text += *text == '#';
    size_t digits = strspn(text, "0123456789");
    return digits && digits <= MOST_DIGITS && !text[digits] ? text : NULL;
}

static void named(struct question *q, const char *words)
{
    condition(q, "shared.fold(o.customer_name) LIKE shared.fold(",
              order_list_pattern(q->sql.arena, words), ")");
}

/* The statuses as an array literal; they are plain words. */
static const char *statuses(struct arena *a, struct json_object *list)
{
    struct buf b = buf_new(a);
    for (size_t i = 0; i < json_object_array_length(list); i++)
        buf_printf(&b, "%s%s", i ? "," : "{",
                   json_object_get_string(json_object_array_get_idx(list, i)));
    buf_raw(&b, "}");
    return b.data;
}

static void filter(struct question *q, struct json_object *query)
{
    struct json_object *status = field_value(query, "status");
    const char *text = field_text(query, "q");
    if (status)
        condition(q, "o.status = ANY (", statuses(q->sql.arena, status), "::text[])");
    for (size_t i = 0; i < FILTER_COUNT; i++)
        if (field_present(query, FILTERS[i].name))
            condition(q, FILTERS[i].before, field_text(query, FILTERS[i].name),
                      FILTERS[i].behind);
    if (field_present(query, "customer"))
        named(q, field_text(query, "customer"));
    if (text && order_list_number(text))
        condition(q, "o.number = ", order_list_number(text), "::bigint");
    else if (text)
        named(q, text);
}

void order_list_respond(struct request *req, bool any)
{
    struct json_object *query = req_query(req, QUERY);
    struct page_wanted page;
    if (!query || !req_page(req, query, "orders", FIELD_TIME, &page))
        return;
    struct question q = {.sql = buf_new(req->arena)};
    buf_raw(&q.sql, "SELECT d.document, to_json(d.created_at)#>>'{}', d.id"
                    "  FROM (SELECT o.id FROM sales.orders o WHERE true");
    if (!any)
        condition(&q, "o.user_id = ", req->user.user, "::uuid");
    filter(&q, query);
    if (page.value) {
        condition(&q, "(o.created_at, o.id) < (", page.value, "::timestamptz");
        put(&q, ", ", page.id, "::uuid)");
    }
    put(&q, " ORDER BY o.created_at DESC, o.id DESC LIMIT ", page.limit_text, "::int + 1)");
    buf_raw(&q.sql, " AS page JOIN sales.order_documents d USING (id)"
                    " ORDER BY d.created_at DESC, d.id DESC");
    respond_page(req,
                 db_run(req->arena, &req->problem, DB_PLANNED, q.sql.data, q.count, q.values),
                 page.limit, "orders");
}
