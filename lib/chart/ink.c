#include "chart/ink.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ARC_STEPS = 64, DASH_POINTS = 4, FIRST_EDGES = 512, WORD = 64 };

/* A corner sharper than this (the miter's length by the line's width) is cut off. */
static const double MITER_LIMIT = 2;

struct ink ink_new(struct arena *a, struct raster *raster)
{
    struct ink ink = {.arena = a, .raster = raster};
    /* Two more in a row: what ends at its edge is taken off behind it. */
    size_t places = (size_t)raster->width + 2;
    ink.row = arena_alloc(a, places * sizeof *ink.row);
    ink.changes = arena_alloc(a, (places / WORD + 1) * sizeof *ink.changes);
    return ink;
}

static void add_change(struct ink *ink, int x, double cover)
{
    ink->row[x] += (float)cover;
    ink->changes[x / WORD] |= 1ULL << x % WORD;
}

/* What an edge adds in one row: how much of each pixel lies to its right. x0 <= x1. */
static void add_span(struct ink *ink, double x0, double x1, double height)
{
    int first = (int)x0, last = (int)ceil(x1);
    if (last <= first + 1) {
        double left = (x0 + x1) / 2 - first;
        add_change(ink, first, height * (1 - left));
        add_change(ink, first + 1, height * left);
        return;
    }
    double slope = 1 / (x1 - x0), covered = 0;
    for (int x = first; x < last; x++) {
        double from = x0 > x ? x0 : x, to = x1 < x + 1 ? x1 : x + 1;
        /* All that has entered by the pixel's middle of the part that crosses it. */
        double before = (from - x0) * slope, within = (to - from) * slope;
        double total = before + within * (x + 1 - (from + to) / 2);
        add_change(ink, x, height * (total - covered));
        covered = total;
    }
    add_change(ink, last, height * (1 - covered));
}

static double within(double value, double most)
{
    return value < 0 ? 0 : value > most ? most : value;
}

static void add_edge(struct ink *ink, struct point p, struct point q)
{
    int width = ink->raster->width, height = ink->raster->height;
    p = (struct point){within(p.x, width), within(p.y, height)};
    q = (struct point){within(q.x, width), within(q.y, height)};
    if (p.y == q.y)
        return;
    if (ink->count == ink->room) {
        size_t room = ink->room ? 2 * ink->room : FIRST_EDGES;
        struct edge *edges = arena_alloc(ink->arena, room * sizeof *edges);
        if (ink->count)
            memcpy(edges, ink->edges, ink->count * sizeof *edges);
        ink->edges = edges;
        ink->room = room;
    }
    ink->edges[ink->count++] = p.y < q.y ? (struct edge){p, q, 1} : (struct edge){q, p, -1};
}

/* All turn the same way, so that none takes off what another one covers. */
void ink_polygon(struct ink *ink, const struct point *points, size_t n)
{
    double area = 0;
    for (size_t i = 0; i < n; i++) {
        const struct point *p = &points[i], *q = &points[(i + 1) % n];
        area += p->x * q->y - q->x * p->y;
    }
    for (size_t i = 0; i < n; i++) {
        struct point p = points[i], q = points[(i + 1) % n];
        if (area < 0)
            add_edge(ink, q, p);
        else
            add_edge(ink, p, q);
    }
}

/* Lines ------------------------------------------------------------------------------------ */

static struct point normal_of(struct point p, struct point q, double half)
{
    double dx = q.x - p.x, dy = q.y - p.y, length = hypot(dx, dy);
    if (length == 0)
        return (struct point){0, 0};
    return (struct point){-dy / length * half, dx / length * half};
}

/* The two sides' points where a line turns, from one normal to the next: along = 1 or -1. */
static size_t corner(struct point *out, struct point p, struct point before, struct point after,
                     double half, double along)
{
    struct point sum = {before.x + after.x, before.y + after.y};
    double square = sum.x * sum.x + sum.y * sum.y, reach = 2 * half * half;
    if (square > 0 && reach / sqrt(square) < MITER_LIMIT * half) {
        double k = along * reach / square;
        out[0] = (struct point){p.x + sum.x * k, p.y + sum.y * k};
        return 1;
    }
    out[0] = (struct point){p.x + before.x * along, p.y + before.y * along};
    out[1] = (struct point){p.x + after.x * along, p.y + after.y * along};
    return 2;
}

static void add_stroke(struct ink *ink, const struct point *p, size_t n, double width)
{
    double half = width / 2;
    struct point *side = arena_alloc(ink->arena, 4 * n * sizeof *side);
    size_t count = 0;
    /* Along one side and back along the other. */
    for (size_t i = 0; i < n; i++) {
        struct point before = normal_of(p[i ? i - 1 : 0], p[i ? i : 1], half);
        struct point after = i + 1 < n ? normal_of(p[i], p[i + 1], half) : before;
        count += corner(side + count, p[i], before, after, half, 1);
    }
    for (size_t i = n; i-- > 0;) {
        struct point after = normal_of(p[i ? i - 1 : 0], p[i ? i : 1], half);
        struct point before = i + 1 < n ? normal_of(p[i], p[i + 1], half) : after;
        count += corner(side + count, p[i], before, after, half, -1);
    }
    ink_polygon(ink, side, count);
}

