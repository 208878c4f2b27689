#include "unit.h"

#include "messages.h"
#include "sales/signature.h"

static void test_every_result_has_a_word_of_its_own_which_people_can_read(void **state)
{
    (void)state;
    const char *unknown = message_with(a, "no such code", LANG_EN, NULL);
    for (int i = 0; i < SIGNATURE_RESULTS; i++) {
        const char *word = signature_word(i);
        assert_string_not_equal(message_with(a, word, LANG_EN, NULL), unknown);
        for (int other = 0; other < i; other++)
            assert_string_not_equal(word, signature_word(other));
    }
    assert_string_equal(signature_word(SIGNATURE_VALID), "valid");
}

static void test_only_what_is_no_fault_of_the_sender_is_worth_another_try(void **state)
{
    (void)state;
    for (int i = 0; i < SIGNATURE_RESULTS; i++)
        assert_int_equal(signature_may_pass_later(i),
                         i == SIGNATURE_NOT_SET_UP || i == CERTIFICATE_UNAVAILABLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_result_has_a_word_of_its_own_which_people_can_read),
        cmocka_unit_test(test_only_what_is_no_fault_of_the_sender_is_worth_another_try),
    };
    return UNIT_RUN(tests);
}
