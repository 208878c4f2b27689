#include "unit.h"

#include "accept.h"

static const char *const TYPES[] = {"application/json", "text/csv", "image/png", NULL};

static void expect(const char *accept, int chosen)
{
    if (accept_choose(accept, TYPES) != chosen)
        fail_msg("\"%s\" chooses %s", accept ? accept : "(none)",
                 TYPES[accept_choose(accept, TYPES)]);
}

static void test_who_asks_for_nothing_gets_the_first(void **state)
{
    (void)state;
    expect(NULL, 0);
    expect("", 0);
    expect("*/*", 0);
    expect("text/html, application/xml;q=0.9", 0);
}

static void test_the_highest_weight_wins(void **state)
{
    (void)state;
    expect("text/csv", 1);
    expect("TEXT/CSV; charset=utf-8", 1);
    expect("application/json;q=0.5, text/csv;q=0.7, image/png;q=0.6", 1);
    expect("application/json; q=0.1,image/png", 2);
    expect("text/csv;q=0", 0);
    expect("application/json;q=0, text/csv;q=0.001", 1);
}

static void test_of_equals_the_first_of_ours_wins(void **state)
{
    (void)state;
    expect("text/csv, application/json", 0);
    expect("image/png, text/csv", 1);
}

static void test_the_range_that_names_a_type_best_has_its_weight(void **state)
{
    (void)state;
    expect("text/*", 1);
    expect("image/*;q=0.2, */*;q=0.1", 2);
    expect("*/*, application/json;q=0.1, text/csv;q=0.1", 2);
    expect("text/*;q=0.9, text/csv;q=0.1, application/*;q=0.5", 0);
    expect("text/csvx, text/cs", 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_asks_for_nothing_gets_the_first),
        cmocka_unit_test(test_the_highest_weight_wins),
        cmocka_unit_test(test_of_equals_the_first_of_ours_wins),
        cmocka_unit_test(test_the_range_that_names_a_type_best_has_its_weight),
    };
    return UNIT_RUN(tests);
}
