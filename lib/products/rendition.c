#include "products/rendition.h"

#include <gd.h>
#include <libexif/exif-data.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "picture.h"

const int RENDITION_WIDTHS[RENDITION_WIDTH_COUNT] = {1920, 1280, 960, 640, 320, 160};

enum { BEST_QUALITY = 82, WORST_QUALITY = 52, QUALITY_STEP = 6, SAMPLE_WIDTH = 640 };

/* Decoding --------------------------------------------------------------------------------- */

static const struct decoder {
    const char *kind;
    gdImagePtr (*decode)(int n, void *p);
} DECODERS[] = {
    {"jpeg", gdImageCreateFromJpegPtr}, {"png", gdImageCreateFromPngPtr},
    {"webp", gdImageCreateFromWebpPtr}, {"gif", gdImageCreateFromGifPtr},
    {"avif", gdImageCreateFromAvifPtr},
};

/* The picture in true colours, which libgd scales and WebP wants. */
static gdImagePtr decode(const void *p, size_t n, const char *kind)
{
    gdImagePtr image = NULL;
    for (size_t i = 0; i < sizeof DECODERS / sizeof *DECODERS; i++)
        if (!strcmp(DECODERS[i].kind, kind))
            image = DECODERS[i].decode((int)n, (void *)p);
    if (image && !gdImageTrueColor(image) && !gdImagePaletteToTrueColor(image)) {
        gdImageDestroy(image);
        image = NULL;
    }
    return image;
}

/* Orientation ------------------------------------------------------------------------------ */

/* Where EXIF lies in a file of chunks: RIFF's "EXIF" (RFC 9649 section 2.7.1.5). NULL where
 * there is none. */
static const unsigned char *webp_exif(const unsigned char *p, size_t n, size_t *length)
{
    for (size_t at = 12; at + 8 <= n;) {
        size_t size = p[at + 4] | p[at + 5] << 8 | p[at + 6] << 16 | (size_t)p[at + 7] << 24;
        if (size > n - at - 8)
            return NULL;
        if (!memcmp(p + at, "EXIF", 4)) {
            *length = size;
            return p + at + 8;
        }
        at += 8 + size + size % 2;
    }
    return NULL;
}

static ExifData *exif_of(const unsigned char *p, size_t n, const char *kind)
{
    static const char START[] = "Exif\0"; /* and a NUL: as libexif wants it, and JPEG has it */
    if (!strcmp(kind, "jpeg"))
        return exif_data_new_from_data(p, (unsigned)n);
    size_t length;
    const unsigned char *exif = strcmp(kind, "webp") ? NULL : webp_exif(p, n, &length);
    if (!exif)
        return NULL;
    if (length >= sizeof START && !memcmp(exif, START, sizeof START))
        return exif_data_new_from_data(exif, (unsigned)length);
    unsigned char *whole = malloc(sizeof START + length);
    if (!whole)
        return NULL;
    memcpy(whole, START, sizeof START);
    memcpy(whole + sizeof START, exif, length);
    ExifData *data = exif_data_new_from_data(whole, (unsigned)(sizeof START + length));
    free(whole);
    return data;
}

/* How the camera was held, 1 to 8 (EXIF 2.32, Orientation); 1 where it does not say. */
static int orientation(const void *p, size_t n, const char *kind)
{
    ExifData *data = exif_of(p, n, kind);
    ExifEntry *entry = data ? exif_data_get_entry(data, EXIF_TAG_ORIENTATION) : NULL;
    int value = entry && entry->format == EXIF_FORMAT_SHORT && entry->size >= 2
                    ? exif_get_short(entry->data, exif_data_get_byte_order(data))
                    : 1;
    exif_data_unref(data);
    return value >= 1 && value <= 8 ? value : 1;
}

/* The picture upright, in the place of the one given; NULL where memory is short. */
static gdImagePtr upright(gdImagePtr image, int held)
{
    if (!image || held == 1)
        return image;
    int width = gdImageSX(image), height = gdImageSY(image);
    bool lying = held >= 5;
    gdImagePtr out = gdImageCreateTrueColor(lying ? height : width, lying ? width : height);
    for (int y = 0; out && y < gdImageSY(out); y++) {
        for (int x = 0; x < gdImageSX(out); x++) {
            int across = lying ? y : x, down = lying ? x : y;
            if (held == 2 || held == 3 || held == 7 || held == 8)
                across = width - 1 - across;
            if (held == 3 || held == 4 || held == 6 || held == 7)
                down = height - 1 - down;
            out->tpixels[y][x] = image->tpixels[down][across];
        }
    }
    gdImageDestroy(image);
    return out;
}

/* Scaling and encoding --------------------------------------------------------------------- */

