-- The catalogue: kinds of products, their variants, bundles, addresses that have changed, and each
-- product's document kept ready to be read. What is derived of a product is made by
-- products.refresh() (0024), with which every function ends that changes one.

-- Tables -------------------------------------------------------------------------------------

ALTER TABLE products.products
    ADD COLUMN type            text NOT NULL DEFAULT 'simple' CONSTRAINT products_type_known
               CHECK (type IN ('simple', 'variations', 'bundle', 'digital')),
    ADD COLUMN ncm             text CONSTRAINT products_ncm_format CHECK (ncm ~ '^[0-9]{8}$'),
    ADD COLUMN cost            bigint CONSTRAINT products_cost_range CHECK (cost BETWEEN 0 AND 100000000000),
    ADD COLUMN width_mm        int CONSTRAINT products_width_mm_range CHECK (width_mm BETWEEN 0 AND 100000),
    ADD COLUMN height_mm       int CONSTRAINT products_height_mm_range CHECK (height_mm BETWEEN 0 AND 100000),
    ADD COLUMN length_mm       int CONSTRAINT products_length_mm_range CHECK (length_mm BETWEEN 0 AND 100000),
    ADD COLUMN options         text[] NOT NULL DEFAULT '{}'
               CONSTRAINT products_options_number CHECK (cardinality(options) <= 5),
    ADD COLUMN seo_title       text CONSTRAINT products_seo_title_length CHECK (length(seo_title) BETWEEN 1 AND 200),
    ADD COLUMN seo_description text CONSTRAINT products_seo_description_length
               CHECK (length(seo_description) BETWEEN 1 AND 500),
    ADD COLUMN locked_fields   text[] NOT NULL DEFAULT '{}',
    ADD COLUMN provenance      jsonb NOT NULL DEFAULT '{}' CONSTRAINT products_provenance_object
               CHECK (jsonb_typeof(provenance) = 'object'),
    ADD CONSTRAINT products_slug_format CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$');
COMMENT ON COLUMN products.products.type IS 'simple: one variant; variations: several, told apart by options; bundle: of other variants; digital: neither stock nor freight';
COMMENT ON COLUMN products.products.description IS 'Markdown (CommonMark)';
COMMENT ON COLUMN products.products.ncm IS 'code of the Mercosur nomenclature, for taxes: eight digits';
COMMENT ON COLUMN products.products.cost IS 'what a piece costs the shop, minor units; never shown to buyers';
COMMENT ON COLUMN products.products.width_mm IS 'of the parcel, for freight';
COMMENT ON COLUMN products.products.height_mm IS 'of the parcel, for freight';
COMMENT ON COLUMN products.products.length_mm IS 'of the parcel, for freight';
COMMENT ON COLUMN products.products.options IS 'names of what sets its variants apart, in their order, such as {tamanho,cor}';
COMMENT ON COLUMN products.products.seo_title IS 'title for search engines; null: the name';
COMMENT ON COLUMN products.products.seo_description IS 'summary for search engines';
COMMENT ON COLUMN products.products.locked_fields IS 'what people edited by hand: no collection changes it';
COMMENT ON COLUMN products.products.provenance IS 'who set a field last: {"price": {"by": "person" or a source, "at": time}}';

ALTER TABLE products.variants
    ADD COLUMN gtin     text CONSTRAINT variants_gtin_unique UNIQUE
               CONSTRAINT variants_gtin_format CHECK (gtin ~ '^([0-9]{8}|[0-9]{12,14})$'),
    ADD COLUMN cost     bigint CONSTRAINT variants_cost_range CHECK (cost BETWEEN 0 AND 100000000000),
    ADD COLUMN weight_g int CONSTRAINT variants_weight_g_range CHECK (weight_g BETWEEN 0 AND 10000000);
COMMENT ON COLUMN products.variants.gtin IS 'GTIN-8, 12, 13 or 14 as text; the check digit is checked before';
COMMENT ON COLUMN products.variants.cost IS 'minor units; null: the product''s';
COMMENT ON COLUMN products.variants.weight_g IS 'grams; null: the product''s';

