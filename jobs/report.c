/*
 * report: writes the pages of figures, charts and tables that nginx shows under /reports/ to
 * those who may read reports, and an index of them. Run every hour. Service Sales; the figures
 * are those of /v1/reports.
 *
 *     report                      yesterday and today, the last week and this one, the last
 *                                 month and this one; and what is missing of the days before
 *     report --day 2026-11-30     that day alone; its week or month with --week or --month
 *     report --lang en            in English; pt-BR otherwise
 *
 * A page is a folder (daily/2026-11-30/), index.html beside its pictures. These bear the name
 * of their bytes and are there before the page takes its place, and until it has been replaced
 * twice: whoever reads a page finds all that it shows.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db.h"
#include "file.h"
#include "job.h"
#include "log.h"
#include "sales/report_index.h"
#include "sales/report_page.h"
#include "settings.h"

/* How many of each kind there are at least, up to the running one. */
static const int KEPT[PAGE_KINDS] = {7, 4, 3};

struct orders {
    enum lang lang;
    bool one; /* the page of kind that day is in, and no other */
    enum page_kind kind;
    const char *day;
};

struct job {
    struct arena *arena; /* of one page */
    struct problem problem;
    enum lang lang;
    int written;
};

/* Files ------------------------------------------------------------------------------------ */

static bool make_folder(const char *path)
{
    if (!mkdir(path, 0755) || errno == EEXIST)
        return true;
    log_error("folder not made", "path", path, "reason", strerror(errno), NULL);
    return false;
}

/* The text of a file, "" where there is none. */
static const char *text_of(struct arena *a, const char *path)
{
    struct buf b = buf_new(a);
    char chunk[4096];
    FILE *file = fopen(path, "re");
    size_t n;
    while (file && (n = fread(chunk, 1, sizeof chunk, file)) > 0)
        buf_bytes(&b, chunk, n);
    if (file)
        fclose(file);
    return buf_text(&b);
}

/* Removes pictures that neither of two pages shows. */
static void remove_old_pictures(struct arena *a, const char *folder, const char *page,
                                const char *page_before)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;
    while (dir && (entry = readdir(dir))) {
        const char *name = entry->d_name, *end = strrchr(name, '.');
        if (end && !strcmp(end, ".png") && !strstr(page, name) && !strstr(page_before, name))
            unlink(arena_printf(a, "%s/%s", folder, name));
    }
    if (dir)
        closedir(dir);
}

static bool save_pictures(struct arena *a, const char *folder, const struct report_page *page)
{
    for (size_t i = 0; i < page->picture_count; i++) {
        const struct report_picture *picture = &page->pictures[i];
        const char *path = arena_printf(a, "%s/%s", folder, picture->name);
        if (access(path, R_OK) && file_write(path, picture->png, picture->n, 0644))
            return false;
    }
    return true;
}

static bool save_page(struct arena *a, const struct report_page *page)
{
    const char *kind =
        arena_printf(a, "%s/%s", settings()->reports_dir, report_folder(page->kind));
    const char *folder =
        arena_printf(a, "%s/%s", kind, report_page_name(a, page->kind, &page->period));
    const char *path = arena_printf(a, "%s/index.html", folder);
    if (!make_folder(kind) || !make_folder(folder))
        return false;
    const char *before = text_of(a, path);
    if (!save_pictures(a, folder, page) ||
        file_write(path, page->html.data, page->html.len, 0644))
        return false;
    remove_old_pictures(a, folder, page->html.data, before);
    return true;
}

/* Pages ------------------------------------------------------------------------------------ */

static bool write_page(struct job *job, enum page_kind kind, const struct period *period)
{
    struct report_page page;
    bool ok =
        report_page_make(job->arena, &job->problem, kind, period, job->lang, false, &page) &&
        save_page(job->arena, &page);
    job->written += ok;
    return ok;
}

