#include "unit.h"

#include "fields.h"
#include "json.h"

static struct json_object *json(const char *text)
{
    return json_keep(a, json_tokener_parse(text));
}

/* What one value is told by a field of that kind: the code of its first fault, "" for none. */
static const char *verdict(const struct field *f, const char *value)
{
    struct problem p = problem_none(a);
    struct json_object *normal = NULL;
    bool ok = field_check(&p, f, "/x", json(value), &normal);
    json_object_put(normal);
    assert_int_equal(ok, p.errors == NULL);
    return p.errors ? p.errors->code : "";
}

struct example {
    struct field field;
    const char *value, *code;
};

static void check(const struct example *e, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char *code = verdict(&e[i].field, e[i].value);
        if (strcmp(code, e[i].code))
            fail_msg("%s: \"%s\" instead of \"%s\"", e[i].value, code, e[i].code);
    }
}

#define TEXT(MIN, MAX)                                                                         \
    {                                                                                          \
        NULL, FIELD_TEXT, 0, MIN, MAX, NULL, NULL                                              \
    }
#define OF(TYPE)                                                                               \
    {                                                                                          \
        NULL, TYPE, 0, 0, 0, NULL, NULL                                                        \
    }

static void test_texts_are_bounded_in_characters(void **state)
{
    (void)state;
    static const struct example EXAMPLES[] = {
        {TEXT(0, 0), "\"\"", ""},
        {TEXT(1, 4), "\"maçã\"", ""},
        {TEXT(1, 4), "\"maçãs\"", "too_long"},
        {TEXT(3, 4), "\"çã\"", "too_short"},
        {TEXT(1, 4), "\"\"", "required"},
        {TEXT(1, 4), "\"  \"", "required"},
        {TEXT(1, 4), "\" a \"", ""},
        {TEXT(0, 0), "7", "not_text"},
        {TEXT(0, 0), "null", "not_null"},
        {TEXT(0, 0), "[\"a\"]", "not_text"},
    };
    check(EXAMPLES, LENGTH(EXAMPLES));
}

static void test_control_characters_stand_only_where_they_are_allowed(void **state)
{
    (void)state;
    static const struct example EXAMPLES[] = {
        {TEXT(0, 0), "\"a\\nb\"", "control_character"},
        {TEXT(0, 0), "\"a\\u0000b\"", "control_character"},
        {TEXT(0, 0), "\"\\u007f\"", "control_character"},
        {OF(FIELD_LONG_TEXT), "\"a\\r\\n\\tb\"", ""},
        {OF(FIELD_LONG_TEXT), "\"a\\u0001\"", "control_character"},
        {OF(FIELD_SECRET), "\"a\\u0001\\n\"", ""},
        {OF(FIELD_SECRET), "\"a\\u0000\"", "control_character"},
    };
    check(EXAMPLES, LENGTH(EXAMPLES));
}

static void test_whole_numbers_are_bounded(void **state)
{
    (void)state;
    static const struct example EXAMPLES[] = {
        {{NULL, FIELD_INTEGER, 0, 1, 5, NULL, NULL}, "1", ""},
        {{NULL, FIELD_INTEGER, 0, 1, 5, NULL, NULL}, "5", ""},
        {{NULL, FIELD_INTEGER, 0, 1, 5, NULL, NULL}, "0", "too_small"},
        {{NULL, FIELD_INTEGER, 0, 1, 5, NULL, NULL}, "6", "too_large"},
        {OF(FIELD_INTEGER), "-1", "too_small"},
        {OF(FIELD_INTEGER), "1.0", "not_integer"},
        {OF(FIELD_INTEGER), "\"1\"", "not_integer"},
        {OF(FIELD_INTEGER), "true", "not_integer"},
        {OF(FIELD_INTEGER), "9223372036854775806", ""},
        {OF(FIELD_INTEGER), "9223372036854775807", "too_large"},
        {OF(FIELD_INTEGER), "99999999999999999999999", "too_large"},
        {OF(FIELD_INTEGER), "-99999999999999999999999", "too_small"},
        {OF(FIELD_BOOLEAN), "true", ""},
        {OF(FIELD_BOOLEAN), "1", "not_boolean"},
        {OF(FIELD_BOOLEAN), "\"true\"", "not_boolean"},
    };
    check(EXAMPLES, LENGTH(EXAMPLES));
}

