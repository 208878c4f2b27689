#include "sales/gateway_facts.h"

#include <limits.h>
#include <string.h>

#include "json.h"

/* A hundred billion reais; and the last second of the year 9999. */
static const long long MOST_MONEY = 10000000000000LL, LAST_TIME = 253402300799LL;

void facts_word(struct json_object *facts, const char *name, const char *word)
{
    if (word && *word && strlen(word) <= FACTS_MAX_WORD)
        json_object_object_add(facts, name, json_object_new_string(word));
}

void facts_money(struct json_object *facts, const char *name, long long minor)
{
    if (minor >= 0 && minor <= MOST_MONEY)
        json_object_object_add(facts, name, json_object_new_int64(minor));
}

void facts_time(struct json_object *facts, const char *name, time_t at)
{
    if (at > 0 && at <= LAST_TIME)
        json_object_object_add(facts, name, json_object_new_int64(at));
}

void facts_true(struct json_object *facts, const char *name, bool is_so)
{
    if (is_so)
        json_object_object_add(facts, name, json_object_new_boolean(true));
}

void facts_item(struct json_object *facts, const char *list, struct json_object *item)
{
    struct json_object *items = NULL;
    if (!json_member(item, "ref") || !json_member(item, "amount")) {
        json_object_put(item);
        return;
    }
    if (!json_object_object_get_ex(facts, list, &items)) {
        items = json_object_new_array();
        json_object_object_add(facts, list, items);
    }
    json_object_array_add(items, item);
}

const char *facts_text(struct arena *a, struct json_object *facts)
{
    return arena_strdup(a, json_object_to_json_string_ext(facts, JSON_C_TO_STRING_PLAIN));
}

bool facts_tell(struct arena *a, const char *facts, const char *name)
{
    struct json_object *read = NULL;
    return facts && json_read(a, facts, strlen(facts), &read) && json_member(read, name);
}

long long facts_sum(long long a, long long b)
{
    long long sum;
    if (__builtin_add_overflow(a, b, &sum))
        return a < 0 ? LLONG_MIN : LLONG_MAX;
    return sum;
}
