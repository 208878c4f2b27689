#include "unit.h"

#include "registry/attempt.h"

static void test_a_client_is_its_address_or_its_network(void **state)
{
    (void)state;
    static const char *const CASES[][2] = {
        {"203.0.113.7", "203.0.113.7"},
        {"2001:db8:1:2:3:4:5:6", "20010db800010002/64"},
        {"2001:db8:1:2::", "20010db800010002/64"},
        {"2001:db8:1:3::", "20010db800010003/64"},
        {"::ffff:203.0.113.7", "203.0.113.7"},
        {"::FFFF:cb00:7107", "203.0.113.7"},
        {"::203.0.113.7", "0000000000000000/64"},
        {"unix:", "unix:"},
        {NULL, ""},
    };
    for (size_t i = 0; i < LENGTH(CASES); i++)
        assert_string_equal(attempt_network(a, CASES[i][0]), CASES[i][1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_client_is_its_address_or_its_network),
    };
    return UNIT_RUN(tests);
}
