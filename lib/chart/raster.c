#include "chart/raster.h"

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "chart/palette.h"

/* zlib's, of 1 to 9: more of it takes many times as long, for a third of the bytes. */
enum { COMPRESSION = 1 };

/* How far a mixed colour may be from the one that it should be, in steps of 255 of a channel,
 * by how many colours there are. The last ones are left for what is painted whole. */
static const struct {
    int count, distance;
} TOLERANCE[] = {{96, 0}, {160, 4}, {208, 8}, {RASTER_COLORS + 1, 255}};

static int new_color(struct raster *raster, int color)
{
    raster->colors[raster->color_count++] = color;
    return gdImageColorAllocate(raster->image, color >> 16 & 0xFF, color >> 8 & 0xFF,
                                color & 0xFF);
}

bool raster_new(struct raster *raster, int width, int height, int background)
{
    *raster = (struct raster){
        .image = gdImageCreate(width, height), .width = width, .height = height};
    return raster->image && new_color(raster, background) == 0;
}

void raster_free(struct raster *raster)
{
    if (raster->image)
        gdImageDestroy(raster->image);
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
    return new_color(raster, color);
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
        memset(raster->image->pixels[y] + left, place, (size_t)(right - left));
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
    unsigned char *pixel = brush->raster->image->pixels[y] + x;
    short *mixed = brush->mixed[cover];
    for (size_t run; n > 0; n -= (int)run, pixel += run) {
        run = alike(pixel, (size_t)n);
        if (mixed[*pixel] < 0)
            mixed[*pixel] = mix(brush, *pixel, cover);
        memset(pixel, mixed[*pixel], run);
    }
}

bool raster_png(const struct raster *raster, struct buf *png)
{
    int n = 0;
    void *bytes = gdImagePngPtrEx(raster->image, &n, COMPRESSION);
    if (bytes)
        buf_bytes(png, bytes, (size_t)n);
    gdFree(bytes);
    return bytes;
}
