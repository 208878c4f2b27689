/*
 * engine: a search engine that speaks the API of OpenSearch and Elasticsearch, over HTTP
 * (libcurl): one request at a time, on a connection that is kept.
 *
 * VENDAS_SEARCH_URL is the index; without it there is no engine. Credentials go to that address
 * alone: no redirect is followed.
 */
#ifndef VENDAS_PRODUCTS_ENGINE_H
#define VENDAS_PRODUCTS_ENGINE_H

#include <json-c/json.h>
#include <stdbool.h>

#include "arena.h"

/* Whether there is one. */
bool engine_set(void);

/* Asks the index: path is what follows its address, such as "/_search", body JSON text (of
 * "/_bulk" lines of it) or NULL. Returns the status with the answer, JSON of the arena; 0,
 * after a line in the log, where there was none in time, or none that is JSON. */
long engine_ask(struct arena *a, const char *method, const char *path, const char *body,
                long long timeout_ms, struct json_object **answer);

#endif
