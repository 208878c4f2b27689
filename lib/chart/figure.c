#include "chart/figure.h"

#include <stdlib.h>

#include "money.h"

enum { HUNDRED = 100, THOUSAND = 1000, FEW_UNITS = 5 };

/* Hundredths with the decimals they need: "1,75", "1,5", "2". */
static const char *hundredths(struct arena *a, long long value, enum lang lang)
{
    long long part = llabs(value) % HUNDRED;
    const char *sign = value < 0 ? "-" : "", *mark = lang == LANG_EN ? "." : ",";
    const char *whole = number_format(a, llabs(value) / HUNDRED, lang);
    if (part == 0)
        return arena_printf(a, "%s%s", sign, whole);
    if (part % 10 == 0)
        return arena_printf(a, "%s%s%s%lld", sign, whole, mark, part / 10);
    return arena_printf(a, "%s%s%s%02lld", sign, whole, mark, part);
}

const char *figure_text(struct arena *a, const struct chart *chart, long long value)
{
    if (value == CHART_NONE)
        return "–";
    switch (chart->unit) {
    case CHART_MONEY:
        return money_format(a, value, chart->currency, chart->lang);
    case CHART_COUNT:
        return number_format(a, value, chart->lang);
    case CHART_DECIMAL:
        return hundredths(a, value, chart->lang);
    default:
        return arena_printf(a, "%s%%", hundredths(a, value, chart->lang));
    }
}

/* To a multiple of unit, halves away from zero. */
static long long rounded(long long value, long long unit)
{
    return (value + (value < 0 ? -unit : unit) / 2) / unit * unit;
}

const char *figure_short(struct arena *a, const struct chart *chart, long long value)
{
    long long magnitude = llabs(value);
    switch (value == CHART_NONE ? CHART_COUNT : chart->unit) {
    case CHART_MONEY:
        return value && magnitude < HUNDRED
                   ? figure_text(a, chart, value)
                   : money_short(a, value, chart->currency, chart->lang);
    case CHART_COUNT:
        return value == CHART_NONE ? figure_text(a, chart, value)
                                   : number_short(a, value, chart->lang);
    default:
        /* Three digits, in words from a thousand on. */
        if (magnitude < 10 * HUNDRED)
            return figure_text(a, chart, rounded(value, 10));
        if (magnitude < 1000 * HUNDRED)
            return figure_text(a, chart, rounded(value, HUNDRED));
        return arena_printf(a, "%s%s", number_short(a, value / HUNDRED, chart->lang),
                            chart->unit == CHART_PERCENT ? "%" : "");
    }
}

/* What three digits at most tell of a whole number: "1,2", "12", "123" of thousands, millions.
 */
static long long few_digits(long long value)
{
    long long unit = 1;
    while (llabs(value) / unit >= THOUSAND)
        unit *= THOUSAND;
    return rounded(value, unit > 1 && llabs(value) / unit < 10 ? unit / 10 : unit);
}

const char *figure_bare(struct arena *a, const struct chart *chart, long long value)
{
    if (value == CHART_NONE || (chart->unit == CHART_DECIMAL && llabs(value) < 10 * HUNDRED))
        return figure_short(a, chart, value);
    if (chart->unit != CHART_COUNT)
        value = rounded(value, HUNDRED) / HUNDRED;
    return number_short(a, few_digits(value), chart->lang);
}

/* Axes ------------------------------------------------------------------------------------- */

/* The next of 1, 2, 5, 10, 20, 50, ... */
static long long next_step(long long step)
{
    long long lead = step;
    while (lead >= 10)
        lead /= 10;
    return lead == 2 ? step / 2 * 5 : step * 2;
}

/* The multiples of step that hold a value: towards zero's other side. */
static long long outward(long long value, long long step)
{
    long long down = value / step * step;
    return down == value ? value : value < 0 ? down - step : down + step;
}

struct axis axis_of(enum chart_unit unit, long long least, long long most, int wanted)
{
    struct axis axis = {.step = 1};
    if (least > 0)
        least = 0;
    if (most < 0)
        most = 0;
    if (least == 0 && most == 0)
        most = unit == CHART_COUNT ? 1 : HUNDRED;
    if (unit != CHART_COUNT && most - least > FEW_UNITS * HUNDRED)
        axis.step = HUNDRED;
    for (;; axis.step = next_step(axis.step)) {
        axis.low = outward(least, axis.step);
        axis.high = outward(most, axis.step);
        if ((axis.high - axis.low) / axis.step <= wanted)
            return axis;
    }
}

const char *axis_text(struct arena *a, const struct chart *chart, const struct axis *axis,
                      long long tick)
{
    bool fine = chart->unit != CHART_COUNT && axis->step % HUNDRED;
    return fine ? figure_text(a, chart, tick) : figure_short(a, chart, tick);
}

double axis_part(const struct axis *axis, long long value)
{
    return ((double)value - (double)axis->low) / ((double)axis->high - (double)axis->low);
}
