/*
 * Images: the pictures that products are shown with. Staff uploads, orders and describes them;
 * everybody sees them in the product's document, once the job images has made what is shown of
 * them. Service Products, tables products.pictures and products.product_images, and the store
 * of their bytes (lib/store). Like variants they are part of their product's version.
 */
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "audit.h"
#include "db.h"
#include "digest.h"
#include "picture.h"
#include "request.h"
#include "seal.h"
#include "settings.h"
#include "store.h"

/* A product without pictures is one row of nulls. */
static const char LIST[] = "SELECT s.document, s.sha256 FROM products.products p"
                           "  LEFT JOIN products.staff_images s ON s.product_id = p.id"
                           " WHERE p.id = $1::uuid ORDER BY s.position, s.id";
static const char ONE[] = "SELECT document, sha256 FROM products.staff_images"
                          " WHERE product_id = $1::uuid AND id = $2::uuid";
static const char BEGIN[] = "SELECT products.begin_picture($1::uuid, $2::uuid, $3, $4,"
                            "                              $5::bigint, $6::int, $7::int)";
static const char ADD[] = "SELECT id, made FROM products.add_image($1::jsonb, $2::uuid, $3,"
                          "                                        $4::uuid, $5, $6::int)";
static const char UPDATE[] =
    "SELECT products.edit_image($1::jsonb, $2::uuid, $3::uuid, $4::jsonb)";
static const char DELETE[] = "SELECT products.delete_image($1::jsonb, $2::uuid, $3::uuid)";

enum { MAX_POSITION = 1000000, MAX_ALT = 500, RETRY_SECONDS = 30, LINK_SECONDS = 3600 };

static const struct field UPLOAD[] = {
    {"alt", FIELD_TEXT, 0, 1, MAX_ALT, NULL, NULL},
    {"variant_id", FIELD_UUID, 0, 0, 0, NULL, NULL},
    {"position", FIELD_INTEGER, 0, 0, MAX_POSITION, NULL, NULL},
    {0},
};
static const struct field CHANGES[] = {
    {"alt", FIELD_TEXT, FIELD_NULLABLE, 1, MAX_ALT, NULL, NULL},
    {"variant_id", FIELD_UUID, FIELD_NULLABLE, 0, 0, NULL, NULL},
    {"position", FIELD_INTEGER, 0, 0, MAX_POSITION, NULL, NULL},
    {0},
};
static const struct field LINK[] = {
    {"expires", FIELD_INTEGER, FIELD_REQUIRED, 0, 0, NULL, NULL},
    {"signature", FIELD_TEXT, FIELD_REQUIRED, 1, 100, NULL, NULL},
    {0},
};

static const char *original_key(struct arena *a, const char *sha256)
{
    return arena_printf(a, "originals/%s", sha256);
}

/* Links to originals ----------------------------------------------------------------------- */

static const char *signature(struct arena *a, const char *sha256, long long expires)
{
    const char *what = arena_printf(a, "%s %lld", sha256, expires);
    return seal_lookup(a, "products.pictures.original", what) + strlen("\\x");
}

/* An image's document with the link to its original. */
static const char *with_original(struct arena *a, const struct rows *rows, int row)
{
    const char *document = db_text(rows, row, 0), *sha256 = db_text(rows, row, 1);
    long long expires = (long long)time(NULL) + LINK_SECONDS;
    return arena_printf(
        a, "%.*s,\"original\":\"%s/v1/images/%s/original?expires=%lld&signature=%s\"}",
        (int)strlen(document) - 1, document, settings()->public_url, sha256, expires,
        signature(a, sha256, expires));
}

static bool is_sha256(const char *text)
{
    return strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
}

/* The store did not do what was asked of it. */
static void store_problem(struct request *req, enum store_result result)
{
    if (result == STORE_ABSENT) {
        respond_problem(req, 404, "not_found");
    } else {
        respond_problem(req, 503, "store_unavailable");
        req->problem.retry_after = RETRY_SECONDS;
    }
}

static void read_original(struct request *req)
{
    const char *sha256 = req_param(req, "sha256"), *bytes;
    size_t n;
    struct picture picture;
    if (!is_sha256(sha256)) {
        respond_problem(req, 404, "not_found");
        return;
    }
    struct json_object *query = req_query(req, LINK);
    if (!query)
        return;
    long long expires = field_integer(query, "expires");
    const char *given = field_text(query, "signature");
    const char *right = signature(req->arena, sha256, expires);
    if (strlen(given) != strlen(right) || CRYPTO_memcmp(given, right, strlen(right)) ||
        expires < (long long)time(NULL)) {
        respond_problem(req, 403, "invalid_link");
        return;
    }
    enum store_result result = store_get(req->arena, original_key(req->arena, sha256),
                                         (size_t)settings()->max_image_bytes, &bytes, &n);
    if (result != STORE_DONE || picture_read(bytes, n, &picture)) {
        store_problem(req, result);
        return;
    }
    respond_header(req, "Cache-Control", "private, no-store");
    respond_header(req, "Content-Disposition", "attachment");
    respond_bytes(req, 200, picture.type, bytes, n);
}

/* What shops show, where it does not lie on this host. nginx keeps it and answers conditions.
 */
