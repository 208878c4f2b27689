#include "catalog/extract.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "buf.h"
#include "catalog/clean.h"
#include "catalog/price.h"
#include "fields.h"
#include "gtin.h"
#include "json.h"

/* Bounds of POST /v1/ingest, and of what is a price at all: 10 million in minor units. */
enum {
    MAX_NAME = 200,
    MAX_DESCRIPTION = 10000,
    MAX_BRAND = 120,
    MAX_SKU = 100,
    MAX_SELLER = 200,
    MAX_CATEGORY = 500,
    MAX_IMAGES = 20,
    MAX_ATTRIBUTES = 50,
    MAX_ATTRIBUTE = 500,
    MAX_DEPTH = 12,
    MAX_JSON_DEPTH = 32,
};
static const long long MAX_PRICE = 1000000000;

/* schema.org values ------------------------------------------------------------------------ */

/* The last part of a schema.org name: "https://schema.org/InStock" says "InStock". */
static const char *last_part(const char *name)
{
    const char *slash = strrchr(name, '/');
    return slash ? slash + 1 : name;
}

static bool type_is(struct json_object *type, const char *wanted)
{
    if (json_object_is_type(type, json_type_array)) {
        for (size_t i = 0; i < json_object_array_length(type); i++)
            if (type_is(json_object_array_get_idx(type, i), wanted))
                return true;
        return false;
    }
    return json_object_is_type(type, json_type_string) &&
           !strcasecmp(last_part(json_object_get_string(type)), wanted);
}

static bool is_a(struct json_object *node, const char *wanted)
{
    return json_object_is_type(node, json_type_object) &&
           type_is(field_value(node, "@type"), wanted);
}

/* The first of a list, or the value itself. */
static struct json_object *first(struct json_object *value)
{
    return json_object_is_type(value, json_type_array) ? json_object_array_get_idx(value, 0)
                                                       : value;
}

/* A value as text: a text or number as it stands, an object by its name, a list by its first.
 */
static const char *text_of(struct json_object *value)
{
    static const char *const NAMES[] = {"name",       "@value", "value", "url",
                                        "contentUrl", "@id",    NULL};
    value = first(value);
    if (json_object_is_type(value, json_type_object)) {
        for (const char *const *name = NAMES; *name; name++)
            if (json_object_is_type(field_value(value, *name), json_type_string))
                return json_object_get_string(field_value(value, *name));
        return NULL;
    }
    return json_object_is_type(value, json_type_string) ||
                   json_object_is_type(value, json_type_int) ||
                   json_object_is_type(value, json_type_double)
               ? json_object_get_string(value)
               : NULL;
}

static const char *member_text(struct json_object *node, const char *name)
{
    return json_object_is_type(node, json_type_object) ? text_of(field_value(node, name))
                                                       : NULL;
}

/* Finding ---------------------------------------------------------------------------------- */

/* Where a product may stand below another node. Related products have other names. */
static const char *const INSIDE[] = {"@graph", "mainEntity", "mainEntityOfPage", "hasVariant",
                                     NULL};

/* schema.org's types of things for sale, and a list of their forms. */
static const char *const PRODUCT[] = {"Product",      "IndividualProduct", "SomeProducts",
                                      "ProductModel", "ProductGroup",      NULL};
static const char *const BREADCRUMB[] = {"BreadcrumbList", NULL};

static bool is_one_of(struct json_object *node, const char *const *types)
{
    while (*types && !is_a(node, *types))
        types++;
    return *types;
}

/* The first node of one of the types, depth first. */
static struct json_object *find(struct json_object *node, const char *const *types, int depth)
{
    struct json_object *found = NULL;
    if (depth > MAX_DEPTH)
        return NULL;
    if (json_object_is_type(node, json_type_array)) {
        for (size_t i = 0; !found && i < json_object_array_length(node); i++)
            found = find(json_object_array_get_idx(node, i), types, depth + 1);
        return found;
    }
    if (!json_object_is_type(node, json_type_object) || is_one_of(node, types))
        return json_object_is_type(node, json_type_object) ? node : NULL;
    for (const char *const *name = INSIDE; !found && *name; name++)
        found = find(field_value(node, *name), types, depth + 1);
    return found;
}

/* JSON as pages have it: inside a comment or CDATA section, with control characters in its
 * texts and commas too many. json-c forgives the latter two. */
static struct json_object *parse_script(struct arena *a, const char *text)
{
    static const char CDATA[] = "<![CDATA[";
    const char *start = text + strcspn(text, "[{"), *end = NULL;
    if (start >= text + 2 && !strncmp(start - 2, CDATA, strlen(CDATA))) {
        start += strlen(CDATA) - 2;
        start += strcspn(start, "[{");
        end = strstr(start, "]]>");
    }
    if (!end)
        end = text + strlen(text);
    while (end > start && end[-1] != ']' && end[-1] != '}')
        end--;
    struct json_tokener *t = json_tokener_new_ex(MAX_JSON_DEPTH);
    struct json_object *json = json_tokener_parse_ex(t, start, (int)(end - start));
    bool ok = json_tokener_get_error(t) == json_tokener_success;
    json_tokener_free(t);
    json_keep(a, json);
    return ok ? json : NULL;
}

