#include "sales/order.h"

#include "db.h"

static const char READ[] = "SELECT document, version FROM sales.order_documents"
                           " WHERE id = $1::uuid AND (user_id = $2::uuid OR $3::boolean)";

static const struct field CHANGE_BODY[] = {
    {"reason", FIELD_TEXT, 0, 0, 500, NULL, NULL},
    {0},
};

void order_respond(struct request *req, const char *id, bool any)
{
    respond_version(
        req, 200, db_query(req->arena, &req->problem, READ, id, req->user.user, db_flag(any)));
}

const char *order_reason(struct request *req)
{
    struct json_object *body = req_has_body(req) ? req_body(req, CHANGE_BODY, false) : NULL;
    return body ? field_text(body, "reason") : NULL;
}
