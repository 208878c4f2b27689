#include "unit.h"

#include <unistd.h>

#include "digest.h"
#include "fields.h"
#include "json.h"
#include "letter.h"
#include "seal.h"
#include "utf8.h"
#include "uuid.h"

static const char TO[] = "ana@example.com", TOKEN[] = "k3yBwq_-t0ken";

static const struct {
    const char *name;
    const char *fragment; /* NULL: its link has no token */
    int seconds;
} KINDS[] = {
    {"confirm_email", "confirm", 86400},   {"account_exists", NULL, 259200},
    {"reset_password", "reset", 3600},     {"confirm_new_email", "email", 86400},
    {"email_changing", NULL, 259200},      {"password_changed", NULL, 259200},
    {"second_factor_added", NULL, 259200}, {"second_factor_removed", NULL, 259200},
    {"account_deleted", NULL, 259200},
};

static char folder[] = "/tmp/vendas-letter-XXXXXX";

static int begin(void **state)
{
    assert_non_null(mkdtemp(folder));
    unit_begin(state);
    FILE *f = fopen(arena_printf(a, "%s/1.key", folder), "w");
    assert_non_null(f);
    for (int i = 0; i < 64; i++)
        fputc('a', f);
    fclose(f);
    setenv("VENDAS_DATA_KEYS", folder, 1);
    setenv("VENDAS_PUBLIC_URL", "https://loja.example", 1);
    setenv("VENDAS_SHOP_NAME", "Loja da Ana", 1);
    return settings_load();
}

static int end(void **state)
{
    unlink(arena_printf(a, "%s/1.key", folder));
    rmdir(folder);
    return unit_end(state);
}

/* What the job that sends it will read. */
static struct json_object *opened(const struct letter *letter)
{
    const char *json = unseal_json(a, LETTER_COLUMN, letter->id, letter->payload);
    assert_non_null(json);
    struct json_object *object = json_keep(a, json_tokener_parse(json));
    assert_non_null(object);
    return object;
}

static const char *part(const char *kind, enum lang lang, const char *name)
{
    struct letter letter = letter_write(a, kind, lang, TO, TOKEN);
    return field_text(opened(&letter), name);
}

static void test_a_letter_goes_to_its_address_in_the_shops_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(KINDS); i++) {
        for (enum lang lang = LANG_PT_BR; lang <= LANG_EN; lang++) {
            assert_string_equal(part(KINDS[i].name, lang, "to"), TO);
            const char *subject = part(KINDS[i].name, lang, "subject");
            assert_ptr_equal(strstr(subject, "Loja da Ana: "), subject);
            const char *body = part(KINDS[i].name, lang, "body");
            assert_non_null(strstr(body, "\n\nLoja da Ana\nhttps://loja.example\n"));
        }
    }
}

static void test_a_link_is_on_a_line_of_its_own_with_its_token(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(KINDS); i++) {
        const char *body = part(KINDS[i].name, LANG_PT_BR, "body");
        if (KINDS[i].fragment) {
            const char *link = arena_printf(a, "\nhttps://loja.example/account/#%s=%s\n",
                                            KINDS[i].fragment, TOKEN);
            assert_non_null(strstr(body, link));
        } else {
            assert_null(strstr(body, TOKEN));
        }
    }
}

static void test_a_letter_tells_how_long_its_link_is_valid(void **state)
{
    (void)state;
    assert_non_null(strstr(part("confirm_email", LANG_PT_BR, "body"), "vale por 24 horas"));
    assert_non_null(strstr(part("confirm_email", LANG_EN, "body"), "valid for 24 hours"));
    assert_non_null(strstr(part("reset_password", LANG_PT_BR, "body"), "vale por 60 minutos"));
    assert_non_null(strstr(part("reset_password", LANG_EN, "body"), "valid for 60 minutes"));
    for (size_t i = 0; i < LENGTH(KINDS); i++) {
        struct letter letter = letter_write(a, KINDS[i].name, LANG_EN, TO, TOKEN);
        assert_int_equal(atoi(letter.seconds), KINDS[i].seconds);
    }
}

static void test_a_letter_tells_what_to_do_if_it_was_not_you(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(KINDS); i++) {
        assert_non_null(strstr(part(KINDS[i].name, LANG_PT_BR, "body"), "Se não foi você"));
        assert_non_null(strstr(part(KINDS[i].name, LANG_EN, "body"), "If it was not you"));
    }
}