UPDATE products.products p
   SET type = 'variations', options = ARRAY(SELECT jsonb_object_keys(v.options))
  FROM (SELECT DISTINCT ON (product_id) product_id, options FROM products.variants
         ORDER BY product_id, position, id) AS v
 WHERE v.product_id = p.id AND v.options <> '{}';
UPDATE products.variants v SET gtin = p.gtin
  FROM products.products p
 WHERE p.id = v.product_id AND p.gtin IS NOT NULL
   AND v.id = (SELECT f.id FROM products.variants f WHERE f.product_id = p.id ORDER BY f.position, f.id LIMIT 1);
DROP VIEW products.product_documents;
ALTER TABLE products.products DROP COLUMN gtin;
ALTER TABLE products.variants ADD CONSTRAINT variants_options_unique UNIQUE (product_id, options);

CREATE TABLE products.old_slugs (
    slug       text CONSTRAINT old_slugs_pkey PRIMARY KEY,
    product_id uuid NOT NULL CONSTRAINT old_slugs_product_fkey REFERENCES products.products ON DELETE CASCADE
);
CREATE INDEX old_slugs_product_idx ON products.old_slugs (product_id);
COMMENT ON TABLE products.old_slugs IS 'Addresses that products had before; whoever comes there is sent on.';
COMMENT ON COLUMN products.old_slugs.slug IS 'the address';
COMMENT ON COLUMN products.old_slugs.product_id IS 'whose it was';

CREATE TABLE products.bundle_parts (
    bundle_id uuid NOT NULL CONSTRAINT bundle_parts_bundle_fkey REFERENCES products.variants ON DELETE CASCADE,
    part_id   uuid NOT NULL CONSTRAINT bundle_parts_part_fkey REFERENCES products.variants
              CONSTRAINT bundle_parts_not_itself CHECK (part_id <> bundle_id),
    quantity  int NOT NULL CONSTRAINT bundle_parts_quantity_range CHECK (quantity BETWEEN 1 AND 1000),
    position  int NOT NULL DEFAULT 0,
    CONSTRAINT bundle_parts_pkey PRIMARY KEY (bundle_id, part_id)
);
CREATE INDEX bundle_parts_part_idx ON products.bundle_parts (part_id);
COMMENT ON TABLE products.bundle_parts IS 'What a bundle is made of. It has no stock of its own: what it has is what its parts allow.';
COMMENT ON COLUMN products.bundle_parts.bundle_id IS 'the variant of a product of type bundle';
COMMENT ON COLUMN products.bundle_parts.part_id IS 'a variant that keeps stock';
COMMENT ON COLUMN products.bundle_parts.quantity IS 'pieces of it in one bundle';
COMMENT ON COLUMN products.bundle_parts.position IS 'order within the bundle';

CREATE TABLE products.documents (
    product_id  uuid CONSTRAINT documents_pkey PRIMARY KEY
                CONSTRAINT documents_product_fkey REFERENCES products.products ON DELETE CASCADE,
    slug        text NOT NULL CONSTRAINT documents_slug_unique UNIQUE,
    type        text NOT NULL,
    active      boolean NOT NULL,
    version     int NOT NULL,
    valid_until timestamptz,
    variant_ids uuid[] NOT NULL,
    document    text NOT NULL,
    CONSTRAINT documents_variants_counted
        CHECK (length(document) - length(replace(document, E'\x01', '')) = cardinality(variant_ids))
);
COMMENT ON TABLE products.documents IS 'Products as the API shows them, ready to be read. Made by products.refresh() alone.';
COMMENT ON COLUMN products.documents.product_id IS 'the product';
COMMENT ON COLUMN products.documents.slug IS 'its address';
COMMENT ON COLUMN products.documents.type IS 'its type';
COMMENT ON COLUMN products.documents.active IS 'whether buyers see it';
COMMENT ON COLUMN products.documents.version IS 'its version';
COMMENT ON COLUMN products.documents.valid_until IS 'when a promotion begins or ends: from then on the prices in it are wrong; null: never';
COMMENT ON COLUMN products.documents.variant_ids IS 'its variants in the document''s order';
COMMENT ON COLUMN products.documents.document IS 'JSON, with the byte 1 in place of what is available of each variant (lib/products/document)';

