#include "unit.h"

#include <curl/curl.h>
#include <unistd.h>

#include "mail.h"

static const struct mail MAIL = {
    .id = "019f0000-0000-7000-8000-000000000001",
    .date = 1795574657, /* Wed, 25 Nov 2026 02:44:17 UTC */
    .to = "ana@example.com",
    .subject = "Confirme",
    .body = "Olá!\n\nTudo bem?\n",
};

static int begin(void **state)
{
    unit_begin(state);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    setenv("VENDAS_MAIL_FROM", "loja@example.com.br", 1);
    return settings_load();
}

static int end(void **state)
{
    curl_global_cleanup();
    return unit_end(state);
}

static char *message_with_subject(const char *subject)
{
    struct mail mail = MAIL;
    mail.subject = subject;
    return mail_message(a, &mail);
}

static void test_a_message_has_the_headers_it_needs(void **state)
{
    (void)state;
    const char *message = mail_message(a, &MAIL);
    assert_string_equal(message,
                        "Date: Wed, 25 Nov 2026 02:44:17 +0000\r\n"
                        "Message-ID: <019f0000-0000-7000-8000-000000000001@example.com.br>\r\n"
                        "From: Vendas\r\n"
                        " <loja@example.com.br>\r\n"
                        "To: ana@example.com\r\n"
                        "Subject: Confirme\r\n"
                        "MIME-Version: 1.0\r\n"
                        "Auto-Submitted: auto-generated\r\n"
                        "Content-Type: text/plain; charset=utf-8\r\n"
                        "Content-Transfer-Encoding: base64\r\n"
                        "\r\n"
                        "T2zDoSENCg0KVHVkbyBiZW0/DQo=\r\n");
}

static void test_a_subject_with_accents_is_of_encoded_words(void **state)
{
    (void)state;
    assert_non_null(
        strstr(message_with_subject("Olá"), "\r\nSubject: =?UTF-8?B?T2zDoQ==?=\r\n"));
    assert_non_null(
        strstr(message_with_subject("a=?b"), "\r\nSubject: =?UTF-8?B?YT0/Yg==?=\r\n"));
}

static void test_a_long_subject_is_folded_between_characters(void **state)
{
    (void)state;
    /* Of two bytes each, 19 fit into a word of 39. */
    const char *message = message_with_subject("ááááááááááááááááááááááááá");
    assert_non_null(strstr(message, "\r\nSubject: =?UTF-8?B?"
                                    "w6HDocOhw6HDocOhw6HDocOhw6HDocOhw6HDocOhw6HDocOhw6E=?=\r\n"
                                    " =?UTF-8?B?w6HDocOhw6HDocOh?=\r\n"));
}

static void test_no_line_is_longer_than_mail_allows(void **state)
{
    (void)state;
    struct mail mail = MAIL;
    char *text = arena_alloc(a, 5001);
    memset(text, 'x', 5000);
    mail.body = text;
    mail.subject = "Uma linha de assunto que não acaba mais, e que ainda assim é só uma linha";
    for (const char *s = mail_message(a, &mail); *s; s += strcspn(s, "\r") + 2)
        assert_in_range(strcspn(s, "\r\n"), 0, 76);
}

static void test_no_text_begins_a_header(void **state)
{
    (void)state;
    static const char *const TEXTS[] = {"x\r\nBcc: eva@example.com", "x\nBcc: eva@example.com",
                                        "x\r\n\r\nBcc: eva@example.com"};
    for (size_t i = 0; i < LENGTH(TEXTS); i++) {
        struct mail mail = MAIL;
        mail.subject = mail.body = TEXTS[i];
        assert_null(strstr(mail_message(a, &mail), "Bcc"));
    }
}

static void test_what_is_no_address_gets_no_message(void **state)
{
    (void)state;
    static const char *const NONE[] = {
        "",
        "ana",
        "@example.com",
        "ana@",
        "ana@example.com\r\nBcc: eva@example.com",
        "ana@example.com\n",
        "ana@example.com, eva@example.com",
        "ana@example.com>",
        "ana <ana@example.com>",
        "ana eva@example.com",
        "ana@b@example.com",
        "aná@example.com",
        "ana@example.com SIZE=1",
        "\"ana\"@example.com",
    };
    for (size_t i = 0; i < LENGTH(NONE); i++) {
        struct mail mail = MAIL;
        mail.to = NONE[i];
        if (mail_message(a, &mail))
            fail_msg("\"%s\" got a message", NONE[i]);
    }
    assert_non_null(mail_message(a, &MAIL));
}

