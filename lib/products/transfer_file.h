/*
 * transfer_file: where the files of imports and exports are (VENDAS_TRANSFERS_DIR).
 */
#ifndef VENDAS_PRODUCTS_TRANSFER_FILE_H
#define VENDAS_PRODUCTS_TRANSFER_FILE_H

#include "arena.h"

/* The file of a transfer: what an import reads (its format is told by its content), what an
 * export has written. */
const char *transfer_file(struct arena *a, const char *id);

/* Removes the files that are older than that. Returns how many. */
int transfer_files_forget(long long days);

#endif
