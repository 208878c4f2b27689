#include "sales/report_table.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "accept.h"
#include "buf.h"
#include "log.h"
#include "messages.h"
#include "sales/report_cells.h"
#include "settings.h"

enum format { JSON, CSV, XLSX };

static const char *const NAMES[] = {"json", "csv", "xlsx", NULL};
static const char *const TYPES[] = {
    "application/json",
    "text/csv",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    NULL,
};

/* A table on its way. */
struct export
{
    struct request *req;
    const struct report_table *table;
    const char *head;
    const char *const *values;
    int count;
    enum format format;
    int columns;
    struct db_reading *reading;
    const struct rows *first; /* read before anything was sent; NULL where there is none */
    bool written;             /* one of them was */
    struct arena *arena;      /* of a row */
    struct sheet_writer *writer;
    int fd; /* of the file, where there is one */
};

/* What is asked for ------------------------------------------------------------------------ */

static enum format format_of(const struct request *req, struct json_object *query)
{
    const char *name = field_text(query, "format");
    if (!name)
        return (enum format)accept_choose(req_header(req, "HTTP_ACCEPT"), TYPES);
    int i = 0;
    while (NAMES[i + 1] && strcmp(NAMES[i], name))
        i++;
    return (enum format)i;
}

static void offer(const struct export *out, const struct period *period)
{
    struct arena *a = out->req->arena;
    const char *days =
        period ? arena_printf(a, "_%s_%s", period->from, period_shift(a, period->to, -1)) : "";
    respond_header(out->req, "Content-Disposition",
                   arena_printf(a, "attachment; filename=\"%s%s.%s\"", out->table->name, days,
                                NAMES[out->format]));
    respond_header(out->req, "Content-Language", lang_tag(out->req->lang));
}

/* Rows ------------------------------------------------------------------------------------- */

/* How many values a statement names: its highest $n; one that there is none for the database
 * refuses. */
static int values_in(const char *sql)
{
    long highest = 0;
    for (const char *s = sql; (s = strchr(s, '$'));) {
        long n = strtol(s + 1, NULL, 10);
        if (n > highest)
            highest = n;
        s++;
    }
    return (int)highest;
}

static const struct rows *ask(struct export *out, const char *sql)
{
    int named = values_in(sql);
    return db_reading_ask(out->reading, sql, named < out->count ? named : out->count,
                          out->values)
               ? db_reading_next(out->reading)
               : NULL;
}

/* Has each row taken. False where not all was there, or one was not taken. */
static bool each_row(struct export *out, bool (*take)(struct export *out, const struct rows *r))
{
    for (const struct rows *r = out->first; r; r = db_reading_next(out->reading)) {
        arena_reset(out->arena);
        if (!take(out, r))
            return false;
    }
    return !out->req->problem.status;
}

/* The same for that of the totals, where there are any. */
static bool take_totals(struct export *out,
                        bool (*take)(struct export *out, const struct rows *r))
{
    if (!out->table->totals)
        return true;
    const struct rows *r = ask(out, out->table->totals);
    arena_reset(out->arena);
    bool taken = r && take(out, r);
    while (r)
        r = db_reading_next(out->reading);
    return taken && !out->req->problem.status;
}

/* JSON ------------------------------------------------------------------------------------- */

static void object(struct buf *b, const struct export *out, const struct rows *r, bool nulls)
{
    const char *between = "{";
    for (int i = 0; i < out->columns; i++) {
        const char *text = db_text(r, 0, i);
        if (!text && !nulls)
            continue;
        buf_printf(b, "%s\"%s\":", between, out->table->columns[i].name);
        report_json(b, out->table->columns[i].kind, text);
        between = ",";
    }
    buf_raw(b, *between == '{' ? "{}" : "}");
}

static bool json_row(struct export *out, const struct rows *r)
{
    struct buf b = buf_new(out->arena);
    buf_raw(&b, out->written ? "," : "");
    out->written = true;
    object(&b, out, r, true);
    return respond_part(out->req, b.data, b.len);
}

static bool json_totals(struct export *out, const struct rows *r)
{
    struct buf b = buf_new(out->arena);
    buf_raw(&b, "],\"totals\":");
    object(&b, out, r, false);
    return respond_part(out->req, b.data, b.len);
}

static bool part(struct export *out, const char *text)
{
    return respond_part(out->req, text, strlen(text));
}

static bool produce_json(struct request *req, void *context)
{
    struct export *out = context;
    (void)req;
    return part(out, "{") && part(out, out->head) &&
           part(out, *out->head ? ",\"rows\":[" : "\"rows\":[") && each_row(out, json_row) &&
           (out->table->totals ? take_totals(out, json_totals) : part(out, "]")) &&
           part(out, "}");
}

/* CSV and XLSX ----------------------------------------------------------------------------- */

static const char *head_of(struct arena *a, const struct report_column *c, enum lang lang)
{
    return message_with(a, arena_printf(a, "column_%s", c->head ? c->head : c->name), lang,
                        NULL);
}

static bool begin_sheet(struct export *out, struct sheet_target *target)
{
    struct request *req = out->req;
    struct sheet_cell heads[REPORT_MAX_COLUMNS];
    for (int i = 0; i < out->columns; i++)
        heads[i] = (struct sheet_cell){head_of(req->arena, &out->table->columns[i], req->lang),
                                       SHEET_TEXT};
    target->lang = req->lang;
    report_shop_time();
    out->writer = sheet_writer_to(target, heads, out->columns);
    return out->writer;
}

