/*
 * pictures: gives the demo's products pictures, as if somebody had uploaded them: paints a
 * thing of each kind and brand, or colour, puts it into the store and lets it wait for the job
 * "images". Its one argument is the file that says what things look like.
 */
#include <gd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "buf.h"
#include "db.h"
#include "digest.h"
#include "fields.h"
#include "job.h"
#include "json.h"
#include "log.h"
#include "paint.h"
#include "store.h"

/* Products without a picture by what they are, the longest of the names that theirs begins
 * with, and by brand; where there are colours, each variant by its own. */
static const char WANTED[] =
    "SELECT kind, accent, jsonb_agg(jsonb_build_object('product', id, 'variant', variant, "
    "'alt', alt))"
    "  FROM (SELECT DISTINCT ON (p.id, v.id) n AS kind, p.id,"
    "               CASE WHEN v.options ? 'cor' THEN v.id END AS variant,"
    "               coalesce(v.options->>'cor', p.brand, '') AS accent,"
    "               concat_ws(', ', p.name, v.options->>'cor') AS alt"
    "          FROM products.products p JOIN products.variants v ON v.product_id = p.id"
    "          JOIN jsonb_array_elements_text($1::jsonb) AS n ON p.name LIKE n || ' %'"
    "         WHERE (v.options ? 'cor' OR v.position <= 1) AND NOT EXISTS ("
    "               SELECT FROM products.product_images i WHERE i.product_id = p.id)"
    "         ORDER BY p.id, v.id, length(n) DESC) AS things"
    " GROUP BY kind, accent ORDER BY kind, accent";
static const char ARRIVE[] =
    "INSERT INTO products.pictures (sha256, kind, bytes, width, height)"
    " VALUES ($1, 'png', $2::bigint, $3::int, $3::int) ON CONFLICT DO NOTHING";
static const char ADD[] =
    "WITH added AS (INSERT INTO products.product_images (product_id, variant_id, picture, alt, "
    "position)"
    "     SELECT (i->>'product')::uuid, (i->>'variant')::uuid, $1, i->>'alt', 0"
    "       FROM jsonb_array_elements($2::jsonb) AS i)"
    " UPDATE products.pictures SET state = CASE state WHEN 'arriving' THEN 'pending' ELSE "
    "state END,"
    "        unused_since = NULL WHERE sha256 = $1";

/* A line "kind|other: shapes" as members of kinds: [kind, shapes] for each of its names. */
static void read_line(struct json_object *kinds, char *line)
{
    char *colon = *line == '#' ? NULL : strchr(line, ':');
    if (!colon)
        return;
    *colon = '\0';
    colon[1 + strcspn(colon + 1, "\n")] = '\0';
    struct json_object *kind = json_object_new_array();
    json_object_array_add(kind, json_object_new_string_len(line, (int)strcspn(line, "|")));
    json_object_array_add(kind, json_object_new_string(colon + 1));
    for (char *rest, *name = strtok_r(line, "|", &rest); name;
         name = strtok_r(NULL, "|", &rest))
        json_object_object_add(kinds, name, json_object_get(kind));
    json_object_put(kind);
}

static struct json_object *read_kinds(struct arena *a, const char *path)
{
    enum { LONGEST = 4096 };
    char line[LONGEST];
    struct json_object *kinds = json_keep(a, json_object_new_object());
    FILE *f = fopen(path, "re");
    while (f && fgets(line, sizeof line, f))
        read_line(kinds, line);
    if (f)
        fclose(f);
    return kinds;
}

static const char *names_of(struct arena *a, struct json_object *kinds)
{
    struct json_object *names = json_keep(a, json_object_new_array());
    json_object_object_foreach(kinds, name, shapes)
    {
        (void)shapes;
        json_object_array_add(names, json_object_new_string(name));
    }
    return field_json(names);
}

static bool keep(struct arena *a, struct problem *problem, const void *p, size_t n,
                 const char *owners)
{
    const char *sha256 = digest_sha256(a, p, n);
    return db_query(a, problem, ARRIVE, sha256, arena_printf(a, "%zu", n),
                    arena_printf(a, "%d", PAINT_SIDE)) &&
           store_put(a, arena_printf(a, "originals/%s", sha256), "image/png", p, n) ==
               STORE_DONE &&
           db_query(a, problem, ADD, sha256, owners);
}

static bool paint_and_keep(struct arena *a, struct problem *problem, struct json_object *kind,
                           const char *accent, const char *owners)
{
    enum { QUICKLY = 3 }; /* zlib's level */
    int n = 0;
    gdImagePtr image = paint(json_object_get_string(json_object_array_get_idx(kind, 1)), accent,
                             json_object_get_string(json_object_array_get_idx(kind, 0)));
    void *png = image ? gdImagePngPtrEx(image, &n, QUICKLY) : NULL;
    bool kept = png && keep(a, problem, png, (size_t)n, owners);
    if (png)
        gdFree(png);
    if (image)
        gdImageDestroy(image);
    return kept;
}

int main(int argc, char **argv)
{
    if (argc != 2 || job_begin("demo-pictures", "products"))
        return EXIT_FAILURE;
    struct arena *a = arena_new(), *one = arena_new();
    struct problem problem = problem_none(a);
    struct json_object *kinds = read_kinds(a, argv[1]);
    struct rows *rows = db_query(a, &problem, WANTED, names_of(a, kinds));
    bool ok = rows != NULL;
    for (int i = 0; ok && i < db_count(rows); i++) {
        ok = paint_and_keep(one, &problem, field_value(kinds, db_text(rows, i, 0)),
                            db_text(rows, i, 1), db_text(rows, i, 2));
        arena_reset(one);
    }
    if (!ok)
        log_error("not all pictures were painted", "code", problem.code, NULL);
    arena_free(one);
    arena_free(a);
    db_close();
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
