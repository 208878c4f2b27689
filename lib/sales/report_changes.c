#include "sales/report_changes.h"

#include <stdlib.h>
#include <string.h>

#include "db.h"
#include "messages.h"
#include "money.h"
#include "sales/report_charts.h"

/* The names that sales.report() has for the kinds. */
static const char *const GROUPS[CHANGE_KINDS] = {"product", "category", "state", "gateway",
                                                 "coupon"};

static const char *const SUBJECTS[CHANGE_KINDS] = {
    "change_product", "change_category", "change_state", "change_gateway", "change_coupon"};

/* What sold in either period. Goods have no freight: revenue is what they came to. */
static const char ALL[] =
    "SELECT g.kind - 1, c.* FROM unnest('{product,category,state,gateway,coupon}'::text[])"
    "       WITH ORDINALITY AS g (name, kind)"
    " CROSS JOIN LATERAL ("
    "       SELECT coalesce(n.key, b.key), coalesce(n.label, b.label),"
    "              coalesce(CASE WHEN g.kind < 3 THEN n.revenue ELSE n.total END, 0),"
    "              coalesce(CASE WHEN g.kind < 3 THEN b.revenue ELSE b.total END, 0),"
    "              coalesce(n.units, 0) + coalesce(b.units, 0)"
    "         FROM sales.report($1::date, $2::date, g.name, '{}', NULL, NULL) AS n"
    "         FULL JOIN sales.report($3::date, $4::date, g.name, '{}', NULL, NULL) AS b"
    "           ON b.key = n.key) AS c";

static const char TOTALS[] = "SELECT (sales.kpis($1::date, $2::date)).total,"
                             "       (sales.kpis($3::date, $4::date)).total";

enum {
    LEAST_PART = 50, /* of all sales, which part is worth a word */
    LEAST_UNITS = 3, /* a piece more or less is chance */
    NEARLY_ALL = 67, /* percent */
};

static long long size_of(const struct report_change *change)
{
    return llabs(change->now - change->before);
}

static bool rose(const struct report_change *change)
{
    return change->now > change->before;
}

/* The larger amount first, and one order among equals. */
static int compare(const void *a, const void *b)
{
    const struct report_change *x = a, *y = b;
    if (size_of(x) != size_of(y))
        return size_of(x) < size_of(y) ? 1 : -1;
    return x->kind != y->kind ? (int)x->kind - (int)y->kind : strcmp(x->key, y->key);
}

static bool is_nearly_all(long long part, long long whole)
{
    return whole > 0 && part > whole / 100 * NEARLY_ALL;
}

static bool says_something(const struct report_change *change, struct change_totals totals)
{
    long long most = totals.now > totals.before ? totals.now : totals.before;
    return size_of(change) > 0 && size_of(change) >= most / LEAST_PART &&
           change->units >= LEAST_UNITS &&
           !(is_nearly_all(change->now, totals.now) &&
             is_nearly_all(change->before, totals.before));
}

/* The largest of those (in their order) that may be picked beside the n that are; with
 * other_way, that go the other way than this one. */
static const struct report_change *next_of(const struct report_change *all, size_t count,
                                           struct change_totals totals,
                                           const struct report_change *picked, size_t n,
                                           const struct report_change *other_way)
{
    for (size_t i = 0; i < count; i++) {
        bool fits =
            says_something(&all[i], totals) && (!other_way || rose(&all[i]) != rose(other_way));
        for (size_t k = 0; k < n && fits; k++)
            fits = picked[k].kind != all[i].kind || rose(&picked[k]) != rose(&all[i]);
        if (fits)
            return &all[i];
    }
    return NULL;
}

size_t report_changes_pick(const struct report_change *all, size_t count,
                           struct change_totals totals,
                           struct report_change picked[CHANGES_SHOWN])
{
    struct report_change *sorted = malloc((count + 1) * sizeof *sorted);
    const struct report_change *found;
    size_t n = 0;
    if (!sorted)
        return 0;
    if (count > 0)
        memcpy(sorted, all, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare);
    while (n < CHANGES_SHOWN && (found = next_of(sorted, count, totals, picked, n, NULL)))
        picked[n++] = *found;
    bool one_way = n > 1;
    for (size_t i = 1; i < n; i++)
        one_way = one_way && rose(&picked[i]) == rose(&picked[0]);
    size_t kept = n < CHANGES_SHOWN ? n : n - 1;
    if (one_way && (found = next_of(sorted, count, totals, picked, kept, &picked[0]))) {
        picked[kept] = *found;
        n = kept + 1;
    }
    free(sorted);
    return n;
}

char *report_change_sentence(struct arena *a, const struct report_change *change,
                             const char *currency, enum lang lang)
{
    const char *subject = message_with(a, SUBJECTS[change->kind], lang, change->label);
    const char *verb = message_with(a, rose(change) ? "change_rose" : "change_fell", lang,
                                    money_format(a, size_of(change), currency, lang));
    const char *from =
        message_with(a, "change_from", lang, money_format(a, change->before, currency, lang));
    const char *to =
        message_with(a, "change_to", lang, money_format(a, change->now, currency, lang));
    const char *percent = percent_format(a, size_of(change), change->before, lang);
    if (!percent)
        return arena_printf(a, "%s %s, %s %s.", subject, verb, from, to);
    return arena_printf(a, "%s %s, %s %s (%s%s).", subject, verb, from, to,
                        rose(change) ? "+" : "−", percent);
}

bool report_changes_read(struct arena *a, struct problem *p, const struct period *now,
                         const struct period *before, enum lang lang,
                         struct report_change picked[CHANGES_SHOWN], size_t *count)
{
    *count = 0;
    struct rows *totals =
        db_query_planned(a, p, TOTALS, now->from, now->to, before->from, before->to);
    struct rows *rows =
        db_query_planned(a, p, ALL, now->from, now->to, before->from, before->to);
    if (!rows || !totals)
        return false;
    size_t n = (size_t)db_count(rows);
    struct report_change *all = arena_alloc(a, (n + 1) * sizeof *all);
    for (size_t i = 0; i < n; i++) {
        int row = (int)i;
        enum change_kind kind = (enum change_kind)db_integer(rows, row, 0);
        const char *key = db_text(rows, row, 1);
        all[i] = (struct report_change){
            .kind = kind,
            .key = key,
            .label = report_label(a, GROUPS[kind], key, db_text(rows, row, 2), lang),
            .now = db_integer(rows, row, 3),
            .before = db_integer(rows, row, 4),
            .units = db_integer(rows, row, 5),
        };
    }
    *count = report_changes_pick(
        all, n, (struct change_totals){db_integer(totals, 0, 0), db_integer(totals, 0, 1)},
        picked);
    return true;
}
