/*
 * mail-reports: sends the pages of days, weeks and months that are over to who of the staff
 * subscribed to them (lib/sales/report_page, lib/sales/report_mail): some hours after the
 * end, VENDAS_REPORT_HOUR in the shop's time zone, and when the shop was down, the last one of
 * each kind as soon as it is up.
 *
 * A letter comes into the registry's outbox in the transaction in which its subscription notes
 * down up to which day it was written, so that no page is sent twice; "deliver" brings it to
 * the mail server. A page is made once for all who read it in a language. It is a job of its
 * own and not part of "report", which writes files for nginx: neither waits for the other's
 * disk or mail.
 */
#include <stdlib.h>

#include "arena.h"
#include "db.h"
#include "job.h"
#include "log.h"
#include "sales/report_mail.h"
#include "settings.h"

static const char PERIOD[] =
    "SELECT from_day, to_day FROM sales.report_period($1, now(), $2, $3::int)";
static const char DUE[] = "SELECT id FROM sales.due_subscriptions($1, $2, $3::date)";
static const char COUNTED[] = "SELECT sales.all_counted($1)";
static const char MAIL[] =
    "SELECT sales.mail_report($1::uuid, $2::date, $3::uuid, $4::bytea, $5::int)";

struct run {
    struct arena *page_arena, *letter_arena; /* of a page; of a letter of it */
    struct problem problem;
    long long mailed;
};

static bool mail_one(struct run *run, const struct report_page *page, enum lang lang,
                     const char *subscription)
{
    struct arena *a = run->letter_arena;
    struct letter letter = report_mail_write(a, page, lang, subscription);
    struct rows *posted = db_query(a, &run->problem, MAIL, subscription, page->period.to,
                                   letter.id, letter.payload, letter.seconds);
    run->mailed += posted && db_boolean(posted, 0, 0);
    arena_reset(a);
    return posted;
}

/* Writes to all for whom the last page of a kind in a language is due. */
static bool mail_page(struct run *run, enum page_kind kind, enum lang lang)
{
    struct arena *a = run->page_arena;
    const char *hour = arena_printf(a, "%lld", settings()->report_hour);
    struct rows *over =
        db_query(a, &run->problem, PERIOD, report_folder(kind), settings()->timezone, hour);
    struct rows *due = over ? db_query(a, &run->problem, DUE, report_folder(kind),
                                       lang_tag(lang), db_text(over, 0, 1))
                            : NULL;
    if (!due || db_count(due) == 0)
        return due;
    struct rows *counted = db_query(a, &run->problem, COUNTED, settings()->timezone);
    if (!counted || !db_boolean(counted, 0, 0))
        return counted; /* the next run finds it done */
    struct report_page page;
    struct period period = report_period(a, kind, db_text(over, 0, 0));
    bool ok = report_page_make(a, &run->problem, kind, &period, lang, true, &page);
    for (int i = 0; ok && i < db_count(due); i++)
        ok = mail_one(run, &page, lang, db_text(due, i, 0));
    return ok;
}

static bool mail_all(struct run *run)
{
    bool ok = true;
    for (enum page_kind kind = 0; kind < PAGE_KINDS; kind++)
        for (enum lang lang = LANG_PT_BR; ok && lang <= LANG_EN; lang++) {
            ok = mail_page(run, kind, lang);
            arena_reset(run->page_arena);
        }
    return ok;
}

int main(void)
{
    if (job_begin("mail-reports", "sales"))
        return EXIT_FAILURE;
    struct arena *a = arena_new();
    struct run run = {
        .page_arena = arena_new(), .letter_arena = arena_new(), .problem = problem_none(a)};
    bool ok = mail_all(&run);
    if (!ok)
        log_error("report pages could not be mailed", "code", run.problem.code, NULL);
    if (run.mailed)
        log_info("mailed", "letters", arena_printf(a, "%lld", run.mailed), NULL);
    arena_free(run.letter_arena);
    arena_free(run.page_arena);
    arena_free(a);
    db_close();
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
