#include "unit.h"

#include "catalog/robots.h"
#include "fields.h"

static const char AGENT[] = "VendasCollector";

static bool allows(const char *file, const char *url)
{
    return robots_allows(a, robots_parse(a, file, strlen(file), AGENT), url);
}

struct example {
    const char *file, *url;
    bool allowed;
};

static void check(const struct example *e, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (allows(e[i].file, e[i].url) != e[i].allowed)
            fail_msg("%s is%s allowed by\n%s", e[i].url, e[i].allowed ? " not" : "", e[i].file);
}

static void test_the_group_of_our_own_name_goes_before_that_of_everybody(void **state)
{
    (void)state;
    static const struct example EXAMPLES[] = {
        {"User-agent: *\nDisallow: /\n", "http://x.example/a", false},
        {"User-agent: VendasCollector\nDisallow: /a\n\nUser-agent: *\nDisallow: /\n", "/b",
         true},
        {"User-agent: VendasCollector\nDisallow: /a\n\nUser-agent: *\nDisallow: /\n", "/a",
         false},
        {"User-agent: vendascollector/2.0\nDisallow: /\n", "/a", false},
        {"User-agent: Vendas\nDisallow: /\n", "/a", true},
        {"User-agent: VendasCollectors\nDisallow: /\n", "/a", true},
        {"User-agent: Other\nUser-agent: VendasCollector\nDisallow: /\n", "/a", false},
        {"User-agent: VendasCollector\n\nUser-agent: Other\nDisallow: /\n", "/a", false},
        {"User-agent: VendasCollector\nAllow: /\nUser-agent: Other\nDisallow: /\n", "/a", true},
        {"User-agent: VendasCollector\nDisallow:\n\nUser-agent: *\nDisallow: /\n", "/a", true},
    };
    check(EXAMPLES, LENGTH(EXAMPLES));
}

static void test_groups_of_one_name_are_taken_together(void **state)
{
    (void)state;
    static const char FILE_[] = "User-agent: VendasCollector\nDisallow: /a\n"
                                "User-agent: Other\nDisallow: /b\n"
                                "User-agent: VendasCollector\nDisallow: /c\n";
    assert_false(allows(FILE_, "/a"));
    assert_true(allows(FILE_, "/b"));
    assert_false(allows(FILE_, "/c"));
}

static void test_the_most_specific_rule_wins(void **state)
{
    (void)state;
    static const struct example EXAMPLES[] = {
        {"User-agent: *\nDisallow: /\nAllow: /p/\n", "/p/1", true},
        {"User-agent: *\nAllow: /p/\nDisallow: /\n", "/q/1", false},
        {"User-agent: *\nDisallow: /p\nAllow: /p\n", "/p", true},
        {"User-agent: *\nAllow: /p\nDisallow: /p/x\n", "/p/x", false},
        {"User-agent: *\nDisallow: /robots.txt\n", "/robots.txt", true},
    };
    check(EXAMPLES, LENGTH(EXAMPLES));
}

static void test_patterns_have_wildcards_and_an_end(void **state)
{
    (void)state;
    static const struct example EXAMPLES[] = {
        {"User-agent: *\nDisallow: /*.pdf$\n", "/a/b.pdf", false},
        {"User-agent: *\nDisallow: /*.pdf$\n", "/a/b.pdf?x", true},
        {"User-agent: *\nDisallow: /a*b*c\n", "/axxbyyczz", false},
        {"User-agent: *\nDisallow: /a*b*c\n", "/axxbyy", true},
        {"User-agent: *\nDisallow: /$\n", "/", false},
        {"User-agent: *\nDisallow: /$\n", "/a", true},
        {"User-agent: *\nDisallow: /a$b\n", "/a$b", false},
        {"User-agent: *\nDisallow: *\n", "/", false},
        {"User-agent: *\nDisallow: /*?\n", "/a?b=1", false},
    };
    check(EXAMPLES, LENGTH(EXAMPLES));
}

static void test_letters_and_escapes_are_compared_as_the_rfc_says(void **state)
{
    (void)state;
    static const struct example EXAMPLES[] = {
        {"User-agent: *\nDisallow: /A\n", "/a", true},
        {"User-agent: *\nDisallow: /ma%c3%a7a\n", "/ma%C3%A7a", false},
        {"User-agent: *\nDisallow: /ma\xC3\xA7"
         "a\n",
         "/ma%c3%a7a", false},
        {"User-agent: *\nDisallow: /%2\n", "/%2", false},
    };
    check(EXAMPLES, LENGTH(EXAMPLES));
}

static void test_lines_are_read_however_they_are_written(void **state)
{
    (void)state;
    static const struct example EXAMPLES[] = {
        {"\xEF\xBB\xBFUSER-AGENT : *\r\n  disallow\t:\t/a # comment\r\n", "/a", false},
        {"User-agent: *\rDisallow: /a\r", "/a", false},
        {"User-agent: *\nnonsense\n: \nSitemap: http://x/s.xml\nDisallow: /a", "/a", false},
        {"User-agent: *\nDisallow: /a#b\n", "/a", false},
        {"Disallow: /a\n", "/a", true},
        {"", "/a", true},
    };
    check(EXAMPLES, LENGTH(EXAMPLES));
}

