#include "mail.h"

#include <curl/curl.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "file.h"
#include "ip.h"
#include "settings.h"
#include "utf8.h"

/* Bytes that one encoded word carries, so that it fits into a line of 76 characters behind
 * "Subject: " (RFC 2047 section 2), and those that a line of base64 does (RFC 2045
 * section 6.8).
 */
enum { WORD_BYTES = 39, LINE_BYTES = 57 };

/* Up to being let in: servers may well greet late, to try a client's patience. */
enum { CONNECT_SECONDS = 30 };

static const char FILE_SCHEME[] = "file://";

struct mailer {
    CURL *curl;
    const char *folder; /* where messages become files, else NULL */
    const char *verb;   /* the SMTP command about this message that was sent last, or NULL */
};

/* What is being sent. */
struct upload {
    const char *data;
    size_t left;
};

/* The message ------------------------------------------------------------------------------ */

/* Whether it can stand in a header and in an SMTP command: visible ASCII around one @. */
static bool is_address(const char *s)
{
    const char *at = strchr(s, '@');
    for (const char *c = s; *c; c++)
        if (*c <= ' ' || *c > '~' || strchr("<>()[]\\,;:\"", *c))
            return false;
    return at && at > s && at[1] && !strchr(at + 1, '@') && strlen(s) <= 254;
}

/* Whether it can stand between quotes or angle brackets of a header. */
static bool is_word(const char *s)
{
    for (const char *c = s; *c; c++)
        if (*c <= ' ' || *c > '~' || strchr("<>\"\\", *c))
            return false;
    return *s && strlen(s) <= 900; /* a line has 998 (RFC 5322 section 2.1.1) */
}

static void write_base64(struct buf *b, const char *p, size_t n)
{
    char text[LINE_BYTES / 3 * 4 + 1];
    EVP_EncodeBlock((unsigned char *)text, (const unsigned char *)p, (int)n);
    buf_raw(b, text);
}

static bool is_plain(const char *s)
{
    size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ");
    return !s[n] && n > 0 && n <= WORD_BYTES;
}

/* How many bytes of text the next encoded word takes, in whole characters. */
static size_t word_length(const char *text)
{
    size_t n = 0, more;
    while (text[n] && (more = utf8_char(text + n, UTF8_LONGEST)) && n + more <= WORD_BYTES)
        n += more;
    return n;
}

/* A text in a header: as it is, or as encoded words, a line each. */
static void write_words(struct buf *b, const char *text)
{
    if (is_plain(text)) {
        buf_raw(b, text);
        return;
    }
    const char *gap = "";
    for (size_t n; (n = word_length(text)); text += n, gap = "\r\n ") {
        buf_printf(b, "%s=?UTF-8?B?", gap);
        write_base64(b, text, n);
        buf_raw(b, "?=");
    }
}

/* Bytes as lines of base64, behind the headers of the part that they are. */
static void write_content(struct buf *b, const char *p, size_t n)
{
    buf_raw(b, "Content-Transfer-Encoding: base64\r\n\r\n");
    for (size_t at = 0; at < n; at += LINE_BYTES) {
        write_base64(b, p + at, n - at < LINE_BYTES ? n - at : LINE_BYTES);
        buf_raw(b, "\r\n");
    }
}

/* A part of text, with the line ends of mail (RFC 2045 section 6.8: before it is encoded). */
static void write_text(struct buf *b, const char *subtype, const char *body)
{
    struct buf text = buf_new(b->arena);
    for (const char *line = body; *line;) {
        size_t n = strcspn(line, "\n");
        buf_bytes(&text, line, n);
        buf_raw(&text, "\r\n");
        line += n + (line[n] == '\n');
    }
    buf_printf(b, "Content-Type: text/%s; charset=utf-8\r\n", subtype);
    write_content(b, text.data, text.len);
}

/* What parts are separated by: "=_" is in no line of base64 (RFC 2045 section 6.7). */
static void begin_part(struct buf *b, const struct mail *mail, const char *kind)
{
    buf_printf(b, "--=_%s_%s\r\n", kind, mail->id);
}

static void end_parts(struct buf *b, const struct mail *mail, const char *kind)
{
    buf_printf(b, "--=_%s_%s--\r\n", kind, mail->id);
}