static void test_addresses_are_those_that_mail_is_sent_to(void **state)
{
    (void)state;
    static const char *const VALID[] = {
        "ana@example.com",
        "a.b+c_d@sub.example.com.br",
        "x@a-b.co",
        "O'Neil@example.org",
        "1234567890123456789012345678901234567890123456789012345678901234@example.com",
    };
    static const char *const INVALID[] = {
        "",
        "ana",
        "@example.com",
        "ana@",
        "ana@example",
        "ana@.com",
        "ana@example..com",
        ".ana@example.com",
        "ana.@example.com",
        "a..b@example.com",
        "ana@-a.com",
        "ana@a-.com",
        "ana@example.com.",
        "ana example@x.com",
        "ana@exam ple.com",
        "ana@1.2.3.4",
        "ana@[127.0.0.1]",
        "\\\"a b\\\"@example.com",
        "ana@b@example.com",
        "ãna@example.com",
        "12345678901234567890123456789012345678901234567890123456789012345@example.com",
        "ana@example.com\\nBcc: x@y.zz",
    };
    static const struct field EMAIL = OF(FIELD_EMAIL);
    for (size_t i = 0; i < LENGTH(VALID); i++)
        assert_string_equal(verdict(&EMAIL, arena_printf(a, "\"%s\"", VALID[i])), "");
    for (size_t i = 0; i < LENGTH(INVALID); i++)
        if (strcmp(verdict(&EMAIL, arena_printf(a, "\"%s\"", INVALID[i])), "not_email"))
            fail_msg("%s was accepted", INVALID[i]);
}

/* n characters out of a set, at random; each time the same ones. */
static const char *draw(const char *set, size_t n)
{
    char *s = arena_alloc(a, n + 1);
    for (size_t i = 0; i < n; i++)
        s[i] = set[(size_t)random() % strlen(set)];
    return s;
}

static void test_addresses_at_random_pass_and_fail_with_one_character_more(void **state)
{
    (void)state;
    static const char ATOM[] = "abcXYZ019!#$%&'*+-/=?^_`{|}~", LABEL[] = "abcXYZ019";
    static const char *const NEVER[] = {" ",    "(",   ")",       "<",    ">",      "[",
                                        "]",    ":",   ";",       "\\\\", ",",      "@",
                                        "\\\"", "\\n", "\\u0000", "é",    "\\u200b"};
    static const struct field EMAIL = OF(FIELD_EMAIL);
    srandom(5321);
    for (int i = 0; i < 300; i++) {
        const char *local = draw(ATOM, 1 + (size_t)random() % 20);
        if (random() % 2)
            local = arena_printf(a, "%s.%s", local, draw(ATOM, 1 + (size_t)random() % 20));
        const char *domain =
            arena_printf(a, "%s-%s.%s", draw(LABEL, 1 + (size_t)random() % 9),
                         draw(LABEL, 1 + (size_t)random() % 9), draw("abc", 2));
        const char *whole = arena_printf(a, "%s@%s", local, domain);
        assert_string_equal(verdict(&EMAIL, arena_printf(a, "\"%s\"", whole)), "");
        int at = (int)((size_t)random() % (strlen(whole) + 1));
        for (size_t n = 0; n < LENGTH(NEVER); n++) {
            const char *broken =
                arena_printf(a, "\"%.*s%s%s\"", at, whole, NEVER[n], whole + at);
            if (!*verdict(&EMAIL, broken))
                fail_msg("%s was accepted", broken);
        }
    }
}

