/*
 * deliver: sends the letters of registry.outbox that are due. What is not sent now waits there
 * for a later run, for longer each time, until it is too old. Each letter is sent at least
 * once: one whose job was killed before it could say so is sent again, as the same message.
 *
 * Where the server is away, the run ends with one letter put off; the next run tries another
 * one. A run succeeds when nothing but an address was refused.
 */
#include <curl/curl.h>
#include <stdlib.h>

#include "arena.h"
#include "db.h"
#include "job.h"
#include "letter.h"
#include "log.h"
#include "mail.h"

/* A letter is another job's to send when this one has had twice the time that it may take. */
enum { CLAIM_SECONDS = 2 * MAIL_SECONDS };

static const char CLAIM[] =
    "SELECT id, kind, payload, extract(epoch FROM created_at)::bigint, attempt,"
    "       address"
    "  FROM registry.claim_letter($1::int)";
static const char FINISH[] = "SELECT registry.finish_letter($1::uuid)";
static const char RETRY[] = "SELECT registry.retry_letter($1::uuid, $2::int, $3)";
static const char FORGET[] = "SELECT registry.forget_letters()";

enum { ID, KIND, PAYLOAD, CREATED_AT, ATTEMPT, ADDRESS };

struct run {
    struct mailer *mailer;
    long long sent, refused, later;
    bool failed; /* the server is away, or the database */
};

static struct mail_result send_letter(struct arena *a, struct mailer *mailer,
                                      const struct rows *letter)
{
    struct mail mail;
    if (!letter_open(a, db_text(letter, 0, ID), db_text(letter, 0, PAYLOAD), &mail))
        return (struct mail_result){MAIL_LATER, "sealed"};
    if (!mail.to)
        mail.to = db_text(letter, 0, ADDRESS);
    if (!mail.to)
        return (struct mail_result){MAIL_REFUSED, "no address"};
    mail.date = (time_t)db_integer(letter, 0, CREATED_AT);
    return mail_send(a, mailer, &mail);
}

/* Does what is to be done with a letter after an attempt at it. */
static void settle(struct arena *a, struct problem *problem, struct run *run,
                   const struct rows *letter, struct mail_result result)
{
    const char *id = db_text(letter, 0, ID);
    if (result.outcome == MAIL_SENT || result.outcome == MAIL_REFUSED)
        db_query(a, problem, FINISH, id);
    else
        db_query(a, problem, RETRY, id, db_text(letter, 0, ATTEMPT), result.reason);
    if (result.outcome != MAIL_SENT)
        log_error(result.outcome == MAIL_REFUSED ? "letter refused" : "letter not sent",
                  "letter", id, "kind", db_text(letter, 0, KIND), "reason", result.reason,
                  NULL);
    run->sent += result.outcome == MAIL_SENT;
    run->refused += result.outcome == MAIL_REFUSED;
    run->later += result.outcome == MAIL_LATER;
    run->failed = result.outcome == MAIL_AWAY || problem->status;
}

/* Sends the letter that has waited longest. False when none is due, or when there is no sense
 * in going on. */
static bool deliver_one(struct arena *a, struct run *run)
{
    struct problem problem = problem_none(a);
    struct rows *letter = db_query(a, &problem, CLAIM, arena_printf(a, "%d", CLAIM_SECONDS));
    if (letter && db_count(letter) == 0)
        return false;
    if (letter)
        settle(a, &problem, run, letter, send_letter(a, run->mailer, letter));
    else
        run->failed = true;
    return !run->failed;
}

static void deliver(struct arena *a, struct run *run)
{
    while (deliver_one(a, run))
        arena_reset(a);
    struct problem problem = problem_none(a);
    struct rows *forgotten = db_query(a, &problem, FORGET);
    run->failed |= !forgotten;
    long long old = forgotten ? db_integer(forgotten, 0, 0) : 0;
    if (run->sent || run->refused || run->later || old)
        log_info("delivered", "sent", arena_printf(a, "%lld", run->sent), "refused",
                 arena_printf(a, "%lld", run->refused), "put_off",
                 arena_printf(a, "%lld", run->later), "too_old", arena_printf(a, "%lld", old),
                 NULL);
}

int main(void)
{
    if (job_begin("deliver", "registry") || curl_global_init(CURL_GLOBAL_DEFAULT))
        return EXIT_FAILURE;
    struct run run = {.mailer = mailer_new()};
    struct arena *a = arena_new();
    if (run.mailer)
        deliver(a, &run);
    bool ok = run.mailer && !run.failed;
    arena_free(a);
    mailer_free(run.mailer);
    db_close();
    curl_global_cleanup();
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
