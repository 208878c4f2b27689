#include "paint.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Painted this much larger, then averaged: that makes edges smooth. */
enum { FINE = 2, SIDE = PAINT_SIDE * FINE };
static const double UNIT = SIDE / 100.0;
static const double PI = 3.14159265358979;

static const struct {
    const char *name;
    int rgb;
} ACCENTS[] = {
    {"azul", 0x3f7cac},      {"verde", 0x4c8c6a},   {"mostarda", 0xd9a441},
    {"terracota", 0xc4673f}, {"vinho", 0x8c3f52},   {"petróleo", 0x2f6f73},
    {"lilás", 0x8d7ab8},     {"grafite", 0x55606b}, {"rosa", 0xd98594},
    {"oliva", 0x8a8f4a},
};
enum { ACCENT_COUNT = sizeof ACCENTS / sizeof *ACCENTS };

static const int GROUNDS[] = {0xf5ecdc, 0xe3eee4, 0xe2edf3, 0xf6e5e0, 0xebe6f3, 0xf0efe2};
enum { GROUND_COUNT = sizeof GROUNDS / sizeof *GROUNDS };

static const struct {
    char letter;
    int rgb;
} COLOURS[] = {
    {'W', 0xfcfaf5}, {'K', 0x3c3b41}, {'S', 0xccd3d9}, {'T', 0x939da7},
    {'G', 0xd3e9ef}, {'H', 0xa3cbd8}, {'B', 0xcb9d6e}, {'N', 0x97693f},
    {'R', 0xd2554b}, {'Y', 0xf2c550}, {'O', 0xe38f40}, {'E', 0x78a966},
    {'F', 0x4d7a4a}, {'C', 0x5d3c2b}, {'M', 0xf5e8ce}, {'P', 0xe8a5a0},
};

/* Where a shape is being painted, and what of its numbers is left. */
struct brush {
    gdImagePtr image;
    int accent, colour;
    const char *rest;
};

enum { MOST_POINTS = 2048 };
struct outline {
    gdPoint points[MOST_POINTS];
    int count;
};

/* Colours ---------------------------------------------------------------------------------- */

static uint32_t number_of(const char *text)
{
    uint32_t hash = 2166136261; /* FNV-1a */
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 16777619;
    return hash >> 8;
}

static int accent_of(const char *name)
{
    for (int i = 0; i < ACCENT_COUNT; i++)
        if (!strcmp(ACCENTS[i].name, name))
            return ACCENTS[i].rgb;
    return ACCENTS[number_of(name) % ACCENT_COUNT].rgb;
}

/* A part of the way from one colour to another. */
static int mixed(int from, int to, double part)
{
    int rgb = 0;
    for (int shift = 16; shift >= 0; shift -= 8) {
        double a = from >> shift & 0xFF, b = to >> shift & 0xFF;
        rgb |= (int)lround(a + (b - a) * part) << shift;
    }
    return rgb;
}

static int colour_of(const struct brush *b, char letter)
{
    switch (letter) {
    case 'A':
        return b->accent;
    case 'D':
        return mixed(b->accent, 0x20242c, 0.28);
    case 'L':
        return mixed(b->accent, 0xffffff, 0.45);
    case 'w':
        return gdTrueColorAlpha(255, 255, 255, 82);
    case 'k':
        return gdTrueColorAlpha(40, 34, 30, 108);
    default:
        break;
    }
    for (size_t i = 0; i < sizeof COLOURS / sizeof *COLOURS; i++)
        if (COLOURS[i].letter == letter)
            return COLOURS[i].rgb;
    return 0xff00ff; /* one that is seen at once */
}

/* Outlines --------------------------------------------------------------------------------- */

static void add(struct outline *o, double x, double y)
{
    if (o->count < MOST_POINTS)
        o->points[o->count++] = (gdPoint){(int)lround(x * UNIT), (int)lround(y * UNIT)};
}

static void fill(const struct brush *b, struct outline *o)
{
    if (o->count > 2)
        gdImageFilledPolygon(b->image, o->points, o->count, b->colour);
    o->count = 0;
}

