#include "unit.h"

#include "catalog/price.h"
#include "fields.h"

/* What the public corpus has and we do not read: a text without a number is no price to us,
 * although "Free!" says zero. */
enum { ALLOWED_MISSES = 2 };

struct example {
    const char *text;
    long long minor;
    const char *currency;
};

static void check(const struct example *e, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct price price = {0};
        if (!price_read(a, e[i].text, &price) || price.minor != e[i].minor)
            fail_msg("\"%s\" was read as %lld", e[i].text, price.minor);
        if (e[i].currency ? !price.currency || strcmp(price.currency, e[i].currency)
                          : price.currency != NULL)
            fail_msg("\"%s\" has currency %s", e[i].text, price.currency);
    }
}

static void test_prices_are_read_as_people_write_them(void **state)
{
    (void)state;
    static const struct example EXAMPLES[] = {
        {"R$ 1.234,56", 123456, "BRL"},
        {"R$\xC2\xA0"
         "12.345.678,90",
         1234567890, "BRL"},
        {"por apenas R$5", 500, "BRL"},
        {"10 reais", 1000, "BRL"},
        {"US$ 12.99", 1299, "USD"},
        {"1,299.00 USD", 129900, "USD"},
        {"35€ 99", 3599, "EUR"},
        {"1'234.50", 123450, NULL},
        {"4 835,50 \xE2\x82\xAC", 483550, "EUR"},
        {".99", 99, NULL},
        {"0,5", 50, NULL},
        {"0.125", 13, NULL},
        {"2879.2", 287920, NULL},
        {"119. 95", 11995, NULL},
        {"1.234", 123400, NULL},
        {"1,234", 123400, NULL},
        {"1.234.567", 123456700, NULL},
        {"1.299.00", 129900, NULL},
    };
    check(EXAMPLES, LENGTH(EXAMPLES));
}

static void test_the_price_is_found_among_other_numbers(void **state)
{
    (void)state;
    static const struct example EXAMPLES[] = {
        {"10% de desconto: R$ 89,90", 8990, "BRL"},
        {"-15 % 42,50", 4250, NULL},
        {"12x de R$ 44,00 sem juros", 4400, "BRL"},
        {"3 x 10,00", 1000, NULL},
        {"Leve 3 por R$ 99,90", 9990, "BRL"},
        {"De R$ 199,00 por R$ 149,00", 19900, "BRL"},
        {"841,00 – 995,00", 84100, NULL},
    };
    check(EXAMPLES, LENGTH(EXAMPLES));
}

static void test_a_currency_is_never_taken_for_another(void **state)
{
    (void)state;
    static const struct example EXAMPLES[] = {
        {"MX$3,179.00", 317900, "MXN"},
        {"NZD $100.70", 10070, "NZD"},
        {"$ SGD4.90", 490, "SGD"},
        {"AU$ 1,175", 117500, "AUD"},
        {"BZ$ 1", 100, NULL},
        {"1 $U", 100, NULL},
        {"$1", 100, "USD"},
        {"porR$ 1", 100, "BRL"},
        {"140,00 pln", 14000, "PLN"},
        {"149,00 euro", 14900, "EUR"},
        {"R$ 10 (US$ 2)", 1000, "BRL"},
        {"realmente 7", 700, NULL},
        {"£1", 100, "GBP"},
    };
    check(EXAMPLES, LENGTH(EXAMPLES));
}

static void test_what_is_no_price_is_refused(void **state)
{
    (void)state;
    static const char *const TEXTS[] = {
        "", " ", "Ops!", "R$", "R$ ,", "100%", "12x", "99999999999999999999", "10000000000,01",
    };
    for (size_t i = 0; i < LENGTH(TEXTS); i++) {
        struct price price;
        if (price_read(a, TEXTS[i], &price) || price_read_plain(a, TEXTS[i], &price))
            fail_msg("\"%s\" was read as %lld", TEXTS[i], price.minor);
    }
}

static void test_more_than_two_decimals_round_half_up(void **state)
{
    (void)state;
    static const struct example EXAMPLES[] = {
        {"1.0049", 100, NULL},
        {"1.0050", 101, NULL},
        {"1.9950", 200, NULL},
        {"34.992001", 3499, NULL},
        {"1.11000000000000009770", 111, NULL},
    };
    check(EXAMPLES, LENGTH(EXAMPLES));
}

