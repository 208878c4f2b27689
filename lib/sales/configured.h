/*
 * configured: what staff set up for the counter: coupons, rules of freight and of taxes. They
 * are listed, made, read, changed and taken away alike, each with its own SQL and fields.
 */
#ifndef VENDAS_SALES_CONFIGURED_H
#define VENDAS_SALES_CONFIGURED_H

#include "request.h"

struct configured {
    const char *name;   /* of the list, for cursors */
    const char *path;   /* "/v1/coupons" */
    const char *filter; /* a member that the list may be narrowed to: equal to what is given */
    const struct field *fresh, *changes;
    /* Constant statements:
     *   list    of (filter, created_at, id, limit): document, created_at, id
     *   read    of (id): document, version
     *   create  of (act, fields): id
     *   change  of (act, id, fields, version, 0 for any)
     *   end     of (act, id, version, 0 for any) */
    const char *list, *read, *create, *change, *end;
};

/* What routes answer with. */
void configured_list(struct request *req, const struct configured *what);
void configured_create(struct request *req, const struct configured *what);
void configured_read(struct request *req, const struct configured *what);
void configured_change(struct request *req, const struct configured *what);
void configured_end(struct request *req, const struct configured *what);

#endif