static void test_a_long_text_comes_back_whole(void **state)
{
    (void)state;
    struct mail mail = MAIL;
    mail.body = "0123456789012345678901234567890123456789012345678901234\n"; /* 57 with CRLF */
    assert_non_null(
        strstr(mail_message(a, &mail),
               "\r\n\r\nMDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3"
               "ODkwMTIzNA0K\r\n"));
    mail.body = "no end of line";
    assert_non_null(strstr(mail_message(a, &mail), "\r\n\r\nbm8gZW5kIG9mIGxpbmUNCg==\r\n"));
    mail.body = "";
    assert_string_equal(strstr(mail_message(a, &mail), "\r\n\r\n"), "\r\n\r\n");
}

static const struct mail_picture PICTURES[] = {{"day.png", "day@report", "\x89PNG\0\n.\n", 9},
                                               {"week.png", "week@report", "\x89PNG", 4}};

static struct mail mail_with_pictures(size_t count)
{
    struct mail mail = MAIL;
    mail.html = "<p>Olá!</p>\n";
    mail.pictures = PICTURES;
    mail.picture_count = count;
    mail.unsubscribe = "https://loja.example/x?signature=y";
    return mail;
}

#define ALTERNATIVE "=_alternative_019f0000-0000-7000-8000-000000000001"
#define RELATED "=_related_019f0000-0000-7000-8000-000000000001"

static void test_a_document_stands_with_its_pictures_beside_the_text(void **state)
{
    (void)state;
    struct mail mail = mail_with_pictures(2);
    const char *message = mail_message(a, &mail);
    assert_string_equal(strstr(message, "Auto-Submitted:"),
                        "Auto-Submitted: auto-generated\r\n"
                        "List-Unsubscribe: <https://loja.example/x?signature=y>\r\n"
                        "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
                        "Content-Type: multipart/alternative;\r\n"
                        " boundary=\"" ALTERNATIVE "\"\r\n\r\n"
                        "--" ALTERNATIVE "\r\n"
                        "Content-Type: text/plain; charset=utf-8\r\n"
                        "Content-Transfer-Encoding: base64\r\n\r\n"
                        "T2zDoSENCg0KVHVkbyBiZW0/DQo=\r\n"
                        "--" ALTERNATIVE "\r\n"
                        "Content-Type: multipart/related; type=\"text/html\";\r\n"
                        " boundary=\"" RELATED "\"\r\n\r\n"
                        "--" RELATED "\r\n"
                        "Content-Type: text/html; charset=utf-8\r\n"
                        "Content-Transfer-Encoding: base64\r\n\r\n"
                        "PHA+T2zDoSE8L3A+DQo=\r\n"
                        "--" RELATED "\r\n"
                        "Content-Type: image/png\r\n"
                        "Content-ID: <day@report>\r\n"
                        "Content-Disposition: inline;\r\n filename=\"day.png\"\r\n"
                        "Content-Transfer-Encoding: base64\r\n\r\n"
                        "iVBORwAKLgoA\r\n"
                        "--" RELATED "\r\n"
                        "Content-Type: image/png\r\n"
                        "Content-ID: <week@report>\r\n"
                        "Content-Disposition: inline;\r\n filename=\"week.png\"\r\n"
                        "Content-Transfer-Encoding: base64\r\n\r\n"
                        "iVBORw==\r\n"
                        "--" RELATED "--\r\n"
                        "--" ALTERNATIVE "--\r\n");
}

static void test_a_document_without_pictures_needs_no_part_for_them(void **state)
{
    (void)state;
    struct mail mail = mail_with_pictures(0);
    const char *message = mail_message(a, &mail);
    assert_null(strstr(message, "multipart/related"));
    assert_non_null(strstr(message, "--" ALTERNATIVE "\r\n"
                                    "Content-Type: text/html; charset=utf-8\r\n"));
}

