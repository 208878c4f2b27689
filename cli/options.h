/*
 * options: what a command line says beside the command's own words.
 *
 * Some are anybody's; of the others a command takes those that stand in its usage (struct
 * command), so that help, what a shell completes and what is accepted can't differ.
 */
#ifndef VENDAS_CLI_OPTIONS_H
#define VENDAS_CLI_OPTIONS_H

#include <stdbool.h>

#include "arena.h"
#include "lang.h"

enum option_name {
    OPTION_JSON,
    OPTION_URL,
    OPTION_CLIENT_ID,
    OPTION_CONFIG,
    OPTION_HELP,
    OPTION_VERSION,
    /* Of some commands. */
    OPTION_LIMIT,
    OPTION_ALL,
    OPTION_STATUS,
    OPTION_FROM,
    OPTION_TO,
    OPTION_CUSTOMER,
    OPTION_PRODUCT,
    OPTION_MIN_TOTAL,
    OPTION_MAX_TOTAL,
    OPTION_GATEWAY,
    OPTION_READY,
    OPTION_TEXT,
    OPTION_CARRIER,
    OPTION_TRACKING,
    OPTION_ITEMS,
    OPTION_LOCATION,
    OPTION_MAX,
    OPTION_AMOUNT,
    OPTION_CLOSED,
    OPTION_REASON,
    OPTION_KEY,
    OPTION_USER,
    OPTION_LANGUAGE,
    OPTION_SECRET_FILE,
    OPTION_WEBHOOK_ID,
    OPTION_CERT_FILE,
    OPTION_CA_FILE,
    OPTION_HEADER,
    OPTION_AT,
    OPTION_COUNT,
};

/* Reads the options: into given the value of each, "true" of a flag, NULL where it was not there;
 * of one that may come again all values, in lines. argv is put in order, words last; the index of
 * the first of them, or -1 after
 * telling what is wrong. */
int options_read(struct arena *a, int argc, char **argv, const char *given[OPTION_COUNT]);

/* The first option given that neither stands in usage nor is anybody's, "--max"; NULL: none. */
const char *options_stray(struct arena *a, const char *const *given, const char *usage);

/* Whether word is an option behind which a value stands as a word of its own. */
bool option_has_value(const char *word);

/* Writes a line for each option that a command of that usage takes, or, where it is NULL, for
 * those that are anybody's. */
void options_print(const char *usage);

#endif