static void test_a_postal_code_at_random_is_eight_digits_in_either_mask(void **state)
{
    (void)state;
    static const struct field CODE = OF(FIELD_POSTAL_CODE);
    srandom(8);
    for (int i = 0; i < 300; i++) {
        const char *digits = draw("0123456789", 8);
        const char *masked = arena_printf(a, "%.5s-%s", digits, digits + 5);
        struct problem p = problem_none(a);
        struct json_object *normal = NULL;
        assert_true(
            field_check(&p, &CODE, "", json(arena_printf(a, "\"%s\"", masked)), &normal));
        assert_string_equal(json_object_get_string(normal), digits);
        json_object_put(normal);
        for (size_t at = 0; at <= 8; at++) { /* one digit less, one more, one letter */
            const char *rest = digits + (at < 8 ? at + 1 : at);
            const char *const broken[] = {
                at < 8 ? arena_printf(a, "\"%.*s%s\"", (int)at, digits, rest) : "\"\"",
                arena_printf(a, "\"%.*s7%s\"", (int)at, digits, digits + at),
                at < 8 ? arena_printf(a, "\"%.*so%s\"", (int)at, digits, rest) : "\"\"",
            };
            for (size_t b = 0; b < LENGTH(broken); b++)
                assert_string_equal(verdict(&CODE, broken[b]), "not_postal_code");
        }
    }
}

static void test_formats_are_checked(void **state)
{
    (void)state;
    static const struct example EXAMPLES[] = {
        {OF(FIELD_UUID), "\"0190a5c0-1234-7abc-8def-0123456789AB\"", ""},
        {OF(FIELD_UUID), "\"0190a5c0-1234-7abc-8def-0123456789A\"", "not_uuid"},
        {OF(FIELD_UUID), "\"0190a5c0-1234-7abc-8def-0123456789ABC\"", "not_uuid"},
        {OF(FIELD_UUID), "\"0190a5c0x1234-7abc-8def-0123456789AB\"", "not_uuid"},
        {OF(FIELD_UUID), "\"\"", "not_uuid"},
        {OF(FIELD_URL), "\"https://loja.example/p?x=1#y\"", ""},
        {OF(FIELD_URL), "\"HTTP://loja.example\"", ""},
        {OF(FIELD_URL), "\"ftp://loja.example\"", "not_url"},
        {OF(FIELD_URL), "\"https://\"", "not_url"},
        {OF(FIELD_URL), "\"https:///x\"", "not_url"},
        {OF(FIELD_URL), "\"https://a b\"", "not_url"},
        {OF(FIELD_URL), "\"javascript:alert(1)\"", "not_url"},
        {OF(FIELD_GTIN), "\"7891000315507\"", ""},
        {OF(FIELD_GTIN), "\"7891000315508\"", "not_gtin"},
        {OF(FIELD_STATE), "\"sp\"", ""},
        {OF(FIELD_STATE), "\"XX\"", "not_state"},
        {OF(FIELD_STATE), "\"C \"", "not_state"},
        {OF(FIELD_STATE), "\"ACA\"", "not_state"},
        {OF(FIELD_POSTAL_CODE), "\"01310-100\"", ""},
        {OF(FIELD_POSTAL_CODE), "\"01310100\"", ""},
        {OF(FIELD_POSTAL_CODE), "\"0131-0100\"", "not_postal_code"},
        {OF(FIELD_POSTAL_CODE), "\"0131010a\"", "not_postal_code"},
        {OF(FIELD_CURRENCY), "\"BRL\"", ""},
        {OF(FIELD_CURRENCY), "\"USD\"", "other_currency"},
        {OF(FIELD_CURRENCY), "\"brl\"", "not_currency"},
        {OF(FIELD_CURRENCY), "\"R$\"", "not_currency"},
        {{NULL, FIELD_CHOICE, 0, 0, 0, "day week", NULL}, "\"week\"", ""},
        {{NULL, FIELD_CHOICE, 0, 0, 0, "day week", NULL}, "\"wee\"", "not_choice"},
        {{NULL, FIELD_CHOICE, 0, 0, 0, "day week", NULL}, "\"day week\"", "not_choice"},
        {{NULL, FIELD_CHOICE, 0, 0, 0, "day week", NULL}, "\"\"", "not_choice"},
        {OF(FIELD_JSON), "[1, {}]", ""},
    };
    check(EXAMPLES, LENGTH(EXAMPLES));
}

