#include "unit.h"

#include "words.h"

static void test_a_word_is_found_whole_or_not_at_all(void **state)
{
    (void)state;
    assert_true(words_hold("pix", "pix"));
    assert_true(words_hold("pix boleto", "pix"));
    assert_true(words_hold("pix boleto", "boleto"));
    assert_false(words_hold("pix boleto", "bol"));
    assert_false(words_hold("pix boleto", "oleto"));
    assert_false(words_hold("pix boleto", "pix boleto"));
    assert_false(words_hold("pix boleto", "card"));
}

static void test_the_empty_word_is_in_no_list(void **state)
{
    (void)state;
    assert_false(words_hold("pix boleto", ""));
    assert_false(words_hold("pix  boleto", ""));
    assert_false(words_hold("", ""));
    assert_false(words_hold("", "pix"));
    assert_false(words_hold(NULL, "pix"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_word_is_found_whole_or_not_at_all),
        cmocka_unit_test(test_the_empty_word_is_in_no_list),
    };
    return UNIT_RUN(tests);
}
