/*
 * api: the collector as a client of Vendas's own REST API, with its service account.
 */
#ifndef VENDAS_CATALOG_API_H
#define VENDAS_CATALOG_API_H

#include <json-c/json.h>

#include "arena.h"

/* Signs in as the service account (VENDAS_COLLECTOR_CLIENT_ID and _SECRET), again whenever its
 * token is about to run out, and feeds items to POST /v1/ingest in batches. Adds what came of
 * them to counts: an array of five, in the order created, updated, unchanged, duplicate,
 * rejected; what waits for a person counts as duplicate. Returns 0, or -1 when a batch was not answered; those before it stand, and
 * ingesting again does no harm. */
int api_ingest(struct arena *a, struct json_object *items, long long counts[5]);

#endif
