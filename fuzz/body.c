/* body: a request's body against a table with a field of every kind. */
#include "fuzz.h"

#include "harness.h"

static const struct field MEMBERS[] = {
    {"id", FIELD_UUID, FIELD_REQUIRED, 0, 0, NULL, NULL},
    {"n", FIELD_INTEGER, 0, -5, 10, NULL, NULL},
    {0},
};
static const struct field ITEMS[] = {{"", FIELD_OBJECT, 0, 0, 0, NULL, MEMBERS}};
static const struct field STATES[] = {{"", FIELD_STATE, 0, 0, 0, NULL, NULL}};
static const struct field FIELDS[] = {
    {"text", FIELD_TEXT, FIELD_NULLABLE, 1, 20, NULL, NULL},
    {"long", FIELD_LONG_TEXT, 0, 0, 50, NULL, NULL},
    {"secret", FIELD_SECRET, 0, 8, 20, NULL, NULL},
    {"password", FIELD_PASSWORD, 0, 8, 20, NULL, NULL},
    {"line", FIELD_LINE, 0, 0, 20, NULL, NULL},
    {"name", FIELD_NAME, 0, 1, 20, NULL, NULL},
    {"city", FIELD_CITY, 0, 1, 20, NULL, NULL},
    {"flag", FIELD_BOOLEAN, 0, 0, 0, NULL, NULL},
    {"email", FIELD_EMAIL, 0, 0, 0, NULL, NULL},
    {"url", FIELD_URL, 0, 0, 0, NULL, NULL},
    {"time", FIELD_TIME, 0, 0, 0, NULL, NULL},
    {"date", FIELD_DATE, 0, 0, 0, NULL, NULL},
    {"birth", FIELD_BIRTH_DATE, 0, 0, 0, NULL, NULL},
    {"gtin", FIELD_GTIN, 0, 0, 0, NULL, NULL},
    {"sku", FIELD_SKU, 0, 0, 0, NULL, NULL},
    {"slug", FIELD_SLUG, 0, 0, 0, NULL, NULL},
    {"ncm", FIELD_NCM, 0, 0, 0, NULL, NULL},
    {"document", FIELD_DOCUMENT, 0, 0, 0, NULL, NULL},
    {"phone", FIELD_PHONE, 0, 0, 0, NULL, NULL},
    {"code", FIELD_POSTAL_CODE, 0, 0, 0, NULL, NULL},
    {"currency", FIELD_CURRENCY, 0, 0, 0, NULL, NULL},
    {"choice", FIELD_CHOICE, 0, 0, 0, "day week month", NULL},
    {"object", FIELD_OBJECT, 0, 0, 0, NULL, MEMBERS},
    {"any", FIELD_ANY_OBJECT, 0, 0, 3, NULL, NULL},
    {"items", FIELD_LIST, 0, 1, 4, NULL, ITEMS},
    {"states", FIELD_LIST, 0, 0, 0, NULL, STATES},
    {"fixed", FIELD_FIXED, 0, 0, 0, NULL, NULL},
    {"json", FIELD_JSON, 0, 0, 0, NULL, NULL},
    {0},
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = fuzz_begin();
    const char *const environment[] = {
        "CONTENT_TYPE=application/json",
        arena_printf(a, "CONTENT_LENGTH=%zu", size),
        NULL,
    };
    struct request *req = harness_request(a, environment, (const char *)data, size);
    struct json_object *body = req_body(req, FIELDS, false);
    fuzz_expect(!body == (req->problem.status != 0));
    if (body) {
        const char *normal = arena_strdup(a, field_json(body));
        fuzz_expect(fields_check(&req->problem, FIELDS, body, false)); /* normal forms pass */
        fuzz_expect(!strcmp(field_json(body), normal));                /* and are their own */
    } else {
        problem_json(&req->problem, LANG_EN, "fuzz");
    }
    return fuzz_end(a);
}
