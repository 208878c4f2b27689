/* The rules that hold for the texts of every chart, in generated cases. */
#include "unit.h"

#include <gd.h>

#include "chart/glyphs.h"
#include "charts.h"

static const int SIZES[][2] = {{200, 200},  {900, 420},  {360, 420}, {360, 300}, {640, 320},
                               {1600, 400}, {400, 1600}, {358, 260}, {358, 420}, {1040, 360}};

enum { FEW_SIZES = 2, MANY_PIXELS = 150000 };

static const char *const EMOJI[] = {
    "🎉",   "👩‍👩‍👧", "é", "日本", "ação ", "&lt;", "\xFF", "W", "…", "R$", " ",
    "ffi", "🏳️‍🌈",     "%s"};

/* Whether what was written is the text, or its beginning and "…". */
static bool is_beginning(const char *written, const char *text)
{
    const char *whole = glyphs_shown(a, text);
    size_t n = strlen(written), mark = strlen("…");
    if (!strcmp(written, whole))
        return true;
    return n > mark && !strcmp(written + n - mark, "…") && !strncmp(written, whole, n - mark);
}

static void check_box(const struct chart *chart, const struct chart_picture *picture,
                      const struct chart_box *box)
{
    const char *text = box->part == CHART_LABEL    ? chart->labels[box->index]
                       : box->part == CHART_SERIES ? chart->series[box->index].name
                                                   : NULL;
    if (box->x < 0 || box->y < 0 || box->x + box->width > picture->width ||
        box->y + box->height > picture->height)
        fail_msg("%s, %dx%d: \"%s\" leaves the picture", KIND_NAMES[chart->kind],
                 picture->width, picture->height, box->text);
    if (text && !is_beginning(box->text, text))
        fail_msg("\"%s\" is not \"%s\"", box->text, text);
    for (const struct chart_box *other = picture->boxes; other < box; other++)
        if (box->x < other->x + other->width && other->x < box->x + box->width &&
            box->y < other->y + other->height && other->y < box->y + box->height)
            fail_msg("%s, %dx%d: \"%s\" (%d, %d) lies over \"%s\" (%d, %d)",
                     KIND_NAMES[chart->kind], picture->width, picture->height, box->text,
                     box->x, box->y, other->text, other->x, other->y);
}

/* The labels that are there have the same distance. */
static void check_distance(const struct chart *chart, const struct chart_picture *picture)
{
    size_t before = 0, distance = 0, seen = 0;
    for (size_t i = 0; i < picture->box_count; i++) {
        if (picture->boxes[i].part != CHART_LABEL)
            continue;
        size_t index = picture->boxes[i].index;
        size_t step = index > before ? index - before : before - index;
        if (seen > 1 && step != distance)
            fail_msg("%s, %dx%d: a label is missing beside \"%s\"", KIND_NAMES[chart->kind],
                     picture->width, picture->height, picture->boxes[i].text);
        distance = step;
        before = index;
        seen++;
    }
    assert_true(seen > 0);
}

static size_t parts(const struct chart_picture *picture, enum chart_part part)
{
    size_t count = 0;
    for (size_t i = 0; i < picture->box_count; i++)
        count += picture->boxes[i].part == part;
    return count;
}

static bool ends_above(const struct chart *chart)
{
    for (size_t s = 0; s < chart->series_count; s++)
        for (size_t i = 0; i < chart->count; i++)
            if (chart->series[s].values[i] > 0)
                return true;
    return false;
}

