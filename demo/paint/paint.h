/*
 * paint: pictures of things for the demo shop, painted from a line of text (things.txt
 * says how one is written). Flat shapes on a soft ground, so that a shop full of them looks
 * like one.
 */
#ifndef VENDAS_PAINT_H
#define VENDAS_PAINT_H

#include <gd.h>

enum { PAINT_SIDE = 512 };

/* The picture of a thing, a square of PAINT_SIDE pixels. accent is the name of its colour, in
 * Portuguese, or any text that is always to become the same colour; ground likewise. NULL where
 * there is no memory. The caller destroys it. */
gdImagePtr paint(const char *shapes, const char *accent, const char *ground);

#endif