/* Part of an ellipse, in degrees clockwise from the right. */
static void add_arc(struct outline *o, double x, double y, double rx, double ry, double from,
                    double to)
{
    int steps = 8 + (int)(fabs(to - from) / 4);
    for (int i = 0; i <= steps; i++) {
        double angle = (from + (to - from) * i / steps) * PI / 180;
        add(o, x + rx * cos(angle), y + ry * sin(angle));
    }
}

/* A smooth line from p1 to p2, which came from p0 and goes on to p3 (Catmull-Rom). */
static void add_curve(struct outline *o, const double *p0, const double *p1, const double *p2,
                      const double *p3)
{
    enum { STEPS = 16 };
    for (int i = 0; i < STEPS; i++) {
        double t = (double)i / STEPS, at[2];
        for (int k = 0; k < 2; k++)
            at[k] = 0.5 * (2 * p1[k] + (p2[k] - p0[k]) * t +
                           (2 * p0[k] - 5 * p1[k] + 4 * p2[k] - p3[k]) * t * t +
                           (3 * p1[k] - p0[k] - 3 * p2[k] + p3[k]) * t * t * t);
        add(o, at[0], at[1]);
    }
}

/* Numbers ---------------------------------------------------------------------------------- */

static bool next(struct brush *b, double *number)
{
    char *end;
    *number = strtod(b->rest, &end);
    bool found = end != b->rest;
    b->rest = end;
    return found;
}

/* The next n numbers; those that are missing are 0. */
static void take(struct brush *b, double *numbers, int n)
{
    for (int i = 0; i < n; i++)
        if (!next(b, &numbers[i]))
            numbers[i] = 0;
}

enum { MOST_PAIRS = 40 };

static int take_pairs(struct brush *b, double (*pairs)[2])
{
    int n = 0;
    while (n < MOST_PAIRS && next(b, &pairs[n][0]) && next(b, &pairs[n][1]))
        n++;
    return n;
}

/* Shapes ----------------------------------------------------------------------------------- */

static void ellipse(struct brush *b, bool circle)
{
    struct outline o = {.count = 0};
    double n[4];
    take(b, n, circle ? 3 : 4);
    add_arc(&o, n[0], n[1], n[2], circle ? n[2] : n[3], 0, 360);
    fill(b, &o);
}

static void rectangle(struct brush *b)
{
    struct outline o = {.count = 0};
    double n[5];
    take(b, n, 5);
    double x = n[0], y = n[1], right = x + n[2], bottom = y + n[3];
    double r = fmin(n[4], fmin(n[2], n[3]) / 2);
    add_arc(&o, x + r, y + r, r, r, 180, 270);
    add_arc(&o, right - r, y + r, r, r, 270, 360);
    add_arc(&o, right - r, bottom - r, r, r, 0, 90);
    add_arc(&o, x + r, bottom - r, r, r, 90, 180);
    fill(b, &o);
}

static void polygon(struct brush *b, bool smooth)
{
    struct outline o = {.count = 0};
    double p[MOST_PAIRS][2];
    int n = take_pairs(b, p);
    for (int i = 0; i < n; i++) {
        if (smooth)
            add_curve(&o, p[(i + n - 1) % n], p[i], p[(i + 1) % n], p[(i + 2) % n]);
        else
            add(&o, p[i][0], p[i][1]);
    }
    fill(b, &o);
}

/* Around the upright through x: the right side downwards, then the left one upwards. */
static void turned(struct brush *b, bool smooth)
{
    struct outline o = {.count = 0};
    double x, p[MOST_PAIRS][2], side[MOST_PAIRS][2];
    take(b, &x, 1);
    int n = take_pairs(b, p);
    for (int sign = 1; sign >= -1; sign -= 2) {
        for (int i = 0; i < n; i++) {
            int k = sign > 0 ? i : n - 1 - i;
            side[i][0] = x + sign * p[k][1] / 2;
            side[i][1] = p[k][0];
        }
        for (int i = 0; i < n; i++) {
            if (smooth && i + 1 < n)
                add_curve(&o, side[i ? i - 1 : 0], side[i], side[i + 1],
                          side[i + 2 < n ? i + 2 : n - 1]);
            else
                add(&o, side[i][0], side[i][1]);
        }
    }
    fill(b, &o);
}