static gdImagePtr scaled(gdImagePtr image, int width)
{
    int height = (int)((long long)gdImageSY(image) * width / gdImageSX(image));
    gdImagePtr out = gdImageCreateTrueColor(width, height ? height : 1);
    if (!out)
        return NULL;
    gdImageAlphaBlending(out, 0);
    gdImageSaveAlpha(out, 1);
    gdImageCopyResampled(out, image, 0, 0, 0, 0, width, gdImageSY(out), gdImageSX(image),
                         gdImageSY(image));
    return out;
}

static gdImagePtr on_white(gdImagePtr image)
{
    int width = gdImageSX(image), height = gdImageSY(image);
    gdImagePtr out = gdImageCreateTrueColor(width, height);
    if (!out)
        return NULL;
    gdImageFilledRectangle(out, 0, 0, width - 1, height - 1, gdTrueColor(255, 255, 255));
    gdImageCopy(out, image, 0, 0, 0, 0, width, height);
    gdImageInterlace(out, 1); /* smaller, and shown while it comes */
    return out;
}

static const struct encoder {
    const char *ending;
    bool transparent;
    int pixels_per_byte;
    void *(*encode)(gdImagePtr image, int *n, int quality);
} ENCODERS[] = {
    {"webp", true, 6, gdImageWebpPtrEx},
    {"jpg", false, 4, gdImageJpegPtr},
};
enum { ENCODER_COUNT = sizeof ENCODERS / sizeof *ENCODERS };

/* The picture encoded, to be given back with gdFree(). */
static void *encode(const struct encoder *e, gdImagePtr image, int quality, int *n)
{
    gdImagePtr flat = e->transparent ? image : on_white(image);
    void *bytes = flat ? e->encode(flat, n, quality) : NULL;
    if (flat && flat != image)
        gdImageDestroy(flat);
    return bytes;
}

static int quality_for(const struct encoder *e, gdImagePtr sample)
{
    long long budget = (long long)gdImageSX(sample) * gdImageSY(sample) / e->pixels_per_byte;
    int quality = BEST_QUALITY, n = 0;
    for (; quality > WORST_QUALITY; quality -= QUALITY_STEP) {
        void *bytes = encode(e, sample, quality, &n);
        gdFree(bytes);
        if (!bytes || n <= budget)
            break;
    }
    return quality;
}

static bool emit(gdImagePtr image, const int quality[ENCODER_COUNT], rendition_taker *take,
                 void *taker)
{
    bool ok = image;
    for (int i = 0; ok && i < ENCODER_COUNT; i++) {
        int n = 0;
        void *bytes = encode(&ENCODERS[i], image, quality[i], &n);
        ok = bytes && take(taker, ENCODERS[i].ending, gdImageSX(image), gdImageSY(image), bytes,
                           (size_t)n);
        gdFree(bytes);
    }
    return ok;
}

/* All renditions of the largest one. */
static bool emit_all(gdImagePtr largest, rendition_taker *take, void *taker)
{
    int width = gdImageSX(largest), quality[ENCODER_COUNT];
    gdImagePtr sample = scaled(largest, width < SAMPLE_WIDTH ? width : SAMPLE_WIDTH);
    bool ok = sample;
    for (int i = 0; ok && i < ENCODER_COUNT; i++)
        quality[i] = quality_for(&ENCODERS[i], sample);
    ok = ok && emit(largest, quality, take, taker);
    for (int i = 0; ok && i < RENDITION_WIDTH_COUNT; i++) {
        gdImagePtr image =
            RENDITION_WIDTHS[i] < width ? scaled(largest, RENDITION_WIDTHS[i]) : NULL;
        ok = RENDITION_WIDTHS[i] >= width || emit(image, quality, take, taker);
        if (image)
            gdImageDestroy(image);
    }
    if (sample)
        gdImageDestroy(sample);
    return ok;
}

static void say_nothing(int priority, const char *format, va_list args)
{
    (void)priority;
    (void)format;
    (void)args;
}

const char *rendition_make(const void *p, size_t n, const char *kind, rendition_taker *take,
                           void *taker)
{
    static const char UNDECODABLE[] = "picture_undecodable";
    gdSetErrorMethod(say_nothing);
    gdImagePtr image = n <= INT32_MAX ? decode(p, n, kind) : NULL;
    const char *fault =
        image ? picture_size_fault(gdImageSX(image), gdImageSY(image)) : UNDECODABLE;
    if (image && !fault)
        image = upright(image, orientation(p, n, kind));
    gdImagePtr largest = NULL;
    if (image && !fault)
        largest = scaled(image, gdImageSX(image) < RENDITION_WIDTHS[0] ? gdImageSX(image)
                                                                       : RENDITION_WIDTHS[0]);
    if (image)
        gdImageDestroy(image);
    if (!fault && (!largest || !emit_all(largest, take, taker)))
        fault = UNDECODABLE;
    if (largest)
        gdImageDestroy(largest);
    return fault;
}
