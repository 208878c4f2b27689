/*
 * audit: who does a privileged act, for the SQL function that carries it out and writes its row
 * into registry.audit in the same transaction (registry.audit_act).
 */
#ifndef VENDAS_AUDIT_H
#define VENDAS_AUDIT_H

#include "request.h"

/* The act of this request, a jsonb parameter: {"id", "actor", "scope", "origin", "request"}:
 * the id of the one row that may be written for it, the caller and what he may do, the address
 * he asks from (sealed for that row), and the request's id. Call it on a route that asks for a
 * permission, so that there is a caller. */
const char *audit_act(struct request *req);

#endif
