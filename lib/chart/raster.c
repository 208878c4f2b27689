#include "chart/raster.h"

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "chart/palette.h"

/* How far a mixed colour may be from the one that it should be, in steps of 255 of a channel,
 * by how many colours there are. The last ones are left for what is painted whole. */
static const struct {
    int count, distance;
} TOLERANCE[] = {{96, 0}, {160, 4}, {208, 8}, {RASTER_COLORS + 1, 255}};

bool raster_new(struct raster *raster, int width, int height, int background)
{
    *raster = (struct raster){calloc((size_t)width, (size_t)height), width, height,
                              .colors = {background}, .color_count = 1};
    return raster->pixels;
}

void raster_free(struct raster *raster)
{
    free(raster->pixels);
}

/* Colours -------------------------------------------------------------------------------- */

static int distance(int one, int other)
{
    int most = 0;
    for (int shift = 0; shift <= 16; shift += 8) {
        int apart = abs((one >> shift & 0xFF) - (other >> shift & 0xFF));
        most = apart > most ? apart : most;
    }
    return most;
}

/* The place of a colour, or of one that is no further from it than this where there is one or
 * no room is left. */
static int place_of(struct raster *raster, int color, int tolerance)
{
    int place = 0, least = RASTER_COLORS;
    for (int i = 0; i < raster->color_count && least > 0; i++) {
        int apart = distance(raster->colors[i], color);
        if (apart < least) {
            least = apart;
            place = i;
        }
    }
    if (least <= tolerance || raster->color_count == RASTER_COLORS)
        return place;
    raster->colors[raster->color_count] = color;
    return raster->color_count++;
}

void raster_box(struct raster *raster, int left, int top, int right, int bottom, int color)
{
    left = left < 0 ? 0 : left;
    top = top < 0 ? 0 : top;
    right = right > raster->width ? raster->width : right;
    bottom = bottom > raster->height ? raster->height : bottom;
    if (left >= right || top >= bottom)
        return;
    int place = place_of(raster, color, 0);
    for (int y = top; y < bottom; y++)
        memset(raster->pixels + (size_t)y * (size_t)raster->width + left, place,
               (size_t)(right - left));
}

/* Brushes -------------------------------------------------------------------------------- */

void brush_new(struct brush *brush, struct raster *raster, int color, double opacity)
{
    brush->raster = raster;
    brush->color = color;
    brush->opacity = opacity;
    memset(brush->mixed, -1, sizeof brush->mixed);
}

static short mix(struct brush *brush, int under, int cover)
{
    struct raster *raster = brush->raster;
    double part = brush->opacity * cover / COVER_FULL;
    int step = 0;
    while (raster->color_count >= TOLERANCE[step].count)
        step++;
    return (short)place_of(raster, palette_mix(brush->color, raster->colors[under], part),
                           part < 1 ? TOLERANCE[step].distance : 0);
}

/* How many of n pixels are like the first one. */
static size_t alike(const unsigned char *pixels, size_t n)
{
    uint64_t first = pixels[0] * (UINT64_MAX / UCHAR_MAX), here;
    size_t i = 1;
    for (; i + sizeof here <= n; i += sizeof here) {
        memcpy(&here, pixels + i, sizeof here);
        if (here != first)
            break;
    }
    while (i < n && pixels[i] == pixels[0])
        i++;
    return i;
}

void brush_run(struct brush *brush, int x, int y, int n, int cover)
{
    unsigned char *pixel = brush->raster->pixels + (size_t)y * (size_t)brush->raster->width + x;
    short *mixed = brush->mixed[cover];
    for (size_t run; n > 0; n -= (int)run, pixel += run) {
        run = alike(pixel, (size_t)n);
        if (mixed[*pixel] < 0)
            mixed[*pixel] = mix(brush, *pixel, cover);
        memset(pixel, mixed[*pixel], run);
    }
}
