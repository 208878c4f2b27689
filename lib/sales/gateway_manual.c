/*
 * manual: money that moves outside any gateway, by bank transfer or in cash when the order is
 * delivered. The buyer is told how; a person with the permission payments:confirm says when it
 * has arrived.
 */
#include <string.h>

#include "buf.h"
#include "messages.h"
#include "sales/gateway.h"
#include "settings.h"

static enum gateway_result begin(struct gateway_call *call, const struct gateway_payment *p)
{
    struct buf b = buf_new(call->arena);
    bool transfer = !strcmp(p->method, "bank_transfer");
    buf_printf(&b,
               "{\"next_action\":{\"type\":\"%s\",\"amount\":%lld,\"currency\":\"%s\","
               "\"reference\":\"%lld\",",
               p->method, p->amount, p->currency, p->order_number);
    if (transfer) {
        buf_raw(&b, "\"account\":");
        buf_json(&b, settings()->bank_account);
        buf_raw(&b, ",");
    }
    buf_raw(&b, "\"instructions\":");
    buf_json(&b,
             message_with(call->arena, transfer ? "manual_instructions" : "cash_instructions",
                          p->lang, NULL));
    buf_raw(&b, "}}");
    call->facts = b.data;
    return GATEWAY_DONE;
}

const struct gateway GATEWAY_MANUAL = {
    .name = "manual",
    .methods = "bank_transfer cash_on_delivery",
    .confirmed_by_person = true,
    .begin = begin,
};