static void test_a_url_is_judged_by_its_path_and_query(void **state)
{
    (void)state;
    static const char FILE_[] = "User-agent: *\nDisallow: /a?b\nDisallow: /$\n";
    assert_false(allows(FILE_, "https://x.example/a?b=1#frag"));
    assert_true(allows(FILE_, "https://x.example/a#?b"));
    assert_false(allows(FILE_, "https://x.example"));
    assert_true(allows(FILE_, "/c?u=http://x.example/a?b"));
}

static void test_a_crawl_delay_is_read_in_any_form(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        long long ms;
    } CASES[] = {
        {"2", 2000}, {"0.5", 500}, {"", 0},           {"soon", 0},
        {"-1", 0},   {"nan", 0},   {"inf", 86400000}, {"1e300", 86400000},
    };
    for (size_t i = 0; i < LENGTH(CASES); i++) {
        char *file = arena_printf(a, "User-agent: *\nCrawl-delay: %s\n", CASES[i].value);
        assert_int_equal(robots_delay_ms(robots_parse(a, file, strlen(file), AGENT)),
                         CASES[i].ms);
    }
    static const char OTHER[] = "User-agent: *\nCrawl-delay: 9\nUser-agent: VendasCollector\n"
                                "Disallow: /a\n";
    assert_int_equal(robots_delay_ms(robots_parse(a, OTHER, strlen(OTHER), AGENT)), 0);
}

static void test_without_a_file_all_is_allowed_and_without_an_answer_nothing(void **state)
{
    (void)state;
    assert_true(robots_allows(a, robots_allow_all(a), "/a"));
    assert_false(robots_allows(a, robots_disallow_all(a), "/a"));
    assert_false(robots_allows(a, robots_disallow_all(a), "/"));
}

static void test_what_lies_beyond_500_kib_is_not_read(void **state)
{
    (void)state;
    char *file = arena_printf(a, "User-agent: *\nDisallow: /a\n%*s\nDisallow: /b\n",
                              ROBOTS_MAX_BYTES, "");
    assert_false(allows(file, "/a"));
    assert_true(allows(file, "/b"));
}

static void test_no_pattern_takes_long(void **state)
{
    (void)state;
    /* Exponential if every star were retried: this would never end. */
    char *path = arena_printf(a, "/%02000d", 0);
    assert_true(
        allows("User-agent: *\nDisallow: /*0*0*0*0*0*0*0*0*0*0*0*0*0*0*0*0*0*0*1$", path));
}

/* The bytes of a text of the corpus, which has one character for each of them. */
static char *bytes_of(const char *text)
{
    char *bytes = arena_strdup(a, text), *o = bytes;
    for (const unsigned char *s = (const unsigned char *)text; *s; s++) {
        *o++ = (char)(*s < 0x80 ? *s : (s[0] & 3) << 6 | (s[1] & 0x3F));
        s += *s >= 0x80;
    }
    *o = '\0';
    return bytes;
}

static void test_the_public_cases_are_decided_as_they_should(void **state)
{
    (void)state;
    size_t n, count = 0;
    for (char *line = unit_shared("corpus/robots.jsonl", &n), *next; *line; line = next) {
        size_t length = strcspn(line, "\n");
        next = line + length + (line[length] == '\n');
        line[length] = '\0';
        struct json_object *o = json_tokener_parse(line);
        assert_non_null(o);
        const char *file = bytes_of(field_text(o, "robots")),
                   *url = bytes_of(field_text(o, "url"));
        struct robots *r = robots_parse(a, file, strlen(file), field_text(o, "agent"));
        if (robots_allows(a, r, url) != field_boolean(o, "allowed"))
            fail_msg("%s: %s by\n%s", field_text(o, "case"), url, file);
        json_object_put(o);
        count++;
    }
    assert_true(count > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_group_of_our_own_name_goes_before_that_of_everybody),
        cmocka_unit_test(test_groups_of_one_name_are_taken_together),
        cmocka_unit_test(test_the_most_specific_rule_wins),
        cmocka_unit_test(test_patterns_have_wildcards_and_an_end),
        cmocka_unit_test(test_letters_and_escapes_are_compared_as_the_rfc_says),
        cmocka_unit_test(test_lines_are_read_however_they_are_written),
        cmocka_unit_test(test_a_url_is_judged_by_its_path_and_query),
        cmocka_unit_test(test_a_crawl_delay_is_read_in_any_form),
        cmocka_unit_test(test_without_a_file_all_is_allowed_and_without_an_answer_nothing),
        cmocka_unit_test(test_what_lies_beyond_500_kib_is_not_read),
        cmocka_unit_test(test_no_pattern_takes_long),
        cmocka_unit_test(test_the_public_cases_are_decided_as_they_should),
    };
    return UNIT_RUN(tests);
}