static bool is_kept(struct arena *a, enum page_kind kind, const struct period *period)
{
    return !access(arena_printf(a, "%s/%s/%s/index.html", settings()->reports_dir,
                                report_folder(kind), report_page_name(a, kind, period)),
                   R_OK);
}

/* The running page of a kind and the one before it, and those before these that are missing. */
static bool write_kind(struct job *job, enum page_kind kind)
{
    char day[16];
    snprintf(day, sizeof day, "%s", period_today(job->arena));
    for (int back = 0; back < KEPT[kind]; back++) {
        struct period period = report_period(job->arena, kind, day);
        if ((back < 2 || !is_kept(job->arena, kind, &period)) &&
            !write_page(job, kind, &period))
            return false;
        snprintf(day, sizeof day, "%s", period_shift(job->arena, period.from, -1));
        arena_reset(job->arena);
    }
    return true;
}

static bool write_index(struct job *job)
{
    struct buf html = buf_new(job->arena);
    const char *folder = settings()->reports_dir;
    return report_index_make(job->arena, &job->problem, folder, job->lang, &html) &&
           !file_write(arena_printf(job->arena, "%s/index.html", folder), html.data, html.len,
                       0644);
}

static bool write_pages(struct job *job, const struct orders *orders)
{
    if (orders->one) {
        struct period period = report_period(job->arena, orders->kind, orders->day);
        return write_page(job, orders->kind, &period);
    }
    for (enum page_kind kind = 0; kind < PAGE_KINDS; kind++)
        if (!write_kind(job, kind))
            return false;
    return true;
}

/* The command ------------------------------------------------------------------------------ */

/* Whether it is a day of the calendar, YYYY-MM-DD. */
static bool is_day(struct arena *a, const char *text)
{
    return strlen(text) == 10 && strspn(text, "0123456789-") == 10 &&
           !strcmp(period_shift(a, text, 0), text);
}

/* Takes "--day D", "--week D", "--month D" (or YYYY-MM) and "--lang L". */
static bool take_option(struct arena *a, const char *option, const char *value,
                        struct orders *orders)
{
    static const char *const OPTIONS[PAGE_KINDS] = {"--day", "--week", "--month"};
    if (!strcmp(option, "--lang")) {
        orders->lang = !strcmp(value, "en") ? LANG_EN : LANG_PT_BR;
        return !strcmp(value, lang_tag(orders->lang));
    }
    for (enum page_kind kind = 0; kind < PAGE_KINDS; kind++)
        if (!strcmp(option, OPTIONS[kind]) && !orders->one) {
            bool month = kind == PAGE_MONTH && strlen(value) == 7;
            orders->one = true;
            orders->kind = kind;
            orders->day = month ? arena_printf(a, "%s-01", value) : value;
            return is_day(a, orders->day);
        }
    return false;
}

static bool take_options(struct arena *a, int argc, char **argv, struct orders *orders)
{
    for (int i = 1; i < argc; i += 2)
        if (i + 1 == argc || !take_option(a, argv[i], argv[i + 1], orders))
            return false;
    return true;
}

int main(int argc, char **argv)
{
    struct arena *options = arena_new();
    struct orders orders = {.lang = LANG_PT_BR};
    if (!take_options(options, argc, argv, &orders)) {
        fputs("usage: report [--day DATE | --week DATE | --month DATE] [--lang pt-BR | en]\n",
              stderr);
        return EXIT_FAILURE;
    }
    if (job_begin("report", "sales"))
        return EXIT_FAILURE;
    struct arena *a = arena_new();
    struct job job = {.arena = a, .problem = problem_none(options), .lang = orders.lang};
    bool ok = write_pages(&job, &orders) && write_index(&job);
    if (ok)
        log_info("reports written", "pages", arena_printf(a, "%d", job.written), NULL);
    else
        log_error("no reports written", "code", job.problem.code, NULL);
    arena_free(a);
    arena_free(options);
    db_close();
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
