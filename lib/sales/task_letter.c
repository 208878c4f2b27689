#include "sales/task_letter.h"

#include <string.h>

#include "buf.h"
#include "db.h"
#include "letter.h"
#include "messages.h"
#include "settings.h"

/* Longer than a long weekend. */
enum { LIFE_SECONDS = 7 * 24 * 60 * 60 };

static const char UNTOLD[] = "SELECT id, kind, number FROM sales.untold_tasks()";
enum { ID, KIND, NUMBER };
static const char TELL[] = "SELECT sales.tell_tasks($1::uuid[], $2::jsonb)";

/* What each kind of task is called. */
static const char *const CODES[] = {
    "payment_task_late_payment",     "payment_task_underpaid",      "payment_task_overpaid",
    "payment_task_refund_by_person", "payment_task_refund_failed",  "payment_task_dispute",
    "payment_task_uncertain",        "payment_task_capture_failed", "payment_task_wrong_mode",
    "payment_task_difference",
};

const char *task_letter_code(const char *kind)
{
    for (size_t i = 0; i < sizeof CODES / sizeof *CODES; i++)
        if (!strcmp(CODES[i] + strlen("payment_task_"), kind))
            return CODES[i];
    return kind;
}

static const char *text_of(struct arena *a, const struct rows *tasks)
{
    struct buf b = buf_new(a);
    buf_printf(&b, "%s\n\n", message_with(a, "letter_payment_tasks", LANG_PT_BR, NULL));
    for (int i = 0; i < db_count(tasks); i++) {
        const char *number = db_text(tasks, i, NUMBER);
        const char *code = task_letter_code(db_text(tasks, i, KIND));
        buf_printf(&b, "- %s", message_with(a, code, LANG_PT_BR, NULL));
        if (number)
            buf_printf(&b, " %s",
                       message_with(a, "letter_payment_task_order", LANG_PT_BR, number));
        buf_raw(&b, "\n");
    }
    buf_printf(&b, "\n%s\n%s\n", settings()->shop_name, settings()->public_url);
    return b.data;
}

static void add_letter(struct buf *b, struct arena *a, const char *to, const char *text)
{
    const char *subject = message_with(a, "letter_payment_tasks_subject", LANG_PT_BR, NULL);
    struct letter l = letter_seal(
        a, to, arena_printf(a, "%s: %s", settings()->shop_name, subject), text, LIFE_SECONDS);
    buf_printf(b, "%s{\"id\":\"%s\",\"payload\":", b->len ? "," : "[", l.id);
    buf_json(b, l.payload);
    buf_printf(b, ",\"seconds\":%s}", l.seconds);
}

void task_letters_post(struct arena *a, struct problem *problem)
{
    struct rows *tasks = *settings()->alert_emails ? db_query(a, problem, UNTOLD) : NULL;
    if (!tasks || db_count(tasks) == 0)
        return;
    const char *text = text_of(a, tasks);
    struct buf ids = buf_new(a), letters = buf_new(a);
    for (int i = 0; i < db_count(tasks); i++)
        buf_printf(&ids, "%s%s", i ? "," : "{", db_text(tasks, i, ID));
    buf_raw(&ids, "}");
    char *rest, *all = arena_strdup(a, settings()->alert_emails);
    for (char *to = strtok_r(all, " ", &rest); to; to = strtok_r(NULL, " ", &rest))
        add_letter(&letters, a, to, text);
    buf_raw(&letters, letters.len ? "]" : "[]");
    db_query(a, problem, TELL, ids.data, letters.data);
}