static void stroke(struct brush *b, double width, double (*p)[2], int n)
{
    struct outline o = {.count = 0};
    for (int i = 0; i < n; i++) {
        add_arc(&o, p[i][0], p[i][1], width / 2, width / 2, 0, 360);
        fill(b, &o);
        double dx = i ? p[i][0] - p[i - 1][0] : 0, dy = i ? p[i][1] - p[i - 1][1] : 0;
        double length = hypot(dx, dy);
        if (length == 0)
            continue;
        double ox = -dy / length * width / 2, oy = dx / length * width / 2;
        add(&o, p[i - 1][0] + ox, p[i - 1][1] + oy);
        add(&o, p[i][0] + ox, p[i][1] + oy);
        add(&o, p[i][0] - ox, p[i][1] - oy);
        add(&o, p[i - 1][0] - ox, p[i - 1][1] - oy);
        fill(b, &o);
    }
}

static void line(struct brush *b)
{
    double width, p[MOST_PAIRS][2];
    take(b, &width, 1);
    stroke(b, width, p, take_pairs(b, p));
}

static void arc(struct brush *b)
{
    double n[7], p[MOST_PAIRS][2];
    take(b, n, 7);
    if (n[6] < n[5])
        n[6] += 360;
    for (int i = 0; i < MOST_PAIRS; i++) {
        double angle = (n[5] + (n[6] - n[5]) * i / (MOST_PAIRS - 1)) * PI / 180;
        p[i][0] = n[1] + n[3] * cos(angle);
        p[i][1] = n[2] + n[4] * sin(angle);
    }
    stroke(b, n[0], p, MOST_PAIRS);
}

static void shape(struct brush *b, char kind)
{
    switch (kind) {
    case 'o':
    case 'e':
        ellipse(b, kind == 'o');
        break;
    case 'r':
        rectangle(b);
        break;
    case 'p':
    case 's':
        polygon(b, kind == 's');
        break;
    case 'v':
    case 'V':
        turned(b, kind == 'V');
        break;
    case 'l':
        line(b);
        break;
    case 'a':
        arc(b);
        break;
    default:
        break;
    }
}

/* The picture ------------------------------------------------------------------------------ */

/* A wall, a floor and a disc of light behind the thing, and its shadow. */
static void ground(struct brush *b, const char *name)
{
    int wall = GROUNDS[number_of(name) % GROUND_COUNT];
    gdImageFilledRectangle(b->image, 0, 0, SIDE - 1, SIDE - 1, wall);
    b->rest = "50 50 43";
    b->colour = mixed(wall, 0xffffff, 0.5);
    ellipse(b, true);
    b->rest = "50 84 38 4.5";
    b->colour = mixed(wall, 0x3c3b41, 0.14);
    ellipse(b, false);
}

/* Each pixel the mean of FINE by FINE. */
static gdImagePtr smoothed(gdImagePtr fine)
{
    gdImagePtr image = gdImageCreateTrueColor(PAINT_SIDE, PAINT_SIDE);
    for (int y = 0; image && y < PAINT_SIDE; y++) {
        for (int x = 0; x < PAINT_SIDE; x++) {
            int r = 0, g = 0, b = 0;
            for (int i = 0; i < FINE * FINE; i++) {
                int c = fine->tpixels[y * FINE + i / FINE][x * FINE + i % FINE];
                r += gdTrueColorGetRed(c);
                g += gdTrueColorGetGreen(c);
                b += gdTrueColorGetBlue(c);
            }
            image->tpixels[y][x] =
                gdTrueColor(r / (FINE * FINE), g / (FINE * FINE), b / (FINE * FINE));
        }
    }
    return image;
}

gdImagePtr paint(const char *shapes, const char *accent, const char *ground_name)
{
    struct brush b = {gdImageCreateTrueColor(SIDE, SIDE), accent_of(accent), 0, ""};
    if (!b.image)
        return NULL;
    ground(&b, ground_name);
    for (const char *s = shapes; *s;) {
        s += strspn(s, "; ");
        if (!s[0] || !s[1])
            break;
        b.colour = colour_of(&b, s[1]);
        b.rest = s + 2;
        shape(&b, s[0]);
        s += strcspn(s, ";");
    }
    gdImagePtr image = smoothed(b.image);
    gdImageDestroy(b.image);
    return image;
}