static void test_what_people_are_known_by_is_checked(void **state)
{
    (void)state;
    static const struct example EXAMPLES[] = {
        {OF(FIELD_DOCUMENT), "\"529.982.247-25\"", ""},
        {OF(FIELD_DOCUMENT), "\"12.abc.345/01de-35\"", ""},
        {OF(FIELD_DOCUMENT), "\"529.982.247-24\"", "document_check_digits"},
        {OF(FIELD_DOCUMENT), "\"111.111.111-11\"", "not_document"},
        {OF(FIELD_DOCUMENT), "52998224725", "not_text"},
        {OF(FIELD_PHONE), "\"(11) 98765-4321\"", ""},
        {OF(FIELD_PHONE), "\"(10) 98765-4321\"", "unknown_area_code"},
        {OF(FIELD_PHONE), "\"98765-4321\"", "not_phone"},
        {OF(FIELD_BIRTH_DATE), "\"1900-01-01\"", ""},
        {OF(FIELD_BIRTH_DATE), "\"1899-12-31\"", "too_early"},
        {OF(FIELD_BIRTH_DATE), "\"9999-01-01\"", "in_future"},
        {OF(FIELD_BIRTH_DATE), "\"2001-02-29\"", "not_date"},
        {{NULL, FIELD_NAME, 0, 1, 5, NULL, NULL}, "\"  Zoé  \"", ""},
        {{NULL, FIELD_NAME, 0, 1, 5, NULL, NULL}, "\"\\u00a0 \"", "required"},
        {{NULL, FIELD_NAME, 0, 1, 5, NULL, NULL}, "\"Joana D\"", "too_long"},
        {OF(FIELD_NAME), "\"Ana\\u202e\"", "control_character"},
        {OF(FIELD_NAME), "\"<b>\"", "forbidden_character"},
        {OF(FIELD_NAME), "\"12\"", "letter_missing"},
        {OF(FIELD_CITY), "\"Santos/SP\"", "forbidden_character"},
        {OF(FIELD_LINE), "\"25 (fundos)\"", ""},
        {{NULL, FIELD_PASSWORD, 0, 3, 4, NULL, NULL}, "\"a\\u0303\\u0001\"", "too_short"},
        {{NULL, FIELD_PASSWORD, 0, 3, 4, NULL, NULL}, "\"a\\u0303bcd\"", ""},
        {{NULL, FIELD_PASSWORD, 0, 3, 4, NULL, NULL}, "\"\\t\\n 🔑\"", ""},
        {{NULL, FIELD_PASSWORD, 0, 3, 4, NULL, NULL}, "\"\"", "required"},
        {{NULL, FIELD_PASSWORD, 0, 3, 4, NULL, NULL}, "\"abc\\u0000\"", "control_character"},
    };
    check(EXAMPLES, LENGTH(EXAMPLES));
}

