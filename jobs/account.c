/*
 * account: makes a user with a role and prints its id, or gives an existing one a new password
 * and role, and ends its sessions: who knew the old password has no part in the new one. For
 * the operator: the first admin and the service accounts come from here.
 *
 *     account EMAIL ROLE NAME < password
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "db.h"
#include "fields.h"
#include "job.h"
#include "password.h"

static const char SAVE[] =
    "WITH saved AS ("
    "    INSERT INTO registry.users (email, role, name, password_hash) VALUES ($1, $2, $3, $4)"
    "    ON CONFLICT (lower(email)) DO UPDATE SET role = excluded.role, version = "
    "users.version + 1,"
    "        password_hash = excluded.password_hash, updated_at = now()"
    "    RETURNING id, role),"
    "ended AS ("
    "    UPDATE registry.sessions AS s SET ended_at = now() FROM saved"
    "     WHERE s.user_id = saved.id AND s.ended_at IS NULL)"
    "SELECT id, registry.audit_write(NULL, NULL, 'account.saved', id, NULL,"
    "                                jsonb_build_object('role', role), NULL, NULL) FROM saved";

static const struct field ACCOUNT[] = {
    {"email", FIELD_EMAIL, FIELD_REQUIRED, 0, 0, NULL, NULL},
    {"role", FIELD_TEXT, FIELD_REQUIRED, 1, 40, NULL, NULL},
    {"name", FIELD_NAME, FIELD_REQUIRED, 1, 120, NULL, NULL},
    {"password", FIELD_PASSWORD, FIELD_REQUIRED, PASSWORD_MIN, PASSWORD_MAX, NULL, NULL},
    {0},
};

/* The same rules as for whoever registers: operators choose no better passwords. */
static bool is_acceptable(struct problem *p, struct json_object *account)
{
    return fields_check(p, ACCOUNT, account, false) &&
           password_acceptable(p, "/password", field_text(account, "password"),
                               field_text(account, "name"), field_text(account, "email"));
}

static int save(struct arena *a, struct json_object *account)
{
    struct problem problem = problem_none(a);
    struct rows *rows = NULL;
    if (is_acceptable(&problem, account))
        rows = db_query(a, &problem, SAVE, field_text(account, "email"),
                        field_text(account, "role"), field_text(account, "name"),
                        password_hash(a, field_text(account, "password")));
    if (rows)
        printf("%s\n", db_text(rows, 0, 0));
    else
        fprintf(stderr, "account: %s\n", problem_json(&problem, LANG_EN, "account"));
    return problem.status ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    char password[1024]; /* longer than any that is taken, so that none is cut */
    if (argc != 4 || !fgets(password, sizeof password, stdin)) {
        fprintf(stderr, "usage: %s EMAIL ROLE NAME < password\n", argv[0]);
        return EXIT_FAILURE;
    }
    password[strcspn(password, "\n")] = '\0';
    if (job_begin("account", "registry"))
        return EXIT_FAILURE;
    struct arena *a = arena_new();
    struct json_object *account = json_object_new_object();
    json_object_object_add(account, "email", json_object_new_string(argv[1]));
    json_object_object_add(account, "role", json_object_new_string(argv[2]));
    json_object_object_add(account, "name", json_object_new_string(argv[3]));
    json_object_object_add(account, "password", json_object_new_string(password));
    int status = save(a, account);
    json_object_put(account);
    arena_free(a);
    db_close();
    return status;
}
