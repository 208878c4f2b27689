/*
 * rendition: a picture as shops show it: upright, without anything that the camera wrote into
 * it, in several widths, as WebP and as JPEG.
 *
 * Decoders of strangers' bytes are at work here (libgd and what is below it): call it only in a
 * process that has nothing to lose and may be killed (jobs/images).
 *
 * The recipe. Widths are those of RENDITION_WIDTHS below the picture's own, and its own width,
 * or the largest of them where that is less; nothing is enlarged. Of an animation the first
 * frame. What is transparent becomes white in JPEG. Quality begins at 82 and goes down in steps
 * of 6, to 52 at the lowest, until the rendition that is at most 640 wide has no more than 1/6
 * byte (WebP) or 1/4 byte (JPEG) for each pixel; all widths have that quality.
 *
 * Addresses of renditions are kept for a year by whoever has seen them: another recipe needs
 * other addresses.
 */
#ifndef VENDAS_PRODUCTS_RENDITION_H
#define VENDAS_PRODUCTS_RENDITION_H

#include <stdbool.h>
#include <stddef.h>

enum { RENDITION_WIDTH_COUNT = 6 };
extern const int RENDITION_WIDTHS[RENDITION_WIDTH_COUNT];

/* Takes a rendition: n bytes, which are its caller's again afterwards. ending is "webp" or
 * "jpg". width and height are those of the rendition. False ends all. */
typedef bool rendition_taker(void *taker, const char *ending, int width, int height,
                             const void *p, size_t n);

/* Makes all renditions of a file of n bytes whose header lib/picture has read, the widest
 * first. NULL; or why it can't be shown, a code of lib/messages: "picture_undecodable", or one
 * of picture_size_fault(). */
const char *rendition_make(const void *p, size_t n, const char *kind, rendition_taker *take,
                           void *taker);

#endif