static void test_dates_and_times_are_those_of_rfc_3339(void **state)
{
    (void)state;
    static const struct example EXAMPLES[] = {
        {OF(FIELD_DATE), "\"2024-02-29\"", ""},
        {OF(FIELD_DATE), "\"2023-02-29\"", "not_date"},
        {OF(FIELD_DATE), "\"1900-02-29\"", "not_date"},
        {OF(FIELD_DATE), "\"2000-02-29\"", ""},
        {OF(FIELD_DATE), "\"2026-04-31\"", "not_date"},
        {OF(FIELD_DATE), "\"2026-13-01\"", "not_date"},
        {OF(FIELD_DATE), "\"2026-00-01\"", "not_date"},
        {OF(FIELD_DATE), "\"2026-1-01\"", "not_date"},
        {OF(FIELD_DATE), "\"2026-01-1 \"", "not_date"},
        {OF(FIELD_DATE), "\"2026-01--1\"", "not_date"},
        {OF(FIELD_DATE), "\"2026-01-01x\"", "not_date"},
        {OF(FIELD_DATE), "\"-026-01-01\"", "not_date"},
        {OF(FIELD_DATE), "\"0000-01-01\"", "not_date"},
        {OF(FIELD_TIME), "\"2026-01-31T12:00:00Z\"", ""},
        {OF(FIELD_TIME), "\"2026-01-31t12:00:00.123456789-03:00\"", ""},
        {OF(FIELD_TIME), "\"2026-01-31T23:59:60Z\"", ""},
        {OF(FIELD_TIME), "\"2026-01-31T12:00:00\"", "not_time"},
        {OF(FIELD_TIME), "\"2026-01-31 12:00:00Z\"", "not_time"},
        {OF(FIELD_TIME), "\"2026-01-31T24:00:00Z\"", "not_time"},
        {OF(FIELD_TIME), "\"2026-01-31T12:60:00Z\"", "not_time"},
        {OF(FIELD_TIME), "\"2026-01-31T12:00:00.Z\"", "not_time"},
        {OF(FIELD_TIME), "\"2026-01-31T12:00:00+3:00\"", "not_time"},
        {OF(FIELD_TIME), "\"2026-01-31T12:00:00+24:00\"", "not_time"},
        {OF(FIELD_TIME), "\"2026-01-31T12:00:00Zx\"", "not_time"},
        {OF(FIELD_TIME), "\"2026-01-31T+1:00:00Z\"", "not_time"},
        {OF(FIELD_TIME), "\"2026-01-31T 1:00:00Z\"", "not_time"},
        {OF(FIELD_TIME), "\"2026-01-31T01: 0:00Z\"", "not_time"},
        {OF(FIELD_TIME), "\"2026-01-31T01:00:00+ 1:00\"", "not_time"},
        {OF(FIELD_TIME), "\"2026-01-31T01:00:00+-1:00\"", "not_time"},
        {OF(FIELD_TIME), "\"2026-01-31\"", "not_time"},
    };
    check(EXAMPLES, LENGTH(EXAMPLES));
}

static const struct field ITEM[] = {
    {"id", FIELD_UUID, FIELD_REQUIRED, 0, 0, NULL, NULL},
    {"quantity", FIELD_INTEGER, FIELD_REQUIRED, 1, 10, NULL, NULL},
    {0},
};
static const struct field ITEMS[] = {{"", FIELD_OBJECT, 0, 0, 0, NULL, ITEM}};
static const struct field STATES[] = {{"", FIELD_STATE, 0, 0, 0, NULL, NULL}};
static const struct field BODY[] = {
    {"name", FIELD_TEXT, FIELD_REQUIRED, 1, 10, NULL, NULL},
    {"note", FIELD_TEXT, FIELD_NULLABLE, 0, 10, NULL, NULL},
    {"active", FIELD_BOOLEAN, 0, 0, 0, NULL, NULL},
    {"state", FIELD_STATE, 0, 0, 0, NULL, NULL},
    {"postal_code", FIELD_POSTAL_CODE, 0, 0, 0, NULL, NULL},
    {"items", FIELD_LIST, 0, 1, 2, NULL, ITEMS},
    {"states", FIELD_LIST, 0, 0, 0, NULL, STATES},
    {"attributes", FIELD_ANY_OBJECT, 0, 0, 2, NULL, NULL},
    {0},
};

/* All faults of a body, as "pointer code, pointer code". */
static const char *faults(const char *body, bool partial)
{
    struct problem p = problem_none(a);
    bool ok = fields_check(&p, BODY, json(body), partial);
    const char *all = "";
    for (const struct field_error *e = p.errors; e; e = e->next)
        all = arena_printf(a, "%s%s%s %s", all, *all ? ", " : "", e->pointer, e->code);
    assert_int_equal(ok, *all == '\0');
    return all;
}