static void test_a_letter_is_whole_in_both_languages(void **state)
{
    (void)state;
    const char *unknown[] = {"Valor inválido.", "Not a valid value."};
    for (size_t i = 0; i < LENGTH(KINDS); i++) {
        for (enum lang lang = LANG_PT_BR; lang <= LANG_EN; lang++) {
            const char *body = part(KINDS[i].name, lang, "body");
            assert_true(utf8_valid(body, strlen(body)));
            assert_null(strstr(body, unknown[lang]));
            assert_null(strstr(body, "{}"));
            assert_null(strpbrk(part(KINDS[i].name, lang, "subject"), "\r\n"));
        }
        assert_string_not_equal(part(KINDS[i].name, LANG_PT_BR, "body"),
                                part(KINDS[i].name, LANG_EN, "body"));
    }
}

static void test_what_is_stored_shows_neither_address_nor_token(void **state)
{
    (void)state;
    struct letter letter = letter_write(a, "reset_password", LANG_PT_BR, TO, TOKEN);
    assert_int_equal(strncmp(letter.payload, "\\x", 2), 0);
    size_t n;
    const char *bytes = hex_decode(a, letter.payload + 2, &n);
    assert_true(n > 200);
    assert_null(memmem(bytes, n, TO, strlen(TO)));
    assert_null(memmem(bytes, n, TOKEN, strlen(TOKEN)));
}

static void test_each_letter_has_an_id_to_which_it_is_bound(void **state)
{
    (void)state;
    struct letter one = letter_write(a, "reset_password", LANG_PT_BR, TO, TOKEN),
                  other = letter_write(a, "reset_password", LANG_PT_BR, TO, TOKEN);
    assert_int_equal(strlen(one.id), 36);
    assert_string_not_equal(one.id, other.id);
    assert_null(unseal_json(a, LETTER_COLUMN, other.id, one.payload));
}

static void test_a_letter_with_pictures_opens_as_it_was_sealed(void **state)
{
    (void)state;
    static const char PNG[] = "\x89PNG\r\n\x1a\n\0\0\377";
    struct mail_picture pictures[] = {{"day.png", "day@report", PNG, sizeof PNG - 1},
                                      {"none.png", "none@report", "", 0}};
    struct mail mail = {.subject = "Vendas",
                        .body = "Olá!\n",
                        .html = "<p title=\"x\">Olá!</p>",
                        .pictures = pictures,
                        .picture_count = LENGTH(pictures),
                        .unsubscribe = "https://loja.example/x?y=z"};
    struct letter letter = letter_seal_mail(a, &mail, 60);
    struct mail found;
    assert_true(letter_open(a, letter.id, letter.payload, &found));
    assert_string_equal(found.id, letter.id);
    assert_null(found.to);
    assert_string_equal(found.subject, mail.subject);
    assert_string_equal(found.body, mail.body);
    assert_string_equal(found.html, mail.html);
    assert_string_equal(found.unsubscribe, mail.unsubscribe);
    assert_int_equal(found.picture_count, LENGTH(pictures));
    for (size_t i = 0; i < LENGTH(pictures); i++) {
        assert_string_equal(found.pictures[i].name, pictures[i].name);
        assert_string_equal(found.pictures[i].cid, pictures[i].cid);
        assert_int_equal(found.pictures[i].n, pictures[i].n);
        assert_memory_equal(found.pictures[i].png, pictures[i].png, pictures[i].n);
    }
    assert_false(letter_open(a, uuid7(a), letter.payload, &found));
}

static void test_a_letter_of_text_alone_has_nothing_else(void **state)
{
    (void)state;
    struct letter letter = letter_seal(a, TO, "Oi", "Olá!\n", 60);
    struct mail found;
    assert_true(letter_open(a, letter.id, letter.payload, &found));
    assert_string_equal(found.to, TO);
    assert_null(found.html);
    assert_null(found.unsubscribe);
    assert_int_equal(found.picture_count, 0);
}

static void test_a_letter_of_no_kind_is_not_written(void **state)
{
    (void)state;
    assert_null(letter_write(a, "greeting", LANG_PT_BR, TO, NULL).payload);
    assert_null(letter_write(a, "", LANG_PT_BR, TO, NULL).id);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_letter_goes_to_its_address_in_the_shops_name),
        cmocka_unit_test(test_a_link_is_on_a_line_of_its_own_with_its_token),
        cmocka_unit_test(test_a_letter_tells_how_long_its_link_is_valid),
        cmocka_unit_test(test_a_letter_tells_what_to_do_if_it_was_not_you),
        cmocka_unit_test(test_a_letter_is_whole_in_both_languages),
        cmocka_unit_test(test_what_is_stored_shows_neither_address_nor_token),
        cmocka_unit_test(test_each_letter_has_an_id_to_which_it_is_bound),
        cmocka_unit_test(test_a_letter_with_pictures_opens_as_it_was_sealed),
        cmocka_unit_test(test_a_letter_of_text_alone_has_nothing_else),
        cmocka_unit_test(test_a_letter_of_no_kind_is_not_written),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
