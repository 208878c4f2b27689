#include "fields.h"

#include <ctype.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "brazil.h"
#include "document.h"
#include "gtin.h"
#include "line.h"
#include "normal.h"
#include "phone.h"
#include "rfc3339.h"
#include "settings.h"
#include "utf8.h"
#include "words.h"

static bool fault(struct problem *p, const char *pointer, const char *code,
                  const char *argument)
{
    problem_field(p, pointer, code, argument);
    return false;
}

static bool fault_number(struct problem *p, const char *pointer, const char *code, long long n)
{
    return fault(p, pointer, code, arena_printf(p->arena, "%lld", n));
}

/* Formats ---------------------------------------------------------------------------------- */

static bool is_uuid(char *s)
{
    for (int i = 0; i < 36; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? s[i] != '-' : !isxdigit((unsigned char)s[i]))
            return false;
        s[i] = (char)tolower((unsigned char)s[i]);
    }
    return s[36] == '\0';
}

/* local@domain.tld, ASCII, as RFC 5321 4.1.2 has it without quoted strings and address
 * literals; 64, 63 and 254 are its limits (4.5.3.1). */
static bool is_email(const char *s)
{
    static const char ATEXT[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "!#$%&'*+-/=?^_`{|}~.";
    size_t local = strspn(s, ATEXT), len = strlen(s);
    if (local == 0 || local > 64 || len > 254 || s[local] != '@' || s[0] == '.' ||
        s[local - 1] == '.' || strstr(s, ".."))
        return false;
    int labels = 0;
    for (const char *label = s + local + 1;; labels++) {
        size_t n = 0;
        while (isalnum((unsigned char)label[n]) || label[n] == '-')
            n++;
        if (n == 0 || n > 63 || label[0] == '-' || label[n - 1] == '-')
            return false;
        if (label[n] == '\0')
            return labels >= 1 && !isdigit((unsigned char)label[0]);
        if (label[n] != '.')
            return false;
        label += n + 1;
    }
}

static bool is_url(const char *s)
{
    size_t scheme = !strncasecmp(s, "https://", 8) ? 8 : !strncasecmp(s, "http://", 7) ? 7 : 0;
    if (!scheme || !isalnum((unsigned char)s[scheme]))
        return false;
    for (; *s; s++)
        if ((unsigned char)*s <= ' ' || *s == '"' || *s == '<' || *s == '>' || *s == '\\')
            return false;
    return true;
}

static bool is_state(char *s)
{
    for (char *c = s; *c; c++)
        *c = (char)toupper((unsigned char)*c);
    return state_valid(s);
}

static bool is_postal_code(char *s)
{
    size_t n = strlen(s);
    if (n == 9 && s[5] == '-') {
        memmove(s + 5, s + 6, 4);
        n = 8;
    }
    return n == 8 && strspn(s, "0123456789") == 8;
}

/* Texts ------------------------------------------------------------------------------------ */

static bool check_length(struct problem *p, const struct field *f, const char *pointer,
                         long long length)
{
    if (length < f->min)
        return length == 0 ? fault(p, pointer, "required", NULL)
                           : fault_number(p, pointer, "too_short", f->min);
    if (f->max && length > f->max)
        return fault_number(p, pointer, "too_long", f->max);
    return true;
}

static bool check_plain(struct problem *p, const struct field *f, const char *pointer,
                        const char *s)
{
    for (const char *c = s; *c; c++)
        if (((unsigned char)*c < 0x20 || *c == 0x7F) &&
            !(f->type == FIELD_LONG_TEXT && strchr("\n\r\t", *c)))
            return fault(p, pointer, "control_character", NULL);
    bool empty = f->min > 0 && s[strspn(s, " \t\r\n")] == '\0';
    return check_length(p, f, pointer, empty ? 0 : (long long)utf8_length(s));
}

static bool check_line(struct problem *p, const struct field *f, const char *pointer, char *s,
                       enum line_kind kind)
{
    char refused[UTF8_LONGEST + 1] = "";
    const char *code = line_normalize(kind, s, refused);
    if (code)
        return fault(p, pointer, code, *refused ? refused : NULL);
    return check_length(p, f, pointer, (long long)utf8_length(s));
}

static bool check_phone(struct problem *p, const char *pointer, char **s)
{
    const char *code;
    char *number = phone_normalize(p->arena, *s, &code);
    if (!number)
        return fault(p, pointer, code, NULL);
    *s = number;
    return true;
}

static bool check_birth_date(struct problem *p, const char *pointer, const char *s)
{
    static const char EARLIEST[] = "1900-01-01";
    if (!rfc3339_is_date(s))
        return fault(p, pointer, "not_date", NULL);
    if (strcmp(s, EARLIEST) < 0)
        return fault(p, pointer, "too_early", EARLIEST);
    return !rfc3339_in_future(s) || fault(p, pointer, "in_future", NULL);
}

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

static bool is_sku(const char *s)
{
    return *s && strspn(s, LOWER UPPER DIGITS) > 0 && strlen(s) <= 64 &&
           strspn(s, LOWER UPPER DIGITS "._/-") == strlen(s);
}

static bool is_slug(const char *s)
{
    size_t n = strlen(s);
    return n > 0 && n <= 100 && strspn(s, LOWER DIGITS "-") == n && *s != '-' &&
           s[n - 1] != '-' && !strstr(s, "--");
}

/* Eight digits; people write 8516.60.00 (Receita Federal, TIPI). */
static bool is_ncm(char *s)
{
    char *o = s;
    for (const char *i = s; *i; i++)
        if (*i != '.')
            *o++ = *i;
    *o = '\0';
    return strlen(s) == 8 && strspn(s, DIGITS) == 8;
}

/* Codes of goods. */
static bool check_goods(struct problem *p, const struct field *f, const char *pointer, char *s)
{
    switch (f->type) {
    case FIELD_GTIN:
        if (!gtin_valid(s))
            return fault(p, pointer, "not_gtin", NULL);
        gtin_shorten(s);
        return true;
    case FIELD_SKU:
        return is_sku(s) || fault(p, pointer, "not_sku", NULL);
    case FIELD_SLUG:
        return is_slug(s) || fault(p, pointer, "not_slug", NULL);
    default:
        return is_ncm(s) || fault(p, pointer, "not_ncm", NULL);
    }
}

/* What people write, rather than codes. */
static bool check_written(struct problem *p, const struct field *f, const char *pointer,
                          char **s)
{
    switch (f->type) {
    case FIELD_SECRET:
    case FIELD_PASSWORD:
        return check_length(p, f, pointer, (long long)utf8_length(*s));
    case FIELD_LINE:
        return check_line(p, f, pointer, *s, LINE_ANY);
    case FIELD_NAME:
        return check_line(p, f, pointer, *s, LINE_NAME);
    case FIELD_CITY:
        return check_line(p, f, pointer, *s, LINE_CITY);
    case FIELD_PHONE:
        return check_phone(p, pointer, s);
    case FIELD_BIRTH_DATE:
        return check_birth_date(p, pointer, *s);
    default:
        return check_plain(p, f, pointer, *s);
    }
}

/* Brings *s, a copy, into its normal form, which may be another text. */
static bool check_format(struct problem *p, const struct field *f, const char *pointer,
                         char **text)
{
    char *s = *text;
    const char *code;
    switch (f->type) {
    case FIELD_UUID:
        return is_uuid(s) || fault(p, pointer, "not_uuid", NULL);
    case FIELD_EMAIL:
        return is_email(s) || fault(p, pointer, "not_email", NULL);
    case FIELD_URL:
        return (is_url(s) && strlen(s) <= 2000) || fault(p, pointer, "not_url", NULL);
    case FIELD_TIME:
        return rfc3339_is_time(s) || fault(p, pointer, "not_time", NULL);
    case FIELD_DATE:
        return rfc3339_is_date(s) || fault(p, pointer, "not_date", NULL);
    case FIELD_GTIN:
    case FIELD_SKU:
    case FIELD_SLUG:
    case FIELD_NCM:
        return check_goods(p, f, pointer, s);
    case FIELD_DOCUMENT:
        code = document_normalize(s);
        return !code || fault(p, pointer, code, NULL);
    case FIELD_STATE:
        return is_state(s) || fault(p, pointer, "not_state", NULL);
    case FIELD_POSTAL_CODE:
        return is_postal_code(s) || fault(p, pointer, "not_postal_code", NULL);
    case FIELD_CURRENCY:
        if (strlen(s) != 3 || strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 3)
            return fault(p, pointer, "not_currency", NULL);
        return !strcmp(s, settings()->currency) ||
               fault(p, pointer, "other_currency", settings()->currency);
    case FIELD_CHOICE:
        return words_hold(f->choices, s) || fault(p, pointer, "not_choice", f->choices);
    default:
        return check_written(p, f, pointer, text);
    }
}

static bool check_text(struct problem *p, const struct field *f, const char *pointer,
                       struct json_object *value, struct json_object **normal)
{
    if (!json_object_is_type(value, json_type_string))
        return fault(p, pointer, "not_text", NULL);
    const char *s = json_object_get_string(value);
    size_t len = (size_t)json_object_get_string_len(value);
    if (!utf8_valid(s, len)) /* NUL among them, which no text here may hold */
        return fault(p, pointer, "control_character", NULL);
    char *copy = f->type == FIELD_SECRET ? arena_strdup(p->arena, s) : normal_nfc(p->arena, s);
    if (!check_format(p, f, pointer, &copy))
        return false;
    if (strcmp(copy, s))
        *normal = json_object_new_string(copy);
    return true;
}

/* Other values ----------------------------------------------------------------------------- */

static bool check_integer(struct problem *p, const struct field *f, const char *pointer,
                          struct json_object *value)
{
    if (!json_object_is_type(value, json_type_int))
        return fault(p, pointer, "not_integer", NULL);
    int64_t n = json_object_get_int64(value);
    if (n < f->min)
        return fault_number(p, pointer, "too_small", f->min);
    if (n > (f->max ? f->max : INT64_MAX - 1))
        return fault_number(p, pointer, "too_large", f->max ? f->max : INT64_MAX - 1);
    return true;
}

static const char *below(struct arena *a, const char *pointer, const char *name)
{
    /* RFC 6901 section 4: ~ and / are written ~0 and ~1. */
    char *out = arena_alloc(a, strlen(pointer) + 2 * strlen(name) + 2), *o = out;
    o += sprintf(o, "%s/", pointer);
    for (; *name; name++) {
        if (*name == '~' || *name == '/') {
            *o++ = '~';
            *o++ = *name == '~' ? '0' : '1';
        } else {
            *o++ = *name;
        }
    }
    return out;
}

static bool check_list(struct problem *p, const struct field *f, const char *pointer,
                       struct json_object *value)
{
    if (!json_object_is_type(value, json_type_array))
        return fault(p, pointer, "not_list", NULL);
    size_t n = json_object_array_length(value);
    if ((long long)n < f->min)
        return fault_number(p, pointer, "too_few", f->min);
    if (f->max && (long long)n > f->max)
        return fault_number(p, pointer, "too_many", f->max);
    bool ok = true;
    for (size_t i = 0; i < n; i++) {
        struct json_object *normal = NULL;
        const char *at = arena_printf(p->arena, "%s/%zu", pointer, i);
        ok &= field_check(p, f->fields, at, json_object_array_get_idx(value, i), &normal);
        if (normal)
            json_object_array_put_idx(value, i, normal);
    }
    return ok;
}

/* A number that the database can keep as it is written. JSON sets no bounds (RFC 8259 section
 * 6), and json-c reads NaN and Infinity, which are no JSON. */
static bool is_number(struct json_object *value)
{
    const char *text = json_object_to_json_string(value);
    double n = json_object_get_double(value);
    return isfinite(n) && strlen(text) <= 40 && (n != 0 || !strpbrk(text, "eE"));
}

static bool check_number(struct problem *p, const char *pointer, struct json_object *value)
{
    if (json_object_is_type(value, json_type_int))
        return true;
    if (!json_object_is_type(value, json_type_double))
        return fault(p, pointer, "not_number", NULL);
    return is_number(value) || fault(p, pointer, "out_of_range", NULL);
}

/* One value of an object of any names. */
static bool check_any_value(struct problem *p, const char *pointer, struct json_object *value,
                            struct json_object **normal)
{
    static const struct field TEXT = {NULL, FIELD_LONG_TEXT, 0, 0, 1000, NULL, NULL};
    switch (json_object_get_type(value)) {
    case json_type_string:
        return check_text(p, &TEXT, pointer, value, normal);
    case json_type_double:
    case json_type_int:
        return check_number(p, pointer, value);
    case json_type_boolean:
        return true;
    default:
        return fault(p, pointer, "not_text", NULL);
    }
}

static bool check_any_object(struct problem *p, const struct field *f, const char *pointer,
                             struct json_object *value, struct json_object **object)
{
    static const struct field NAME = {NULL, FIELD_TEXT, 0, 0, 100, NULL, NULL};
    if (!json_object_is_type(value, json_type_object))
        return fault(p, pointer, "not_object", NULL);
    if (f->max && json_object_object_length(value) > f->max)
        return fault_number(p, pointer, "too_many", f->max);
    bool ok = true;
    struct json_object *checked = json_object_new_object();
    json_object_object_foreach(value, written, member)
    {
        struct json_object *normal = NULL;
        const char *name = normal_nfc(p->arena, written), *at = below(p->arena, pointer, name);
        ok &= check_plain(p, &NAME, at, name) && check_any_value(p, at, member, &normal);
        json_object_object_add(checked, name, normal ? normal : json_object_get(member));
    }
    *object = checked;
    return ok;
}

static bool check_members(struct problem *p, const struct field *fields, const char *pointer,
                          struct json_object *object, bool partial);

bool field_check(struct problem *p, const struct field *f, const char *pointer,
                 struct json_object *value, struct json_object **normal)
{
    if (f->type == FIELD_FIXED)
        return fault(p, pointer, "immutable", NULL);
    if (!value)
        return (f->flags & FIELD_NULLABLE) || fault(p, pointer, "not_null", NULL);
    switch (f->type) {
    case FIELD_INTEGER:
        return check_integer(p, f, pointer, value);
    case FIELD_NUMBER:
        return check_number(p, pointer, value);
    case FIELD_BOOLEAN:
        return json_object_is_type(value, json_type_boolean) ||
               fault(p, pointer, "not_boolean", NULL);
    case FIELD_OBJECT:
        if (!json_object_is_type(value, json_type_object))
            return fault(p, pointer, "not_object", NULL);
        return check_members(p, f->fields, pointer, value, false);
    case FIELD_ANY_OBJECT:
        return check_any_object(p, f, pointer, value, normal);
    case FIELD_LIST:
        return check_list(p, f, pointer, value);
    case FIELD_JSON:
        return true;
    default:
        return check_text(p, f, pointer, value, normal);
    }
}

static const struct field *find(const struct field *fields, const char *name)
{
    for (; fields->name; fields++)
        if (!strcmp(fields->name, name))
            return fields;
    return NULL;
}

static bool check_members(struct problem *p, const struct field *fields, const char *pointer,
                          struct json_object *object, bool partial)
{
    bool ok = true;
    json_object_object_foreach(object, name, unused)
    {
        (void)unused;
        if (!find(fields, name))
            ok = fault(p, below(p->arena, pointer, name), "unknown_field", NULL);
    }
    for (const struct field *f = fields; f->name; f++) {
        struct json_object *value, *normal = NULL;
        const char *at = below(p->arena, pointer, f->name);
        if (json_object_object_get_ex(object, f->name, &value)) {
            ok &= field_check(p, f, at, value, &normal);
            if (normal)
                json_object_object_add(object, f->name, normal);
        } else if ((f->flags & FIELD_REQUIRED) && !partial) {
            ok = fault(p, at, "required", NULL);
        }
    }
    return ok;
}

bool fields_check(struct problem *p, const struct field *fields, struct json_object *object,
                  bool partial)
{
    return check_members(p, fields, "", object, partial);
}

/* Reading ---------------------------------------------------------------------------------- */

struct json_object *field_value(struct json_object *object, const char *name)
{
    struct json_object *value = NULL;
    json_object_object_get_ex(object, name, &value);
    return value;
}

bool field_present(struct json_object *object, const char *name)
{
    return json_object_object_get_ex(object, name, NULL);
}

const char *field_text(struct json_object *object, const char *name)
{
    struct json_object *value = field_value(object, name);
    return value ? json_object_get_string(value) : NULL;
}

long long field_integer(struct json_object *object, const char *name)
{
    return json_object_get_int64(field_value(object, name));
}

bool field_boolean(struct json_object *object, const char *name)
{
    return json_object_get_boolean(field_value(object, name));
}

const char *field_json(struct json_object *object)
{
    return json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN);
}
