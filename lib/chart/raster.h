/*
 * raster: a picture of libgd's with a byte to each pixel, which says which of at most 256
 * colours it has. That is a quarter of what true colours take, and a PNG of it is written many
 * times faster; charts have few colours, but for the edges of their letters and shapes.
 */
#ifndef VENDAS_CHART_RASTER_H
#define VENDAS_CHART_RASTER_H

#include <stdbool.h>

#include <gd.h>

#include "buf.h"

/* Steps from not covered to covered. */
enum { RASTER_COLORS = 256, COVER_FULL = 16 };

struct raster {
    gdImage *image;
    int width, height;
    int colors[RASTER_COLORS], color_count; /* the image's, 0xRRGGBB; the first is the ground */
};

/* All of one colour; false without memory. Released by raster_free. */
bool raster_new(struct raster *raster, int width, int height, int background);
void raster_free(struct raster *raster);

/* Paints what of a rectangle lies in the picture; right and bottom lie outside of it. The
 * colour is exactly this one, as long as there are fewer than RASTER_COLORS. */
void raster_box(struct raster *raster, int left, int top, int right, int bottom, int color);

/* Appends it as a PNG; false without memory. */
bool raster_png(const struct raster *raster, struct buf *png);

/* Paints one colour over others, as far as it covers a pixel and so opaque (0 to 1). Where
 * colours run out, a mixed one is the most similar of those that there are. */
struct brush {
    struct raster *raster;
    int color;
    double opacity;
    short mixed[COVER_FULL + 1][RASTER_COLORS]; /* which color they make, -1 if not yet known */
};

void brush_new(struct brush *brush, struct raster *raster, int color, double opacity);

/* n pixels from x on, that lie in the picture, and are covered by 0 to COVER_FULL. */
void brush_run(struct brush *brush, int x, int y, int n, int cover);

#endif
