#include "unit.h"

#include <dirent.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "password.h"

static void test_a_password_fits_its_own_hash_alone(void **state)
{
    (void)state;
    char *hash = password_hash(a, "correto cavalo bateria grampo");
    assert_true(password_matches(hash, "correto cavalo bateria grampo"));
    assert_false(password_matches(hash, "correto cavalo bateria grampO"));
    assert_false(password_matches(hash, ""));
}

static void test_hashes_are_argon2id_with_the_parameters_of_owasp(void **state)
{
    (void)state;
    static const char START[] = "$argon2id$v=19$m=19456,t=2,p=1$";
    char *hash = password_hash(a, "senha");
    assert_memory_equal(hash, START, sizeof START - 1);
}

static void test_the_same_password_never_has_the_same_hash(void **state)
{
    (void)state;
    assert_string_not_equal(password_hash(a, "senha"), password_hash(a, "senha"));
}

static void test_any_characters_may_stand_in_a_password(void **state)
{
    (void)state;
    static const char PASSWORD[] = "\x01\xFFção \"';--";
    assert_true(password_matches(password_hash(a, PASSWORD), PASSWORD));
}

static void test_nothing_fits_where_there_is_no_user(void **state)
{
    (void)state;
    assert_false(password_matches(NULL, ""));
    assert_false(password_matches(NULL, "senha"));
}

static void test_nothing_fits_a_hash_that_is_none(void **state)
{
    (void)state;
    static const char *const HASHES[] = {
        "",
        "senha",
        "$argon2id$",
        "$argon2i$v=19$m=19456,t=2,p=1$AAAA$AAAA",
    };
    for (size_t i = 0; i < LENGTH(HASHES); i++)
        assert_false(password_matches(HASHES[i], "senha"));
}

static void test_a_hash_of_less_work_is_outdated(void **state)
{
    (void)state;
    static const char *const OUTDATED[] = {
        "$argon2id$v=19$m=9728,t=2,p=1$AAAA$AAAA",
        "$argon2id$v=19$m=19456,t=1,p=1$AAAA$AAAA",
        "$argon2id$v=16$m=19456,t=2,p=1$AAAA$AAAA",
        "$argon2i$v=19$m=19456,t=2,p=1$AAAA$AAAA",
        "$2b$12$abc",
        "",
    };
    for (size_t i = 0; i < LENGTH(OUTDATED); i++)
        assert_true(password_outdated(OUTDATED[i]));
    assert_false(password_outdated(password_hash(a, "senha")));
    assert_false(password_outdated("$argon2id$v=19$m=65536,t=3,p=4$AAAA$AAAA"));
}

/* Policy ----------------------------------------------------------------------------------- */

/* The codes that a password is refused with. */
static const char *refusal_of(const char *password, const char *name, const char *email)
{
    struct problem p = problem_none(a);
    bool ok = password_acceptable(&p, "/password", password, name, email);
    const char *codes = "";
    for (const struct field_error *e = p.errors; e; e = e->next) {
        assert_string_equal(e->pointer, "/password");
        codes = arena_printf(a, "%s%s%s", codes, *codes ? " " : "", e->code);
    }
    assert_int_equal(ok, p.status == 0);
    return codes;
}

static const char *refusal(const char *password)
{
    return refusal_of(password, "Carolina Prado de Sá", "cprado@loja.example");
}

static void expect_all(const char *const *passwords, size_t n, const char *codes)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(refusal(passwords[i]), codes))
            fail_msg("%s: \"%s\"", passwords[i], refusal(passwords[i]));
}

static void test_the_most_common_passwords_are_refused(void **state)
{
    (void)state;
    static const char *const COMMON[] = {
        "password",  "PassWord1",    "12345678",         "senha123",    "Senha@2026",
        "sénhá123",  "brasil2026",   "flamengo",         "Flamengo@81", "mudar123",
        "123mudar",  "102030405060", "maria12345",       "q1w2e3r4",    "iloveyou",
        "deusefiel", "p@ssw0rd",     "ＳＥＮＨＡ１２３", "!!dragon!!",
    };
    expect_all(COMMON, LENGTH(COMMON), "password_common");
}

static void test_runs_and_repetitions_are_refused(void **state)
{
    (void)state;
    static const char *const RUNS[] = {
        "87654321",      "abcdefgh",  "qwertyui",
        "poiuytrewq",    "1qaz2wsx",  "qwe123asd",
        "aaaaaaaa",      "aaabbbccc", "abcabcabc",
        "12121212",      "ababababa", "gatogato",
        "1234567890123", "        ",  "\U0001F511\U0001F511\U0001F511",
    };
    expect_all(RUNS, LENGTH(RUNS), "password_common");
}

static void test_a_password_does_not_hold_who_chose_it(void **state)
{
    (void)state;
    static const char *const OWN[] = {
        "carolina-e-os-gatos", "meu CAROLINA 99x", "x-prado-77-y",  "CarolinaPradoDeSa",
        "cprado@loja.example", "CPRADO-e-lua",     "pradó do meio", "c.a.r.o.l.i.n.a!",
    };
    expect_all(OWN, LENGTH(OWN), "password_holds_identity");
    assert_string_equal(refusal_of("a lua do 李小龙", "李小龙", "x@loja.example"),
                        "password_holds_identity");
    assert_string_equal(refusal_of("a lua do rui-barbosa", "Ana", "rui.barbosa@loja.example"),
                        "password_holds_identity");
    assert_string_equal(refusal_of("gabriel123", "Gabriel", "x@loja.example"),
                        "password_common password_holds_identity");
}

