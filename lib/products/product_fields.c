#include "products/product_fields.h"

#define PRICE_FIELD(name, flags)                                                               \
    {                                                                                          \
        name, FIELD_INTEGER, flags, 0, PRODUCT_MAX_PRICE, NULL, NULL                           \
    }
#define SIZE_FIELD(name)                                                                       \
    {                                                                                          \
        name, FIELD_INTEGER, FIELD_NULLABLE, 0, PRODUCT_MAX_SIZE_MM, NULL, NULL                \
    }
#define WEIGHT_FIELD                                                                           \
    {                                                                                          \
        "weight_g", FIELD_INTEGER, FIELD_NULLABLE, 0, PRODUCT_MAX_WEIGHT_G, NULL, NULL         \
    }

static const struct field CATEGORY_ID[] = {{"", FIELD_UUID, 0, 0, 0, NULL, NULL}};
static const struct field OPTION_NAME[] = {{"", FIELD_TEXT, 0, 1, 60, NULL, NULL}};

static const struct field PART[] = {
    {"variant_id", FIELD_UUID, FIELD_REQUIRED, 0, 0, NULL, NULL},
    {"quantity", FIELD_INTEGER, FIELD_REQUIRED, 1, 1000, NULL, NULL},
    {0},
};
/* That either of the last two is there, the table's constraint tells. */
static const struct field AHEAD[] = {
    {"pieces", FIELD_INTEGER, FIELD_REQUIRED, 1, PRODUCT_MAX_AHEAD, NULL, NULL},
    {"days", FIELD_INTEGER, 0, 0, 365, NULL, NULL},
    {"date", FIELD_DATE, 0, 0, 0, NULL, NULL},
    {0},
};
#define AHEAD_FIELD                                                                            \
    {                                                                                          \
        "sell_ahead", FIELD_OBJECT, FIELD_NULLABLE, 0, 0, NULL, AHEAD                          \
    }

static const struct field PARTS[] = {{"", FIELD_OBJECT, 0, 0, 0, NULL, PART}};

#define VARIANT_FIELDS                                                                         \
    {"sku", FIELD_SKU, 0, 0, 0, NULL, NULL},                                                   \
        {"gtin", FIELD_GTIN, FIELD_NULLABLE, 0, 0, NULL, NULL},                                \
        PRICE_FIELD("price", FIELD_NULLABLE), PRICE_FIELD("cost", FIELD_NULLABLE),             \
        WEIGHT_FIELD, AHEAD_FIELD, {"position", FIELD_INTEGER, 0, 0, 100000, NULL, NULL},      \
    {                                                                                          \
        0                                                                                      \
    }

const struct field VARIANT_NEW[] = {
    {"options", FIELD_ANY_OBJECT, FIELD_REQUIRED, 0, 5, NULL, NULL},
    VARIANT_FIELDS,
};

const struct field VARIANT_CHANGES[] = {
    {"id", FIELD_FIXED, 0, 0, 0, NULL, NULL},
    {"options", FIELD_ANY_OBJECT, 0, 0, 5, NULL, NULL},
    VARIANT_FIELDS,
};

static const struct field VARIANTS[] = {{"", FIELD_OBJECT, 0, 0, 0, NULL, VARIANT_NEW}};

#define COMMON_FIELDS                                                                          \
    {"slug", FIELD_SLUG, 0, 0, 0, NULL, NULL}, {"sku", FIELD_SKU, 0, 0, 0, NULL, NULL},        \
        {"description", FIELD_LONG_TEXT, FIELD_NULLABLE, 0, 10000, NULL, NULL},                \
        {"brand", FIELD_TEXT, FIELD_NULLABLE, 1, 120, NULL, NULL},                             \
        {"gtin", FIELD_GTIN, FIELD_NULLABLE, 0, 0, NULL, NULL},                                \
        {"ncm", FIELD_NCM, FIELD_NULLABLE, 0, 0, NULL, NULL},                                  \
        PRICE_FIELD("promotional_price", FIELD_NULLABLE),                                      \
        {"promotion_starts_at", FIELD_TIME, FIELD_NULLABLE, 0, 0, NULL, NULL},                 \
        {"promotion_ends_at", FIELD_TIME, FIELD_NULLABLE, 0, 0, NULL, NULL},                   \
        PRICE_FIELD("cost", FIELD_NULLABLE), WEIGHT_FIELD, SIZE_FIELD("width_mm"),             \
        SIZE_FIELD("height_mm"), SIZE_FIELD("length_mm"),                                      \
        {"category_ids", FIELD_LIST, FIELD_NULLABLE, 0, 20, NULL, CATEGORY_ID},                \
        {"attributes", FIELD_ANY_OBJECT, FIELD_NULLABLE, 0, 100, NULL, NULL},                  \
        {"parts", FIELD_LIST, 0, 1, 50, NULL, PARTS}, AHEAD_FIELD,                             \
        {"seo_title", FIELD_TEXT, FIELD_NULLABLE, 1, 200, NULL, NULL},                         \
        {"seo_description", FIELD_TEXT, FIELD_NULLABLE, 1, 500, NULL, NULL},                   \
        {"status", FIELD_CHOICE, 0, 0, 0, "draft active archived", NULL},                      \
    {                                                                                          \
        0                                                                                      \
    }

const struct field PRODUCT_NEW[] = {
    {"type", FIELD_CHOICE, 0, 0, 0, "simple variations bundle digital", NULL},
    {"name", FIELD_TEXT, FIELD_REQUIRED, 1, 200, NULL, NULL},
    PRICE_FIELD("price", FIELD_REQUIRED),
    {"currency", FIELD_CURRENCY, FIELD_REQUIRED, 0, 0, NULL, NULL},
    {"options", FIELD_LIST, 0, 1, 5, NULL, OPTION_NAME},
    {"variants", FIELD_LIST, 0, 1, 500, NULL, VARIANTS},
    COMMON_FIELDS,
};

const struct field PRODUCT_CHANGES[] = {
    {"id", FIELD_FIXED, 0, 0, 0, NULL, NULL},
    {"type", FIELD_FIXED, 0, 0, 0, NULL, NULL},
    {"currency", FIELD_FIXED, 0, 0, 0, NULL, NULL},
    {"options", FIELD_FIXED, 0, 0, 0, NULL, NULL},
    {"name", FIELD_TEXT, 0, 1, 200, NULL, NULL},
    PRICE_FIELD("price", 0),
    COMMON_FIELDS,
};

bool product_is_sound(struct problem *p, struct json_object *body)
{
    if (field_value(body, "promotional_price") && field_present(body, "price") &&
        field_integer(body, "promotional_price") > field_integer(body, "price"))
        problem_field(p, "/promotional_price", "too_large", field_text(body, "price"));
    return !p->status;
}
