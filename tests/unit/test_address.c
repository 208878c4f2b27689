#include "unit.h"

#include "address.h"
#include "json.h"

static const struct field ADDRESS[] = {
    ADDRESS_FIELDS(FIELD_REQUIRED, 1, 0),
    {0},
};

/* The state of a postal code and, where it is no NULL, a state; or "pointer code argument". */
static const char *state_of(const char *code, const char *given)
{
    struct problem p = problem_none(a);
    struct json_object *address = json_keep(a, json_object_new_object());
    json_object_object_add(address, "postal_code", json_object_new_string(code));
    if (given)
        json_object_object_add(address, "state", json_object_new_string(given));
    const char *told = address_state(&p, "/x", address);
    assert_int_equal(told == NULL, p.status == 422);
    if (told)
        return told;
    return arena_printf(a, "%s %s %s", p.errors->pointer, p.errors->code,
                        p.errors->argument ? p.errors->argument : "-");
}

static void test_the_state_is_that_of_the_postal_code(void **state)
{
    (void)state;
    assert_string_equal(state_of("01310100", NULL), "SP");
    assert_string_equal(state_of("69301010", "RR"), "RR");
    assert_string_equal(state_of("69301010", "AM"), "/x/postal_code postal_code_state RR");
    assert_string_equal(state_of("00999999", "SP"), "/x/postal_code not_postal_code -");
    assert_string_equal(state_of("00999999", NULL), "/x/postal_code not_postal_code -");
}

/* Of codes at random, each lies in one state at the most, and in no other. */
static void test_a_postal_code_agrees_with_one_state_alone(void **state)
{
    (void)state;
    static const char *const STATES[] = {
        "AC", "AL", "AM", "AP", "BA", "CE", "DF", "ES", "GO", "MA", "MG", "MS", "MT", "PA",
        "PB", "PE", "PI", "PR", "RJ", "RN", "RO", "RR", "RS", "SC", "SE", "SP", "TO",
    };
    srandom(13);
    for (int i = 0; i < 2000; i++) {
        const char *code = arena_printf(a, "%08ld", random() % 100000000);
        const char *range = state_of(code, NULL);
        int agree = 0;
        for (size_t s = 0; s < LENGTH(STATES); s++)
            if (!strcmp(state_of(code, STATES[s]), STATES[s])) {
                assert_string_equal(STATES[s], range);
                agree++;
            }
        assert_int_equal(agree, atoi(code) >= 1000000);
    }
}

static void test_what_is_sealed_is_all_but_the_state(void **state)
{
    (void)state;
    size_t sealed = 0;
    for (const struct field *f = ADDRESS; f->name; f++)
        if (strcmp(f->name, "state"))
            assert_string_equal(f->name, ADDRESS_LINES[sealed++]);
    assert_null(ADDRESS_LINES[sealed]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_state_is_that_of_the_postal_code),
        cmocka_unit_test(test_a_postal_code_agrees_with_one_state_alone),
        cmocka_unit_test(test_what_is_sealed_is_all_but_the_state),
    };
    return UNIT_RUN(tests);
}
