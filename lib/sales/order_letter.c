#include "sales/order_letter.h"

#include <string.h>

#include "buf.h"
#include "fields.h"
#include "messages.h"
#include "money.h"
#include "settings.h"

/* After three days it is no news any more. */
enum { LIFE_SECONDS = 3 * 24 * 60 * 60 };

struct writing {
    struct arena *arena;
    struct buf text;
    enum lang lang;
    const char *currency;
};

/* A line that names an amount or a text; nothing where there is none. */
static void line(struct writing *w, const char *code, const char *argument)
{
    if (argument)
        buf_printf(&w->text, "%s\n", message_with(w->arena, code, w->lang, argument));
}

static const char *money(struct writing *w, struct json_object *of, const char *name)
{
    return money_format(w->arena, field_integer(of, name), w->currency, w->lang);
}

/* Which pieces of a line have not come yet, and when they are expected, a day as people write
 * it. */
static void write_ahead(struct writing *w, struct json_object *ahead)
{
    const char *day = field_text(ahead, "expected_on");
    if (!field_integer(ahead, "yet_to_come"))
        return;
    if (w->lang == LANG_PT_BR)
        day = arena_printf(w->arena, "%.2s/%.2s/%.4s", day + 8, day + 5, day);
    buf_printf(&w->text, "    %lld x ", field_integer(ahead, "yet_to_come"));
    line(w, "letter_order_ahead", day);
}

static void write_items(struct writing *w, struct json_object *items)
{
    for (size_t i = 0; items && i < json_object_array_length(items); i++) {
        struct json_object *item = json_object_array_get_idx(items, i);
        buf_printf(&w->text, "%lld x %s: %s\n", field_integer(item, "quantity"),
                   field_text(item, "name"), money(w, item, "total"));
        write_ahead(w, field_value(item, "ahead"));
    }
    buf_raw(&w->text, "\n");
}

static void write_totals(struct writing *w, struct json_object *totals)
{
    if (field_integer(totals, "discount"))
        line(w, "letter_order_discount", money(w, totals, "discount"));
    line(w, "letter_order_freight", money(w, totals, "freight"));
    if (field_integer(totals, "tax"))
        line(w, "letter_order_tax", money(w, totals, "tax"));
    line(w, "letter_order_total", money(w, totals, "total"));
    buf_raw(&w->text, "\n");
}

static const char *name_of(struct json_object *order, const char *variant_id)
{
    struct json_object *items = field_value(order, "items");
    for (size_t i = 0; items && i < json_object_array_length(items); i++) {
        struct json_object *item = json_object_array_get_idx(items, i);
        if (!strcmp(field_text(item, "variant_id"), variant_id))
            return field_text(item, "name");
    }
    return variant_id;
}

/* Who carries it, as far as that is known, and what lies in it. */
static void write_parcel(struct writing *w, struct json_object *order,
                         struct json_object *parcel)
{
    struct json_object *items = field_value(parcel, "items");
    line(w, "letter_order_carrier", field_text(parcel, "carrier"));
    line(w, "letter_order_tracking", field_text(parcel, "tracking_code"));
    buf_printf(&w->text, "%s\n", message_with(w->arena, "letter_order_parcel", w->lang, NULL));
    for (size_t i = 0; items && i < json_object_array_length(items); i++) {
        struct json_object *item = json_object_array_get_idx(items, i);
        buf_printf(&w->text, "%lld x %s\n", field_integer(item, "quantity"),
                   name_of(order, field_text(item, "variant_id")));
    }
    buf_raw(&w->text, "\n");
}

/* What a letter of each kind says. */
static const struct kind {
    const char *name, *subject, *text;
} KINDS[] = {
    {"order_placed", "letter_order_placed_subject", "letter_order_placed"},
    {"order_paid", "letter_order_paid_subject", "letter_order_paid"},
    {"order_shipped", "letter_order_shipped_subject", "letter_order_shipped"},
    {"order_canceled", "letter_order_canceled_subject", "letter_order_canceled"},
    {"order_expired", "letter_order_expired_subject", "letter_order_expired"},
};

static const struct kind *find_kind(const char *name)
{
    for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++)
        if (!strcmp(KINDS[i].name, name))
            return &KINDS[i];
    return NULL;
}

struct letter order_letter_write(struct arena *a, const char *name, enum lang lang,
                                 const char *to, struct json_object *order,
                                 struct json_object *parcel)
{
    const struct kind *kind = find_kind(name);
    if (!kind)
        return (struct letter){0};
    struct writing w = {a, buf_new(a), lang, field_text(order, "currency")};
    const char *number = arena_printf(a, "%lld", field_integer(order, "number"));
    const char *subject = message_with(a, kind->subject, lang, number);
    buf_printf(&w.text, "%s\n\n%s\n\n", message_with(a, "letter_greeting", lang, NULL),
               message_with(a, kind->text, lang, NULL));
    if (parcel) {
        write_parcel(&w, order, parcel);
    } else {
        write_items(&w, field_value(order, "items"));
        write_totals(&w, field_value(order, "totals"));
    }
    buf_printf(&w.text, "%s\n%s\n", settings()->shop_name, settings()->public_url);
    return letter_seal(a, to, arena_printf(a, "%s: %s", settings()->shop_name, subject),
                       buf_text(&w.text), LIFE_SECONDS);
}