/* The document and what it shows. */
static void write_related(struct buf *b, const struct mail *mail)
{
    buf_printf(b,
               "Content-Type: multipart/related; type=\"text/html\";\r\n"
               " boundary=\"=_related_%s\"\r\n\r\n",
               mail->id);
    begin_part(b, mail, "related");
    write_text(b, "html", mail->html);
    for (size_t i = 0; i < mail->picture_count; i++) {
        const struct mail_picture *picture = &mail->pictures[i];
        begin_part(b, mail, "related");
        buf_printf(b,
                   "Content-Type: image/png\r\nContent-ID: <%s>\r\n"
                   "Content-Disposition: inline;\r\n filename=\"%s\"\r\n",
                   picture->cid, picture->name);
        write_content(b, picture->png, picture->n);
    }
    end_parts(b, mail, "related");
}

/* Text first: readers take the last that they know (RFC 2046 section 5.1.4). */
static void write_alternatives(struct buf *b, const struct mail *mail)
{
    buf_printf(b,
               "Content-Type: multipart/alternative;\r\n"
               " boundary=\"=_alternative_%s\"\r\n\r\n",
               mail->id);
    begin_part(b, mail, "alternative");
    write_text(b, "plain", mail->body);
    begin_part(b, mail, "alternative");
    if (mail->picture_count)
        write_related(b, mail);
    else
        write_text(b, "html", mail->html);
    end_parts(b, mail, "alternative");
}

static bool is_sound(const struct mail *mail)
{
    bool sound = is_address(mail->to) && is_address(settings()->mail_from) &&
                 (!mail->unsubscribe || is_word(mail->unsubscribe));
    for (size_t i = 0; sound && i < mail->picture_count; i++)
        sound = is_word(mail->pictures[i].name) && is_word(mail->pictures[i].cid);
    return sound;
}

char *mail_message(struct arena *a, const struct mail *mail)
{
    const char *from = settings()->mail_from;
    if (!is_sound(mail))
        return NULL;
    char date[64];
    struct tm utc;
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S +0000", gmtime_r(&mail->date, &utc));
    struct buf b = buf_new(a);
    buf_printf(&b, "Date: %s\r\nMessage-ID: <%s@%s>\r\nFrom: ", date, mail->id,
               strchr(from, '@') + 1);
    write_words(&b, settings()->shop_name);
    buf_printf(&b, "\r\n <%s>\r\nTo: %s\r\nSubject: ", from, mail->to);
    write_words(&b, mail->subject);
    buf_raw(&b, "\r\nMIME-Version: 1.0\r\nAuto-Submitted: auto-generated\r\n");
    if (mail->unsubscribe)
        buf_printf(&b,
                   "List-Unsubscribe: <%s>\r\n"
                   "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n",
                   mail->unsubscribe);
    if (mail->html)
        write_alternatives(&b, mail);
    else
        write_text(&b, "plain", mail->body);
    return b.data;
}

/* The mailer ------------------------------------------------------------------------------- */

/* Remembers how far a message has got: which command about it was the last (QUIT follows a
 * refused one). Nothing else is kept or shown of what goes over the line: there are passwords
 * and addresses among it. */
static int watch(CURL *curl, curl_infotype type, char *data, size_t size, void *mailer)
{
    (void)curl;
    struct mailer *m = mailer;
    if (type == CURLINFO_HEADER_OUT && size > 8 && !strncmp(data, "RCPT TO:", 8))
        m->verb = "RCPT";
    else if (type == CURLINFO_HEADER_OUT && size == 6 && !strncmp(data, "DATA\r\n", 6))
        m->verb = "DATA";
    return 0;
}

static size_t give(char *to, size_t one, size_t n, void *upload)
{
    struct upload *u = upload;
    n *= one;
    if (n > u->left)
        n = u->left;
    memcpy(to, u->data, n);
    u->data += n;
    u->left -= n;
    return n;
}

/* Whether the URL is one of SMTP; *near: whether its host is this one. */
static bool read_url(const char *text, bool *near)
{
    CURLU *url = curl_url();
    char *scheme = NULL, *host = NULL;
    bool good = url && !curl_url_set(url, CURLUPART_URL, text, 0) &&
                !curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) &&
                !curl_url_get(url, CURLUPART_HOST, &host, 0) &&
                (!strcmp(scheme, "smtp") || !strcmp(scheme, "smtps"));
    *near = good && ip_is_this_host(host);
    curl_free(scheme);
    curl_free(host);
    curl_url_cleanup(url);
    return good;
}