static void test_a_plain_number_has_a_dot_for_its_decimal_mark(void **state)
{
    (void)state;
    static const struct example EXAMPLES[] = {
        {"1.234", 123, NULL},     {"55.00", 5500, NULL},      {"7", 700, NULL},
        {"1234.5", 123450, NULL}, {"1.234,56", 123456, NULL}, {"R$ 1.234", 123400, "BRL"},
        {"1.", 100, NULL},
    };
    for (size_t i = 0; i < LENGTH(EXAMPLES); i++) {
        struct price price = {0};
        assert_true(price_read_plain(a, EXAMPLES[i].text, &price));
        assert_int_equal(price.minor, EXAMPLES[i].minor);
        assert_int_equal(price.currency != NULL, EXAMPLES[i].currency != NULL);
    }
}

static void test_a_number_is_brought_into_one_form(void **state)
{
    (void)state;
    assert_string_equal(price_number(a, "R$ 1.234,56"), "1234.56");
    assert_string_equal(price_number(a, "1 234"), "1234");
    assert_string_equal(price_number(a, "$.75"), "0.75");
    assert_null(price_number(a, "grátis"));
}

/* The code of a currency as the corpus writes it, "" for one that is not ours to know. */
static const char *code_of(const char *currency)
{
    static const char *const PAIRS[][2] = {
        {"€", "EUR"},   {"EUR", "EUR"}, {"euro", "EUR"}, {"$", "USD"},   {"US$", "USD"},
        {"USD", "USD"}, {"£", "GBP"},   {"R$", "BRL"},   {"A$", "AUD"},  {"AU$", "AUD"},
        {"C$", "CAD"},  {"NZD", "NZD"}, {"MX$", "MXN"},  {"AED", "AED"}, {"CHF", "CHF"},
        {"DKK", "DKK"}, {"NOK", "NOK"}, {"PLN", "PLN"},  {"pln", "PLN"}, {"RON", "RON"},
        {"SGD", "SGD"}, {"HUF", "HUF"},
    };
    for (size_t i = 0; currency && i < LENGTH(PAIRS); i++)
        if (!strcmp(PAIRS[i][0], currency))
            return PAIRS[i][1];
    return "";
}

static bool amount_is(struct json_object *entry, const struct price *price, bool read)
{
    const char *amount = field_text(entry, "amount");
    struct price expected;
    if (!amount)
        return !read;
    assert_true(price_read_plain(a, amount, &expected));
    return read && price->minor == expected.minor;
}

static void test_the_public_corpus_is_read(void **state)
{
    (void)state;
    size_t n;
    struct json_object *corpus = json_tokener_parse(unit_shared("corpus/prices.json", &n));
    int misses = 0;
    assert_non_null(corpus);
    for (size_t i = 0; i < json_object_array_length(corpus); i++) {
        struct json_object *entry = json_object_array_get_idx(corpus, i);
        const char *text = field_text(entry, "text"), *mark = field_text(entry, "currency");
        struct price price = {0};
        bool read = price_read(a, text, &price);
        if (!amount_is(entry, &price, read)) {
            print_message("miss: \"%s\"\n", text);
            misses++;
        }
        /* The corpus takes some currencies from a text nearby, which is not ours to read. */
        bool in_text = mark && strstr(text, mark);
        const char *code = in_text ? code_of(mark) : "";
        if (read && strcmp(price.currency ? price.currency : "", code))
            fail_msg("\"%s\" has currency %s", text, price.currency);
    }
    json_object_put(corpus);
    assert_in_range(misses, 0, ALLOWED_MISSES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_prices_are_read_as_people_write_them),
        cmocka_unit_test(test_the_price_is_found_among_other_numbers),
        cmocka_unit_test(test_a_currency_is_never_taken_for_another),
        cmocka_unit_test(test_what_is_no_price_is_refused),
        cmocka_unit_test(test_more_than_two_decimals_round_half_up),
        cmocka_unit_test(test_a_plain_number_has_a_dot_for_its_decimal_mark),
        cmocka_unit_test(test_a_number_is_brought_into_one_form),
        cmocka_unit_test(test_the_public_corpus_is_read),
    };
    return UNIT_RUN(tests);
}