/* Fields ----------------------------------------------------------------------------------- */

static void set_text(struct json_object *item, const char *name, const char *text)
{
    if (text)
        json_object_object_add(item, name, json_object_new_string(text));
}

static void add_brand_and_codes(struct arena *a, struct json_object *item,
                                struct json_object *product)
{
    static const char *const GTINS[] = {"gtin13", "gtin", "gtin14", "gtin12", "gtin8", NULL};
    static const char *const SKUS[] = {"sku", "productID", "mpn", NULL};
    set_text(item, "brand", clean_line(a, member_text(product, "brand"), MAX_BRAND));
    for (const char *const *name = GTINS; *name && !field_present(item, "gtin"); name++) {
        const char *text = member_text(product, *name);
        char *digits = arena_alloc(a, text ? strlen(text) + 1 : 1), *d = digits;
        for (; text && *text; text++)
            if (isdigit((unsigned char)*text))
                *d++ = *text;
        if (gtin_valid(digits))
            set_text(item, "gtin", digits);
    }
    for (const char *const *name = SKUS; *name && !field_present(item, "sku"); name++)
        set_text(item, "sku", clean_line(a, member_text(product, *name), MAX_SKU));
}

static void add_images(struct arena *a, struct json_object *item, struct json_object *product,
                       const char *base)
{
    struct json_object *value = field_value(product, "image");
    struct json_object *images = json_object_new_array();
    bool list = json_object_is_type(value, json_type_array);
    size_t n = list ? json_object_array_length(value) : value != NULL;
    for (size_t i = 0; i < n && i < MAX_IMAGES; i++) {
        struct json_object *image = list ? json_object_array_get_idx(value, i) : value;
        const char *address = json_object_is_type(image, json_type_object)
                                  ? member_text(image, "url")
                                  : text_of(image);
        if (!address)
            address = member_text(image, "contentUrl");
        const char *url = address ? page_resolve(a, base, address) : NULL;
        if (url)
            json_object_array_add(images, json_object_new_string(url));
    }
    if (json_object_array_length(images))
        json_object_object_add(item, "images", images);
    else
        json_object_put(images);
}

static void add_attributes(struct arena *a, struct json_object *item,
                           struct json_object *product)
{
    static const char *const OWN[] = {"color", "size", "material", "model", NULL};
    struct json_object *attributes = json_object_new_object();
    struct json_object *list = field_value(product, "additionalProperty");
    for (const char *const *name = OWN; *name; name++)
        set_text(attributes, *name, clean_line(a, member_text(product, *name), MAX_ATTRIBUTE));
    for (size_t i = 0; json_object_is_type(list, json_type_array) &&
                       i < json_object_array_length(list) && i < MAX_ATTRIBUTES;
         i++) {
        struct json_object *property = json_object_array_get_idx(list, i);
        const char *name = clean_line(a, member_text(property, "name"), 100);
        if (name)
            set_text(attributes, name,
                     clean_line(a, member_text(property, "value"), MAX_ATTRIBUTE));
    }
    if (json_object_object_length(attributes))
        json_object_object_add(item, "attributes", attributes);
    else
        json_object_put(attributes);
}

/* "Início > Casa > Cozinha > Cafeteira": what lies between the shop's front page and the
 * product. */
static const char *breadcrumb(struct arena *a, struct json_object *node)
{
    struct json_object *list = field_value(node, "itemListElement");
    size_t n = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
    struct buf path = buf_new(a);
    for (size_t i = 1; i + 1 < n; i++) {
        struct json_object *step = json_object_array_get_idx(list, i);
        const char *name = member_text(step, "name");
        name = clean_line(a, name ? name : member_text(step, "item"), 120);
        if (name)
            buf_printf(&path, "%s%s", path.len ? " > " : "", name);
    }
    return path.len ? path.data : NULL;
}

/* Offers ----------------------------------------------------------------------------------- */

struct offer {
    struct price price;
    bool found;
    struct json_object *node;
};

static bool read_price(struct arena *a, struct json_object *node, struct price *out)
{
    static const char *const NAMES[] = {"price", "lowPrice", NULL};
    for (const char *const *name = NAMES; *name; name++) {
        const char *text = member_text(node, *name);
        if (text && price_read_plain(a, text, out)) {
            const char *code = member_text(node, "priceCurrency");
            if (code && strlen(code) == 3)
                out->currency = code;
            return true;
        }
    }
    struct json_object *specification = first(field_value(node, "priceSpecification"));
    return json_object_is_type(specification, json_type_object) &&
           read_price(a, specification, out);
}

