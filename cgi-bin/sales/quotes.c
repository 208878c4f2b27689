/*
 * Quotes: what a cart would come to, freight and taxes included. Nothing is stored. Service
 * Sales.
 */
#include "brazil.h"
#include "request.h"
#include "sales/checkout.h"

static const struct field ADDRESS[] = {
    {"postal_code", FIELD_POSTAL_CODE, FIELD_REQUIRED, 0, 0, NULL, NULL},
    {"state", FIELD_STATE, 0, 0, 0, NULL, NULL},
    {"recipient", FIELD_TEXT, 0, 0, 120, NULL, NULL},
    {"street", FIELD_TEXT, 0, 0, 160, NULL, NULL},
    {"number", FIELD_TEXT, 0, 0, 20, NULL, NULL},
    {"complement", FIELD_TEXT, FIELD_NULLABLE, 0, 80, NULL, NULL},
    {"district", FIELD_TEXT, 0, 0, 80, NULL, NULL},
    {"city", FIELD_TEXT, 0, 0, 80, NULL, NULL},
    {0},
};

static const struct field QUOTE[] = {
    {"items", FIELD_LIST, FIELD_REQUIRED, 1, PRICING_MAX_LINES, NULL, CHECKOUT_ITEM},
    {"postal_code", FIELD_POSTAL_CODE, 0, 0, 0, NULL, NULL},
    {"shipping_address", FIELD_OBJECT, 0, 0, 0, NULL, ADDRESS},
    {"freight_service", FIELD_TEXT, 0, 1, 40, NULL, NULL},
    {0},
};

/* Where it goes: the address's state, or the one its postal code lies in. */
static const char *destination(struct request *req, struct json_object *body)
{
    struct json_object *address = field_value(body, "shipping_address");
    const char *state = address ? field_text(address, "state") : NULL;
    const char *code = field_text(address ? address : body, "postal_code");
    if (!code)
        problem_field(&req->problem, "/postal_code", "required", NULL);
    else if (!state && !(state = postal_code_state(code)))
        problem_field(&req->problem, address ? "/shipping_address/postal_code" : "/postal_code",
                      "not_postal_code", NULL);
    return state;
}

static void quote(struct request *req)
{
    struct pricing pricing;
    struct json_object *body = req_body(req, QUOTE, false);
    const char *state = body ? destination(req, body) : NULL;
    if (state && checkout_price(req, body, state, &pricing))
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
