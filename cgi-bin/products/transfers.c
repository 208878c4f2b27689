/*
 * Transfers: imports and exports of the catalogue as a file. Asked for here, done by the job
 * "transfer". Service Products, tables products.transfers and products.transfer_faults; the
 * files are in VENDAS_TRANSFERS_DIR.
 */
#include <csv.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit.h"
#include "buf.h"
#include "db.h"
#include "file.h"
#include "messages.h"
#include "products/transfer_file.h"
#include "request.h"
#include "settings.h"
#include "sheet_writer.h"
#include "uuid.h"

static const char IMPORT[] = "import", EXPORT[] = "export";

static const char OPEN[] =
    "SELECT products.open_transfer($1::jsonb, $2::uuid, $3, $4::jsonb || "
    "jsonb_build_object('currency', $5::text))";
static const char LIST[] = "SELECT document, id, id, failure, failure_column, $4::text"
                           " FROM products.transfer_documents"
                           " WHERE kind = $1 AND ($2::uuid IS NULL OR id < $2::uuid)"
                           " ORDER BY id DESC LIMIT $3::int + 1";
static const char READ[] = "SELECT document, state, format, failure, failure_column, $3::text"
                           " FROM products.transfer_documents"
                           " WHERE kind = $1 AND id = $2::uuid";
static const char FAULTS[] = "SELECT line, field, code, argument FROM products.transfer_faults"
                             " WHERE transfer_id = $1::uuid ORDER BY number LIMIT $2::int";
static const char CANCEL[] = "SELECT products.cancel_transfer($1::jsonb, $2::uuid, $3)";

enum { DOCUMENT, STATE, FORMAT, FAILURE, FAILURE_COLUMN, LANGUAGE }; /* of LIST, too */
enum { LINE, FIELD, CODE, ARGUMENT };

/* The document with what ended the transfer, in the reader's language; null where nothing did.
 */
static const char *with_failure(struct arena *a, const struct rows *rows, int row)
{
    struct buf b = buf_new(a);
    const char *document = db_text(rows, row, DOCUMENT), *code = db_text(rows, row, FAILURE);
    enum lang lang = lang_from_accept(db_text(rows, row, LANGUAGE));
    buf_bytes(&b, document, strlen(document) - 1);
    buf_raw(&b, ",\"failure\":");
    if (code) {
        buf_raw(&b, "{\"code\":");
        buf_json(&b, code);
        buf_raw(&b, ",\"detail\":");
        buf_json(&b, message_with(a, code, lang, NULL));
        buf_raw(&b, ",\"column\":");
        buf_json(&b, db_text(rows, row, FAILURE_COLUMN));
        buf_raw(&b, "}");
    } else {
        buf_raw(&b, "null");
    }
    buf_raw(&b, "}");
    return buf_text(&b);
}

/* Asking ----------------------------------------------------------------------------------- */

/* Has the job do it, and tells where to look for what became of it. */
static void open_transfer(struct request *req, const char *kind, const char *id,
                          struct json_object *wanted)
{
    if (!db_query(req->arena, &req->problem, OPEN, audit_act(req), id, kind, field_json(wanted),
                  settings()->currency))
        return;
    struct rows *rows =
        db_query(req->arena, &req->problem, READ, kind, id, lang_tag(req->lang));
    if (!rows)
        return;
    respond_header(req, "Location", arena_printf(req->arena, "/v1/%ss/%s", kind, id));
    respond_json(req, 202, with_failure(req->arena, rows, 0));
}

static bool has_sheet_type(const struct request *req)
{
    return req_type_is(req, "text/csv") || req_type_is(req, "application/octet-stream") ||
           req_type_is(req, "application/"
                            "vnd.openxmlformats-officedocument.spreadsheetml.sheet");
}

/* Writes the body to a file as it comes; what it is its first bytes say. */
static enum sheet_format write_body(struct request *req, int fd)
{
    enum { CHUNK = 65536 };
    char *chunk = arena_alloc(req->arena, CHUNK);
    enum sheet_format format = SHEET_NONE;
    bool first = true;
    for (size_t n; (n = req_read(req, chunk, CHUNK)) > 0; first = false) {
        if (first)
            format = sheet_recognize(chunk, n);
        if (format == SHEET_NONE)
            problem_set(&req->problem, 415, "not_a_sheet");
        else if (file_append(fd, chunk, n))
            problem_set(&req->problem, 503, "busy");
    }
    if (fsync(fd))
        problem_set(&req->problem, 503, "busy");
    return format;
}