/* Walks along the line; a dash ends where its length is over or, to keep it simple, after so
 * many corners. */
static void add_dashes(struct ink *ink, const struct point *p, size_t n, double width,
                       double dash)
{
    struct point piece[DASH_POINTS] = {p[0]};
    size_t held = 1;
    double left = dash;
    bool on = true;
    for (size_t i = 1; i < n; i++) {
        struct point at = p[i - 1];
        double length = hypot(p[i].x - at.x, p[i].y - at.y), walked = 0;
        while (length - walked > left) {
            walked += left;
            at = (struct point){p[i - 1].x + (p[i].x - p[i - 1].x) * walked / length,
                                p[i - 1].y + (p[i].y - p[i - 1].y) * walked / length};
            piece[held++] = at;
            if (on)
                add_stroke(ink, piece, held, width);
            piece[0] = at;
            held = 1;
            on = !on;
            left = dash;
        }
        left -= length - walked;
        piece[held++] = p[i];
        if (held == DASH_POINTS) {
            if (on)
                add_stroke(ink, piece, held, width);
            piece[0] = p[i];
            held = 1;
        }
    }
    if (on)
        add_stroke(ink, piece, held, width);
}

void ink_line(struct ink *ink, const struct point *points, size_t n, double width, double dash)
{
    if (n < 2)
        return;
    if (dash > 0)
        add_dashes(ink, points, n, width, dash);
    else
        add_stroke(ink, points, n, width);
}

/* Arcs ------------------------------------------------------------------------------------- */

void ink_ring(struct ink *ink, struct point centre, double inner, double outer, double from,
              double to)
{
    struct point points[2 * (ARC_STEPS + 1)];
    for (int i = 0; i <= ARC_STEPS; i++) {
        double angle = from + (to - from) * i / ARC_STEPS, x = cos(angle), y = sin(angle);
        points[i] = (struct point){centre.x + x * outer, centre.y + y * outer};
        points[2 * ARC_STEPS + 1 - i] =
            (struct point){centre.x + x * inner, centre.y + y * inner};
    }
    ink_polygon(ink, points, sizeof points / sizeof *points);
}

void ink_dot(struct ink *ink, struct point centre, double radius)
{
    ink_ring(ink, centre, 0, radius, 0, 2 * acos(-1));
}

/* Painting --------------------------------------------------------------------------------- */

/* Where an edge passes through a row. */
static void add_to_row(struct ink *ink, const struct edge *edge, int y)
{
    struct point p = edge->from, q = edge->to;
    double slope = (q.x - p.x) / (q.y - p.y);
    double from = p.y > y ? p.y : y, to = q.y < y + 1 ? q.y : y + 1;
    double x0 = within(p.x + (from - p.y) * slope, ink->raster->width);
    double x1 = within(p.x + (to - p.y) * slope, ink->raster->width);
    add_span(ink, x0 < x1 ? x0 : x1, x0 < x1 ? x1 : x0, (to - from) * edge->direction);
}

static void paint_row(struct ink *ink, struct brush *brush, int y)
{
    int width = ink->raster->width, from = 0, cover = 0;
    float sum = 0;
    for (int word = 0; word <= (width + 1) / WORD; word++)
        for (; ink->changes[word]; ink->changes[word] &= ink->changes[word] - 1) {
            int x = word * WORD + __builtin_ctzll(ink->changes[word]);
            if (cover)
                brush_run(brush, from, y, (x < width ? x : width) - from, cover);
            sum += ink->row[x];
            ink->row[x] = 0;
            from = x;
            cover = (int)(fminf(fabsf(sum), 1) * COVER_FULL + 0.5F);
        }
}

static int by_height(const void *one, const void *other)
{
    double a = ((const struct edge *)one)->from.y, b = ((const struct edge *)other)->from.y;
    return (a > b) - (a < b);
}

void ink_fill(struct ink *ink, int color, double opacity)
{
    struct brush brush;
    struct edge *edges = ink->edges;
    /* Edges up to first are done with, those before next have begun. */
    size_t first = 0, next = 0, count = ink->count;
    ink->count = 0;
    if (count == 0)
        return;
    brush_new(&brush, ink->raster, color, opacity);
    qsort(edges, count, sizeof *edges, by_height);
    for (int y = (int)edges->from.y; first < count && y < ink->raster->height; y++) {
        while (next < count && edges[next].from.y < y + 1)
            next++;
        for (size_t i = first; i < next; i++) {
            if (edges[i].to.y > y) {
                add_to_row(ink, &edges[i], y);
                continue;
            }
            struct edge done = edges[i];
            edges[i] = edges[first];
            edges[first++] = done;
        }
        paint_row(ink, &brush, y);
    }
}