/* What must not be missing in a chart with figures, from 200 by 200 pixels on. */
static void check_present(const struct chart *chart, const struct chart_picture *picture)
{
    size_t series = parts(picture, CHART_SERIES), values = parts(picture, CHART_VALUE);
    size_t labels = parts(picture, CHART_LABEL), ticks = parts(picture, CHART_TICK);
    bool shown = true;
    switch (chart->kind) {
    case CHART_LINE:
    case CHART_BARS:
    case CHART_STACKED:
        check_distance(chart, picture);
        shown = ticks >= 2 && values <= 1 &&
                (values == 1 || chart->width < 640 ||
                 (chart->kind == CHART_STACKED && !ends_above(chart))) &&
                (chart->kind == CHART_BARS || series == chart->series_count ||
                 chart->series_count == 1);
        break;
    case CHART_ROWS:
        shown = (labels > 0 || chart->width < 360) &&
                (values == labels || chart->width < 360) &&
                (labels == chart->count) == (parts(picture, CHART_NOTE) == 0);
        break;
    case CHART_HEAT:
    case CHART_COHORT:
        check_distance(chart, picture);
        shown = series > 0 && ticks == 2;
        break;
    case CHART_GAUGE:
        shown = parts(picture, CHART_NOTE) == 1 ||
                (values == 1 + (size_t)(chart->target != NULL) && ticks == 2);
        break;
    default:
        break;
    }
    if (!shown || (chart->kind != CHART_SPARKLINE && parts(picture, CHART_TITLE) == 0))
        fail_msg("%s, %dx%d: a text is missing (%zu labels, %zu ticks, %zu series, %zu values)",
                 KIND_NAMES[chart->kind], picture->width, picture->height, labels, ticks,
                 series, values);
}

static struct chart_picture checked(const struct chart *chart)
{
    struct chart_picture picture;
    assert_true(chart_draw(a, chart, &picture));
    for (size_t i = 0; i < picture.box_count; i++)
        check_box(chart, &picture, &picture.boxes[i]);
    return picture;
}

/* Generated charts ------------------------------------------------------------------------- */

static char *name_of(unsigned long long *seed, size_t most)
{
    struct buf b = buf_new(a);
    buf_raw(&b, "N");
    for (size_t n = next(seed) % most; n > 0; n--) {
        if (next(seed) % 4 == 0)
            buf_raw(&b, EMOJI[next(seed) % LENGTH(EMOJI)]);
        else
            buf_printf(&b, "%c", (int)('a' + next(seed) % 26));
    }
    return b.data;
}

/* Random figures up to a magnitude, a few of them missing, in a shape that fits the kind. */
static struct chart generated(enum chart_kind kind, unsigned long long *seed, size_t count,
                              long long least, long long most)
{
    bool cells = kind == CHART_HEAT || kind == CHART_COHORT;
    size_t series = kind == CHART_COHORT ? count
                    : cells              ? 7
                    : kind == CHART_LINE || kind == CHART_STACKED
                        ? 1 + next(seed) % CHART_MAX_SERIES
                        : 1;
    struct chart chart = sample(kind);
    bool dates = next(seed) % 2;
    if (kind != CHART_STATES)
        chart = chart_sized(chart, series, count);
    for (size_t s = 0; s < series; s++) {
        ((struct chart_series *)chart.series)[s].name = name_of(seed, 80);
        for (size_t i = 0; i < chart.count; i++)
            values_of(&chart, s)[i] =
                next(seed) % 9 == 0 && i > 0 ? CHART_NONE : between(seed, least, most);
    }
    for (size_t i = 0; i < chart.count && kind != CHART_STATES && !dates; i++)
        ((const char **)chart.labels)[i] = name_of(seed, 80);
    chart.title = name_of(seed, 80);
    chart.unit = next(seed) % (CHART_PERCENT + 1);
    chart.lang = next(seed) % 2 ? LANG_EN : LANG_PT_BR;
    chart.theme = next(seed) % 2 ? CHART_DARK : CHART_LIGHT;
    chart.scale = 1 + (int)(next(seed) % 2);
    return chart;
}

