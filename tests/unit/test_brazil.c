#include "unit.h"

#include "brazil.h"

static void test_a_postal_code_tells_its_state(void **state)
{
    (void)state;
    /* First and last code of ranges, and a known address of every state. */
    static const char *const CODES[][2] = {
        {"01000000", "SP"}, {"19999999", "SP"}, {"20000000", "RJ"}, {"28999999", "RJ"},
        {"29000000", "ES"}, {"29999999", "ES"}, {"30000000", "MG"}, {"40000000", "BA"},
        {"48999999", "BA"}, {"49000000", "SE"}, {"50000000", "PE"}, {"57000000", "AL"},
        {"58000000", "PB"}, {"59000000", "RN"}, {"60000000", "CE"}, {"64000000", "PI"},
        {"65000000", "MA"}, {"66000000", "PA"}, {"68899999", "PA"}, {"68900000", "AP"},
        {"68999999", "AP"}, {"69000000", "AM"}, {"69299999", "AM"}, {"69300000", "RR"},
        {"69399999", "RR"}, {"69400000", "AM"}, {"69899999", "AM"}, {"69900000", "AC"},
        {"69999999", "AC"}, {"70000000", "DF"}, {"72799999", "DF"}, {"72800000", "GO"},
        {"72999999", "GO"}, {"73000000", "DF"}, {"73699999", "DF"}, {"73700000", "GO"},
        {"76799999", "GO"}, {"76800000", "RO"}, {"76999999", "RO"}, {"77000000", "TO"},
        {"77999999", "TO"}, {"78000000", "MT"}, {"78899999", "MT"}, {"79000000", "MS"},
        {"79999999", "MS"}, {"80000000", "PR"}, {"87999999", "PR"}, {"88000000", "SC"},
        {"89999999", "SC"}, {"90000000", "RS"}, {"99999999", "RS"},
    };
    for (size_t i = 0; i < LENGTH(CODES); i++)
        assert_string_equal(postal_code_state(CODES[i][0]), CODES[i][1]);
}

static void test_a_code_in_no_range_has_no_state(void **state)
{
    (void)state;
    static const char *const CODES[] = {"", "0131010", "013101000", "00000000", "00999999"};
    for (size_t i = 0; i < LENGTH(CODES); i++)
        assert_null(postal_code_state(CODES[i]));
}

static void test_there_are_27_states(void **state)
{
    (void)state;
    int count = 0;
    for (char first = 'A'; first <= 'Z'; first++)
        for (char second = 'A'; second <= 'Z'; second++)
            count += state_valid((char[]){first, second, '\0'});
    assert_int_equal(count, 27);
    static const char *const NONE[] = {"", "S", "sp", "SPA", "XX"};
    for (size_t i = 0; i < LENGTH(NONE); i++)
        assert_false(state_valid(NONE[i]));
}

static void test_each_state_has_a_name(void **state)
{
    (void)state;
    assert_string_equal(state_name("SP"), "São Paulo");
    assert_string_equal(state_name("DF"), "Distrito Federal");
    assert_null(state_name("sp"));
    assert_null(state_name(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_there_are_27_states),
        cmocka_unit_test(test_a_postal_code_tells_its_state),
        cmocka_unit_test(test_a_code_in_no_range_has_no_state),
        cmocka_unit_test(test_each_state_has_a_name),
    };
    return UNIT_RUN(tests);
}
