#include "chart/palette.h"

#include <math.h>

/* Colours of a scale are so many and one: a picture has few of them, and nobody sees more. */
enum { SCALE_STEPS = 21 * (PALETTE_STOPS - 1) };

static const struct palette PALETTES[] = {
    [CHART_LIGHT] = {0xFFFFFF,
                     0x1F2937,
                     0x5B6472,
                     0xE5E7EB,
                     0xF3F4F6,
                     {0x0072B2, 0xD55E00, 0x009E73, 0xCC79A7, 0x1F2937, 0x7A5C00},
                     {0xE3EFF8, 0x8EC3E6, 0x2F86C0, 0x083D6B}},
    [CHART_DARK] = {0x111827,
                    0xF3F4F6,
                    0x9CA3AF,
                    0x374151,
                    0x1B2433,
                    {0x56B4E9, 0xD55E00, 0x009E73, 0xCC79A7, 0xE5E7EB, 0xF0E442},
                    {0x1B3349, 0x24638F, 0x4BA3D8, 0xC3E5FA}},
};

const struct palette *palette_of(enum chart_theme theme)
{
    return &PALETTES[theme];
}

static int channel(int color, int shift)
{
    return color >> shift & 0xFF;
}

int palette_mix(int over, int under, double opacity)
{
    int out = 0;
    for (int shift = 0; shift <= 16; shift += 8)
        out |=
            (int)(channel(under, shift) * (1 - opacity) + channel(over, shift) * opacity + 0.5)
            << shift;
    return out;
}

int palette_at(const struct palette *palette, double part)
{
    double place = round(part * SCALE_STEPS) * (PALETTE_STOPS - 1) / SCALE_STEPS;
    int stop = place < PALETTE_STOPS - 2 ? (int)place : PALETTE_STOPS - 2;
    return palette_mix(palette->scale[stop + 1], palette->scale[stop], place - stop);
}

static double linear(int value)
{
    double part = value / 255.0;
    return part <= 0.04045 ? part / 12.92 : pow((part + 0.055) / 1.055, 2.4);
}

static double luminance(int color)
{
    return 0.2126 * linear(channel(color, 16)) + 0.7152 * linear(channel(color, 8)) +
           0.0722 * linear(channel(color, 0));
}

double palette_contrast(int one, int other)
{
    double a = luminance(one), b = luminance(other);
    return a > b ? (a + 0.05) / (b + 0.05) : (b + 0.05) / (a + 0.05);
}

int palette_on(int color)
{
    return palette_contrast(color, 0xFFFFFF) > palette_contrast(color, 0x000000) ? 0xFFFFFF
                                                                                 : 0x000000;
}
