/*
 * chart: figures as a picture (PNG) and as a table (HTML), both from one struct, so that they
 * can't differ. Letters are drawn by FreeType in the fonts that fontconfig finds.
 */
#ifndef VENDAS_CHART_H
#define VENDAS_CHART_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "buf.h"
#include "lang.h"

enum chart_kind {
    CHART_LINE,      /* the first series as a line with its area, others dashed beside it */
    CHART_BARS,      /* the first series as columns */
    CHART_STACKED,   /* series upon each other; parts above and below zero are added apart */
    CHART_ROWS,      /* the first series as bars that lie, each with its name and value */
    CHART_HEAT,      /* a cell for each series (row) and label (column) */
    CHART_COHORT,    /* the same, with the value in each cell */
    CHART_STATES,    /* the first series by state of Brazil (labels "AC" to "TO") */
    CHART_SPARKLINE, /* the first series as a line alone, without a word */
    CHART_GAUGE,     /* the last value of the first series on an arc, beside its target; from
                        about 240 by 200 pixels on, its value has room within */
};

enum chart_theme { CHART_LIGHT, CHART_DARK };

/* What a figure counts. */
enum chart_unit {
    CHART_MONEY,   /* minor units (centavos) of the chart's currency */
    CHART_COUNT,   /* whole pieces */
    CHART_DECIMAL, /* hundredths of one: 175 is 1.75 (units per order, days) */
    CHART_PERCENT, /* hundredths of a percent: 1250 is 12.5% */
};

/* The figure that is not known: a gap in the line, no cell, "–" in the table. */
#define CHART_NONE LLONG_MIN

enum {
    CHART_MAX_SERIES = 6, /* of lines and stacks; rows of cells are not limited */
    CHART_MIN_SIDE = 12,
    CHART_MAX_WIDTH = 2400,
    CHART_MAX_HEIGHT = 1600,
};

/* No figure is further from zero than this. */
#define CHART_HIGHEST 100000000000000000LL

struct chart_series {
    const char *name;
    const long long *values; /* as many as the chart has labels; CHART_NONE for a gap */
};

/* What is drawn. Texts are UTF-8 from anywhere, of any length. NULL for a text is "". */
struct chart {
    enum chart_kind kind;
    const char *title, *subtitle;
    const char *heading;       /* what stands over the table's first column ("Dia") */
    const char *const *labels; /* as people read them: dates, names, hours */
    size_t count;              /* of labels, and of each series' values */
    const struct chart_series *series;
    size_t series_count;
    enum chart_unit unit;
    const char *currency;    /* ISO 4217, of CHART_MONEY */
    const long long *target; /* of CHART_GAUGE; NULL: none */
    const char *nothing;     /* said in the picture where there is no figure, or only zeros */
    int width, height;       /* as the page counts (CSS pixels), from CHART_MIN_SIDE */
    int scale;               /* pixels of the picture to one of the page: 1 or 2 (0 means 1) */
    enum chart_theme theme;
    enum lang lang;
};

/* What a text in the picture is. */
enum chart_part {
    CHART_TITLE,
    CHART_SUBTITLE,
    CHART_TICK,   /* a value at an axis or at the end of a scale */
    CHART_LABEL,  /* one of the labels; index says which */
    CHART_SERIES, /* the name of one of the series; index says which */
    CHART_VALUE,  /* a figure beside or in what it belongs to; index counts labels */
    CHART_NOTE,   /* that there is nothing, or how many did not fit */
};

/* Where a text stands, in pixels of the picture: its ink, from x and y (inclusive) on. */
struct chart_box {
    enum chart_part part;
    size_t index;
    const char *text; /* as drawn: a long one is shortened and ends with "…" */
    int x, y, width, height;
};

struct chart_picture {
    const char *png;
    size_t n;          /* bytes of it */
    int width, height; /* pixels: the chart's, times its scale */
    const struct chart_box *boxes;
    size_t box_count;
};

/* The height in pixels of the page at which a chart as wide as it says shows all that it has:
 * each row with its name, each cell with its value where it has room, on a phone (358) as on a
 * wide page (1040). Within the limits above; other heights are drawn, too. */
int chart_height(const struct chart *chart);

/* Draws it; all of *out goes with the arena. No text lies over another one or leaves the
 * picture: labels are thinned out, long names shortened, what has no room at all is left to the
 * table. False, and a line in the log, where the chart breaks a rule of this header, or there
 * is no font or no memory. */
bool chart_draw(struct arena *a, const struct chart *chart, struct chart_picture *out);

/* Appends the same figures as <table> with <caption> and scoped <th>; numbers have class
 * "number". Labels are rows and series columns, but rows and columns of CHART_HEAT and
 * CHART_COHORT stand as they do in the picture. */
void chart_table(struct buf *b, const struct chart *chart);

#endif
