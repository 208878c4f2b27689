/*
 * product_cells: what a cell of a product's row means. Amounts are written as people write
 * them, "1.234,56"; a list has "|" between its items, and \ before a "|", ">" or \ that is part
 * of one.
 */
#ifndef VENDAS_PRODUCTS_PRODUCT_CELLS_H
#define VENDAS_PRODUCTS_PRODUCT_CELLS_H

#include <json-c/json.h>

#include "arena.h"
#include "sheet_writer.h"

enum cell_kind {
    CELL_TEXT = 1,
    CELL_MONEY,     /* minor units in JSON */
    CELL_INTEGER,   /* whole number */
    CELL_AHEAD,     /* {"pieces", "days"} or {"pieces", "date"}: 50|10, 50|2026-12-05 */
    CELL_LIST,      /* ["a", "b"]: a|b */
    CELL_PATHS,     /* [["Casa", "Cozinha"]]: Casa > Cozinha */
    CELL_PARTS,     /* [{"sku", "quantity"}]: SKU*2|SKU2*1 */
    CELL_OPTION,    /* a text, member of "options" */
    CELL_ATTRIBUTE, /* a text, member of "attributes" */
    CELL_NUMBER,    /* likewise */
    CELL_BOOLEAN,   /* likewise: true or false, VERDADEIRO or FALSO */
};

struct product_column {
    const char *name;   /* heading; NULL: none */
    const char *member; /* of the JSON body, or of its options or attributes */
    enum cell_kind kind;
    bool of_variant;
};

/* The cell of a column; object is the product or the variant. */
struct sheet_cell cell_write(struct arena *a, const struct product_column *c,
                             struct json_object *object);

/* Reads a cell that is not empty into the object. "-" empties the member. NULL, or the code of
 * what is wrong with it. */
const char *cell_read(const struct product_column *c, const char *text,
                      struct json_object *object);

/* An amount as people write it ("1.234,56", "R$ 10", "1234.56") in minor units; false for what
 * is none, or has parts of a minor unit. */
bool cell_money(const char *text, long long *minor);

#endif
