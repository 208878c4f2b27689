#include "sales/report_mail.h"

#include <openssl/crypto.h>
#include <string.h>

#include "messages.h"
#include "seal.h"
#include "settings.h"

enum { DAY = 24 * 60 * 60 };

/* Until the next one, and a little longer: what still waits then is taken back for it. */
static const int LIFE_SECONDS[PAGE_KINDS] = {
    [PAGE_DAY] = 2 * DAY, [PAGE_WEEK] = 8 * DAY, [PAGE_MONTH] = 32 * DAY};

/* The link --------------------------------------------------------------------------------- */

static const char *signature_of(struct arena *a, const char *subscription)
{
    return seal_lookup(a, "sales.report_subscriptions.unsubscribe", subscription) +
           strlen("\\x");
}

const char *report_mail_link(struct arena *a, const char *subscription)
{
    return arena_printf(a, "%s/v1/report-subscriptions/%s/unsubscribe?signature=%s",
                        settings()->public_url, subscription, signature_of(a, subscription));
}

bool report_mail_signed(struct arena *a, const char *subscription, const char *signature)
{
    const char *right = signature_of(a, subscription);
    return strlen(signature) == strlen(right) &&
           !CRYPTO_memcmp(signature, right, strlen(right));
}

/* The letter ------------------------------------------------------------------------------- */

/* The last of it in a text; its end where it is not there. */
static const char *find_last(const char *text, const char *what)
{
    const char *last = text + strlen(text);
    for (const char *at = text; (at = strstr(at, what)); at++)
        last = at;
    return last;
}

/* The page's document with why it came and how to end it, below all else. */
static const char *html_of(struct arena *a, const struct report_page *page, enum lang lang,
                           const char *link)
{
    struct buf b = buf_new(a);
    const char *html = buf_text(&page->html), *end = find_last(html, "</body>");
    buf_bytes(&b, html, (size_t)(end - html));
    buf_raw(&b, "<p style=\"margin:0;padding:0 16px 24px;text-align:center;color:#5b6472;"
                "font:13px/1.5 Helvetica,Arial,sans-serif\">");
    buf_html(&b, message_with(a, "report_mail_why", lang, settings()->shop_name));
    buf_raw(&b, "<br><a style=\"color:#5b6472\" href=\"");
    buf_html(&b, link);
    buf_raw(&b, "\">");
    buf_html(&b, message_with(a, "unsubscribe", lang, NULL));
    buf_raw(&b, "</a></p>\n");
    buf_raw(&b, end);
    return b.data;
}

static const char *text_of(struct arena *a, const struct report_page *page, enum lang lang,
                           const char *link)
{
    return arena_printf(a, "%s\n%s\n%s: %s\n", buf_text(&page->text),
                        message_with(a, "report_mail_why", lang, settings()->shop_name),
                        message_with(a, "unsubscribe", lang, NULL), link);
}

struct letter report_mail_write(struct arena *a, const struct report_page *page, enum lang lang,
                                const char *subscription)
{
    const char *link = report_mail_link(a, subscription);
    struct mail_picture *pictures =
        arena_alloc(a, (page->picture_count + 1) * sizeof *pictures);
    for (size_t i = 0; i < page->picture_count; i++) {
        const struct report_picture *p = &page->pictures[i];
        pictures[i] = (struct mail_picture){p->name, p->cid, p->png, p->n};
    }
    struct mail mail = {.subject = page->title,
                        .body = text_of(a, page, lang, link),
                        .html = html_of(a, page, lang, link),
                        .pictures = pictures,
                        .picture_count = page->picture_count,
                        .unsubscribe = link};
    return letter_seal_mail(a, &mail, LIFE_SECONDS[page->kind]);
}
