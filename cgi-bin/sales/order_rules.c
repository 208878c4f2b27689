/*
 * The rules that made an order's sum, as they were then, for staff. Service Sales, column
 * sales.orders.rules.
 */
#include "db.h"
#include "request.h"

static const char READ[] = "SELECT json_build_object('order_id', id,"
                           "           'freight', nullif(rules->'freight', 'null'),"
                           "           'taxes', coalesce(rules->'taxes', '[]'),"
                           "           'coupons', coalesce(rules->'coupons', '[]'))"
                           "  FROM sales.orders WHERE id = $1::uuid";

static void read_rules(struct request *req)
{
    const char *id = req_param_uuid(req, "id");
    if (id)
        respond_row(req, 200, db_query(req->arena, &req->problem, READ, id));
}

static const struct route ROUTES[] = {
    {"GET", "/v1/orders/{id}/rules", "orders:read", read_rules},
    {0},
};

int main(int argc, char **argv)
{
    return serve("sales", ROUTES, argc, argv);
}
