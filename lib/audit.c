#include "audit.h"

#include "buf.h"
#include "seal.h"
#include "uuid.h"

const char *audit_act(struct request *req)
{
    const char *id = uuid7(req->arena), *address = req_header(req, "REMOTE_ADDR");
    struct buf b = buf_new(req->arena);
    buf_printf(&b, "{\"id\":\"%s\",\"actor\":\"%s\",\"scope\":\"%s\",\"origin\":", id,
               req->user.user, req->user.scope);
    buf_json(&b, seal_text(req->arena, "registry.audit.origin", id, address));
    buf_raw(&b, ",\"request\":");
    buf_json(&b, req->id);
    buf_raw(&b, "}");
    return b.data;
}
