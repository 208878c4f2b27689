#include "unit.h"

#include <unistd.h>

#include "wordlist.h"

static char *write_list(const char *text)
{
    char *path = arena_strdup(a, "/tmp/test_wordlist.XXXXXX");
    int file = mkstemp(path);
    assert_int_equal(write(file, text, strlen(text)), strlen(text));
    close(file);
    return path;
}

static int holds(const char *paths, const char *word)
{
    return wordlist_holds(paths, &word, 1);
}

static void test_a_word_is_a_whole_line_of_any_of_the_files(void **state)
{
    (void)state;
    char *one = write_list("# flor\nSenha\r\nmaçã\n\n#x\nsem fim"),
         *two = write_list("brasil\n");
    char *both = arena_printf(a, "  %s  %s ", one, two);
    static const char *const WORDS[] = {"senha", "SENHA", "maçã", "sem fim", "brasil", ""};
    static const char *const OTHERS[] = {"senh", "senha1", "# flor", "flor",
                                         "#x",   "bras",   "fim"};
    for (size_t i = 0; i < LENGTH(WORDS); i++)
        assert_int_equal(holds(both, WORDS[i]), 1);
    for (size_t i = 0; i < LENGTH(OTHERS); i++)
        assert_int_equal(holds(both, OTHERS[i]), 0);
    static const char *const TWO[] = {"nenhuma", "brasil"};
    assert_int_equal(wordlist_holds(both, TWO, 2), 1);
    assert_int_equal(wordlist_holds(both, TWO, 1), 0);
    unlink(one);
    unlink(two);
}

static void test_a_file_that_cannot_be_read_is_no_empty_list(void **state)
{
    (void)state;
    char *one = write_list("brasil\n");
    assert_int_equal(holds("/nowhere/list", "brasil"), -1);
    assert_int_equal(holds(arena_printf(a, "%s /nowhere/list", one), "outra"), -1);
    assert_int_equal(holds(arena_printf(a, "%s /nowhere/list", one), "brasil"), 1);
    unlink(one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_word_is_a_whole_line_of_any_of_the_files),
        cmocka_unit_test(test_a_file_that_cannot_be_read_is_no_empty_list),
    };
    return UNIT_RUN(tests);
}
