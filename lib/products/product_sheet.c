#include "products/product_sheet.h"

#include <stdlib.h>
#include <string.h>

#include "db.h"
#include "fields.h"
#include "json.h"
#include "products/product_cells.h"
#include "products/product_fields.h"

/* Header ----------------------------------------------------------------------------------- */

static const struct product_column FIXED[] = {
    {"slug", "slug", CELL_TEXT, false},
    {"sku", "sku", CELL_TEXT, true},
    {"type", "type", CELL_TEXT, false},
    {"status", "status", CELL_TEXT, false},
    {"name", "name", CELL_TEXT, false},
    {"description", "description", CELL_TEXT, false},
    {"brand", "brand", CELL_TEXT, false},
    {"gtin", "gtin", CELL_TEXT, true},
    {"ncm", "ncm", CELL_TEXT, false},
    {"price", "price", CELL_MONEY, false},
    {"promotional_price", "promotional_price", CELL_MONEY, false},
    {"promotion_starts_at", "promotion_starts_at", CELL_TEXT, false},
    {"promotion_ends_at", "promotion_ends_at", CELL_TEXT, false},
    {"cost", "cost", CELL_MONEY, false},
    {"weight_g", "weight_g", CELL_INTEGER, false},
    {"width_mm", "width_mm", CELL_INTEGER, false},
    {"height_mm", "height_mm", CELL_INTEGER, false},
    {"length_mm", "length_mm", CELL_INTEGER, false},
    {"categories", "categories", CELL_PATHS, false},
    {"images", "images", CELL_LIST, false},
    {"parts", "parts", CELL_PARTS, false},
    {"seo_title", "seo_title", CELL_TEXT, false},
    {"seo_description", "seo_description", CELL_TEXT, false},
    {"variant_price", "price", CELL_MONEY, true},
    {"variant_cost", "cost", CELL_MONEY, true},
    {"variant_weight_g", "weight_g", CELL_INTEGER, true},
    {"sell_ahead", "sell_ahead", CELL_AHEAD, true},
    {"options", "options", CELL_LIST, false},
};
enum { FIXED_COUNT = sizeof FIXED / sizeof *FIXED };

/* Columns that are named after what a shop has. */
static const struct {
    const char *prefix;
    enum cell_kind kind;
} NAMED[] = {
    {"option:", CELL_OPTION},
    {"attr:", CELL_ATTRIBUTE},
    {"number:", CELL_NUMBER},
    {"boolean:", CELL_BOOLEAN},
};

/* The column of a heading; its name is NULL where there is none such. */
static struct product_column column_of(struct arena *a, const char *heading)
{
    for (int i = 0; i < FIXED_COUNT; i++)
        if (!strcmp(FIXED[i].name, heading))
            return FIXED[i];
    for (size_t i = 0; i < sizeof NAMED / sizeof *NAMED; i++) {
        size_t n = strlen(NAMED[i].prefix);
        if (strncmp(heading, NAMED[i].prefix, n) || !heading[n])
            continue;
        const char *name = arena_strdup(a, heading);
        return (struct product_column){name, name + n, NAMED[i].kind,
                                       NAMED[i].kind == CELL_OPTION};
    }
    return (struct product_column){0};
}

struct product_sheet product_sheet_of(struct arena *a, const struct rows *names)
{
    int more = db_count(names);
    struct product_column *columns =
        arena_alloc(a, (size_t)(FIXED_COUNT + more) * sizeof *columns);
    memcpy(columns, FIXED, sizeof FIXED);
    for (int i = 0; i < more; i++)
        columns[FIXED_COUNT + i] =
            column_of(a, arena_printf(a, "%s:%s", db_text(names, i, 0), db_text(names, i, 1)));
    return (struct product_sheet){columns, FIXED_COUNT + more};
}

