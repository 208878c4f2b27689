#include "unit.h"

#include <ctype.h>
#include <glob.h>

#include "buf.h"
#include "messages.h"

/* Where codes are used, and which argument of these functions is one. */
static const char *const SOURCES[] = {
    "lib/*.c", "lib/*/*.c", "cgi-bin/*/*.c", "cli/*.c", "jobs/*.c", "sql/*.sql",
};
static const struct {
    const char *function;
    int argument;
} CALLS[] = {
    {"problem_set(", 2},  {"problem_field(", 2}, {"respond_problem(", 2}, {"fault(", 2},
    {"fault_number(", 2}, {"away(", 1},          {"shared.fail(", 1},     {"message_with(", 1},
    {"say(", 1},          {"call_text(", 1},     {"call_wrong(", 2},
};

enum { MAX_CODES = 800, MAX_CODE = 64 };
static struct {
    char list[MAX_CODES][MAX_CODE];
    int count;
} used;

/* All sources but the catalogue itself, one behind the other. */
static struct buf sources;

static bool is_used(const char *code)
{
    for (int i = 0; i < used.count; i++)
        if (!strcmp(used.list[i], code))
            return true;
    return false;
}

static bool is_code(const char *s, size_t n)
{
    return n > 0 && n < MAX_CODE && strspn(s, "abcdefghijklmnopqrstuvwxyz_") >= n;
}

/* Notes the codes in one argument of a call: all its literals, as it may be a choice of two.
 * Returns what stands behind the argument. */
static const char *read_argument(const char *s, bool wanted)
{
    int depth = 0;
    for (; *s && !(depth == 0 && strchr(",)", *s)); s++) {
        depth += *s == '(';
        depth -= *s == ')';
        if (*s != '"' && *s != '\'')
            continue;
        size_t n = strcspn(s + 1, (char[]){*s, '\0'});
        if (wanted && is_code(s + 1, n) && used.count < MAX_CODES) {
            memcpy(used.list[used.count], s + 1, n);
            used.count++;
        }
        s += n + 1;
    }
    return s;
}

static void read_calls(const char *text, const char *function, int argument)
{
    for (const char *s = text; (s = strstr(s, function));) {
        bool whole_name = s == text || !(isalnum((unsigned char)s[-1]) || s[-1] == '_');
        s += strlen(function);
        for (int i = 0; whole_name && i <= argument && *s && *s != ')'; i++)
            s = read_argument(s + (i > 0), i == argument);
    }
}

static int collect_codes(void **state)
{
    unit_begin(state);
    sources = buf_new(a);
    for (size_t i = 0; i < LENGTH(SOURCES); i++) {
        glob_t files;
        assert_int_equal(glob(arena_printf(a, "%s/%s", ROOT, SOURCES[i]), 0, NULL, &files), 0);
        for (size_t f = 0; f < files.gl_pathc; f++) {
            size_t n;
            const char *text = unit_file(files.gl_pathv[f], &n);
            if (!strstr(files.gl_pathv[f], "/lib/messages.c"))
                buf_raw(&sources, text);
            for (size_t c = 0; c < LENGTH(CALLS); c++)
                read_calls(text, CALLS[c].function, CALLS[c].argument);
        }
        globfree(&files);
    }
    return 0;
}

static void test_the_scan_of_the_source_finds_what_is_there(void **state)
{
    (void)state;
    static const char *const KNOWN[] = {
        "validation_failed",
        "already_exists",
        "busy",
        "not_uuid",
        "too_long",
        "invalid_token",
        "unknown_role",
        "confirmation_not_manual",
        "database_unavailable",
    };
    for (size_t i = 0; i < LENGTH(KNOWN); i++)
        if (!is_used(KNOWN[i]))
            fail_msg("%s was not found", KNOWN[i]);
    assert_false(is_used("cursor"));
    assert_in_range(used.count, 50, MAX_CODES - 1);
}

static void test_every_code_that_is_used_has_its_texts(void **state)
{
    (void)state;
    for (enum lang lang = LANG_PT_BR; lang <= LANG_EN; lang++) {
        const char *unknown = message_with(a, "no such code", lang, NULL);
        for (int i = 0; i < used.count; i++)
            if (!strcmp(message_with(a, used.list[i], lang, "1"), unknown))
                fail_msg("%s has no text", used.list[i]);
    }
}