static void test_every_fault_of_a_body_is_told_with_its_pointer(void **state)
{
    (void)state;
    static const char *const CASES[][2] = {
        {"{\"name\": \"x\"}", ""},
        {"{}", "/name required"},
        {"{\"name\": null, \"note\": null}", "/name not_null"},
        {"{\"name\": \"x\", \"nom\": 1, \"a/b~c\": 2}",
         "/nom unknown_field, /a~1b~0c unknown_field"},
        {"{\"name\": 1, \"active\": 1}", "/name not_text, /active not_boolean"},
        {"{\"name\": \"x\", \"items\": []}", "/items too_few"},
        {"{\"name\": \"x\", \"items\": [1, 2, 3]}", "/items too_many"},
        {"{\"name\": \"x\", \"items\": {}}", "/items not_list"},
        {"{\"name\": \"x\", \"items\": [7, null]}", "/items/0 not_object, /items/1 not_null"},
        {"{\"name\": \"x\", \"items\": [{\"id\": \"y\", \"quantity\": 0}, {\"z\": 1}]}",
         "/items/0/id not_uuid, /items/0/quantity too_small, /items/1/z unknown_field, "
         "/items/1/id required, /items/1/quantity required"},
    };
    for (size_t i = 0; i < LENGTH(CASES); i++)
        assert_string_equal(faults(CASES[i][0], false), CASES[i][1]);
}

static void test_a_partial_body_needs_nothing_but_its_lists_are_whole(void **state)
{
    (void)state;
    assert_string_equal(faults("{}", true), "");
    assert_string_equal(faults("{\"items\": [{\"quantity\": 1}]}", true),
                        "/items/0/id required");
    assert_string_equal(faults("{\"x\": 1}", true), "/x unknown_field");
}

static void test_free_attributes_are_short_and_flat(void **state)
{
    (void)state;
    char *long_name = arena_printf(a, "{\"attributes\": {\"%0101d\": 1}}", 0);
    char *long_text = arena_printf(a, "{\"attributes\": {\"a\": \"%01001d\"}}", 0);
    assert_string_equal(faults("{\"attributes\": {\"cor\": \"azul\", \"peso\": 1.5}}", true),
                        "");
    assert_string_equal(faults("{\"attributes\": {\"a\": 1, \"b\": 2, \"c\": 3}}", true),
                        "/attributes too_many");
    assert_string_equal(faults("{\"attributes\": {\"a\": [1], \"b\": null}}", true),
                        "/attributes/a not_text, /attributes/b not_text");
    assert_string_equal(faults("{\"attributes\": [1]}", true), "/attributes not_object");
    assert_non_null(strstr(faults(long_name, true), "too_long"));
    assert_string_equal(faults(long_text, true), "/attributes/a too_long");
}

static void test_values_are_brought_into_their_normal_form(void **state)
{
    (void)state;
    struct problem p = problem_none(a);
    struct json_object *o =
        json("{\"name\": \"x\", \"state\": \"sp\", \"postal_code\": \"01310-100\","
             " \"states\": [\"rj\", \"MG\"], \"items\": [{\"quantity\": 1,"
             " \"id\": \"0190A5C0-1234-7ABC-8DEF-0123456789AB\"}]}");
    assert_true(fields_check(&p, BODY, o, false));
    assert_string_equal(field_text(o, "state"), "SP");
    assert_string_equal(field_text(o, "postal_code"), "01310100");
    assert_string_equal(field_json(field_value(o, "states")), "[\"RJ\",\"MG\"]");
    struct json_object *item = json_object_array_get_idx(field_value(o, "items"), 0);
    assert_string_equal(field_text(item, "id"), "0190a5c0-1234-7abc-8def-0123456789ab");
}