static void test_short_parts_of_a_name_tell_nothing(void **state)
{
    (void)state;
    assert_string_equal(refusal_of("a mesa de sá e ana", "Ana de Sá", "ab@loja.example"), "");
    assert_string_equal(refusal_of("a lua e a loja", "", "x@loja.example"), "");
}

static void test_other_passwords_are_taken_whatever_they_are_made_of(void **state)
{
    (void)state;
    static const char *const GOOD[] = {
        "correct horse battery", "cavalo bateria grampo",
        "9f86d081884c7d659a2f",  "kX8#vq2!",
        "não é só letras",       "senha do cofre da vovó",
        "brasil e 12345 outras", "tqzwmjkp",
        "4815162342-lost",       "\x01\x02 coisa qualquer\n",
    };
    expect_all(GOOD, LENGTH(GOOD), "");
}

static void test_without_its_list_no_password_is_taken(void **state)
{
    (void)state;
    setenv("VENDAS_COMMON_PASSWORDS", "/nowhere/list", 1);
    assert_int_equal(settings_load(), 0);
    struct problem p = problem_none(a);
    assert_false(
        password_acceptable(&p, "/password", "correct horse battery", "Ana", "x@y.zz"));
    assert_int_equal(p.status, 500);
}

static int with_lists(void **state)
{
    unit_begin(state);
    const char *brazil = ROOT "/data/passwords/brazil.txt",
               *world = ROOT "/data/passwords/world.txt";
    setenv("VENDAS_COMMON_PASSWORDS", arena_printf(a, "%s %s", brazil, world), 1);
    return settings_load();
}

/* ASVS 2.1.7: a thousand at the least that are long enough to be chosen. */
static void test_the_lists_hold_more_than_ten_thousand_that_could_be_chosen(void **state)
{
    (void)state;
    int count = 0;
    static const char *const NAMES[] = {"data/passwords/brazil.txt",
                                        "data/passwords/world.txt"};
    for (size_t i = 0; i < LENGTH(NAMES); i++)
        for (char *rest = unit_source(NAMES[i]), *line; (line = strsep(&rest, "\n"));)
            count += *line != '#' && strlen(line) >= PASSWORD_MIN;
    assert_true(count > 10000);
}

/* Whether a thread of the process is nicer than the others (proc(5), the 19th field of stat).
 */
static bool has_nice_thread(pid_t process, int niceness)
{
    bool found = false;
    const char *folder = arena_printf(a, "/proc/%d/task", (int)process);
    DIR *tasks = opendir(folder);
    for (struct dirent *e; tasks && (e = readdir(tasks));) {
        FILE *f = fopen(arena_printf(a, "%s/%s/stat", folder, e->d_name), "r");
        int nice;
        if (f && fscanf(f,
                        "%*d (%*[^)]) %*c"
                        "%*s%*s%*s%*s%*s%*s%*s%*s%*s%*s%*s%*s%*s%*s%*s%d",
                        &nice) == 1)
            found |= nice == niceness;
        if (f)
            fclose(f);
    }
    if (tasks)
        closedir(tasks);
    return found;
}

static void test_hashing_gives_way_to_others_and_nothing_else_does(void **state)
{
    (void)state;
    int before = getpriority(PRIO_PROCESS, 0);
    bool seen = false;
    pid_t child = fork();
    if (child == 0) {
        for (int i = 0; i < 20; i++)
            password_matches(NULL, "senha");
        _exit(getpriority(PRIO_PROCESS, 0) != before);
    }
    int status;
    while (!waitpid(child, &status, WNOHANG))
        seen |= has_nice_thread(child, before > 9 ? before : 10);
    assert_int_equal(status, 0);
    assert_true(seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_password_fits_its_own_hash_alone),
        cmocka_unit_test(test_hashes_are_argon2id_with_the_parameters_of_owasp),
        cmocka_unit_test(test_the_same_password_never_has_the_same_hash),
        cmocka_unit_test(test_any_characters_may_stand_in_a_password),
        cmocka_unit_test(test_nothing_fits_where_there_is_no_user),
        cmocka_unit_test(test_nothing_fits_a_hash_that_is_none),
        cmocka_unit_test(test_hashing_gives_way_to_others_and_nothing_else_does),
        cmocka_unit_test(test_a_hash_of_less_work_is_outdated),
        cmocka_unit_test(test_the_most_common_passwords_are_refused),
        cmocka_unit_test(test_runs_and_repetitions_are_refused),
        cmocka_unit_test(test_a_password_does_not_hold_who_chose_it),
        cmocka_unit_test(test_short_parts_of_a_name_tell_nothing),
        cmocka_unit_test(test_other_passwords_are_taken_whatever_they_are_made_of),
        cmocka_unit_test(test_the_lists_hold_more_than_ten_thousand_that_could_be_chosen),
        cmocka_unit_test(
            test_without_its_list_no_password_is_taken), /* the last: it stays so */
    };
    return cmocka_run_group_tests(tests, with_lists, unit_end);
}
