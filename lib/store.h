/*
 * store: where pictures lie: a folder, or a bucket of any S3-compatible store (libcurl, its
 * requests signed by AWS Signature Version 4).
 *
 * VENDAS_IMAGE_STORE says which: file:///FOLDER, taken as it stands; or
 * s3+https://HOST/BUCKET[/PREFIX]?region=REGION (s3+http for a store on this machine or a
 * network that nobody else is on), with VENDAS_S3_ACCESS_KEY and VENDAS_S3_SECRET_KEY.
 *
 * What lies there has a key, a path of lower-case letters, digits, dots and slashes. Of a
 * folder, what is under images/ may be read by everybody (nginx does), the rest by its owner
 * alone; a bucket is to be private as a whole. Each function logs why it failed.
 */
#ifndef VENDAS_STORE_H
#define VENDAS_STORE_H

#include <stddef.h>

#include "arena.h"

enum store_result {
    STORE_DONE,
    STORE_ABSENT,  /* nothing has this key */
    STORE_AWAY,    /* no answer, no room, or "later": to be tried again */
    STORE_REFUSED, /* wrong keys, no such bucket, no proper setting: somebody has to see to it
                    */
};

/* How long a request to a store may take: less than nginx waits for a program. */
enum { STORE_SECONDS = 20 };

/* Puts n bytes of that media type there, in one step: others find all of it or what was there
 * before. It is on disk when this is done. */
enum store_result store_put(struct arena *a, const char *key, const char *type, const void *p,
                            size_t n);

/* Gets what is there, *n bytes of the arena; more than max are no proper answer (STORE_AWAY).
 */
enum store_result store_get(struct arena *a, const char *key, size_t max, const char **p,
                            size_t *n);

/* Deletes it; done as well where it is not there. */
enum store_result store_delete(struct arena *a, const char *key);

#endif