static void set_up(struct mailer *m, bool near)
{
    const struct settings *s = settings();
    curl_easy_setopt(m->curl, CURLOPT_URL, s->mail_url);
    curl_easy_setopt(m->curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(m->curl, CURLOPT_PROXY, "");
    curl_easy_setopt(m->curl, CURLOPT_USE_SSL, (long)(near ? CURLUSESSL_NONE : CURLUSESSL_ALL));
    curl_easy_setopt(m->curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (*s->mail_ca)
        curl_easy_setopt(m->curl, CURLOPT_CAINFO, s->mail_ca);
    if (*s->mail_user) {
        curl_easy_setopt(m->curl, CURLOPT_USERNAME, s->mail_user);
        curl_easy_setopt(m->curl, CURLOPT_PASSWORD, s->mail_password);
    }
    curl_easy_setopt(m->curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
    curl_easy_setopt(m->curl, CURLOPT_TIMEOUT, (long)MAIL_SECONDS);
    curl_easy_setopt(m->curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(m->curl, CURLOPT_MAIL_FROM, s->mail_from);
    curl_easy_setopt(m->curl, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(m->curl, CURLOPT_READFUNCTION, give);
    curl_easy_setopt(m->curl, CURLOPT_VERBOSE, 1L);
    curl_easy_setopt(m->curl, CURLOPT_DEBUGFUNCTION, watch);
    curl_easy_setopt(m->curl, CURLOPT_DEBUGDATA, m);
}

struct mailer *mailer_new(void)
{
    const char *url = settings()->mail_url;
    bool near, file = !strncmp(url, FILE_SCHEME, strlen(FILE_SCHEME));
    if (file ? url[strlen(FILE_SCHEME)] != '/' : !read_url(url, &near)) {
        fputs("VENDAS_MAIL_URL: is none of smtp://, smtps:// and file:///FOLDER\n", stderr);
        return NULL;
    }
    if (!is_address(settings()->mail_from)) {
        fputs("VENDAS_MAIL_FROM: is not an address\n", stderr);
        return NULL;
    }
    struct mailer *m = calloc(1, sizeof *m);
    if (m && file) {
        m->folder = url + strlen(FILE_SCHEME);
    } else if (m && (m->curl = curl_easy_init())) {
        set_up(m, near);
    } else {
        fputs("there is no memory for sending mail\n", stderr);
        mailer_free(m);
        return NULL;
    }
    return m;
}

void mailer_free(struct mailer *m)
{
    if (m)
        curl_easy_cleanup(m->curl);
    free(m);
}

/* Sending ---------------------------------------------------------------------------------- */

/* An answer to RCPT or DATA is about this message, unless the server takes its leave (421, RFC
 * 5321 section 3.8); all else is about the server. */
static struct mail_result explain(struct arena *a, const struct mailer *m, CURLcode code)
{
    long status = 0;
    curl_easy_getinfo(m->curl, CURLINFO_RESPONSE_CODE, &status);
    if (!code)
        return (struct mail_result){MAIL_SENT, NULL};
    if (status < 400 || status > 599)
        return (struct mail_result){MAIL_AWAY, curl_easy_strerror(code)};
    if (!m->verb || status == 421)
        return (struct mail_result){MAIL_AWAY, arena_printf(a, "SMTP %ld", status)};
    bool refused = !strcmp(m->verb, "RCPT") && status >= 500;
    return (struct mail_result){refused ? MAIL_REFUSED : MAIL_LATER,
                                arena_printf(a, "%s %ld", m->verb, status)};
}

static struct mail_result submit(struct arena *a, struct mailer *m, const char *to,
                                 const char *message)
{
    struct upload upload = {message, strlen(message)};
    struct curl_slist *recipients = curl_slist_append(NULL, to);
    m->verb = NULL;
    curl_easy_setopt(m->curl, CURLOPT_MAIL_RCPT, recipients);
    curl_easy_setopt(m->curl, CURLOPT_READDATA, &upload);
    CURLcode code = recipients ? curl_easy_perform(m->curl) : CURLE_OUT_OF_MEMORY;
    curl_slist_free_all(recipients);
    return explain(a, m, code);
}

struct mail_result mail_send(struct arena *a, struct mailer *m, const struct mail *mail)
{
    const char *message = mail_message(a, mail);
    if (!message)
        return (struct mail_result){MAIL_REFUSED, "no address"};
    if (!m->folder)
        return submit(a, m, mail->to, message);
    const char *path = arena_printf(a, "%s/%s.eml", m->folder, mail->id);
    if (file_write(path, message, strlen(message), 0600))
        return (struct mail_result){MAIL_AWAY, "no file"};
    return (struct mail_result){MAIL_SENT, NULL};
}