/* How a column of an attribute is read: by the type that the shop has given it. */
static enum cell_kind attribute_kind(const struct rows *types, const char *name)
{
    for (int i = 0; types && i < db_count(types); i++)
        if (!strcmp(db_text(types, i, 0), name))
            return !strcmp(db_text(types, i, 1), "number")    ? CELL_NUMBER
                   : !strcmp(db_text(types, i, 1), "boolean") ? CELL_BOOLEAN
                                                              : CELL_ATTRIBUTE;
    return CELL_ATTRIBUTE;
}

bool product_sheet_read(struct arena *a, const struct sheet_row *header,
                        const struct rows *types, struct product_sheet *sheet,
                        const char **code, const char **column)
{
    struct product_column *columns = arena_alloc(a, (size_t)header->count * sizeof *columns);
    *sheet = (struct product_sheet){columns, header->count};
    for (int i = 0; i < header->count; i++) {
        const char *heading = sheet_unguard(header->cells[i]);
        *column = arena_strdup(a, heading);
        columns[i] = column_of(a, heading);
        if (columns[i].kind == CELL_ATTRIBUTE)
            columns[i].kind = attribute_kind(types, columns[i].member);
        *code = columns[i].name ? NULL : "unknown_column";
        for (int j = 0; j < i && !*code; j++)
            *code = strcmp(columns[j].name, heading) ? NULL : "column_twice";
        if (*code)
            return false;
    }
    return true;
}

/* Export ----------------------------------------------------------------------------------- */

const struct sheet_cell *product_sheet_header(struct arena *a, struct product_sheet sheet)
{
    struct sheet_cell *cells = arena_alloc(a, (size_t)sheet.count * sizeof *cells);
    for (int i = 0; i < sheet.count; i++)
        cells[i].text = sheet_guard(a, sheet.columns[i].name);
    return cells;
}

const struct sheet_cell *product_sheet_row(struct arena *a, struct product_sheet sheet,
                                           struct json_object *body, size_t variant)
{
    struct sheet_cell *cells = arena_alloc(a, (size_t)sheet.count * sizeof *cells);
    struct json_object *own = json_object_array_get_idx(field_value(body, "variants"), variant);
    for (int i = 0; i < sheet.count; i++) {
        const struct product_column *c = &sheet.columns[i];
        /* What is the product's stands in its first row; its key in all of them. */
        if (!variant || c->of_variant || !strcmp(c->name, "slug"))
            cells[i] = cell_write(a, c, c->of_variant ? own : body);
    }
    return cells;
}

/* Import ----------------------------------------------------------------------------------- */

struct product_draft product_draft_new(struct arena *a)
{
    return (struct product_draft){
        .arena = a,
        .body = json_keep(a, json_object_new_object()),
        .faults = json_keep(a, json_object_new_array()),
    };
}

static const char *cell_of(struct product_sheet sheet, const struct sheet_row *row,
                           const char *name)
{
    for (int i = 0; i < sheet.count && i < row->count; i++)
        if (!strcmp(sheet.columns[i].name, name))
            return row->cells[i];
    return "";
}

bool product_draft_goes_on(const struct product_draft *d, struct product_sheet sheet,
                           const struct sheet_row *row)
{
    const char *slug = field_text(d->body, "slug");
    return d->line && slug && !strcmp(slug, cell_of(sheet, row, "slug"));
}

static void add_fault(struct product_draft *d, int line, const char *name, const char *text,
                      const char *code, const char *argument)
{
    struct json_object *fault = json_object_new_object();
    json_object_object_add(fault, "line", json_object_new_int(line));
    json_object_object_add(fault, name, json_object_new_string(text));
    json_object_object_add(fault, "code", json_object_new_string(code));
    if (argument)
        json_object_object_add(fault, "argument", json_object_new_string(argument));
    json_object_array_add(d->faults, fault);
}

/* The faults that a table of fields found; the pointers are below prefix. */
static void add_faults(struct product_draft *d, int line, const char *prefix,
                       const struct problem *p)
{
    for (const struct field_error *e = p->errors; e; e = e->next)
        add_fault(d, line, "pointer", arena_printf(d->arena, "%s%s", prefix, e->pointer),
                  e->code, e->argument);
}

