/*
 * manual: money that moves outside any gateway. The buyer is told where to send it; a person
 * with the permission payments:confirm says when it has arrived.
 */
#include "buf.h"
#include "messages.h"
#include "sales/gateway.h"
#include "settings.h"

static char *begin(struct problem *p, const struct gateway_order *order, const char *method)
{
    struct buf b = buf_new(p->arena);
    buf_printf(&b,
               "{\"type\":\"%s\",\"amount\":%lld,\"currency\":\"%s\",\"reference\":\"%lld\",",
               method, order->amount, order->currency, order->number);
    buf_raw(&b, "\"account\":");
    buf_json(&b, settings()->bank_account);
    buf_raw(&b, ",\"instructions\":");
    buf_json(&b, message_with(p->arena, "manual_instructions", order->lang, NULL));
    buf_raw(&b, "}");
    return b.data;
}

const struct gateway GATEWAY_MANUAL = {
    .name = "manual",
    .methods = "bank_transfer",
    .confirmed_by_person = true,
    .begin = begin,
};
