/*
 * messages: every text that the API shows to people, in pt-BR and English, by code.
 */
#ifndef VENDAS_MESSAGES_H
#define VENDAS_MESSAGES_H

#include "arena.h"
#include "lang.h"

/* The text of a problem or field error code; an unknown code gives "Not a valid value.". Where
 * the text has a {}, argument (a limit, a name; NULL for none) stands in its place. */
const char *message_with(struct arena *a, const char *code, enum lang lang,
                         const char *argument);

/* Standard reason phrase of a status in that language, "" when not known. */
const char *message_of_status(int status, enum lang lang);

#endif
