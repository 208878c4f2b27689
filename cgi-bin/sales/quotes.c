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
    CHECKOUT_COUPONS,
    {0},
};

/* Where it goes, by its postal code where no more is known. */
static bool destination(struct request *req, struct json_object *body,
                        struct checkout_place *place)
{
    struct json_object *address = body;
    bool whole = field_present(body, "shipping_address") || field_present(body, "address_id");
    if (!whole && !field_present(body, "postal_code"))
        problem_field(&req->problem, "/postal_code", "required", NULL);
    else if (field_present(body, "address_id"))
        req_signed_in(req);
    if (req->problem.status)
        return false;
    if (whole)
        address = checkout_address(req, body);
    place->state =
        whole ? field_text(address, "state") : address_state(&req->problem, "", body);
    place->postal_code = field_text(address, "postal_code");
    return !req->problem.status;
}

/* Who asks matters to coupons that a customer has used up; nobody has to sign in for a quote.
 */
static bool ask_who(struct request *req, struct json_object *body)
{
    return !field_present(body, "coupons") || !req_header(req, "HTTP_AUTHORIZATION") ||
           req_signed_in(req);
}

static void quote(struct request *req)
{
    struct pricing pricing;
    struct checkout_place place;
    struct json_object *body = req_body(req, QUOTE, false);
    if (body && ask_who(req, body) && destination(req, body, &place) &&
        checkout_price(req, body, &place, &pricing, NULL))
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