static void sweep(size_t sizes, long long least, long long most)
{
    static const size_t COUNTS[] = {1, 24, 366};
    unsigned long long seed = 20261;
    for (enum chart_kind kind = 0; kind <= CHART_GAUGE; kind++)
        for (size_t n = 0; n < LENGTH(COUNTS); n++)
            for (size_t i = 0; i < sizes; i++) {
                struct arena *outer = a;
                a = arena_new();
                size_t count = kind == CHART_COHORT && COUNTS[n] > 24 ? 36 : COUNTS[n];
                struct chart chart = generated(kind, &seed, count, least, most);
                chart.width = SIZES[i][0];
                chart.height = SIZES[i][1];
                if (chart.width * chart.height > MANY_PIXELS)
                    chart.scale = 1;
                struct chart_picture picture = checked(&chart);
                check_present(&chart, &picture);
                arena_free(a);
                a = outer;
            }
}

static void test_texts_of_usual_figures_neither_overlap_nor_leave(void **state)
{
    (void)state;
    sweep(LENGTH(SIZES), 100, 5000000);
}

static void test_texts_of_figures_around_zero_neither_overlap_nor_leave(void **state)
{
    (void)state;
    sweep(FEW_SIZES, -700, 900);
}

static void test_texts_of_huge_figures_neither_overlap_nor_leave(void **state)
{
    (void)state;
    sweep(FEW_SIZES, 999999999999, 1000000000000);
}

static void test_texts_of_losses_neither_overlap_nor_leave(void **state)
{
    (void)state;
    sweep(FEW_SIZES, -CHART_HIGHEST, -1);
}

static void test_all_zero_is_drawn_whole_and_said(void **state)
{
    (void)state;
    unsigned long long seed = 3;
    for (enum chart_kind kind = 0; kind <= CHART_GAUGE; kind++)
        for (size_t i = 0; i < LENGTH(SIZES); i++) {
            struct chart chart = generated(kind, &seed, 12, 0, 0);
            chart.width = SIZES[i][0];
            chart.height = SIZES[i][1];
            chart.scale = 1;
            struct chart_picture picture = checked(&chart);
            /* A row says how many there are besides, where they do not fit. */
            if (kind != CHART_ROWS && kind != CHART_GAUGE)
                assert_int_equal(parts(&picture, CHART_NOTE), kind != CHART_SPARKLINE);
        }
}

/* Anything that the header allows. */
static void test_random_charts_keep_the_rules(void **state)
{
    (void)state;
    unsigned long long seed = 77;
    for (int i = 0; i < 100; i++) {
        struct arena *outer = a;
        a = arena_new();
        enum chart_kind kind = next(&seed) % KINDS;
        long long most = 1;
        for (unsigned long long n = next(&seed) % 18; n > 0; n--)
            most *= 10;
        struct chart chart = generated(kind, &seed, next(&seed) % 70, -most, most);
        chart.width = CHART_MIN_SIDE + (int)(next(&seed) % 700);
        chart.height = CHART_MIN_SIDE + (int)(next(&seed) % 500);
        if (next(&seed) % 5 == 0)
            chart.title = chart.subtitle = chart.nothing = chart.heading = NULL;
        if (next(&seed) % 5 == 0)
            chart.target = NULL;
        checked(&chart);
        struct buf table = buf_new(a);
        chart_table(&table, &chart);
        arena_free(a);
        a = outer;
    }
}

/* At the height that a chart asks for, all of a shop's figures are in it, on a phone, too. */
static void test_all_is_shown_at_the_height_that_is_asked_for(void **state)
{
    (void)state;
    static const int WIDTHS[] = {328, 358, 480, 640, 1040};
    for (enum chart_kind kind = 0; kind <= CHART_GAUGE; kind++)
        for (size_t i = 0; i < 2 * LENGTH(WIDTHS); i++) {
            struct chart chart = sample(kind);
            chart.width = WIDTHS[i / 2];
            chart.height = chart_height(&chart);
            chart.scale = 1 + (int)i % 2;
            struct chart_picture picture = checked(&chart);
            check_present(&chart, &picture);
            size_t labels = parts(&picture, CHART_LABEL), values = parts(&picture, CHART_VALUE);
            size_t names = parts(&picture, CHART_SERIES), cells = 0;
            bool rows = kind == CHART_ROWS, states = kind == CHART_STATES;
            for (size_t s = 0; kind == CHART_COHORT && s < chart.series_count; s++)
                for (size_t k = 1; k < chart.count; k++)
                    cells += values_of(&chart, s)[k] != CHART_NONE;
            if ((rows || states) && (labels != chart.count || values + states != chart.count))
                fail_msg("%d: %zu names, %zu values", chart.width, labels, values);
            if ((kind == CHART_HEAT || kind == CHART_COHORT) &&
                (names != chart.series_count || values < cells))
                fail_msg("%d: %zu of %zu names, %zu of %zu values", chart.width, names,
                         chart.series_count, values, cells);
            assert_int_equal(parts(&picture, CHART_NOTE), 0);
        }
}