/* Lays the body down for the job. */
static enum sheet_format store_sheet(struct request *req, const char *path)
{
    if (!req_body_fits(req, settings()->max_import_bytes))
        return SHEET_NONE;
    if (!has_sheet_type(req)) {
        problem_set(&req->problem, 415, "not_a_sheet");
        return SHEET_NONE;
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        problem_set(&req->problem, 503, "busy");
        return SHEET_NONE;
    }
    enum sheet_format format = write_body(req, fd);
    close(fd);
    return format;
}

static void create_import(struct request *req)
{
    static const struct field QUERY[] = {{"dry_run", FIELD_BOOLEAN, 0, 0, 0, NULL, NULL}, {0}};
    struct json_object *wanted = req_query(req, QUERY);
    if (!wanted)
        return;
    const char *id = uuid7(req->arena), *path = transfer_file(req->arena, id);
    enum sheet_format format = store_sheet(req, path);
    json_object_object_add(wanted, "format",
                           json_object_new_string(format == SHEET_XLSX ? "xlsx" : "csv"));
    if (!req->problem.status)
        open_transfer(req, IMPORT, id, wanted);
    if (req->problem.status)
        unlink(path);
}

static void create_export(struct request *req)
{
    static const struct field BODY[] = {
        {"format", FIELD_CHOICE, FIELD_REQUIRED, 0, 0, "csv xlsx", NULL},
        {"status", FIELD_CHOICE, 0, 0, 0, "draft active archived", NULL},
        {"category", FIELD_TEXT, 0, 1, 100, NULL, NULL},
        {0},
    };
    struct json_object *wanted = req_body(req, BODY, false);
    if (wanted)
        open_transfer(req, EXPORT, uuid7(req->arena), wanted);
}

/* Looking ---------------------------------------------------------------------------------- */

static void list(struct request *req, const char *kind)
{
    static const struct field QUERY[] = {PAGE_FIELDS(400), {0}};
    struct json_object *query = req_query(req, QUERY);
    struct page_wanted page;
    if (query && req_page(req, query, kind, FIELD_UUID, &page))
        respond_page_of(req,
                        db_query_planned(req->arena, &req->problem, LIST, kind, page.id,
                                         page.limit_text, lang_tag(req->lang)),
                        page.limit, kind, with_failure, "");
}

static void list_imports(struct request *req)
{
    list(req, IMPORT);
}

static void list_exports(struct request *req)
{
    list(req, EXPORT);
}

/* The row of the transfer that the path names, or NULL with the problem filled. */
static const struct rows *find(struct request *req, const char *kind)
{
    const char *id = req_param_uuid(req, "id");
    const struct rows *rows =
        id ? db_query(req->arena, &req->problem, READ, kind, id, lang_tag(req->lang)) : NULL;
    if (rows && db_count(rows))
        return rows;
    if (rows)
        problem_set(&req->problem, 404, "not_found");
    return NULL;
}

static const char *fault_text(struct request *req, const struct rows *faults, int i)
{
    return message_with(req->arena, db_text(faults, i, CODE), req->lang,
                        db_text(faults, i, ARGUMENT));
}

/* The document, and the first of what was wrong. */
static void read_transfer(struct request *req, const char *kind)
{
    static const char FIRST[] = "20";
    const struct rows *rows = find(req, kind);
    struct rows *faults =
        rows ? db_query(req->arena, &req->problem, FAULTS, req_param_uuid(req, "id"), FIRST)
             : NULL;
    if (!faults)
        return;
    struct buf b = buf_new(req->arena);
    const char *document = with_failure(req->arena, rows, 0);
    buf_bytes(&b, document, strlen(document) - 1);
    buf_raw(&b, ",\"errors\":[");
    for (int i = 0; i < db_count(faults); i++) {
        buf_printf(&b, "%s{\"line\":%lld,\"column\":", i ? "," : "",
                   db_integer(faults, i, LINE));
        buf_json(&b, db_text(faults, i, FIELD));
        buf_raw(&b, ",\"code\":");
        buf_json(&b, db_text(faults, i, CODE));
        buf_raw(&b, ",\"detail\":");
        buf_json(&b, fault_text(req, faults, i));
        buf_raw(&b, "}");
    }
    buf_raw(&b, "]}");
    respond_json(req, 200, b.data);
}