static void read_rendition(struct request *req, const char *ending, const char *type)
{
    const char *sha256 = req_param(req, "sha256"), *width = req_param(req, "width"), *bytes;
    size_t n;
    if (!is_sha256(sha256) || strlen(width) > 4 || width[strspn(width, "0123456789")]) {
        respond_problem(req, 404, "not_found");
        return;
    }
    const char *key = arena_printf(req->arena, "images/%s/%s.%s", sha256, width, ending);
    enum store_result result =
        store_get(req->arena, key, (size_t)settings()->max_image_bytes, &bytes, &n);
    if (result != STORE_DONE) {
        store_problem(req, result);
        return;
    }
    respond_header(req, "ETag", arena_printf(req->arena, "\"%.16s-%s\"", sha256, width));
    respond_bytes(req, 200, type, bytes, n);
}

static void read_webp(struct request *req)
{
    read_rendition(req, "webp", "image/webp");
}

static void read_jpeg(struct request *req)
{
    read_rendition(req, "jpg", "image/jpeg");
}

/* A product's images ----------------------------------------------------------------------- */

static void list_images(struct request *req)
{
    const char *product = req_param_uuid(req, "id");
    struct rows *rows = product ? db_query(req->arena, &req->problem, LIST, product) : NULL;
    if (rows && db_count(rows) == 0)
        respond_problem(req, 404, "not_found");
    else if (rows && !db_text(rows, 0, 0))
        respond_json(req, 200, "{\"data\":[],\"next_cursor\":null}");
    else
        respond_page_of(req, rows, rows ? db_count(rows) : 0, "images", with_original, "");
}

static void respond_image(struct request *req, int status, const char *product, const char *id)
{
    struct rows *rows = db_query(req->arena, &req->problem, ONE, product, id);
    if (rows && db_count(rows) == 0)
        respond_problem(req, 404, "not_found");
    else if (rows)
        respond_json(req, status, with_original(req->arena, rows, 0));
}

/* The picture of the body in the store: its SHA-256, or NULL with the problem filled. */
static const char *keep_picture(struct request *req, const char *product, const char *variant)
{
    struct arena *a = req->arena;
    struct picture picture;
    size_t n;
    const char *bytes = req_bytes_up_to(req, settings()->max_image_bytes, &n);
    const char *fault = bytes ? picture_read(bytes, n, &picture) : NULL;
    if (fault)
        respond_problem(req, strcmp(fault, "picture_kind") ? 422 : 415, fault);
    if (!bytes || fault)
        return NULL;
    const char *sha256 = digest_sha256(a, bytes, n);
    struct rows *begun =
        db_query(a, &req->problem, BEGIN, product, variant, sha256, picture.kind,
                 arena_printf(a, "%zu", n), arena_printf(a, "%d", picture.width),
                 arena_printf(a, "%d", picture.height));
    if (!begun || !db_boolean(begun, 0, 0))
        return begun ? sha256 : NULL;
    enum store_result result = store_put(a, original_key(a, sha256), picture.type, bytes, n);
    if (result != STORE_DONE)
        store_problem(req, result);
    return result == STORE_DONE ? sha256 : NULL;
}

static void create_image(struct request *req)
{
    struct arena *a = req->arena;
    const char *product = req_param_uuid(req, "id");
    struct json_object *query = product ? req_query(req, UPLOAD) : NULL;
    if (!query)
        return;
    const char *variant = field_text(query, "variant_id");
    const char *sha256 = keep_picture(req, product, variant);
    const char *position = field_present(query, "position")
                               ? arena_printf(a, "%lld", field_integer(query, "position"))
                               : NULL;
    struct rows *added = sha256 ? db_query(a, &req->problem, ADD, audit_act(req), product,
                                           sha256, variant, field_text(query, "alt"), position)
                                : NULL;
    if (!added)
        return;
    const char *id = db_text(added, 0, 0);
    bool made = db_boolean(added, 0, 1);
    if (made)
        respond_header(req, "Location",
                       arena_printf(a, "/v1/products/%s/images/%s", product, id));
    respond_image(req, made ? 201 : 200, product, id);
}

static void read_image(struct request *req)
{
    const char *product = req_param_uuid(req, "id"), *id = req_param_uuid(req, "image_id");
    if (product && id)
        respond_image(req, 200, product, id);
}

static void update_image(struct request *req)
{
    const char *product = req_param_uuid(req, "id"), *id = req_param_uuid(req, "image_id");
    struct json_object *body = product && id ? req_body(req, CHANGES, true) : NULL;
    if (body && db_query(req->arena, &req->problem, UPDATE, audit_act(req), product, id,
                         field_json(body)))
        respond_image(req, 200, product, id);
}

static void delete_image(struct request *req)
{
    const char *product = req_param_uuid(req, "id"), *id = req_param_uuid(req, "image_id");
    if (product && id &&
        db_query(req->arena, &req->problem, DELETE, audit_act(req), product, id))
        respond_empty(req);
}

static const struct route ROUTES[] = {
    {"GET", "/v1/products/{id}/images", "products:write", list_images},
    {"POST", "/v1/products/{id}/images", "products:write", create_image},
    {"GET", "/v1/products/{id}/images/{image_id}", "products:write", read_image},
    {"PATCH", "/v1/products/{id}/images/{image_id}", "products:write", update_image},
    {"DELETE", "/v1/products/{id}/images/{image_id}", "products:write", delete_image},
    {"GET", "/v1/images/{sha256}/original", ANYONE, read_original},
    {"GET", "/images/{sha256}/{width}.webp", ANYONE, read_webp},
    {"GET", "/images/{sha256}/{width}.jpg", ANYONE, read_jpeg},
    {0},
};

int main(int argc, char **argv)
{
    return serve("products", ROUTES, argc, argv);
}
