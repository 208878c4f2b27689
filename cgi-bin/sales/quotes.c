/*
 * Quotes: what a cart would come to, freight and taxes included. Nothing is stored. Service
 * Sales.
 */
#include "address.h"
#include "request.h"
#include "sales/checkout.h"

static const struct field ADDRESS[] = {
    ADDRESS_FIELDS(0, 0, 0),
    {0},
};

static const struct field QUOTE[] = {
    {"items", FIELD_LIST, FIELD_REQUIRED, 1, PRICING_MAX_LINES, NULL, CHECKOUT_ITEM},
    {"postal_code", FIELD_POSTAL_CODE, 0, 0, 0, NULL, NULL},
    {"shipping_address", FIELD_OBJECT, 0, 0, 0, NULL, ADDRESS},
    {"address_id", FIELD_UUID, 0, 0, 0, NULL, NULL},
    {"freight_service", FIELD_TEXT, 0, 1, 40, NULL, NULL},
    {0},
};

/* The state that it goes to, by its postal code where no more is known. */
static const char *destination(struct request *req, struct json_object *body)
{
    bool whole = field_present(body, "shipping_address") || field_present(body, "address_id");
    if (!whole && !field_present(body, "postal_code"))
        problem_field(&req->problem, "/postal_code", "required", NULL);
    else if (field_present(body, "address_id"))
        req_signed_in(req);
    if (req->problem.status)
        return NULL;
    if (!whole)
        return address_state(&req->problem, "", body);
    struct json_object *address = checkout_address(req, body);
    return address ? field_text(address, "state") : NULL;
}

static void quote(struct request *req)
{
    struct pricing pricing;
    struct json_object *body = req_body(req, QUOTE, false);
    const char *state = body ? destination(req, body) : NULL;
    if (state && checkout_price(req, body, state, &pricing, NULL))
        respond_json(req, 200, pricing_quote_json(req->arena, &pricing));
}

static const struct route ROUTES[] = {
    {"POST", "/v1/quotes", ANYONE, quote},
    {0},
};

int main(int argc, char **argv)
{
    return serve("sales", ROUTES, argc, argv);
}