static void read_import(struct request *req)
{
    read_transfer(req, IMPORT);
}

static void read_export(struct request *req)
{
    read_transfer(req, EXPORT);
}

static void write_cell(struct buf *b, const char *text, const char *end)
{
    size_t room = 2 * strlen(text) + 2;
    char *quoted = arena_alloc(b->arena, room);
    buf_bytes(b, quoted, csv_write(quoted, room, text, strlen(text)));
    buf_raw(b, end);
}

static void offer(struct request *req, const char *name)
{
    respond_header(req, "Content-Disposition",
                   arena_printf(req->arena, "attachment; filename=\"%s\"", name));
}

/* What was wrong with rows, as a table for whoever mends them. */
static void read_report(struct request *req)
{
    static const char ALL[] = "10000";
    const struct rows *rows = find(req, IMPORT);
    struct rows *faults =
        rows ? db_query(req->arena, &req->problem, FAULTS, req_param_uuid(req, "id"), ALL)
             : NULL;
    if (!faults)
        return;
    struct buf b = buf_new(req->arena);
    buf_raw(&b, "\xEF\xBB\xBF");
    write_cell(&b, message_with(req->arena, "sheet_line", req->lang, NULL), ";");
    write_cell(&b, message_with(req->arena, "sheet_column", req->lang, NULL), ";");
    write_cell(&b, message_with(req->arena, "sheet_fault", req->lang, NULL), "\r\n");
    for (int i = 0; i < db_count(faults); i++) {
        const char *field = db_text(faults, i, FIELD);
        buf_printf(&b, "%s;", db_text(faults, i, LINE));
        write_cell(&b, sheet_guard(req->arena, field ? field : "*"), ";");
        write_cell(&b, fault_text(req, faults, i), "\r\n");
    }
    offer(req, "report.csv");
    respond_bytes(req, 200, "text/csv; charset=utf-8", b.data, b.len);
}

/* nginx sends the file itself. */
static void read_file(struct request *req)
{
    const struct rows *rows = find(req, EXPORT);
    if (!rows)
        return;
    if (strcmp(db_text(rows, 0, STATE), "done")) {
        respond_problem(req, 404, "not_found");
        return;
    }
    const char *format = db_text(rows, 0, FORMAT);
    offer(req, arena_printf(req->arena, "products.%s", format));
    respond_header(
        req, "X-Accel-Redirect",
        arena_printf(req->arena, "/internal/transfers/%s", req_param_uuid(req, "id")));
    respond_bytes(req, 200,
                  strcmp(format, "csv")
                      ? "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
                      : "text/csv; charset=utf-8",
                  "", 0);
}

/* Ending ----------------------------------------------------------------------------------- */

static void cancel(struct request *req, const char *kind)
{
    const char *id = req_param_uuid(req, "id");
    if (id && db_query(req->arena, &req->problem, CANCEL, audit_act(req), id, kind))
        respond_empty(req);
}

static void cancel_import(struct request *req)
{
    cancel(req, IMPORT);
}

static void cancel_export(struct request *req)
{
    cancel(req, EXPORT);
}

static const struct route ROUTES[] = {
    {"GET", "/v1/imports", "products:write", list_imports},
    {"POST", "/v1/imports", "products:write", create_import},
    {"GET", "/v1/imports/{id}", "products:write", read_import},
    {"DELETE", "/v1/imports/{id}", "products:write", cancel_import},
    {"GET", "/v1/imports/{id}/report", "products:write", read_report},
    {"GET", "/v1/exports", "products:write", list_exports},
    {"POST", "/v1/exports", "products:write", create_export},
    {"GET", "/v1/exports/{id}", "products:write", read_export},
    {"DELETE", "/v1/exports/{id}", "products:write", cancel_export},
    {"GET", "/v1/exports/{id}/file", "products:write", read_file},
    {0},
};

int main(int argc, char **argv)
{
    return serve("products", ROUTES, argc, argv);
}
