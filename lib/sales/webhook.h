/*
 * webhook: what subscribers to events are told, and whom the shop is willing to call. For
 * subscribers docs/webhooks.md says the same.
 */
#ifndef VENDAS_SALES_WEBHOOK_H
#define VENDAS_SALES_WEBHOOK_H

#include <time.h>

#include "arena.h"

/* What can be subscribed to, separated by blanks: types of events as the triggers of
 * sql/0042_outbox.sql write them, and "order.*" for all that begin so. */
extern const char WEBHOOK_EVENT_TYPES[];
enum { WEBHOOK_MAX_EVENT_TYPES = 40 };

/* Why a subscriber can't be at a URL, a code of lib/messages; NULL: it can. https is taken, and
 * http on loopback where VENDAS_WEBHOOK_PRIVATE_ADDRESSES allows; without that no address that
 * is private on its face. What a name stands for is looked at when it is called. */
const char *webhook_url_fault(const char *url);

/* The value of Vendas-Signature for a body sent at a time: "t=SECONDS,v1=HEX", where HEX is
 * HMAC-SHA-256 under the secret over SECONDS, a full stop and the body. */
char *webhook_signature(struct arena *a, const char *secret, time_t at, const char *body);

#endif