-- What has to be true ------------------------------------------------------------------------

CREATE FUNCTION products.check_variant() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    named text[];
BEGIN
    SELECT options INTO named FROM products.products WHERE id = NEW.product_id;
    IF named = '{}' AND NEW.options = '{}' THEN
        RETURN NULL;
    ELSIF ARRAY(SELECT unnest(named) ORDER BY 1) <> ARRAY(SELECT jsonb_object_keys(NEW.options) ORDER BY 1) THEN
        PERFORM shared.fail(422, 'wrong_options', '{"pointer": "/options"}');
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION products.check_variant() IS 'A variant has a value for each option of its product and for nothing else.';
CREATE TRIGGER variants_options_fit AFTER INSERT OR UPDATE OF options, product_id ON products.variants
    FOR EACH ROW EXECUTE FUNCTION products.check_variant();

CREATE FUNCTION products.check_part() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM products.variants v JOIN products.products p ON p.id = v.product_id
                    WHERE v.id = NEW.part_id AND p.type IN ('simple', 'variations'))
       OR NOT EXISTS (SELECT FROM products.variants v JOIN products.products p ON p.id = v.product_id
                       WHERE v.id = NEW.bundle_id AND p.type = 'bundle') THEN
        PERFORM shared.fail(422, 'not_a_part', jsonb_build_object(
            'pointer', '/parts/' || NEW.position || '/variant_id'));
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION products.check_part() IS 'Bundles are made of what keeps stock: not of bundles, nor of what is digital.';
CREATE TRIGGER bundle_parts_keep_stock AFTER INSERT OR UPDATE ON products.bundle_parts
    FOR EACH ROW EXECUTE FUNCTION products.check_part();

CREATE FUNCTION products.keep_type() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the id and the type of a product do not change';
END
$$;
COMMENT ON FUNCTION products.keep_type() IS 'What orders and stock rely on.';
CREATE TRIGGER products_keep_type BEFORE UPDATE ON products.products FOR EACH ROW
    WHEN (OLD.id <> NEW.id OR OLD.type <> NEW.type) EXECUTE FUNCTION products.keep_type();

-- An address is one product's, whether it has it or had it.
CREATE FUNCTION products.keep_slug() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('products.free_slug'), hashtext(NEW.slug));
    DELETE FROM products.old_slugs WHERE slug = NEW.slug AND product_id = NEW.id;
    IF EXISTS (SELECT FROM products.old_slugs WHERE slug = NEW.slug) THEN
        PERFORM shared.fail(409, 'already_exists', '{"pointer": "/slug"}');
    END IF;
    IF TG_OP = 'UPDATE' THEN
        INSERT INTO products.old_slugs VALUES (OLD.slug, NEW.id);
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION products.keep_slug() IS 'Leaves a sign at the old address, and refuses one that another product has left a sign at.';
CREATE TRIGGER products_keep_old_slug AFTER UPDATE OF slug ON products.products FOR EACH ROW
    WHEN (OLD.slug <> NEW.slug) EXECUTE FUNCTION products.keep_slug();

CREATE OR REPLACE FUNCTION products.free_slug(p_name text) RETURNS text
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    wanted text := shared.slug(p_name);
BEGIN
    -- Two that come at once with the same name: the second waits, then sees the first one's.
    PERFORM pg_advisory_xact_lock(hashtext('products.free_slug'), hashtext(wanted));
    IF EXISTS (SELECT FROM products.products WHERE slug = wanted)
       OR EXISTS (SELECT FROM products.old_slugs WHERE slug = wanted) THEN
        RETURN wanted || '-' || left(md5(gen_random_uuid()::text), 6);
    END IF;
    RETURN wanted;