static void test_texts_become_nfc_and_secrets_stay(void **state)
{
    (void)state;
    static const struct field FIELDS[] = {
        {"text", FIELD_TEXT, 0, 0, 0, NULL, NULL},
        {"name", FIELD_NAME, 0, 0, 0, NULL, NULL},
        {"password", FIELD_PASSWORD, 0, 0, 0, NULL, NULL},
        {"secret", FIELD_SECRET, 0, 0, 0, NULL, NULL},
        {"phone", FIELD_PHONE, 0, 0, 0, NULL, NULL},
        {"any", FIELD_ANY_OBJECT, 0, 0, 0, NULL, NULL},
        {0},
    };
    struct problem p = problem_none(a);
    struct json_object *o = json(
        "{\"text\": \" a\\u0303 \", \"name\": \" a\\u0303 \", \"password\": \" a\\u0303 \","
        " \"secret\": \" a\\u0303 \", \"phone\": \"11 98765-4321\","
        " \"any\": {\"x\": \"a\\u0303\", \"y\": 1}}");
    assert_true(fields_check(&p, FIELDS, o, false));
    assert_string_equal(field_text(o, "text"), " \u00E3 ");
    assert_string_equal(field_text(o, "name"), "\u00E3");
    assert_string_equal(field_text(o, "password"), " \u00E3 ");
    assert_string_equal(field_text(o, "secret"), " a\u0303 ");
    assert_string_equal(field_text(o, "phone"), "+5511987654321");
    assert_string_equal(field_text(field_value(o, "any"), "x"), "\u00E3");
}

static void test_a_fault_tells_its_bound(void **state)
{
    (void)state;
    struct problem p = problem_none(a);
    fields_check(&p, BODY, json("{\"name\": \"12345678901\"}"), false);
    assert_string_equal(p.errors->argument, "10");
}

static void test_members_are_read_with_their_types(void **state)
{
    (void)state;
    struct json_object *o = json("{\"t\": \"x\", \"n\": 7, \"b\": true, \"z\": null}");
    assert_string_equal(field_text(o, "t"), "x");
    assert_int_equal(field_integer(o, "n"), 7);
    assert_true(field_boolean(o, "b"));
    assert_true(field_present(o, "z"));
    assert_null(field_value(o, "z"));
    assert_null(field_text(o, "z"));
    assert_int_equal(field_integer(o, "z"), 0);
    assert_false(field_boolean(o, "z"));
    assert_false(field_present(o, "other"));
    assert_null(field_text(o, "other"));
    assert_int_equal(field_integer(o, "other"), 0);
    assert_false(field_boolean(o, "other"));
    assert_string_equal(field_json(o), "{\"t\":\"x\",\"n\":7,\"b\":true,\"z\":null}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts_are_bounded_in_characters),
        cmocka_unit_test(test_control_characters_stand_only_where_they_are_allowed),
        cmocka_unit_test(test_whole_numbers_are_bounded),
        cmocka_unit_test(test_addresses_are_those_that_mail_is_sent_to),
        cmocka_unit_test(test_addresses_at_random_pass_and_fail_with_one_character_more),
        cmocka_unit_test(test_a_postal_code_at_random_is_eight_digits_in_either_mask),
        cmocka_unit_test(test_formats_are_checked),
        cmocka_unit_test(test_what_people_are_known_by_is_checked),
        cmocka_unit_test(test_dates_and_times_are_those_of_rfc_3339),
        cmocka_unit_test(test_every_fault_of_a_body_is_told_with_its_pointer),
        cmocka_unit_test(test_a_partial_body_needs_nothing_but_its_lists_are_whole),
        cmocka_unit_test(test_free_attributes_are_short_and_flat),
        cmocka_unit_test(test_values_are_brought_into_their_normal_form),
        cmocka_unit_test(test_texts_become_nfc_and_secrets_stay),
        cmocka_unit_test(test_a_fault_tells_its_bound),
        cmocka_unit_test(test_members_are_read_with_their_types),
    };
    return UNIT_RUN(tests);
}
