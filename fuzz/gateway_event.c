/* gateway_event: notifications of gateways, whose signature is good, as facts. */
#include "fuzz.h"

#include "json.h"
#include "sales/gateway.h"
#include "uuid.h"

/* What SQL casts without asking. */
static void check_amounts(struct json_object *of)
{
    static const char *const NAMES[] = {"captured", "captured_at", "fee",       "expires_at",
                                        "amount",   "due_at",      "withdrawn", "reinstated"};
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        long long n = -1;
        if (json_member(of, NAMES[i]))
            fuzz_expect(json_number(of, NAMES[i], &n) && n >= 0);
    }
}

static void check_list(struct json_object *list)
{
    struct json_object *item;
    for (size_t i = 0; (item = json_item(list, i)); i++) {
        const char *id = json_text(item, "id");
        fuzz_expect(!id || uuid_valid(id));
        fuzz_expect(json_text(item, "ref") && json_text(item, "status"));
        fuzz_expect(json_member(item, "amount"));
        check_amounts(item);
    }
}

static void check(struct arena *a, const struct gateway_event *event)
{
    struct json_object *facts;
    fuzz_expect(event->id && event->type);
    fuzz_expect(!event->payment || uuid_valid(event->payment));
    if (!event->facts)
        return;
    fuzz_expect(event->payment || event->ref);
    fuzz_expect(json_read(a, event->facts, strlen(event->facts), &facts));
    fuzz_expect(json_object_is_type(facts, json_type_object) && json_member(facts, "live"));
    check_amounts(facts);
    check_list(json_member(facts, "refunds"));
    check_list(json_member(facts, "disputes"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct gateway *const GATEWAYS[] = {&GATEWAY_STRIPE, &GATEWAY_PAYPAL};
    static const struct merchant SHOP = {.name = "shop"};
    struct arena *a = fuzz_begin();
    struct json_object *body;
    if (json_read(a, arena_memdup(a, data, size), size, &body)) {
        for (size_t i = 0; i < sizeof GATEWAYS / sizeof *GATEWAYS; i++) {
            struct gateway_event event;
            if (GATEWAYS[i]->translate(a, &SHOP, body, &event))
                check(a, &event);
        }
    }
    return fuzz_end(a);
}
