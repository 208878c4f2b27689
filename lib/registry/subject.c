#include "registry/subject.h"

#include <string.h>

bool subject_is_caller(const struct request *req, const char *id)
{
    return !identity_is_program(&req->user) && !strcmp(id, req->user.user);
}

const char *subject_of(struct request *req, const char *permission)
{
    const char *id =
        strcmp(req_param(req, "id"), "me") ? req_param_uuid(req, "id") : req->user.user;
    if (!id || subject_is_caller(req, id) || (permission && req_may(req, permission)))
        return id;
    respond_problem(req, 404, "not_found");
    return NULL;
}
