/*
 * picture: what a file of a picture says of itself in its first bytes. Nothing is decoded here:
 * this much is safe to do where requests are served, and enough to refuse what should not get
 * any further.
 *
 * Read are JPEG (ITU-T T.81 annex B), PNG (W3C PNG section 11.2), WebP (RFC 9649), GIF (GIF89a
 * specification) and AVIF (ISO/IEC 14496-12, 23008-12 and the AV1 Image File Format). What the
 * file's name or its sender says it is counts for nothing.
 */
#ifndef VENDAS_PICTURE_H
#define VENDAS_PICTURE_H

#include <stddef.h>

/* Larger ones are refused: 50 million pixels are what today's telephones make, and 200 MB once
 * they are decoded; WebP has no longer sides. */
enum { PICTURE_MAX_PIXELS = 50000000, PICTURE_MAX_SIDE = 16383 };

struct picture {
    const char *kind; /* "jpeg", "png", "webp", "gif" or "avif" */
    const char *type; /* its media type */
    int width, height;
};

/* Reads the header of a file of n bytes. NULL with *picture filled; or why it is refused, a
 * code of lib/messages: "picture_kind" (no such picture), "picture_broken" (it ends or goes
 * astray before it has told its size), "picture_empty" (no pixels), "picture_too_large". */
const char *picture_read(const void *p, size_t n, struct picture *picture);

/* "picture_empty" or "picture_too_large" for what has no such size; NULL for what has. */
const char *picture_size_fault(long long width, long long height);

#endif
