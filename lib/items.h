/*
 * items: the items of a request's body that is a list, one after the other as they are read, so
 * that a long list takes no more memory than its longest item. The list is a JSON array or
 * NDJSON (an item a line; empty lines are passed over), as Content-Type says.
 *
 *     struct items *items = items_open(req, settings()->ingest_max_bytes);
 *     while (items && items_next(items, &text, &n))
 *         ...
 *     if (req->problem.status)
 *         return;
 *
 * Only the list's own brackets and commas are looked at here: an item may be no JSON, which
 * json_read() tells. A list that breaks off is told when it has broken off, and what came
 * before has been handed out by then.
 */
#ifndef VENDAS_ITEMS_H
#define VENDAS_ITEMS_H

#include "request.h"

struct items;

/* Begins to read the body, up to max_bytes of it. It goes with the request. NULL with the
 * problem filled: no body (400), too large (413), of another type (415). */
struct items *items_open(struct request *req, long long max_bytes);

/* The next item's text, n bytes and a NUL, which stay until the next call. False at the end of
 * the list, and with the problem filled: no list (422), a broken one (400), or an item larger
 * than other bodies may be (413, VENDAS_MAX_BODY_BYTES). */
bool items_next(struct items *items, const char **text, size_t *n);

#endif