/* The lowest price among offers: what a shop shows as "from". */
static void consider(struct arena *a, struct json_object *node, struct offer *best)
{
    struct price price;
    if (json_object_is_type(node, json_type_array)) {
        for (size_t i = 0; i < json_object_array_length(node); i++)
            consider(a, json_object_array_get_idx(node, i), best);
    } else if (json_object_is_type(node, json_type_object) && read_price(a, node, &price)) {
        if (!best->found || price.minor < best->price.minor)
            *best = (struct offer){price, true, node};
    } else if (json_object_is_type(node, json_type_object) && field_present(node, "offers")) {
        consider(a, field_value(node, "offers"), best);
    }
}

static const char *availability(struct json_object *offer)
{
    static const struct {
        const char *schema, *ours;
    } TABLE[] = {
        {"InStock", "in_stock"},          {"OutOfStock", "out_of_stock"},
        {"SoldOut", "out_of_stock"},      {"PreOrder", "preorder"},
        {"PreSale", "preorder"},          {"BackOrder", "backorder"},
        {"Discontinued", "discontinued"}, {"LimitedAvailability", "limited"},
        {"OnlineOnly", "online_only"},    {"InStoreOnly", "in_store_only"},
    };
    const char *text = member_text(offer, "availability");
    for (size_t i = 0; text && i < sizeof TABLE / sizeof *TABLE; i++)
        if (!strcasecmp(last_part(text), TABLE[i].schema))
            return TABLE[i].ours;
    return NULL;
}

/* Together --------------------------------------------------------------------------------- */

static const char *add_offer(struct arena *a, struct json_object *item,
                             struct json_object *product, const char *currency)
{
    struct offer best = {0};
    consider(a, field_value(product, "offers"), &best);
    if (!best.found && read_price(a, product, &best.price))
        best = (struct offer){best.price, true, product};
    if (!best.found) /* a ProductGroup leaves its prices to its variants */
        consider(a, field_value(product, "hasVariant"), &best);
    if (!best.found)
        return "no_price";
    if (best.price.minor < 1 || best.price.minor > MAX_PRICE)
        return "implausible_price";
    json_object_object_add(item, "price", json_object_new_int64(best.price.minor));
    set_text(item, "currency", best.price.currency ? best.price.currency : currency);
    set_text(item, "availability", availability(best.node));
    set_text(item, "seller", clean_line(a, member_text(best.node, "seller"), MAX_SELLER));
    return NULL;
}

/* What the source calls this product: its code, else where it stands. */
static const char *source_id(struct arena *a, struct json_object *item, const struct page *page)
{
    const char **canonical = page_texts(a, page, "//link[@rel='canonical']/@href");
    const char *url = *canonical ? page_resolve(a, page->url, *canonical) : NULL;
    const char *sku = field_text(item, "sku");
    return sku ? sku : url ? url : page->url;
}

static const char *fill(struct arena *a, struct json_object *item, struct json_object *product,
                        struct json_object *crumbs, const struct page *page,
                        const char *currency)
{
    const char *name = clean_line(a, member_text(product, "name"), MAX_NAME);
    if (!name)
        return "no_name";
    set_text(item, "name", name);
    const char *refusal = add_offer(a, item, product, currency);
    if (refusal)
        return refusal;
    set_text(item, "description",
             clean_line(a, member_text(product, "description"), MAX_DESCRIPTION));
    add_brand_and_codes(a, item, product);
    add_images(a, item, product, page->url);
    add_attributes(a, item, product);
    const char *category = clean_line(a, member_text(product, "category"), MAX_CATEGORY);
    set_text(item, "category", category ? category : crumbs ? breadcrumb(a, crumbs) : NULL);
    set_text(item, "url", page->url);
    set_text(item, "source_id", source_id(a, item, page));
    return NULL;
}

struct json_object *extract_product(struct arena *a, const struct page *page,
                                    const char *currency, const char **refusal)
{
    const char **scripts = page_texts(
        a, page, "//script[contains(translate(@type, 'LDJSON', 'ldjson'), 'ld+json')]");
    struct json_object *product = NULL, *crumbs = NULL;
    *refusal = "no_product";
    for (; *scripts; scripts++) {
        struct json_object *json = parse_script(a, *scripts);
        if (!json)
            *refusal = "invalid_json";
        if (!product)
            product = find(json, PRODUCT, 0);
        if (!crumbs)
            crumbs = find(json, BREADCRUMB, 0);
    }
    if (!product)
        return NULL;
    struct json_object *item = json_keep(a, json_object_new_object());
    *refusal = fill(a, item, product, crumbs, page, currency);
    return *refusal ? NULL : item;
}