static void cells_of(const struct export *out, const struct rows *r, struct sheet_cell *cells)
{
    for (int i = 0; i < out->columns; i++)
        cells[i] = report_cell(out->arena, out->table->columns[i].kind, db_text(r, 0, i),
                               out->format == CSV);
}

static bool sheet_row(struct export *out, const struct rows *r)
{
    struct sheet_cell cells[REPORT_MAX_COLUMNS];
    cells_of(out, r, cells);
    return sheet_writer_row(out->writer, cells, out->columns);
}

static bool sheet_totals(struct export *out, const struct rows *r)
{
    struct sheet_cell cells[REPORT_MAX_COLUMNS];
    cells_of(out, r, cells);
    if (!db_text(r, 0, 0))
        cells[0] = (struct sheet_cell){
            message_with(out->arena, "chart_total", out->req->lang, NULL), SHEET_TEXT};
    return sheet_writer_totals(out->writer, cells, out->columns);
}

/* All of the table into what was begun, and its end. */
static bool fill_sheet(struct export *out)
{
    bool ok = each_row(out, sheet_row) && take_totals(out, sheet_totals);
    return sheet_writer_close(out->writer) && ok;
}

static ssize_t write_part(void *context, const char *p, size_t n)
{
    struct export *out = context;
    return respond_part(out->req, p, n) ? (ssize_t)n : 0;
}

static bool produce_csv(struct request *req, void *context)
{
    enum { CHUNK = 65536 };
    struct export *out = context;
    FILE *stream = fopencookie(out, "w", (cookie_io_functions_t){.write = write_part});
    if (!stream)
        return false;
    setvbuf(stream, arena_alloc(req->arena, CHUNK), _IOFBF, CHUNK);
    return begin_sheet(out, &(struct sheet_target){.format = SHEET_CSV, .stream = stream}) &&
           fill_sheet(out);
}

static void close_file(void *context)
{
    close(((struct export *)context)->fd);
}

/* A file without a name, in a folder that is ours: whatever happens, it goes with us. */
static bool open_file(struct export *out)
{
    char *path = arena_printf(out->req->arena, "%s/report.XXXXXX", settings()->transfers_dir);
    out->fd = mkostemp(path, O_CLOEXEC);
    if (out->fd < 0)
        return false;
    arena_defer(out->req->arena, close_file, out);
    return !unlink(path);
}

/* libxlsxwriter wants a name: that of our end of the file does. */
static bool make_xlsx(struct export *out)
{
    struct arena *a = out->req->arena;
    return open_file(out) &&
           begin_sheet(
               out,
               &(struct sheet_target){
                   .format = SHEET_XLSX,
                   .path = arena_printf(a, "/proc/self/fd/%d", out->fd),
                   .title = message_with(a, arena_printf(a, "report_%s", out->table->name),
                                         out->req->lang, NULL),
                   .folder = settings()->transfers_dir,
               }) &&
           fill_sheet(out);
}

static bool produce_file(struct request *req, void *context)
{
    return respond_file_part(req, ((struct export *)context)->fd);
}

/* Made before it is sent: an archive's table of contents stands at its end. */
static void answer_xlsx(struct export *out, const struct period *period)
{
    struct request *req = out->req;
    struct stat status = {.st_size = -1};
    if (strcmp(req->method, "HEAD") && (!make_xlsx(out) || fstat(out->fd, &status))) {
        log_error("no XLSX was made", "report", out->table->name, "reason", strerror(errno),
                  NULL);
        problem_set(&req->problem, 503, "busy");
        return;
    }
    db_reading_end(out->reading);
    offer(out, period);
    respond_stream(req, TYPES[XLSX], status.st_size, produce_file, out);
}

/* All -------------------------------------------------------------------------------------- */

static void free_arena(void *arena)
{
    arena_free(arena);
}

static int columns_of(const struct report_table *table)
{
    int n = 0;
    while (table->columns[n].name && n < REPORT_MAX_COLUMNS)
        n++;
    return n;
}

void report_answer(struct request *req, struct json_object *query,
                   const struct report_table *table, const struct period *period,
                   const char *head, int count, const char *const *values)
{
    struct export *out = arena_alloc(req->arena, sizeof *out);
    const char **kept = arena_alloc(req->arena, (size_t)(count + 1) * sizeof *kept);
    memcpy(kept, values, (size_t)count * sizeof *kept); /* the caller's go before the totals */
    *out = (struct export){.req = req,
                           .table = table,
                           .head = head,
                           .values = kept,
                           .count = count,
                           .format = format_of(req, query),
                           .columns = columns_of(table)};
    respond_header(req, "Vary", "Accept, Accept-Language");
    out->reading = db_reading_begin(req->arena, &req->problem);
    out->first = out->reading ? ask(out, table->sql) : NULL;
    if (req->problem.status)
        return;
    out->arena = arena_new();
    arena_defer(req->arena, free_arena, out->arena);
    if (out->format == XLSX) {
        answer_xlsx(out, period);
    } else if (out->format == CSV) {
        offer(out, period);
        respond_stream(req, "text/csv; charset=utf-8", -1, produce_csv, out);
    } else {
        respond_stream(req, TYPES[JSON], -1, produce_json, out);
    }
}
