/*
 * ink: shapes with smooth edges on a picture of libgd, whose own polygons have none. Each pixel
 * takes as much of the colour as the shape covers of it.
 */
#ifndef VENDAS_CHART_INK_H
#define VENDAS_CHART_INK_H

#include <gd.h>
#include <stdbool.h>
#include <stddef.h>

struct point {
    double x, y; /* pixels; whole numbers lie between two of them */
};

struct ink {
    gdImagePtr image;
    float *cover;                   /* what each pixel adds to the cover of its row */
    int width, height, top, bottom; /* rows from top to before bottom have something */
};

/* Ink for a truecolor picture; false without memory. Released by ink_free. */
bool ink_new(struct ink *ink, gdImagePtr image);
void ink_free(struct ink *ink);

/* Adds a closed shape to what ink_fill paints. Shapes that turn the same way may overlap. */
void ink_polygon(struct ink *ink, const struct point *points, size_t n);

/* Adds a line of this width through the points; with a dash longer than 0, in dashes of that
 * length with as long gaps. */
void ink_line(struct ink *ink, const struct point *points, size_t n, double width, double dash);

/* Adds a full circle. */
void ink_dot(struct ink *ink, struct point centre, double radius);

/* Adds a part of a ring about centre, from one angle to another (radians, clockwise from the
 * right, as y grows downwards). */
void ink_ring(struct ink *ink, struct point centre, double inner, double outer, double from,
              double to);

/* Paints what was added, with a colour and an opacity from 0 to 1, and forgets it. */
void ink_fill(struct ink *ink, int color, double opacity);

#endif
