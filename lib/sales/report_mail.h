/*
 * report_mail: a report page as somebody of the staff gets it by mail: as text, and as HTML
 * with its pictures inside (lib/mail).
 *
 * Whoever has the letter's link can end this one subscription with it and do nothing else; no
 * signing in is asked for, as mail programs have to do it with one click (RFC 8058). The link
 * is signed (lib/seal, seal_lookup) and holds as long as there is the lookup key: also old
 * letters must be able to end.
 */
#ifndef VENDAS_SALES_REPORT_MAIL_H
#define VENDAS_SALES_REPORT_MAIL_H

#include <stdbool.h>

#include "letter.h"
#include "sales/report_page.h"

/* Writes the letter of a page that was made for mail, for a subscription (its id), without an
 * address: see registry.post_staff_letter(). It is of use until the next page of its kind is
 * there. All belongs to a. */
struct letter report_mail_write(struct arena *a, const struct report_page *page, enum lang lang,
                                const char *subscription);

/* The address that ends a subscription. */
const char *report_mail_link(struct arena *a, const char *subscription);

/* Whether a signature is that of this subscription's link. */
bool report_mail_signed(struct arena *a, const char *subscription, const char *signature);

#endif
