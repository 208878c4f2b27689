#include "picture.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct bytes {
    const unsigned char *p;
    size_t n;
};

struct size {
    long long width, height;
};

static bool has(struct bytes b, size_t at, const char *text)
{
    size_t n = strlen(text);
    return at <= b.n && b.n - at >= n && !memcmp(b.p + at, text, n);
}

/* Numbers of count bytes; 0 where the file has none there, which is no size at all. */
static uint32_t big(struct bytes b, size_t at, int count)
{
    uint32_t number = 0;
    for (int i = 0; i < count; i++)
        number = number << 8 | (at + (size_t)i < b.n ? b.p[at + (size_t)i] : 0);
    return number;
}

static uint32_t little(struct bytes b, size_t at, int count)
{
    uint32_t number = 0;
    for (int i = count - 1; i >= 0; i--)
        number = number << 8 | (at + (size_t)i < b.n ? b.p[at + (size_t)i] : 0);
    return number;
}

/* JPEG: a chain of segments, one of which, the frame's, has the size. */
static bool is_frame(unsigned marker)
{
    return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 &&
           marker != 0xCC;
}

static bool read_jpeg(struct bytes b, struct size *size)
{
    for (size_t at = 2; at + 9 < b.n && b.p[at] == 0xFF;) {
        unsigned marker = b.p[at + 1];
        size_t length = big(b, at + 2, 2);
        if (marker == 0xFF) { /* they may be filled up */
            at++;
            continue;
        }
        if (is_frame(marker)) {
            *size = (struct size){big(b, at + 7, 2), big(b, at + 5, 2)};
            return length >= 8;
        }
        if (length < 2 || marker == 0xDA || marker == 0xD9) /* its data, its end */
            return false;
        at += 2 + length;
    }
    return false;
}

static bool read_png(struct bytes b, struct size *size)
{
    *size = (struct size){big(b, 16, 4), big(b, 20, 4)};
    return b.n >= 33 && big(b, 8, 4) == 13 && has(b, 12, "IHDR");
}

static bool read_gif(struct bytes b, struct size *size)
{
    *size = (struct size){little(b, 6, 2), little(b, 8, 2)};
    return b.n >= 13;
}

static bool read_webp(struct bytes b, struct size *size)
{
    if (b.n < 30)
        return false;
    if (has(b, 12, "VP8 ")) {
        *size = (struct size){little(b, 26, 2) & 0x3FFF, little(b, 28, 2) & 0x3FFF};
        return !(b.p[20] & 1) && has(b, 23, "\x9D\x01\x2A");
    }
    if (has(b, 12, "VP8L")) {
        uint32_t bits = little(b, 21, 4);
        *size = (struct size){(bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1};
        return b.p[20] == 0x2F;
    }
    *size = (struct size){little(b, 24, 3) + 1, little(b, 27, 3) + 1};
    return has(b, 12, "VP8X");
}

/* AVIF: boxes within boxes. box_at() gives the contents of the box that begins at *at, and puts
 * *at behind it; false where there is none. */
static bool box_at(struct bytes b, size_t *at, uint32_t *type, struct bytes *contents)
{
    if (*at > b.n || b.n - *at < 8)
        return false;
    size_t left = b.n - *at, length = big(b, *at, 4);
    if (length == 0) /* to the end */
        length = left;
    if (length < 8 || length > left)
        return false;
    *type = big(b, *at + 4, 4);
    *contents = (struct bytes){b.p + *at + 8, length - 8};
    *at += length;
    return true;
}

#define BOX(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (c) << 8 | (d))

static bool find_box(struct bytes b, uint32_t wanted, struct bytes *contents)
{
    uint32_t type;
    for (size_t at = 0; box_at(b, &at, &type, contents);)
        if (type == wanted)
            return true;
    return false;
}

static bool is_avif(struct bytes b)
{
    struct bytes brands;
    if (!has(b, 4, "ftyp") || !find_box(b, BOX('f', 't', 'y', 'p'), &brands))
        return false;
    for (size_t at = 0; at + 4 <= brands.n; at += 4)
        if (at != 4 && (has(brands, at, "avif") || has(brands, at, "avis")))
            return true;
    return false;
}

/* Sides of 32 bits: no signed number holds the area of the largest. */
static uint64_t area(struct size s)
{
    return (uint64_t)s.width * (uint64_t)s.height;
}

/* Of the sizes that its parts have, the largest: it is that or made of that. */
static bool read_avif(struct bytes b, struct size *size)
{
    struct bytes meta, properties, list, one;
    uint32_t type;
    *size = (struct size){0, 0};
    if (!find_box(b, BOX('m', 'e', 't', 'a'), &meta) || meta.n < 4 ||
        !find_box((struct bytes){meta.p + 4, meta.n - 4}, BOX('i', 'p', 'r', 'p'),
                  &properties) ||
        !find_box(properties, BOX('i', 'p', 'c', 'o'), &list))
        return false;
    bool found = false;
    for (size_t at = 0; box_at(list, &at, &type, &one);) {
        if (type != BOX('i', 's', 'p', 'e') || one.n < 12)
            continue;
        struct size s = {big(one, 4, 4), big(one, 8, 4)};
        if (!found || area(s) > area(*size))
            *size = s;
        found = true;
    }
    return found;
}

static bool is_jpeg(struct bytes b)
{
    return has(b, 0, "\xFF\xD8\xFF");
}

static bool is_png(struct bytes b)
{
    return has(b, 0, "\x89PNG\r\n\x1A\n");
}

static bool is_gif(struct bytes b)
{
    return has(b, 0, "GIF87a") || has(b, 0, "GIF89a");
}

static bool is_webp(struct bytes b)
{
    return has(b, 0, "RIFF") && has(b, 8, "WEBP");
}

static const struct format {
    const char *kind, *type;
    bool (*is)(struct bytes b);
    bool (*read)(struct bytes b, struct size *size);
} FORMATS[] = {
    {"jpeg", "image/jpeg", is_jpeg, read_jpeg}, {"png", "image/png", is_png, read_png},
    {"webp", "image/webp", is_webp, read_webp}, {"gif", "image/gif", is_gif, read_gif},
    {"avif", "image/avif", is_avif, read_avif},
};

const char *picture_size_fault(long long width, long long height)
{
    if (width < 1 || height < 1)
        return "picture_empty";
    return width > PICTURE_MAX_SIDE || height > PICTURE_MAX_SIDE ||
                   width * height > PICTURE_MAX_PIXELS
               ? "picture_too_large"
               : NULL;
}

const char *picture_read(const void *p, size_t n, struct picture *picture)
{
    struct bytes b = {p, n};
    struct size size = {0, 0};
    const struct format *f = FORMATS, *end = FORMATS + sizeof FORMATS / sizeof *FORMATS;
    while (f < end && !f->is(b))
        f++;
    if (f == end)
        return "picture_kind";
    if (!f->read(b, &size))
        return "picture_broken";
    const char *fault = picture_size_fault(size.width, size.height);
    if (!fault)
        *picture = (struct picture){f->kind, f->type, (int)size.width, (int)size.height};
    return fault;
}
