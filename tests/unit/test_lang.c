#include "unit.h"

#include "lang.h"

struct example {
    const char *header;
    enum lang lang;
};

static void check(const struct example *e, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (lang_from_accept(e[i].header) != e[i].lang)
            fail_msg("\"%s\" gave the other language", e[i].header);
}

static void test_portuguese_is_spoken_where_nothing_else_is_asked_for(void **state)
{
    (void)state;
    static const struct example EXAMPLES[] = {
        {NULL, LANG_PT_BR},     {"", LANG_PT_BR},      {"*", LANG_PT_BR},
        {"fr, de", LANG_PT_BR}, {",,;q=", LANG_PT_BR}, {"e", LANG_PT_BR},
        {"eng", LANG_PT_BR},    {"pt", LANG_PT_BR},    {"pt-PT", LANG_PT_BR},
    };
    check(EXAMPLES, LENGTH(EXAMPLES));
}

static void test_the_language_of_the_higher_weight_wins(void **state)
{
    (void)state;
    static const struct example EXAMPLES[] = {
        {"en", LANG_EN},
        {"EN-gb", LANG_EN},
        {"en-US,en;q=0.9", LANG_EN},
        {"fr, en;q=0.3", LANG_EN},
        {"en;q=0.5, pt-BR", LANG_PT_BR},
        {"pt;q=0.4, en;q=0.5", LANG_EN},
        {"pt-BR,pt;q=0.9,en-US;q=0.8,en;q=0.7", LANG_PT_BR},
        {"en;q=0, pt;q=0.1", LANG_PT_BR},
        {"en ; q=0.2 , pt ; q=0.1", LANG_EN},
        {"de-q=1, en;Q=0.2", LANG_EN},
    };
    check(EXAMPLES, LENGTH(EXAMPLES));
}

static void test_a_language_of_weight_zero_is_not_spoken(void **state)
{
    (void)state;
    static const struct example EXAMPLES[] = {{"en;q=0", LANG_PT_BR},
                                              {"en;q=0.000", LANG_PT_BR}};
    check(EXAMPLES, LENGTH(EXAMPLES));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_portuguese_is_spoken_where_nothing_else_is_asked_for),
        cmocka_unit_test(test_the_language_of_the_higher_weight_wins),
        cmocka_unit_test(test_a_language_of_weight_zero_is_not_spoken),
    };
    return UNIT_RUN(tests);
}
