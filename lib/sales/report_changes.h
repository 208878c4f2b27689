/*
 * report_changes: what to look at: of all that sold more or less than before, what made most of
 * the difference.
 */
#ifndef VENDAS_SALES_REPORT_CHANGES_H
#define VENDAS_SALES_REPORT_CHANGES_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "lang.h"
#include "problem.h"
#include "sales/period.h"

enum change_kind {
    CHANGE_PRODUCT,
    CHANGE_CATEGORY,
    CHANGE_STATE,
    CHANGE_GATEWAY,
    CHANGE_COUPON,
    CHANGE_KINDS
};

/* What sold for now, and for before in the period before it; amounts in minor units. */
struct report_change {
    enum change_kind kind;
    const char *key, *label;
    long long now, before;
    long long units; /* sold in both periods together */
};

/* All sales of both periods, minor units. */
struct change_totals {
    long long now, before;
};

enum { CHANGES_SHOWN = 3 };

/* Picks the largest changes by their amount, CHANGES_SHOWN at most, and returns how many; of each
 * kind at most one that rose and one that fell. Passed over is what says nothing: less than a
 * fiftieth of the sales of the better period, fewer than three pieces in both together, and what
 * two thirds of all sales went by in both (its change is that of the shop). Where all picked
 * went one way and something went the other way, that takes the last place: neither good nor
 * bad news are left out. Those picked are the same whatever the order of all. */
size_t report_changes_pick(const struct report_change *all, size_t count,
                           struct change_totals totals,
                           struct report_change picked[CHANGES_SHOWN]);

/* "As vendas de Café moído caíram R$ 1.234,00, de R$ 2.000,00 para R$ 766,00 (−61,7%)." */
char *report_change_sentence(struct arena *a, const struct report_change *change,
                             const char *currency, enum lang lang);

/* Reads what sold in two periods and picks. False with the problem filled. */
bool report_changes_read(struct arena *a, struct problem *p, const struct period *now,
                         const struct period *before, enum lang lang,
                         struct report_change picked[CHANGES_SHOWN], size_t *count);

#endif