static void test_no_name_of_a_picture_and_no_link_begins_a_header(void **state)
{
    (void)state;
    static const char *const BAD[] = {"", "a b", "a\r\nBcc: eva@example.com", "a>", "a\"", "é"};
    for (size_t i = 0; i < LENGTH(BAD); i++) {
        struct mail_picture picture = PICTURES[0];
        struct mail mail = mail_with_pictures(1);
        mail.pictures = &picture;
        picture.name = BAD[i];
        assert_null(mail_message(a, &mail));
        picture.name = "day.png";
        picture.cid = BAD[i];
        assert_null(mail_message(a, &mail));
        picture.cid = "day@report";
        assert_non_null(mail_message(a, &mail));
        mail.unsubscribe = BAD[i];
        assert_null(mail_message(a, &mail));
    }
}

/* Whether there is a mailer with this setting; what it says on stderr is not shown. */
static bool mailer_with(const char *name, const char *value)
{
    int kept = dup(STDERR_FILENO);
    FILE *said = tmpfile();
    dup2(fileno(said), STDERR_FILENO);
    setenv(name, value, 1);
    struct mailer *m = settings_load() ? NULL : mailer_new();
    unsetenv(name);
    dup2(kept, STDERR_FILENO);
    close(kept);
    bool told = ftell(said) > 0 || lseek(fileno(said), 0, SEEK_END) > 0;
    fclose(said);
    assert_int_equal(told, !m);
    mailer_free(m);
    return m != NULL;
}

static void test_a_mailer_needs_a_server_or_a_folder(void **state)
{
    (void)state;
    static const char *const GOOD[] = {"smtp://localhost", "smtp://127.0.0.1:25",
                                       "smtps://mail.example.com:465", "smtp://[::1]:2525",
                                       "file:///var/mail"};
    static const char *const BAD[] = {
        "mail.example.com", "http://mail.example.com", "smtp://",
        "file://folder",    "ftp://localhost:25",      "smtp://local host"};
    for (size_t i = 0; i < LENGTH(GOOD); i++)
        if (!mailer_with("VENDAS_MAIL_URL", GOOD[i]))
            fail_msg("%s is refused", GOOD[i]);
    for (size_t i = 0; i < LENGTH(BAD); i++)
        if (mailer_with("VENDAS_MAIL_URL", BAD[i]))
            fail_msg("%s is accepted", BAD[i]);
    assert_false(mailer_with("VENDAS_MAIL_FROM", "no address"));
}

static void test_a_message_becomes_a_file_once_however_often_it_is_sent(void **state)
{
    (void)state;
    size_t n;
    char folder[] = "/tmp/vendas-mail-XXXXXX";
    assert_non_null(mkdtemp(folder));
    setenv("VENDAS_MAIL_URL", arena_printf(a, "file://%s", folder), 1);
    assert_int_equal(settings_load(), 0);
    struct mailer *m = mailer_new();
    assert_non_null(m);
    for (int i = 0; i < 2; i++)
        assert_int_equal(mail_send(a, m, &MAIL).outcome, MAIL_SENT);
    const char *path = arena_printf(a, "%s/%s.eml", folder, MAIL.id);
    assert_string_equal(unit_file(path, &n), mail_message(a, &MAIL));
    unlink(path);
    assert_int_equal(rmdir(folder), 0); /* nothing else was in it */
    struct mail mail = MAIL;
    mail.to = "ana";
    assert_int_equal(mail_send(a, m, &mail).outcome, MAIL_REFUSED);
    struct mail_result result = mail_send(a, m, &MAIL);
    assert_int_equal(result.outcome, MAIL_AWAY);
    assert_non_null(result.reason);
    mailer_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_message_has_the_headers_it_needs),
        cmocka_unit_test(test_a_subject_with_accents_is_of_encoded_words),
        cmocka_unit_test(test_a_long_subject_is_folded_between_characters),
        cmocka_unit_test(test_no_line_is_longer_than_mail_allows),
        cmocka_unit_test(test_no_text_begins_a_header),
        cmocka_unit_test(test_what_is_no_address_gets_no_message),
        cmocka_unit_test(test_a_long_text_comes_back_whole),
        cmocka_unit_test(test_a_document_stands_with_its_pictures_beside_the_text),
        cmocka_unit_test(test_a_document_without_pictures_needs_no_part_for_them),
        cmocka_unit_test(test_no_name_of_a_picture_and_no_link_begins_a_header),
        cmocka_unit_test(test_a_mailer_needs_a_server_or_a_folder),
        cmocka_unit_test(test_a_message_becomes_a_file_once_however_often_it_is_sent),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
