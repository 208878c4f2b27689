/*
 * product_sheet: products as rows of a table, for import and export. docs/import.md tells
 * people about its columns.
 *
 * A row is a variant. What is the product's stands in its first row; rows of one product follow
 * each other and have the same "slug". Of an import, an empty cell says nothing and "-" empties
 * a field.
 */
#ifndef VENDAS_PRODUCTS_PRODUCT_SHEET_H
#define VENDAS_PRODUCTS_PRODUCT_SHEET_H

#include <json-c/json.h>

#include "arena.h"
#include "sheet.h"
#include "sheet_writer.h"

struct rows;
struct product_column;

struct product_sheet {
    const struct product_column *columns;
    int count;
};

/* The columns of an export: those that every file has, then one for each row of names, which
 * are (kind, name) of products.sheet_names. */
struct product_sheet product_sheet_of(struct arena *a, const struct rows *names);

/* The header's cells, and those of the variant at an index of a product (a body of
 * products.sheet_products); sheet.count of them. */
const struct sheet_cell *product_sheet_header(struct arena *a, struct product_sheet sheet);
const struct sheet_cell *product_sheet_row(struct arena *a, struct product_sheet sheet,
                                           struct json_object *body, size_t variant);

/* The columns of an import. types are rows of (name, type) of products.attributes, or NULL:
 * what stands below "attr:NAME" of one that is a number or a boolean is read as such. False
 * where the header names a column that there is not, or one twice: *code and *column say what
 * is wrong. */
bool product_sheet_read(struct arena *a, const struct sheet_row *header,
                        const struct rows *types, struct product_sheet *sheet,
                        const char **code, const char **column);

/* A product of an import while its rows are read. */
struct product_draft {
    struct arena *arena;
    int line;                   /* its first row */
    struct json_object *body;   /* as products.import_item wants it */
    struct json_object *faults; /* what is wrong: [{line, pointer, code, argument}] */
};

/* An empty draft; all of it goes with the arena. */
struct product_draft product_draft_new(struct arena *a);

/* Whether a row is of the product that the draft holds. */
bool product_draft_goes_on(const struct product_draft *d, struct product_sheet sheet,
                           const struct sheet_row *row);

/* Takes in a row. */
void product_draft_add(struct product_draft *d, struct product_sheet sheet,
                       const struct sheet_row *row);

/* Checks the product by the tables that the API has (lib/products/product_fields). True when
 * nothing is wrong; else faults tell. */
bool product_draft_check(struct product_draft *d);

#endif