/* In each box there is ink, and behind it one colour. */
static void test_every_text_that_is_listed_is_in_the_picture(void **state)
{
    (void)state;
    for (enum chart_kind kind = 0; kind <= CHART_GAUGE; kind++) {
        struct chart chart = sample(kind);
        struct chart_picture picture = checked(&chart);
        gdImagePtr image = gdImageCreateFromPngPtr((int)picture.n, (void *)picture.png);
        for (size_t i = 0; i < picture.box_count; i++) {
            const struct chart_box *box = &picture.boxes[i];
            int ink = 0, behind = gdImageGetTrueColorPixel(image, box->x, box->y);
            for (int y = box->y; y < box->y + box->height; y++)
                for (int x = box->x; x < box->x + box->width; x++)
                    ink += gdImageGetTrueColorPixel(image, x, y) != behind;
            assert_true(ink > box->width * box->height / 10);
        }
        gdImageDestroy(image);
    }
}

/* To look at: CHARTS_TO names a folder for a picture of each kind, theme, scale and width. */
static void test_samples_are_drawn(void **state)
{
    (void)state;
    static const int WIDTHS[] = {360, 900};
    const char *folder = getenv("CHARTS_TO");
    for (int i = 0; folder && i < KINDS * 2 * 2 * 2; i++) {
        struct chart chart = sample(i / 8);
        bool small = chart.kind == CHART_SPARKLINE || chart.kind == CHART_GAUGE;
        chart.theme = i % 2 ? CHART_DARK : CHART_LIGHT;
        chart.scale = 1 + i / 2 % 2;
        chart.width = small ? WIDTHS[i / 4 % 2] / 3 + 60 : WIDTHS[i / 4 % 2];
        chart.height = chart.kind == CHART_SPARKLINE ? 40 : small ? 240 : 420;
        chart.lang = i / 4 % 2 ? LANG_PT_BR : LANG_EN;
        struct chart_picture picture = checked(&chart);
        char *path = arena_printf(a, "%s/%s-%d-%dx-%s.png", folder, KIND_NAMES[chart.kind],
                                  chart.width, chart.scale, i % 2 ? "dark" : "light");
        FILE *file = fopen(path, "w");
        assert_non_null(file);
        assert_int_equal(fwrite(picture.png, 1, picture.n, file), picture.n);
        fclose(file);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts_of_usual_figures_neither_overlap_nor_leave),
        cmocka_unit_test(test_texts_of_figures_around_zero_neither_overlap_nor_leave),
        cmocka_unit_test(test_texts_of_huge_figures_neither_overlap_nor_leave),
        cmocka_unit_test(test_texts_of_losses_neither_overlap_nor_leave),
        cmocka_unit_test(test_all_zero_is_drawn_whole_and_said),
        cmocka_unit_test(test_random_charts_keep_the_rules),
        cmocka_unit_test(test_all_is_shown_at_the_height_that_is_asked_for),
        cmocka_unit_test(test_every_text_that_is_listed_is_in_the_picture),
        cmocka_unit_test(test_samples_are_drawn),
    };
    return UNIT_RUN(tests);
}
