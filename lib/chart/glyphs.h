/*
 * glyphs: texts from anywhere, as the font can show them.
 */
#ifndef VENDAS_CHART_GLYPHS_H
#define VENDAS_CHART_GLYPHS_H

#include "arena.h"

/* A copy of a text with what the font has: symbols that it lacks (emoji) and what controls
 * other characters are left out, letters that it lacks become "□", bytes that are no UTF-8 "�".
 * Line breaks and runs of blanks become one space. Never empty but of a text of blanks alone.
 */
char *glyphs_shown(struct arena *a, const char *text);

/* The first so many characters of a text, and "…". */
char *glyphs_cut(struct arena *a, const char *text, size_t characters);

#endif
