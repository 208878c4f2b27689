/*
 * gateway_facts: facts (lib/sales/gateway.h) as they are put together from what a gateway says.
 * What it does not say, or what is none that SQL would take, is not told.
 */
#ifndef VENDAS_SALES_GATEWAY_FACTS_H
#define VENDAS_SALES_GATEWAY_FACTS_H

#include <json-c/json.h>
#include <stdbool.h>
#include <time.h>

#include "arena.h"

enum { FACTS_MAX_WORD = 200 };

/* An id or a word; NULL, the empty one and what is longer than FACTS_MAX_WORD bytes are not
 * told. */
void facts_word(struct json_object *facts, const char *name, const char *word);

/* Minor units; negative ones and more than anybody has are not told. */
void facts_money(struct json_object *facts, const char *name, long long minor);

/* Seconds since the epoch; 0 and what is no time of ours is not told. */
void facts_time(struct json_object *facts, const char *name, time_t at);

/* What is so; false is not told. */
void facts_true(struct json_object *facts, const char *name, bool is_so);

/* An item more of a list, which is there from the first on. Takes it over; NULL is none, and
 * what lacks a ref or an amount. */
void facts_item(struct json_object *facts, const char *list, struct json_object *item);

/* The facts as text, for struct gateway_call and struct gateway_event. */
const char *facts_text(struct arena *a, struct json_object *facts);

/* Whether facts as text (NULL: none) have one of that name. */
bool facts_tell(struct arena *a, const char *facts, const char *name);

/* Minor units that add up; what would be too much stays at the most there is. */
long long facts_sum(long long a, long long b);

#endif