/* Whether a source has the code as a literal: it may stand in a table that is read later. The
 * columns and tables of reports stand there without what goes before
 * (lib/sales/report_table.h).
 */
static bool is_quoted(const char *code)
{
    static const char *const BEFORE[] = {"column_", "report_"};
    for (size_t i = 0; i < LENGTH(BEFORE); i++) {
        size_t n = strlen(BEFORE[i]);
        if (!strncmp(code, BEFORE[i], n) &&
            strstr(sources.data, arena_printf(a, "\"%s\"", code + n)))
            return true;
    }
    return strstr(sources.data, arena_printf(a, "\"%s\"", code)) ||
           strstr(sources.data, arena_printf(a, "'%s'", code));
}

/* Columns of reports, {"name", REPORT_KIND, head}, have the head that is theirs. */
static void test_every_column_of_a_report_has_a_head(void **state)
{
    (void)state;
    const char *unknown = message_with(a, "no such code", LANG_EN, NULL);
    int count = 0;
    for (const char *s = sources.data; (s = strstr(s, "\", REPORT_")); count++) {
        const char *name = s;
        while (name[-1] != '"')
            name--;
        name = arena_memdup(a, name, (size_t)(s - name));
        s += strcspn(s + 2, ",}") + 2;
        if (!strncmp(s, ", \"", 3))
            name = arena_memdup(a, s + 3, strcspn(s + 3, "\""));
        if (!strcmp(message_with(a, arena_printf(a, "column_%s", name), LANG_EN, NULL),
                    unknown))
            fail_msg("column_%s has no text", name);
    }
    assert_true(count > 10);
}

/* The entries of the catalogue as lib/messages.c has them: {"code", in a line of its own. */
static void test_every_text_is_used(void **state)
{
    (void)state;
    const char *s = strstr(unit_source("lib/messages.c"), "TABLE[]");
    int count = 0;
    for (; (s = strstr(s, "\n    {\"")); count++) {
        s += strlen("\n    {\"");
        const char *code = arena_memdup(a, s, strcspn(s, "\""));
        if (!is_quoted(code))
            fail_msg("%s is not used anywhere", code);
    }
    assert_true(count > 50);
}

static void test_an_argument_takes_its_place_in_the_text(void **state)
{
    (void)state;
    assert_string_equal(message_with(a, "too_long", LANG_EN, "80"),
                        "Must have at most 80 characters.");
    assert_string_equal(message_with(a, "too_long", LANG_PT_BR, "80"),
                        "Deve ter no máximo 80 caracteres.");
    assert_string_equal(message_with(a, "other_currency", LANG_EN, "BRL"),
                        "The currency of this shop is BRL.");
    assert_null(strstr(message_with(a, "too_long", LANG_EN, NULL), "{}"));
    assert_string_equal(message_with(a, "required", LANG_EN, "unused"),
                        "This field is required.");
}

static void test_an_unknown_code_still_has_a_text(void **state)
{
    (void)state;
    assert_string_equal(message_with(a, "no such code", LANG_EN, NULL), "Not a valid value.");
    assert_string_equal(message_with(a, "", LANG_PT_BR, NULL), "Valor inválido.");
}

static void test_every_status_that_is_answered_has_a_title(void **state)
{
    (void)state;
    static const int STATUSES[] = {400, 401, 403, 404, 405, 409, 412,
                                   413, 415, 422, 429, 500, 503};
    for (size_t i = 0; i < LENGTH(STATUSES); i++) {
        assert_true(*message_of_status(STATUSES[i], LANG_PT_BR));
        assert_string_not_equal(message_of_status(STATUSES[i], LANG_PT_BR),
                                message_of_status(STATUSES[i], LANG_EN));
    }
    assert_string_equal(message_of_status(299, LANG_EN), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_scan_of_the_source_finds_what_is_there),
        cmocka_unit_test(test_every_code_that_is_used_has_its_texts),
        cmocka_unit_test(test_every_column_of_a_report_has_a_head),
        cmocka_unit_test(test_every_text_is_used),
        cmocka_unit_test(test_an_argument_takes_its_place_in_the_text),
        cmocka_unit_test(test_an_unknown_code_still_has_a_text),
        cmocka_unit_test(test_every_status_that_is_answered_has_a_title),
    };
    return cmocka_run_group_tests(tests, collect_codes, unit_end);
}
