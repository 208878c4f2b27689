/*
 * line: what people write of themselves on one line, and others read on a screen, a label or an
 * invoice: names, and the lines of an address.
 *
 * Blanks of any kind become spaces, those at the ends go, several become one. Refused is what
 * can deceive a reader or a program that shows it carelessly: control characters, line breaks,
 * characters that nothing is seen of or that turn the direction of writing (Unicode category C;
 * but the joiners without which Persian and Indic names can't be written are kept), and < and
 * >.
 */
#ifndef VENDAS_LINE_H
#define VENDAS_LINE_H

#include "utf8.h"

enum line_kind {
    LINE_ANY,  /* a street, a flat: anything that is seen */
    LINE_NAME, /* of a person or a company, in any script: letters with their marks, digits,
                * quotes, dashes and . , & / ( ) +; a letter at least: "D'Ávila", "3M", "B & A
                * S/A" */
    LINE_CITY, /* as IBGE writes municipalities: letters, spaces, apostrophes and hyphens
                * ("Olho-d'Água do Borges"); other apostrophes become ' */
};

/* Brings a valid UTF-8 text in NFC into that form in place. Returns NULL, or a code of
 * lib/messages: "control_character"; "forbidden_character" with the character in refused;
 * "letter_missing". An empty line passes: its length is the caller's to check. */
const char *line_normalize(enum line_kind kind, char *text, char refused[UTF8_LONGEST + 1]);

#endif
