/*
 * phone: telephone numbers as people write them, kept as E.164 has them (ITU-T: +, country
 * code, number; at most 15 digits).
 *
 * A number without + is a Brazilian one: area code (DDD) and eight digits beginning with 2 to 5
 * of a fixed line, or nine beginning with 9 of a mobile one (Anatel: Resolução 749/2022; the
 * ninth digit: Resolução 553/2010). Numbers without an area code (0800, 4004, 190) are not
 * anybody's own.
 */
#ifndef VENDAS_PHONE_H
#define VENDAS_PHONE_H

#include <stdbool.h>

#include "arena.h"

/* A telephone number in E.164: of "(11) 98765-4321", "011 98765-4321" and "+55 11 98765 4321"
 * it is "+5511987654321". NULL and *code one of lib/messages where it is none: "not_phone", or
 * "unknown_area_code". */
char *phone_normalize(struct arena *a, const char *text, const char **code);

#endif
