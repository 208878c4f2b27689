#include "unit.h"

#include <json-c/json.h>

#include "audit.h"
#include "fields.h"
#include "harness.h"
#include "json.h"
#include "seal.h"

static char folder[] = "/tmp/vendas-audit-XXXXXX";

static void write_key(const char *name)
{
    FILE *f = fopen(arena_printf(a, "%s/%s", folder, name), "w");
    assert_non_null(f);
    fprintf(f, "%064d\n", 7);
    fclose(f);
}

static int begin(void **state)
{
    assert_non_null(mkdtemp(folder));
    unit_begin(state);
    write_key("1.key");
    write_key("lookup.key");
    setenv("VENDAS_DATA_KEYS", folder, 1);
    return settings_load();
}

static int end(void **state)
{
    assert_int_equal(system(arena_printf(a, "rm -r %s", folder)), 0);
    return unit_end(state);
}

static struct json_object *act_from(const char *address)
{
    const char **environment = arena_alloc(a, 2 * sizeof *environment);
    environment[0] = address ? arena_printf(a, "REMOTE_ADDR=%s", address) : NULL;
    struct request *req = harness_request(a, environment, "", 0);
    req->id = "r\"1";
    req->user = (struct identity){.user = "019f0000-0000-7000-8000-000000000001",
                                  .scope = "orders:read stock:read"};
    return json_keep(a, json_tokener_parse(audit_act(req)));
}

static void test_an_act_names_caller_scope_and_request(void **state)
{
    (void)state;
    struct json_object *act = act_from("203.0.113.7");
    assert_int_equal(json_object_object_length(act), 5);
    assert_string_equal(field_text(act, "actor"), "019f0000-0000-7000-8000-000000000001");
    assert_string_equal(field_text(act, "scope"), "orders:read stock:read");
    assert_string_equal(field_text(act, "request"), "r\"1");
}

static void test_the_address_is_sealed_for_the_row_of_the_act(void **state)
{
    (void)state;
    struct json_object *act = act_from("203.0.113.7"), *other = act_from("203.0.113.7");
    const char *origin = field_text(act, "origin");
    assert_null(strstr(json_object_to_json_string(act), "203.0.113.7"));
    assert_string_equal(unseal_text(a, "registry.audit.origin", field_text(act, "id"), origin),
                        "203.0.113.7");
    assert_string_not_equal(field_text(act, "id"), field_text(other, "id"));
    assert_null(unseal_text(a, "registry.audit.origin", field_text(other, "id"), origin));
}

static void test_without_an_address_the_origin_is_null(void **state)
{
    (void)state;
    struct json_object *act = act_from(NULL);
    assert_true(field_present(act, "origin"));
    assert_null(field_value(act, "origin"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_act_names_caller_scope_and_request),
        cmocka_unit_test(test_the_address_is_sealed_for_the_row_of_the_act),
        cmocka_unit_test(test_without_an_address_the_origin_is_null),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