static struct json_object *variants_of(struct product_draft *d)
{
    struct json_object *variants = field_value(d->body, "variants");
    if (!variants) {
        variants = json_object_new_array();
        json_object_object_add(d->body, "variants", variants);
    }
    return variants;
}

/* The names of the options in the order of their columns, for a new product that does not name
 * them itself. */
static void keep_options(struct product_draft *d, struct product_sheet sheet,
                         const struct sheet_row *row)
{
    struct json_object *names = json_object_new_array();
    for (int i = 0; i < sheet.count && i < row->count; i++)
        if (sheet.columns[i].kind == CELL_OPTION && *row->cells[i])
            json_object_array_add(names, json_object_new_string(sheet.columns[i].member));
    json_object_object_add(d->body, "option_columns", names);
}

void product_draft_add(struct product_draft *d, struct product_sheet sheet,
                       const struct sheet_row *row)
{
    struct json_object *variant = json_object_new_object();
    struct problem p = problem_none(d->arena);
    bool first = !d->line;
    json_object_array_add(variants_of(d), variant);
    json_object_object_add(variant, "options", json_object_new_object());
    for (int i = 0; i < sheet.count && i < row->count; i++) {
        const struct product_column *c = &sheet.columns[i];
        const char *code = *row->cells[i]
                               ? cell_read(c, row->cells[i], c->of_variant ? variant : d->body)
                               : NULL;
        if (code)
            add_fault(d, row->line, "column", c->name, code, NULL);
    }
    if (!fields_check(&p, VARIANT_CHANGES, variant, true))
        add_faults(d, row->line, "/variants", &p);
    if (first) {
        d->line = row->line;
        keep_options(d, sheet, row);
    }
}

/* Members that files have and the API has not, or not so; and an attribute that goes is null.
 */
static struct json_object *checkable(struct product_draft *d)
{
    static const char *const OTHER[] = {"categories", "images", "parts", "variants",
                                        "option_columns"};
    struct json_object *copy = json_keep(d->arena, json_object_new_object());
    json_object_object_foreach(d->body, name, value)
    {
        bool other = false;
        for (size_t i = 0; i < sizeof OTHER / sizeof *OTHER; i++)
            other |= !strcmp(OTHER[i], name);
        if (!other && strcmp(name, "attributes"))
            json_object_object_add(copy, name, json_object_get(value));
    }
    struct json_object *attributes = field_value(d->body, "attributes");
    if (!attributes)
        return copy;
    struct json_object *kept = json_object_new_object();
    json_object_object_foreach(attributes, key, attribute)
    {
        if (attribute)
            json_object_object_add(kept, key, json_object_get(attribute));
    }
    json_object_object_add(copy, "attributes", kept);
    return copy;
}

static void take_over(struct json_object *to, struct json_object *from)
{
    json_object_object_foreach(from, name, value)
    {
        json_object_object_add(to, name, json_object_get(value));
    }
}

static void check_images(struct problem *p, struct json_object *urls)
{
    static const struct field URL = {"", FIELD_URL, 0, 0, 0, NULL, NULL};
    static const struct field URLS = {"", FIELD_LIST, 0, 0, 50, NULL, &URL};
    struct json_object *normal = NULL;
    if (urls)
        field_check(p, &URLS, "/images", urls, &normal);
}

bool product_draft_check(struct product_draft *d)
{
    struct problem p = problem_none(d->arena);
    struct json_object *body = checkable(d), *attributes = field_value(d->body, "attributes");
    if (fields_check(&p, PRODUCT_NEW, body, true))
        product_is_sound(&p, body);
    check_images(&p, field_value(d->body, "images"));
    add_faults(d, d->line, "", &p);
    /* The values in their normal form; attributes that go stay with the others. */
    if (attributes) {
        take_over(attributes, field_value(body, "attributes"));
        json_object_object_del(body, "attributes");
    }
    take_over(d->body, body);
    return json_object_array_length(d->faults) == 0;
}
