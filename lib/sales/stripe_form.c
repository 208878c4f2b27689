#include "sales/stripe_form.h"

#include <string.h>

#include "json.h"
#include "uuid.h"

enum {
    DAY = 86400,
    /* That a boleto was paid is known a working day later, which may be a Monday. */
    BOLETO_NEWS_DAYS = 2,
    BOLETO_MAX_DAYS = 60,
    PIX_MAX_SECONDS = 14 * DAY,
};

void form_add(struct buf *form, const char *name, const char *value)
{
    if (!value)
        return;
    buf_raw(form, form->len ? "&" : "");
    buf_url(form, name);
    buf_raw(form, "=");
    buf_url(form, value);
}

void form_add_number(struct buf *form, const char *name, long long n)
{
    form_add(form, name, arena_printf(form->arena, "%lld", n));
}

static void add_card(struct buf *form, const struct gateway_payment *p)
{
    if (p->merchant->capture_later)
        form_add(form, "capture_method", "manual");
}

static void add_buyer(struct buf *form, const struct gateway_payment *p)
{
    form_add(form, "confirm", "true");
    form_add(form, "payment_method_data[type]", p->method);
    form_add(form, "payment_method_data[billing_details][name]",
             json_text(p->customer, "name"));
    form_add(form, "payment_method_data[billing_details][email]",
             json_text(p->customer, "email"));
}

static void add_pix(struct buf *form, const struct gateway_payment *p)
{
    time_t last = uuid7_time(p->id) + PIX_MAX_SECONDS - 60;
    add_buyer(form, p);
    form_add_number(form, "payment_method_options[pix][expires_at]",
                    p->expires_at < last ? p->expires_at : last);
}

static void add_boleto(struct buf *form, const struct gateway_payment *p)
{
    struct arena *a = form->arena;
    const char *street = json_text(p->address, "street");
    const char *number = json_text(p->address, "number");
    const char *more = json_text(p->address, "complement");
    /* Days end at midnight in Brazil: the nearest number of them. */
    long long days = (p->expires_at - uuid7_time(p->id) + DAY / 2) / DAY - BOLETO_NEWS_DAYS;
    add_buyer(form, p);
    form_add(form, "payment_method_data[boleto][tax_id]", json_text(p->customer, "document"));
    form_add(form, "payment_method_data[billing_details][address][line1]",
             arena_printf(a, "%s%s%s%s%s", street ? street : "", number ? ", " : "",
                          number ? number : "", more ? ", " : "", more ? more : ""));
    form_add(form, "payment_method_data[billing_details][address][line2]",
             json_text(p->address, "district"));
    form_add(form, "payment_method_data[billing_details][address][city]",
             json_text(p->address, "city"));
    form_add(form, "payment_method_data[billing_details][address][state]",
             json_text(p->address, "state"));
    form_add(form, "payment_method_data[billing_details][address][postal_code]",
             json_text(p->address, "postal_code"));
    form_add(form, "payment_method_data[billing_details][address][country]", "BR");
    days = days < 1 ? 1 : days > BOLETO_MAX_DAYS ? BOLETO_MAX_DAYS : days;
    form_add_number(form, "payment_method_options[boleto][expires_after_days]", days);
}

static char *lower_case(struct arena *a, const char *text)
{
    char *copy = arena_strdup(a, text);
    for (char *c = copy; *c; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c - 'A' + 'a');
    return copy;
}

void stripe_add_payment(struct buf *form, const struct gateway_payment *p)
{
    form_add_number(form, "amount", p->amount);
    form_add(form, "currency", lower_case(form->arena, p->currency));
    form_add(form, "payment_method_types[]", p->method);
    form_add(form, "metadata[payment]", p->id);
    form_add_number(form, "metadata[order]", p->order_number);
    if (!strcmp(p->method, "pix"))
        add_pix(form, p);
    else if (!strcmp(p->method, "boleto"))
        add_boleto(form, p);
    else
        add_card(form, p);
}
