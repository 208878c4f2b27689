#include "sales/report_index.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "db.h"
#include "messages.h"
#include "money.h"
#include "sales/report_html.h"
#include "settings.h"

/* What was sold by day, week or month; the keys are the pages' names. */
static const char SOLD[] = "SELECT key, total, orders"
                           "  FROM sales.report($1::date, $2::date, $3, '{}', NULL, NULL)";
enum { KEY, TOTAL, ORDERS };

static const struct {
    const char *group, *title, *compared;
    int back;     /* with how many before it is compared */
    size_t shown; /* the others are in the archive */
} KINDS[PAGE_KINDS] = {
    {"day", "report_days", "compared_day_week", 7, 14},
    {"week", "report_weeks", "compared_week_previous", 1, 8},
    {"month", "report_months", "compared_month_previous", 1, 12},
};

struct index {
    struct arena *arena;
    enum lang lang;
    enum page_kind kind;
    struct buf *html;
    struct rows *sold; /* in the sequence of time */
    const char *today;
};

static int newest_first(const void *a, const void *b)
{
    return strcmp(*(const char *const *)b, *(const char *const *)a);
}

static bool is_name(const char *name, enum page_kind kind)
{
    return strlen(name) == (kind == PAGE_MONTH ? 7 : 10) &&
           strspn(name, "0123456789-") == strlen(name);
}

const char **report_pages_kept(struct arena *a, const char *folder, enum page_kind kind,
                               size_t *count)
{
    size_t room = 64;
    const char **names = arena_alloc(a, room * sizeof *names);
    DIR *dir = opendir(arena_printf(a, "%s/%s", folder, report_folder(kind)));
    struct dirent *entry;
    *count = 0;
    while (dir && (entry = readdir(dir))) {
        if (!is_name(entry->d_name, kind))
            continue;
        if (*count == room) {
            const char **more = arena_alloc(a, 2 * room * sizeof *more);
            memcpy(more, names, room * sizeof *names);
            names = more;
            room *= 2;
        }
        names[(*count)++] = arena_strdup(a, entry->d_name);
    }
    if (dir)
        closedir(dir);
    qsort(names, *count, sizeof *names, newest_first);
    return names;
}

/* The day that a page's name begins with. */
static const char *day_of(const struct index *x, const char *name)
{
    return x->kind == PAGE_MONTH ? arena_printf(x->arena, "%s-01", name) : name;
}

static const char *say(const struct index *x, const char *code)
{
    return message_with(x->arena, code, x->lang, NULL);
}

static const char *label_of(const struct index *x, const char *name)
{
    struct period period = report_period(x->arena, x->kind, day_of(x, name));
    if (x->kind == PAGE_DAY)
        return arena_printf(x->arena, "%s, %s",
                            period_weekday_short(period_weekday(name), x->lang),
                            period_date(x->arena, name, x->lang));
    return x->kind == PAGE_MONTH ? period_month_named(x->arena, period.from, x->lang)
                                 : period_text(x->arena, &period, x->lang);
}

/* The change to what it is compared with; of what is not over, that it is so. */
static void write_change(const struct index *x, const char *name, int row)
{
    struct buf *b = x->html;
    struct period period = report_period(x->arena, x->kind, day_of(x, name));
    buf_raw(b, "<td class=\"number\">");
    if (strcmp(x->today, period.to) < 0)
        html_element(b, "span", " class=\"muted\"", say(x, "report_running"));
    else if (row >= KINDS[x->kind].back) {
        long long now = db_integer(x->sold, row, TOTAL);
        long long before = db_integer(x->sold, row - KINDS[x->kind].back, TOTAL);
        const char *percent = percent_format(x->arena, llabs(now - before), before, x->lang);
        if (percent)
            html_element(b, "span", now < before ? " class=\"bad\"" : " class=\"good\"",
                         arena_printf(x->arena, "%s %s",
                                      now < before   ? "▼"
                                      : now > before ? "▲"
                                                     : "=",
                                      percent));
    }
    buf_raw(b, "</td>");
}

static void write_row(const struct index *x, const char *name, int row)
{
    struct buf *b = x->html;
    buf_printf(b, "\n<tr><th scope=\"row\"><a href=\"%s/%s/\">", report_folder(x->kind), name);
    buf_html(b, label_of(x, name));
    buf_raw(b, "</a></th>");
    html_element(b, "td", " class=\"number wide\"",
                 number_format(x->arena, db_integer(x->sold, row, ORDERS), x->lang));
    html_element(
        b, "td", " class=\"number\"",
        money_format(x->arena, db_integer(x->sold, row, TOTAL), settings()->currency, x->lang));
    write_change(x, name, row);
    buf_raw(b, "</tr>");
}

static void write_table(const struct index *x, const char **names, size_t count)
{
    struct buf *b = x->html;
    int row = db_count(x->sold) - 1;
    buf_raw(b, "<table><thead><tr>");
    html_element(b, "th", " scope=\"col\"", say(x, "column_period"));
    html_element(b, "th", " scope=\"col\" class=\"number wide\"", say(x, "column_orders"));
    html_element(b, "th", " scope=\"col\" class=\"number\"", say(x, "column_total"));
    html_element(b, "th", " scope=\"col\" class=\"number\"", say(x, KINDS[x->kind].compared));
    buf_raw(b, "</tr></thead><tbody>");
    for (size_t i = 0; i < count; i++) {
        while (row > 0 && strcmp(db_text(x->sold, row, KEY), names[i]) > 0)
            row--;
        if (!strcmp(db_text(x->sold, row, KEY), names[i]))
            write_row(x, names[i], row);
    }
    buf_raw(b, "</tbody></table>");
}

static bool write_kind(struct index *x, struct problem *p, const char *folder)
{
    size_t count, shown = KINDS[x->kind].shown;
    const char **names = report_pages_kept(x->arena, folder, x->kind, &count);
    if (count == 0)
        return true;
    struct period last = report_period(x->arena, x->kind, day_of(x, names[0]));
    struct period first = report_period(x->arena, x->kind, day_of(x, names[count - 1]));
    for (int i = 0; i < KINDS[x->kind].back; i++)
        first = report_period(x->arena, x->kind, period_shift(x->arena, first.from, -1));
    x->sold = db_query_planned(x->arena, p, SOLD, first.from, last.to, KINDS[x->kind].group);
    if (!x->sold)
        return false;
    buf_printf(x->html, "<section class=\"card\" id=\"%s\">", report_folder(x->kind));
    html_element(x->html, "h2", "", say(x, KINDS[x->kind].title));
    write_table(x, names, count < shown ? count : shown);
    if (count > shown) {
        buf_raw(x->html, "<details>");
        html_element(x->html, "summary", "", say(x, "report_archive"));
        write_table(x, names + shown, count - shown);
        buf_raw(x->html, "</details>");
    }
    buf_raw(x->html, "</section>\n");
    return true;
}

bool report_index_make(struct arena *a, struct problem *p, const char *folder, enum lang lang,
                       struct buf *html)
{
    struct index x = {.arena = a, .lang = lang, .html = html, .today = period_today(a)};
    const char *title = say(&x, "report_title");
    report_html_begin(html, title, lang);
    buf_raw(html, "<header>");
    html_element(html, "h1", "", title);
    html_element(html, "p", " class=\"muted\"", settings()->shop_name);
    buf_raw(html, "</header>\n<div class=\"index\">\n");
    for (x.kind = 0; x.kind < PAGE_KINDS; x.kind++)
        if (!write_kind(&x, p, folder))
            return false;
    buf_raw(html, "</div>\n");
    report_html_end(html);
    return true;
}
