#include "idempotency.h"

#include <string.h>

#include "buf.h"
#include "digest.h"

static const char KEPT[] =
    "SELECT kept, true, kept->>'id' FROM sales.idempotent_answer($1::uuid, $2, $3::bytea)"
    "                                   AS kept WHERE kept IS NOT NULL";

enum { MAX_KEY = 255 };

static bool visible(const char *s)
{
    for (; *s; s++)
        if (*s < 0x20 || *s > 0x7E)
            return false;
    return true;
}

bool idempotency_read(struct request *req, struct idempotency *key)
{
    const char *header = req_header(req, "HTTP_IDEMPOTENCY_KEY");
    if (!header || !*header) {
        problem_set(&req->problem, 400, "idempotency_key_required");
        return false;
    }
    if (strlen(header) > MAX_KEY || !visible(header)) {
        problem_set(&req->problem, 400, "idempotency_key_invalid");
        return false;
    }
    size_t n = 0;
    const char *body = req_bytes(req, &n);
    struct buf all = buf_new(req->arena);
    buf_printf(&all, "%s %s\n", req->method, req->path);
    if (body)
        buf_bytes(&all, body, n);
    key->caller = req->user.user;
    key->key = header;
    key->fingerprint =
        arena_printf(req->arena, "\\x%s", digest_sha256(req->arena, all.data, all.len));
    return true;
}

void idempotency_respond(struct request *req, int status, const struct rows *rows,
                         const char *folder)
{
    if (!rows)
        return;
    if (folder)
        respond_header(req, "Location",
                       arena_printf(req->arena, "%s/%s", folder, db_text(rows, 0, 2)));
    if (db_boolean(rows, 0, 1))
        respond_header(req, "Idempotent-Replayed", "true");
    respond_json(req, status, db_text(rows, 0, 0));
}

void idempotency_replay(struct request *req, const struct idempotency *key, int status,
                        const char *folder)
{
    struct problem now = req->problem;
    req->problem = problem_none(req->arena);
    struct rows *rows =
        db_query(req->arena, &req->problem, KEPT, key->caller, key->key, key->fingerprint);
    if (rows && db_count(rows) == 1)
        idempotency_respond(req, status, rows, folder);
    else if (rows)
        req->problem = now;
}
