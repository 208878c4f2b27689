/*
 * service-account: makes a service account with permissions, or gives the one of that name
 * these permissions and a new secret, which ends those before it. For the operator: the
 * collector's account comes from here. Says the client_id and the secret, which is kept
 * nowhere.
 *
 *     service-account NAME PERMISSION...
 */
#include <stdio.h>
#include <stdlib.h>

#include "arena.h"
#include "db.h"
#include "digest.h"
#include "fields.h"
#include "job.h"
#include "json.h"

static const char SAVE[] =
    "SELECT registry.save_service_account("
    "           $1, ARRAY (SELECT jsonb_array_elements_text($2::jsonb)), $3::bytea)";

/* Nobody guesses 256 bits. */
enum { SECRET_BYTES = 32 };

static const struct field PERMISSION[] = {{"", FIELD_TEXT, 0, 1, 60, NULL, NULL}};

static const struct field ACCOUNT[] = {
    {"name", FIELD_TEXT, FIELD_REQUIRED, 1, 100, NULL, NULL},
    {"scopes", FIELD_LIST, FIELD_REQUIRED, 1, 100, NULL, PERMISSION},
    {0},
};

static int save(struct arena *a, struct json_object *account)
{
    struct problem problem = problem_none(a);
    const char *secret = digest_random(a, SECRET_BYTES);
    struct rows *rows = NULL;
    if (fields_check(&problem, ACCOUNT, account, false))
        rows = db_query(a, &problem, SAVE, field_text(account, "name"),
                        field_json(field_value(account, "scopes")), digest_token(a, secret));
    if (!rows) {
        fprintf(stderr, "service-account: %s\n",
                problem_json(&problem, LANG_EN, "service-account"));
        return EXIT_FAILURE;
    }
    printf("%s %s\n", db_text(rows, 0, 0), secret);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: %s NAME PERMISSION...\n", argv[0]);
        return EXIT_FAILURE;
    }
    if (job_begin("service-account", "registry"))
        return EXIT_FAILURE;
    struct arena *a = arena_new();
    struct json_object *account = json_keep(a, json_object_new_object());
    struct json_object *scopes = json_object_new_array();
    for (int i = 2; i < argc; i++)
        json_object_array_add(scopes, json_object_new_string(argv[i]));
    json_object_object_add(account, "name", json_object_new_string(argv[1]));
    json_object_object_add(account, "scopes", scopes);
    int status = save(a, account);
    arena_free(a);
    db_close();
    return status;
}
