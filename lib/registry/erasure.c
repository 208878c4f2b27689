#include "registry/erasure.h"

#include "db.h"
#include "json.h"
#include "seal.h"

static const char SNAPSHOTS[] = "SELECT id, customer FROM sales.customer_snapshots($1::uuid)";

static const char COLUMN[] = "sales.orders.customer";

/* The snapshot without what is not to be kept; NULL where it does not open. */
static const char *reduced(struct arena *a, const char *order, const char *sealed)
{
    static const char *const GONE[] = {"email", "phone", NULL};
    const char *json = unseal_json(a, COLUMN, order, sealed);
    struct json_object *customer = json ? json_keep(a, json_tokener_parse(json)) : NULL;
    if (!json_object_is_type(customer, json_type_object))
        return NULL;
    for (const char *const *name = GONE; *name; name++)
        json_object_object_add(customer, *name, NULL);
    return seal_json(a, COLUMN, order, field_json(customer));
}

const char *erasure_snapshots(struct request *req, const char *user)
{
    struct arena *a = req->arena;
    struct rows *rows = db_query(a, &req->problem, SNAPSHOTS, user);
    if (!rows)
        return NULL;
    struct json_object *snapshots = json_keep(a, json_object_new_object());
    for (int i = 0; i < db_count(rows); i++) {
        const char *sealed = reduced(a, db_text(rows, i, 0), db_text(rows, i, 1));
        if (sealed)
            json_object_object_add(snapshots, db_text(rows, i, 0),
                                   json_object_new_string(sealed));
    }
    return field_json(snapshots);
}
