#include "sales/report_pictures.h"

#include <string.h>

#include "digest.h"
#include "sales/report_charts.h"

enum { WIDE_VARIANTS = 4, NAME_DIGITS = 12, PICTURES_MOST = 64 };

/* Which days a chart is about: those of the page, or more of them up to its last one. */
enum span_of_time { ITS_DAYS, TWO_WEEKS, EIGHT_WEEKS, TWELVE_MONTHS };

static const struct page_chart {
    enum page_kind kind;
    const char *name, *group_by, *compare, *kpi;
    enum span_of_time days;
    enum picture_span span;
    int height; /* CSS pixels of a wide one, so that two beside each other are alike */
    bool in_letter;
} CHARTS[] = {
    {PAGE_DAY, "clock", NULL, NULL, NULL, ITS_DAYS, SPAN_HALF, 320, true},
    {PAGE_DAY, "sales", "day", "previous", NULL, TWO_WEEKS, SPAN_HALF, 320, false},
    {PAGE_DAY, "categories", NULL, NULL, NULL, ITS_DAYS, SPAN_HALF, 396, false},
    {PAGE_DAY, "states", NULL, NULL, NULL, ITS_DAYS, SPAN_HALF, 396, false},

    {PAGE_WEEK, "sales", "day", "previous", NULL, ITS_DAYS, SPAN_FULL, 320, true},
    {PAGE_WEEK, "hours", NULL, NULL, NULL, EIGHT_WEEKS, SPAN_FULL, 320, false},
    {PAGE_WEEK, "categories", NULL, NULL, NULL, ITS_DAYS, SPAN_HALF, 396, false},
    {PAGE_WEEK, "states", NULL, NULL, NULL, ITS_DAYS, SPAN_HALF, 396, false},

    {PAGE_MONTH, "sales", "day", "previous", NULL, ITS_DAYS, SPAN_FULL, 340, true},
    {PAGE_MONTH, "sales", "month", NULL, NULL, TWELVE_MONTHS, SPAN_FULL, 300, false},
    {PAGE_MONTH, "categories", NULL, NULL, NULL, ITS_DAYS, SPAN_HALF, 400, true},
    {PAGE_MONTH, "states", NULL, NULL, NULL, ITS_DAYS, SPAN_HALF, 400, false},
    {PAGE_MONTH, "gateways", "week", NULL, NULL, ITS_DAYS, SPAN_HALF, 300, false},
    {PAGE_MONTH, "kpi", NULL, NULL, "conversion_rate", ITS_DAYS, SPAN_HALF, 300, false},
};

static const int WIDTHS[] = {[SPAN_HALF] = 502, [SPAN_FULL] = 1016, [SPAN_MAIL] = 480};

int report_picture_width(enum picture_span span)
{
    return WIDTHS[span];
}

/* The first of the days that a chart shows up to the end of the page's. */
static struct period days_of(struct arena *a, const struct page_chart *which,
                             const struct period *period)
{
    const char *from = period->from;
    if (which->days == TWO_WEEKS)
        from = period_shift(a, period->to, -14);
    else if (which->days == EIGHT_WEEKS)
        from = period_shift(a, period->to, -56);
    else if (which->days == TWELVE_MONTHS)
        for (int month = 1; month < 12; month++)
            from = report_period(a, PAGE_MONTH, period_shift(a, from, -1)).from;
    return (struct period){from, period->to};
}

/* Rows, tiles and cells need room for all that they show, and so does everything on a phone;
 * else a wide picture has the height that suits the page. */
static int height_at(const struct chart *chart, int width, int usual)
{
    struct chart sized = *chart;
    bool fixed = chart->kind == CHART_ROWS || chart->kind == CHART_STATES ||
                 chart->kind == CHART_HEAT || chart->kind == CHART_COHORT;
    sized.width = width;
    int wanted = fixed || width == PICTURE_NARROW ? chart_height(&sized) : 0;
    return wanted > usual || width == PICTURE_NARROW ? wanted : usual;
}

/* Draws it once and adds the picture to the page's. Its name is that of its bytes. */
static const struct report_picture *draw(struct arena *a, struct report_page *page,
                                         struct shown_chart *shown, bool narrow, bool dark)
{
    struct chart chart = shown->chart;
    struct chart_picture picture;
    chart.width = narrow ? PICTURE_NARROW : WIDTHS[shown->span];
    chart.height = shown->heights[narrow];
    chart.scale = 2;
    chart.theme = dark ? CHART_DARK : CHART_LIGHT;
    if (!chart_draw(a, &chart, &picture))
        return NULL;
    struct report_picture *made =
        &((struct report_picture *)page->pictures)[page->picture_count++];
    *made = (struct report_picture){.png = picture.png, .n = picture.n};
    made->name = arena_printf(a, "%s-%.*s.png", shown->name, NAME_DIGITS,
                              digest_sha256(a, picture.png, picture.n));
    made->cid = arena_printf(a, "%s@vendas", made->name);
    return made;
}

static bool draw_all(struct arena *a, struct report_page *page, struct shown_chart *shown)
{
    bool mail = shown->span == SPAN_MAIL;
    for (int variant = 0; variant < (mail ? 1 : WIDE_VARIANTS); variant++) {
        bool narrow = variant & 1, dark = variant & 2;
        shown->files[narrow][dark] = draw(a, page, shown, narrow, dark);
        if (!shown->files[narrow][dark])
            return false;
    }
    return true;
}

bool report_pictures_make(struct arena *a, struct problem *p, enum lang lang, bool for_mail,
                          struct report_page *page, struct shown_chart **charts, size_t *count)
{
    *charts = arena_alloc(a, sizeof CHARTS / sizeof *CHARTS * sizeof **charts);
    *count = 0;
    page->pictures = arena_alloc(a, PICTURES_MOST * sizeof *page->pictures);
    for (size_t i = 0; i < sizeof CHARTS / sizeof *CHARTS; i++) {
        const struct page_chart *which = &CHARTS[i];
        if (which->kind != page->kind || (for_mail && !which->in_letter))
            continue;
        struct chart_wish wish = {.period = days_of(a, which, &page->period),
                                  .group_by = which->group_by,
                                  .compare = which->compare,
                                  .kpi = which->kpi,
                                  .lang = lang};
        struct shown_chart *shown = &(*charts)[(*count)++];
        *shown = (struct shown_chart){
            .name = which->name,
            .span = for_mail ? SPAN_MAIL : which->span,
        };
        if (!report_chart_read(a, p, report_chart_find(which->name), &wish, &shown->chart))
            return false;
        shown->heights[false] = height_at(&shown->chart, WIDTHS[shown->span], which->height);
        shown->heights[true] = height_at(&shown->chart, PICTURE_NARROW, 0);
        if (!draw_all(a, page, shown)) {
            problem_set(p, 500, "internal_error");
            return false;
        }
    }
    return true;
}