END
$$;

-- The document -------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION products.price_now(price bigint, promotional bigint, starts timestamptz, ends timestamptz)
RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN promotional < price AND (starts IS NULL OR starts <= now())
                     AND (ends IS NULL OR now() < ends)
                THEN promotional ELSE price END
$$;

CREATE FUNCTION products.images_document(p_product uuid) RETURNS json
LANGUAGE sql STABLE AS $$
    SELECT p.images::json FROM products.products p WHERE p.id = p_product
$$;
COMMENT ON FUNCTION products.images_document(uuid) IS 'The pictures of a product, as its document shows them.';

CREATE FUNCTION products.options_document(p_product uuid, p_options text[]) RETURNS json
LANGUAGE sql STABLE AS $$
    SELECT coalesce(json_agg(json_build_object('name', o.name, 'values', (
               SELECT json_agg(s.value ORDER BY s.first) FROM (
                   SELECT v.options->>o.name AS value, min(v.position) AS first FROM products.variants v
                    WHERE v.product_id = p_product GROUP BY 1) AS s)) ORDER BY o.n), '[]')
      FROM unnest(p_options) WITH ORDINALITY AS o (name, n)
$$;
COMMENT ON FUNCTION products.options_document(uuid, text[]) IS 'The options of a product with the values that its variants have.';

CREATE FUNCTION products.parts_document(p_bundle uuid) RETURNS json
LANGUAGE sql STABLE AS $$
    SELECT json_agg(json_build_object('variant_id', b.part_id, 'product_id', v.product_id, 'sku', v.sku,
                                      'name', p.name, 'quantity', b.quantity) ORDER BY b.position, b.part_id)
      FROM products.bundle_parts b
      JOIN products.variants v ON v.id = b.part_id
      JOIN products.products p ON p.id = v.product_id
     WHERE b.bundle_id = p_bundle
$$;
COMMENT ON FUNCTION products.parts_document(uuid) IS 'What a bundle is made of; null for what is none.';

CREATE VIEW products.product_documents AS
SELECT p.id, p.slug, p.type, p.status, p.version,
       (SELECT min(t) FROM (VALUES (p.promotion_starts_at), (p.promotion_ends_at)) AS edge (t)
         WHERE t > now() AND p.promotional_price IS NOT NULL) AS valid_until,
       variants.ids AS variant_ids,
       json_build_object(
    'id', p.id, 'slug', p.slug, 'type', p.type, 'status', p.status, 'name', p.name,
    'description', p.description, 'brand', p.brand,
    'gtin', CASE WHEN p.type <> 'variations' THEN variants.gtin END, 'ncm', p.ncm,
    'price', p.price, 'currency', p.currency, 'promotional_price', p.promotional_price,
    'current_price', variants.lowest_price,
    'promotion_starts_at', shared.rfc3339(p.promotion_starts_at),
    'promotion_ends_at', shared.rfc3339(p.promotion_ends_at),
    'weight_g', p.weight_g, 'width_mm', p.width_mm, 'height_mm', p.height_mm, 'length_mm', p.length_mm,
    'attributes', p.attributes, 'images', products.images_document(p.id), 'in_stock', p.in_stock,
    'category_ids', ARRAY (SELECT c.category_id FROM products.product_categories c
                            WHERE c.product_id = p.id ORDER BY c.category_id),
    'options', products.options_document(p.id, p.options),
    'variants', variants.documents,
    'parts', CASE WHEN p.type = 'bundle' THEN products.parts_document(variants.ids[1]) END,
    'seo_title', p.seo_title, 'seo_description', p.seo_description,
    'created_at', shared.rfc3339(p.created_at), 'updated_at', shared.rfc3339(p.updated_at)) AS document
  FROM products.products p
 CROSS JOIN LATERAL (
       SELECT array_agg(v.id ORDER BY v.position, v.id) AS ids, min(v.gtin) AS gtin,
              min(v.current_price) AS lowest_price,
              json_agg(json_build_object(
                  'id', v.id, 'sku', v.sku, 'gtin', v.gtin, 'price', v.price,
                  'current_price', v.current_price, 'available', E'\x01',
                  'weight_g', v.weight_g, 'options', v.options) ORDER BY v.position, v.id) AS documents
         FROM (SELECT v.id, v.sku, v.gtin, coalesce(v.price, p.price) AS price, v.options, v.position,
                      coalesce(v.weight_g, p.weight_g) AS weight_g,
                      products.price_now(coalesce(v.price, p.price), p.promotional_price,
                                         p.promotion_starts_at, p.promotion_ends_at) AS current_price
                 FROM products.variants v WHERE v.product_id = p.id) AS v) AS variants;
