/*
 * lang: the languages that people are answered in.
 */
#ifndef VENDAS_LANG_H
#define VENDAS_LANG_H

enum lang { LANG_PT_BR, LANG_EN };

/* The language that an Accept-Language header asks for (RFC 9110 section 12.5.4, q-values
 * included); pt-BR where it is NULL or names neither. */
enum lang lang_from_accept(const char *accept_language);

/* The language's tag, "pt-BR" or "en". */
const char *lang_tag(enum lang lang);

#endif
