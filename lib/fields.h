/*
 * fields: what a body or a query string may hold, declared as a table and checked at the door.
 * A handler sees only values that have passed; every fault is told, with its pointer.
 */
#ifndef VENDAS_FIELDS_H
#define VENDAS_FIELDS_H

#include <json-c/json.h>
#include <stdbool.h>

#include "problem.h"

/* Texts are UTF-8, and brought into Normalization Form C (lib/normal.h), FIELD_SECRET alone
 * not; min and max of FIELD_TEXT to FIELD_CITY count their characters after that. */
enum field_type {
    FIELD_TEXT = 1,  /* one line */
    FIELD_LONG_TEXT, /* line breaks and tabs allowed */
    FIELD_SECRET,    /* any characters at all, as they came */
    FIELD_PASSWORD,  /* any characters at all: NIST SP 800-63B section 5.1.1.2 */
    FIELD_LINE,      /* a line of an address: lib/line.h, LINE_ANY */
    FIELD_NAME,      /* of a person or a company: LINE_NAME */
    FIELD_CITY,      /* LINE_CITY */
    FIELD_INTEGER,   /* min and max are its bounds */
    FIELD_NUMBER,    /* any decimal number, kept as it is written */
    FIELD_BOOLEAN,
    FIELD_UUID,        /* RFC 9562; read back in lower case */
    FIELD_EMAIL,       /* the part of RFC 5321 that mail is really sent to */
    FIELD_URL,         /* http or https, absolute */
    FIELD_TIME,        /* RFC 3339 date-time */
    FIELD_DATE,        /* RFC 3339 full-date */
    FIELD_BIRTH_DATE,  /* full-date from 1900 to today (UTC); no least age */
    FIELD_GTIN,        /* GS1: lib/gtin.h; read back in its shortest form */
    FIELD_SKU,         /* a shop's own code: letters, digits and . _ / - */
    FIELD_SLUG,        /* a part of an address: a-z, 0-9 and single hyphens between */
    FIELD_NCM,         /* Mercosur nomenclature, 8516.60.00; read back as eight digits */
    FIELD_DOCUMENT,    /* CPF or CNPJ, masked or not; read back bare: lib/document.h */
    FIELD_PHONE,       /* Brazilian or international; read back in E.164: lib/phone.h */
    FIELD_STATE,       /* UF; read back in upper case */
    FIELD_POSTAL_CODE, /* CEP, 01310-100 or 01310100; read back as eight digits */
    FIELD_CURRENCY,    /* ISO 4217; must be the shop's */
    FIELD_CHOICE,      /* one of choices, separated by blanks */
    FIELD_OBJECT,      /* members as declared in fields */
    FIELD_ANY_OBJECT,  /* names and texts, numbers or booleans; max counts members */
    FIELD_LIST,        /* items as fields[0]; min and max count them */
    FIELD_FIXED,       /* what is there and does not change: refused by name */
    FIELD_JSON,        /* anything, as it came; the handler checks */
};

enum { FIELD_REQUIRED = 1, FIELD_NULLABLE = 2 };

struct field {
    const char *name; /* NULL ends a table */
    enum field_type type;
    int flags;
    long long min, max; /* max 0: no bound */
    const char *choices;
    const struct field *fields;
};

/* Checks object against the table, adds every fault to *p and brings values into their normal
 * form. partial: nothing is required (a PATCH). Returns whether all is well. */
bool fields_check(struct problem *p, const struct field *fields, struct json_object *object,
                  bool partial);

/* Checks one value found at pointer. */
bool field_check(struct problem *p, const struct field *f, const char *pointer,
                 struct json_object *value, struct json_object **normal);

/* Values of a checked object: NULL, 0 or false where the member is absent or null. */
const char *field_text(struct json_object *object, const char *name);
long long field_integer(struct json_object *object, const char *name);
bool field_boolean(struct json_object *object, const char *name);
struct json_object *field_value(struct json_object *object, const char *name);
bool field_present(struct json_object *object, const char *name);

/* The object as JSON text, for a jsonb parameter. */
const char *field_json(struct json_object *object);

#endif