COMMENT ON VIEW products.product_documents IS 'What products.documents is made of: the text of character 1 stands for what is available.';

CREATE FUNCTION products.open_document(p_document json) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
    -- As a JSON text the character is always escaped, so the bare byte stands for nothing else.
    SELECT replace(p_document::text, '"\u0001"', E'\x01')
$$;
COMMENT ON FUNCTION products.open_document(json) IS 'A document with the byte 1 where what is available goes.';

CREATE VIEW products.shown AS
SELECT d.product_id AS id, d.slug, d.active, d.version,
       CASE WHEN d.valid_until <= now()
            THEN (SELECT products.open_document(v.document) FROM products.product_documents v WHERE v.id = d.product_id)
            ELSE d.document END AS document,
       CASE d.type
       WHEN 'simple' THEN coalesce((SELECT a.available FROM sales.availability a
                                     WHERE a.variant_id = d.variant_ids[1]), 0)::text
       WHEN 'digital' THEN 'null'
       WHEN 'bundle' THEN (SELECT coalesce(min(coalesce(a.available, 0) / b.quantity), 0)::text
                             FROM products.bundle_parts b
                             LEFT JOIN sales.availability a ON a.variant_id = b.part_id
                            WHERE b.bundle_id = d.variant_ids[1])
       ELSE (SELECT string_agg(coalesce(a.available, 0)::text, ',' ORDER BY v.n)
               FROM unnest(d.variant_ids) WITH ORDINALITY AS v (id, n)
               LEFT JOIN sales.availability a ON a.variant_id = v.id) END AS available
  FROM products.documents d;
COMMENT ON VIEW products.shown IS 'Products as they are at this moment: the document, and what is available of each variant, separated by commas.';

CREATE VIEW products.staff_members AS
SELECT p.id, json_build_object(
           'cost', p.cost, 'locked_fields', to_json(p.locked_fields), 'provenance', p.provenance,
           'variant_costs', (SELECT json_object_agg(v.id, v.cost) FROM products.variants v
                              WHERE v.product_id = p.id AND v.cost IS NOT NULL)) AS document
  FROM products.products p;
COMMENT ON VIEW products.staff_members IS 'What a product''s document has besides for those who write products.';

GRANT SELECT, INSERT, UPDATE, DELETE ON products.old_slugs, products.bundle_parts, products.documents
   TO vendas_products;
GRANT SELECT ON products.product_documents, products.shown, products.staff_members TO vendas_products;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA products FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA products TO vendas_products;

SELECT registry.classify(t, 'neither', columns, NULL, NULL) FROM (VALUES
    ('products.products', 'type ncm cost width_mm height_mm length_mm options seo_title seo_description locked_fields provenance'),
    ('products.variants', 'gtin cost weight_g'),
    ('products.old_slugs', 'slug product_id'),
    ('products.bundle_parts', 'bundle_id part_id quantity position'),
    ('products.documents', 'product_id slug type active version valid_until variant_ids document')
) AS register (t, columns);
DELETE FROM registry.column_register WHERE schema_name = 'products' AND table_name = 'products' AND column_name = 'gtin';
