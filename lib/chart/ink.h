/*
 * ink: shapes with smooth edges. Each pixel takes as much of the colour as the shape covers of
 * it.
 */
#ifndef VENDAS_CHART_INK_H
#define VENDAS_CHART_INK_H

#include <stddef.h>

#include "chart/raster.h"

struct point {
    double x, y; /* pixels; whole numbers lie between two of them */
};

/* A side of a shape, from above to below. */
struct edge {
    struct point from, to;
    int direction; /* 1, or -1 where the shape goes along it upwards */
};

struct ink {
    struct arena *arena;
    struct raster *raster;
    struct edge *edges; /* of what was added */
    size_t count, room;
    float *row; /* what each pixel adds to the cover of the row that is painted */
    unsigned long long *changes; /* a bit for each of them that adds something */
};

/* Ink for a picture; its memory is the arena's. */
struct ink ink_new(struct arena *a, struct raster *raster);

/* Adds a closed shape to what ink_fill paints. Shapes may overlap. */
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
