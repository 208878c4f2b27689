/*
 * facts: what the unit tests of gateways' facts share. JSON is written with ' for ".
 */
#ifndef VENDAS_FACTS_H
#define VENDAS_FACTS_H

#include "json.h"
#include "sales/gateway.h"
#include "unit.h"

static const char OURS[] = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f";
static const char REFUND[] = "017f22e2-79b0-7cc3-98c4-dc0c0c073990";

static inline struct json_object *facts_json(const char *text)
{
    struct json_object *value;
    char *copy = arena_strdup(a, text);
    for (char *c = copy; *c; c++)
        if (*c == '\'')
            *c = '"';
    if (!json_read(a, copy, strlen(copy), &value))
        fail_msg("no JSON: %s", copy);
    return value;
}

static inline void facts_are(struct json_object *facts, const char *expected)
{
    if (!json_object_equal(facts, facts_json(expected)))
        fail_msg("%s\n   is not %s", json_object_to_json_string(facts), expected);
}

/* That the event's facts are these; NULL: none. */
static inline void event_tells(const struct gateway_event *event, const char *expected)
{
    if (!expected)
        assert_null(event->facts);
    else if (!event->facts)
        fail_msg("%s tells nothing", event->type);
    else
        facts_are(facts_json(event->facts), expected);
}

#endif
