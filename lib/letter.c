#include "letter.h"

#include <string.h>

#include "buf.h"
#include "digest.h"
#include "fields.h"
#include "json.h"
#include "messages.h"
#include "seal.h"
#include "settings.h"
#include "uuid.h"

enum { MAX_PARAGRAPHS = 5, HOUR = 3600, MINUTE = 60 };

/* Paragraphs are codes of lib/messages; this one is the link. */
#define LINK "link"

struct kind {
    const char *name;
    const char *fragment; /* of its link, where that has a token */
    int life, unit;       /* in units of so many seconds, as it is told */
    const char *subject;
    const char *paragraphs[MAX_PARAGRAPHS];
};

static const struct kind KINDS[] = {
    {"confirm_email",
     "confirm",
     24,
     HOUR,
     "letter_confirm_email_subject",
     {"letter_confirm_email", LINK, "letter_valid_hours", "letter_confirm_email_not_you"}},
    {"account_exists",
     NULL,
     72,
     HOUR,
     "letter_account_exists_subject",
     {"letter_account_exists", "letter_forgotten", LINK, "letter_account_exists_not_you"}},
    {"reset_password",
     "reset",
     60,
     MINUTE,
     "letter_reset_password_subject",
     {"letter_reset_password", LINK, "letter_valid_minutes", "letter_reset_password_not_you"}},
    {"confirm_new_email",
     "email",
     24,
     HOUR,
     "letter_confirm_new_email_subject",
     {"letter_confirm_new_email", LINK, "letter_valid_hours",
      "letter_confirm_new_email_not_you"}},
    {"email_changing",
     NULL,
     72,
     HOUR,
     "letter_email_changing_subject",
     {"letter_email_changing", "letter_email_changing_not_you", LINK}},
    {"password_changed",
     NULL,
     72,
     HOUR,
     "letter_password_changed_subject",
     {"letter_password_changed", "letter_password_changed_not_you", LINK}},
    {"second_factor_added",
     NULL,
     72,
     HOUR,
     "letter_second_factor_added_subject",
     {"letter_second_factor_added", "letter_password_changed_not_you", LINK}},
    {"second_factor_removed",
     NULL,
     72,
     HOUR,
     "letter_second_factor_removed_subject",
     {"letter_second_factor_removed", "letter_password_changed_not_you", LINK}},
    {"account_deleted",
     NULL,
     72,
     HOUR,
     "letter_account_deleted_subject",
     {"letter_account_deleted", "letter_account_deleted_not_you"}},
    {0},
};

static const struct kind *find_kind(const char *name)
{
    const struct kind *k = KINDS;
    while (k->name && strcmp(k->name, name))
        k++;
    return k->name ? k : NULL;
}

static char *link_of(struct arena *a, const struct kind *k, const char *token)
{
    const char *base = settings()->public_url;
    return k->fragment ? arena_printf(a, "%s/account/#%s=%s", base, k->fragment, token)
                       : arena_printf(a, "%s/account/", base);
}

/* Greeting, paragraphs, who writes. */
static const char *body_of(struct arena *a, const struct kind *k, enum lang lang,
                           const char *token)
{
    struct buf b = buf_new(a);
    const char *life = arena_printf(a, "%d", k->life);
    buf_printf(&b, "%s\n\n", message_with(a, "letter_greeting", lang, NULL));
    for (int i = 0; i < MAX_PARAGRAPHS && k->paragraphs[i]; i++) {
        const char *code = k->paragraphs[i];
        buf_printf(&b, "%s\n\n",
                   !strcmp(code, LINK) ? link_of(a, k, token)
                                       : message_with(a, code, lang, life));
    }
    buf_printf(&b, "%s\n%s\n", settings()->shop_name, settings()->public_url);
    return buf_text(&b);
}

/* Sealing ---------------------------------------------------------------------------------- */

static void write_pictures(struct buf *json, const struct mail *mail)
{
    buf_raw(json, ",\"pictures\":[");
    for (size_t i = 0; i < mail->picture_count; i++) {
        const struct mail_picture *p = &mail->pictures[i];
        buf_raw(json, i ? ",{\"name\":" : "{\"name\":");
        buf_json(json, p->name);
        buf_raw(json, ",\"cid\":");
        buf_json(json, p->cid);
        buf_printf(json, ",\"png\":\"%s\"}", base64url_encode(json->arena, p->png, p->n));
    }
    buf_raw(json, "]");
}

struct letter letter_seal_mail(struct arena *a, const struct mail *mail, int seconds)
{
    struct letter letter = {.id = uuid7(a), .seconds = arena_printf(a, "%d", seconds)};
    struct buf json = buf_new(a);
    buf_raw(&json, "{\"to\":");
    buf_json(&json, mail->to);
    buf_raw(&json, ",\"subject\":");
    buf_json(&json, mail->subject);
    buf_raw(&json, ",\"body\":");
    buf_json(&json, mail->body);
    if (mail->html) {
        buf_raw(&json, ",\"html\":");
        buf_json(&json, mail->html);
        buf_raw(&json, ",\"unsubscribe\":");
        buf_json(&json, mail->unsubscribe);
        write_pictures(&json, mail);
    }
    buf_raw(&json, "}");
    letter.payload = seal_json(a, LETTER_COLUMN, letter.id, json.data);
    return letter;
}

struct letter letter_seal(struct arena *a, const char *to, const char *subject,
                          const char *body, int seconds)
{
    struct mail mail = {.to = to, .subject = subject, .body = body};
    return letter_seal_mail(a, &mail, seconds);
}

static bool read_pictures(struct arena *a, struct json_object *list, struct mail *mail)
{
    size_t count = list ? json_object_array_length(list) : 0;
    struct mail_picture *pictures = arena_alloc(a, (count + 1) * sizeof *pictures);
    for (size_t i = 0; i < count; i++) {
        struct json_object *of = json_object_array_get_idx(list, i);
        struct mail_picture *p = &pictures[i];
        p->name = field_text(of, "name");
        p->cid = field_text(of, "cid");
        p->png =
            field_text(of, "png") ? base64url_decode(a, field_text(of, "png"), &p->n) : NULL;
        if (!p->name || !p->cid || !p->png)
            return false;
    }
    mail->pictures = pictures;
    mail->picture_count = count;
    return true;
}

bool letter_open(struct arena *a, const char *id, const char *payload, struct mail *mail)
{
    const char *json = unseal_json(a, LETTER_COLUMN, id, payload);
    struct json_object *content = json ? json_keep(a, json_tokener_parse(json)) : NULL;
    if (!content)
        return false;
    *mail = (struct mail){
        .id = id,
        .to = field_text(content, "to"),
        .subject = field_text(content, "subject"),
        .body = field_text(content, "body"),
        .html = field_text(content, "html"),
        .unsubscribe = field_text(content, "unsubscribe"),
    };
    return read_pictures(a, field_value(content, "pictures"), mail);
}

/* Writing ---------------------------------------------------------------------------------- */

struct letter letter_write(struct arena *a, const char *kind, enum lang lang, const char *to,
                           const char *token)
{
    const struct kind *k = find_kind(kind);
    if (!k)
        return (struct letter){0};
    const char *subject = message_with(a, k->subject, lang, settings()->shop_name);
    return letter_seal(a, to, subject, body_of(a, k, lang, token), k->life * k->unit);
}
