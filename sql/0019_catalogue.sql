-- The catalogue, complete: kinds of products, their variants, bundles, addresses that have changed, and
-- each product's document kept ready to be read. What is derived of a product is made by
-- products.refresh(), with which every function ends that changes one.

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

CREATE FUNCTION products.refresh(p_products uuid[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    -- One at a time per product, in one order: the last to come sees what all others did.
    PERFORM FROM products.products WHERE id = ANY (p_products) ORDER BY id FOR NO KEY UPDATE;
    INSERT INTO products.documents AS d (product_id, slug, type, active, version, valid_until, variant_ids, document)
    SELECT v.id, v.slug, v.type, v.status = 'active', v.version, v.valid_until, v.variant_ids,
           products.open_document(v.document)
      FROM products.product_documents v WHERE v.id = ANY (p_products)
    ON CONFLICT ON CONSTRAINT documents_pkey DO UPDATE
       SET slug = excluded.slug, type = excluded.type, active = excluded.active, version = excluded.version,
           valid_until = excluded.valid_until, variant_ids = excluded.variant_ids, document = excluded.document;
END
$$;
COMMENT ON FUNCTION products.refresh(uuid[]) IS
    'Makes anew what is derived of these products. Every function that changes a product, its variants, categories or pictures ends with it.';

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

CREATE VIEW products.integrity AS
SELECT 'document' AS broken, p.id
  FROM products.product_documents p LEFT JOIN products.documents d ON d.product_id = p.id
 WHERE d.document IS DISTINCT FROM products.open_document(p.document)
   AND (d.product_id IS NULL OR d.valid_until IS NULL OR d.valid_until > now())
UNION ALL
SELECT 'no variant', p.id FROM products.products p
 WHERE NOT EXISTS (SELECT FROM products.variants v WHERE v.product_id = p.id)
UNION ALL
SELECT 'several variants', p.id FROM products.products p
 WHERE p.type <> 'variations'
   AND (SELECT count(*) FROM products.variants v WHERE v.product_id = p.id) > 1;
COMMENT ON VIEW products.integrity IS 'Broken promises of the catalogue; empty.';

-- Writing ------------------------------------------------------------------------------------

CREATE FUNCTION products.and_bundles(p_product uuid) RETURNS uuid[]
LANGUAGE sql STABLE AS $$
    SELECT ARRAY(SELECT p_product
                 UNION
                 SELECT bundle.product_id
                   FROM products.variants part
                   JOIN products.bundle_parts b ON b.part_id = part.id
                   JOIN products.variants bundle ON bundle.id = b.bundle_id
                  WHERE part.product_id = p_product)
$$;
COMMENT ON FUNCTION products.and_bundles(uuid) IS 'A product and the bundles that it is in, which tell its name.';

CREATE FUNCTION products.add_variant(p_product uuid, p jsonb, p_position int) RETURNS uuid
LANGUAGE plpgsql AS $$
DECLARE
    variant uuid := shared.uuid7();
BEGIN
    INSERT INTO products.variants (id, product_id, sku, gtin, price, cost, weight_g, options, position)
    VALUES (variant, p_product, coalesce(p->>'sku', 'P-' || upper(right(replace(variant::text, '-', ''), 10))),
            p->>'gtin', (p->>'price')::bigint, (p->>'cost')::bigint, (p->>'weight_g')::int,
            coalesce(p->'options', '{}'), p_position);
    RETURN variant;
END
$$;
COMMENT ON FUNCTION products.add_variant(uuid, jsonb, int) IS 'A new variant of a product, from a checked body without nulls.';

CREATE FUNCTION products.set_parts(p_bundle uuid, p_parts jsonb) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    missing int;
BEGIN
    SELECT n - 1 INTO missing
      FROM jsonb_array_elements(p_parts) WITH ORDINALITY AS part (p, n)
     WHERE NOT EXISTS (SELECT FROM products.variants v WHERE v.id = (part.p->>'variant_id')::uuid)
     ORDER BY n LIMIT 1;
    IF missing IS NOT NULL THEN
        PERFORM shared.fail(422, 'unknown_variant', jsonb_build_object('pointer', '/parts/' || missing || '/variant_id'));
    END IF;
    DELETE FROM products.bundle_parts WHERE bundle_id = p_bundle;
    INSERT INTO products.bundle_parts (bundle_id, part_id, quantity, position)
    SELECT p_bundle, (p->>'variant_id')::uuid, sum((p->>'quantity')::int), min(n) - 1
      FROM jsonb_array_elements(p_parts) WITH ORDINALITY AS part (p, n) GROUP BY 2;
END
$$;
COMMENT ON FUNCTION products.set_parts(uuid, jsonb) IS 'Makes a bundle of exactly these: [{variant_id, quantity}].';

CREATE FUNCTION products.bundle_available(p_bundle uuid) RETURNS int
LANGUAGE sql STABLE AS $$
    SELECT coalesce(min(coalesce(a.available, 0) / b.quantity), 0)
      FROM products.bundle_parts b LEFT JOIN sales.availability a ON a.variant_id = b.part_id
     WHERE b.bundle_id = p_bundle
$$;
COMMENT ON FUNCTION products.bundle_available(uuid) IS 'How many of a bundle its parts allow.';

CREATE FUNCTION products.type_faults(p_type text, p jsonb) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    field text;
BEGIN
    SELECT f INTO field FROM unnest(CASE p_type
        WHEN 'variations' THEN ARRAY['sku', 'gtin', 'parts']
        WHEN 'bundle' THEN ARRAY['options', 'variants']
        ELSE ARRAY['options', 'variants', 'parts'] END) AS f
     WHERE p ? f AND p->f NOT IN ('null', '[]') LIMIT 1;
    IF field IS NOT NULL THEN
        PERFORM shared.fail(422, 'not_for_type', jsonb_build_object('pointer', '/' || field));
    END IF;
END
$$;
COMMENT ON FUNCTION products.type_faults(text, jsonb) IS 'Refuses members that products of a type do not have.';

CREATE OR REPLACE FUNCTION products.create_product(p jsonb) RETURNS uuid
LANGUAGE plpgsql AS $$
DECLARE
    product uuid := shared.uuid7();
    kind    text := coalesce(p->>'type', 'simple');
    variant uuid;
    item    record;
BEGIN
    p := jsonb_strip_nulls(p); -- in what is new, null says as little as nothing
    PERFORM products.type_faults(kind, p);
    IF kind = 'variations' AND coalesce(jsonb_array_length(p->'options'), 0) = 0 THEN
        PERFORM shared.fail(422, 'required', '{"pointer": "/options"}');
    ELSIF kind = 'variations' AND coalesce(jsonb_array_length(p->'variants'), 0) = 0 THEN
        PERFORM shared.fail(422, 'required', '{"pointer": "/variants"}');
    ELSIF kind = 'bundle' AND coalesce(jsonb_array_length(p->'parts'), 0) = 0 THEN
        PERFORM shared.fail(422, 'required', '{"pointer": "/parts"}');
    ELSIF p ? 'slug' AND EXISTS (SELECT FROM products.old_slugs WHERE slug = p->>'slug') THEN
        PERFORM shared.fail(409, 'already_exists', '{"pointer": "/slug"}');
    END IF;
    INSERT INTO products.products (id, slug, type, status, name, description, brand, ncm, price, currency,
                                   promotional_price, promotion_starts_at, promotion_ends_at, cost,
                                   weight_g, width_mm, height_mm, length_mm, options, attributes, images,
                                   seo_title, seo_description)
    VALUES (product, coalesce(p->>'slug', products.free_slug(p->>'name')), kind,
            coalesce(p->>'status', 'active'), p->>'name', coalesce(p->>'description', ''), p->>'brand',
            p->>'ncm', (p->>'price')::bigint, p->>'currency', (p->>'promotional_price')::bigint,
            (p->>'promotion_starts_at')::timestamptz, (p->>'promotion_ends_at')::timestamptz,
            (p->>'cost')::bigint, (p->>'weight_g')::int, (p->>'width_mm')::int, (p->>'height_mm')::int,
            (p->>'length_mm')::int, ARRAY(SELECT jsonb_array_elements_text(coalesce(p->'options', '[]'))),
            coalesce(p->'attributes', '{}'), products.images_of(coalesce(p->'images', '[]')),
            p->>'seo_title', p->>'seo_description');
    IF kind = 'variations' THEN
        FOR item IN SELECT v.value, n - 1 AS position
                      FROM jsonb_array_elements(p->'variants') WITH ORDINALITY AS v (value, n) LOOP
            PERFORM products.add_variant(product, item.value, item.position::int);
        END LOOP;
    ELSE
        variant := products.add_variant(product, shared.members(p, '{"sku": 0, "gtin": 0}'), 0);
    END IF;
    IF kind = 'bundle' THEN
        PERFORM products.set_parts(variant, p->'parts');
        UPDATE products.variants SET in_stock = products.bundle_available(variant) > 0 WHERE id = variant;
    ELSIF kind = 'digital' THEN
        UPDATE products.variants SET in_stock = true WHERE id = variant;
    END IF;
    UPDATE products.products SET in_stock = true
     WHERE id = product AND EXISTS (SELECT FROM products.variants v WHERE v.product_id = product AND v.in_stock);
    IF p ? 'category_ids' THEN
        PERFORM products.set_categories(product, p->'category_ids');
    END IF;
    PERFORM products.refresh(ARRAY[product]);
    RETURN product;
END
$$;
COMMENT ON FUNCTION products.create_product(jsonb) IS 'A new product with its variants, from a checked body of the API.';

CREATE OR REPLACE FUNCTION products.update_product(p_id uuid, p jsonb, p_version int) RETURNS uuid
LANGUAGE plpgsql AS $$
DECLARE
    present products.products;
    variant uuid;
BEGIN
    SELECT * INTO present FROM products.products WHERE id = p_id FOR UPDATE;
    IF present.id IS NULL THEN
        PERFORM shared.fail(404, 'not_found');
    ELSIF p_version <> present.version THEN
        PERFORM shared.fail(412, 'lost_update');
    END IF;
    PERFORM products.type_faults(present.type, p - 'options');
    -- A member that is absent stays, one that is null is emptied (RFC 7396).
    UPDATE products.products t SET
        slug = CASE WHEN p ? 'slug' THEN p->>'slug' ELSE t.slug END,
        name = CASE WHEN p ? 'name' THEN p->>'name' ELSE t.name END,
        status = CASE WHEN p ? 'status' THEN p->>'status' ELSE t.status END,
        description = CASE WHEN p ? 'description' THEN coalesce(p->>'description', '') ELSE t.description END,
        brand = CASE WHEN p ? 'brand' THEN p->>'brand' ELSE t.brand END,
        ncm = CASE WHEN p ? 'ncm' THEN p->>'ncm' ELSE t.ncm END,
        price = CASE WHEN p ? 'price' THEN (p->>'price')::bigint ELSE t.price END,
        promotional_price = CASE WHEN p ? 'promotional_price'
            THEN (p->>'promotional_price')::bigint ELSE t.promotional_price END,
        promotion_starts_at = CASE WHEN p ? 'promotion_starts_at'
            THEN (p->>'promotion_starts_at')::timestamptz ELSE t.promotion_starts_at END,
        promotion_ends_at = CASE WHEN p ? 'promotion_ends_at'
            THEN (p->>'promotion_ends_at')::timestamptz ELSE t.promotion_ends_at END,
        cost = CASE WHEN p ? 'cost' THEN (p->>'cost')::bigint ELSE t.cost END,
        weight_g = CASE WHEN p ? 'weight_g' THEN (p->>'weight_g')::int ELSE t.weight_g END,
        width_mm = CASE WHEN p ? 'width_mm' THEN (p->>'width_mm')::int ELSE t.width_mm END,
        height_mm = CASE WHEN p ? 'height_mm' THEN (p->>'height_mm')::int ELSE t.height_mm END,
        length_mm = CASE WHEN p ? 'length_mm' THEN (p->>'length_mm')::int ELSE t.length_mm END,
        attributes = CASE WHEN p ? 'attributes'
            THEN coalesce(nullif(p->'attributes', 'null'), '{}') ELSE t.attributes END,
        images = CASE WHEN p ? 'images'
            THEN products.images_of(coalesce(nullif(p->'images', 'null'), '[]')) ELSE t.images END,
        seo_title = CASE WHEN p ? 'seo_title' THEN p->>'seo_title' ELSE t.seo_title END,
        seo_description = CASE WHEN p ? 'seo_description' THEN p->>'seo_description' ELSE t.seo_description END,
        version = t.version + 1, updated_at = now()
     WHERE t.id = p_id;
    IF p ? 'category_ids' THEN
        PERFORM products.set_categories(p_id, coalesce(nullif(p->'category_ids', 'null'), '[]'));
    END IF;
    IF present.type <> 'variations' AND p ?| ARRAY['sku', 'gtin', 'parts'] THEN
        SELECT id INTO variant FROM products.variants WHERE product_id = p_id;
        PERFORM products.update_variant(variant, shared.members(p, '{"sku": 0, "gtin": 0}'));
        IF p ? 'parts' THEN
            PERFORM products.set_parts(variant, p->'parts');
            PERFORM products.bundles_changed(ARRAY[variant]);
        END IF;
    END IF;
    PERFORM products.refresh(products.and_bundles(p_id));
    RETURN p_id;
END
$$;
COMMENT ON FUNCTION products.update_product(uuid, jsonb, int) IS
    'Changes the members that the body has. p_version null: whatever the present version is.';

CREATE FUNCTION products.update_variant(p_id uuid, p jsonb) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    present products.variants;
BEGIN
    SELECT * INTO present FROM products.variants WHERE id = p_id FOR UPDATE;
    IF p->>'sku' <> present.sku AND sales.was_sold(p_id) THEN
        PERFORM shared.fail(409, 'sku_sold', '{"pointer": "/sku"}');
    END IF;
    UPDATE products.variants t SET
        sku = CASE WHEN p ? 'sku' THEN p->>'sku' ELSE t.sku END,
        gtin = CASE WHEN p ? 'gtin' THEN p->>'gtin' ELSE t.gtin END,
        price = CASE WHEN p ? 'price' THEN (p->>'price')::bigint ELSE t.price END,
        cost = CASE WHEN p ? 'cost' THEN (p->>'cost')::bigint ELSE t.cost END,
        weight_g = CASE WHEN p ? 'weight_g' THEN (p->>'weight_g')::int ELSE t.weight_g END,
        options = CASE WHEN p ? 'options' THEN p->'options' ELSE t.options END,
        position = CASE WHEN p ? 'position' THEN (p->>'position')::int ELSE t.position END
     WHERE t.id = p_id;
END
$$;
COMMENT ON FUNCTION products.update_variant(uuid, jsonb) IS
    'Changes the members that the body has. The SKU of what was sold stands in orders and stays.';

CREATE FUNCTION products.person_fields(p jsonb) RETURNS text[]
LANGUAGE sql IMMUTABLE AS $$
    SELECT ARRAY(SELECT k FROM jsonb_object_keys(p) AS k
                  WHERE k NOT IN ('status', 'slug', 'sku', 'parts', 'options', 'variants') ORDER BY k)
$$;
COMMENT ON FUNCTION products.person_fields(jsonb) IS 'Those members of a body that a collection could set, too.';

CREATE OR REPLACE FUNCTION products.edit_product(p_act jsonb, p_id uuid, p jsonb, p_version int) RETURNS uuid
LANGUAGE plpgsql AS $$
DECLARE
    before jsonb;
    fields text[] := products.person_fields(p);
BEGIN
    SELECT to_jsonb(t) || jsonb_build_object('category_ids', ARRAY (
               SELECT c.category_id FROM products.product_categories c
                WHERE c.product_id = p_id ORDER BY c.category_id))
      INTO before FROM products.products t WHERE t.id = p_id FOR UPDATE;
    UPDATE products.products t SET
        locked_fields = ARRAY(SELECT unnest(t.locked_fields) UNION SELECT unnest(fields) ORDER BY 1),
        provenance = t.provenance || (SELECT coalesce(jsonb_object_agg(f, jsonb_build_object(
                         'by', 'person', 'at', shared.rfc3339(now()))), '{}') FROM unnest(fields) AS f)
     WHERE t.id = p_id;
    PERFORM products.update_product(p_id, p, p_version);
    PERFORM registry.audit_act(p_act, 'product.changed', p_id, shared.members(before, p), p);
    RETURN p_id;
END
$$;
COMMENT ON FUNCTION products.edit_product(jsonb, uuid, jsonb, int) IS
    'products.update_product by a person or a program, and the audit of it. What is set here no collection changes any more.';

CREATE FUNCTION products.touch(p_product uuid) RETURNS products.products
LANGUAGE plpgsql AS $$
DECLARE
    present products.products;
BEGIN
    UPDATE products.products SET version = version + 1, updated_at = now()
     WHERE id = p_product RETURNING * INTO present;
    IF present.id IS NULL THEN
        PERFORM shared.fail(404, 'not_found');
    END IF;
    RETURN present;
END
$$;
COMMENT ON FUNCTION products.touch(uuid) IS 'Begins a change of what belongs to a product: locks it and makes its next version.';

CREATE FUNCTION products.create_variant(p_act jsonb, p_product uuid, p jsonb) RETURNS uuid
LANGUAGE plpgsql AS $$
DECLARE
    present products.products := products.touch(p_product);
    variant uuid;
BEGIN
    p := jsonb_strip_nulls(p);
    IF present.type <> 'variations' THEN
        PERFORM shared.fail(409, 'no_variations');
    ELSIF (SELECT count(*) FROM products.variants WHERE product_id = p_product) >= 500 THEN
        PERFORM shared.fail(409, 'too_many_variants');
    END IF;
    variant := products.add_variant(p_product, p, coalesce((p->>'position')::int, (
        SELECT max(position) + 1 FROM products.variants WHERE product_id = p_product)));
    PERFORM products.refresh(ARRAY[p_product]);
    PERFORM registry.audit_act(p_act, 'variant.created', variant, NULL, p);
    RETURN variant;
END
$$;
COMMENT ON FUNCTION products.create_variant(jsonb, uuid, jsonb) IS 'One more variant of a product with variations, and the audit of it.';

CREATE FUNCTION products.own_variant(p_product uuid, p_variant uuid) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    present jsonb;
BEGIN
    SELECT to_jsonb(v) INTO present FROM products.variants v
     WHERE v.id = p_variant AND v.product_id = p_product FOR UPDATE;
    IF present IS NULL THEN
        PERFORM shared.fail(404, 'not_found');
    END IF;
    RETURN present;
END
$$;
COMMENT ON FUNCTION products.own_variant(uuid, uuid) IS 'A product''s variant, locked.';

CREATE FUNCTION products.edit_variant(p_act jsonb, p_product uuid, p_variant uuid, p jsonb) RETURNS uuid
LANGUAGE plpgsql AS $$
DECLARE
    before jsonb;
BEGIN
    PERFORM products.touch(p_product);
    before := products.own_variant(p_product, p_variant);
    PERFORM products.update_variant(p_variant, p);
    PERFORM products.refresh(products.and_bundles(p_product));
    PERFORM registry.audit_act(p_act, 'variant.changed', p_variant, shared.members(before, p), p);
    RETURN p_variant;
END
$$;
COMMENT ON FUNCTION products.edit_variant(jsonb, uuid, uuid, jsonb) IS 'Changes a variant, and the audit of it.';

-- Ingestion ----------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION products.ingest_item(p jsonb, p_hash bytea) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    seen     products.ingested;
    present  products.products;
    product  uuid;
    category uuid;
BEGIN
    SELECT * INTO seen FROM products.ingested
     WHERE source = p->>'source' AND source_id = p->>'source_id';
    IF seen.product_id IS NOT NULL THEN
        UPDATE products.ingested SET last_at = now(), item_hash = p_hash, url = p->>'url',
                                     price = (p->>'price')::bigint
         WHERE source = seen.source AND source_id = seen.source_id;
        IF seen.item_hash = p_hash THEN
            RETURN jsonb_build_object('status', 'unchanged', 'product_id', seen.product_id);
        ELSIF NOT seen.owner THEN
            RETURN jsonb_build_object('status', 'duplicate', 'product_id', seen.product_id);
        END IF;
        SELECT * INTO present FROM products.products WHERE id = seen.product_id FOR UPDATE;
        -- What a page no longer says is kept, and so is what people edited by hand; a GTIN that another
        -- product has is not taken over; a promotion that is above the new price is none any more.
        p := p - 'sku' - 'currency' - 'category' - present.locked_fields
             - CASE WHEN present.type = 'variations' OR EXISTS (
                        SELECT FROM products.variants v
                         WHERE v.gtin = p->>'gtin' AND v.product_id <> present.id)
                    THEN 'gtin' ELSE '' END;
        IF present.promotional_price > (p->>'price')::bigint THEN
            p := p || '{"promotional_price": null}';
        END IF;
        UPDATE products.products SET provenance = provenance || products.collected_now(p)
         WHERE id = present.id;
        PERFORM products.update_product(present.id, p, NULL);
        RETURN jsonb_build_object('status', 'updated', 'product_id', seen.product_id);
    END IF;

    SELECT v.product_id INTO product FROM products.variants v WHERE v.gtin = p->>'gtin';
    IF product IS NULL THEN
        category := products.ingest_category(p->>'category');
        product := products.create_product(
            (p - 'sku') || CASE WHEN category IS NULL THEN '{}'
                           ELSE jsonb_build_object('category_ids', jsonb_build_array(category)) END);
        UPDATE products.products SET provenance = products.collected_now(p) WHERE id = product;
        INSERT INTO products.ingested (source, source_id, product_id, owner, item_hash, url, price)
        VALUES (p->>'source', p->>'source_id', product, true, p_hash, p->>'url', (p->>'price')::bigint);
        RETURN jsonb_build_object('status', 'created', 'product_id', product);
    END IF;
    INSERT INTO products.ingested (source, source_id, product_id, owner, item_hash, url, price)
    VALUES (p->>'source', p->>'source_id', product, false, p_hash, p->>'url', (p->>'price')::bigint);
    RETURN jsonb_build_object('status', 'duplicate', 'product_id', product);
END
$$;

CREATE FUNCTION products.collected_now(p jsonb) RETURNS jsonb
LANGUAGE sql STABLE AS $$
    SELECT coalesce(jsonb_object_agg(k, jsonb_build_object('by', p->>'source', 'at', shared.rfc3339(now()))), '{}')
      FROM jsonb_object_keys(p) AS k
     WHERE k IN ('name', 'price', 'description', 'brand', 'gtin', 'images', 'attributes')
$$;
COMMENT ON FUNCTION products.collected_now(jsonb) IS 'The provenance of what an item says.';

-- Deleting -----------------------------------------------------------------------------------

CREATE FUNCTION products.refuse_in_use(p_variants uuid[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    reasons text[];
BEGIN
    -- An order that is being placed holds its variants: it is waited for, and then seen.
    PERFORM FROM products.variants WHERE id = ANY (p_variants) ORDER BY id FOR UPDATE;
    reasons := sales.product_obstacles(p_variants) || ARRAY(
        SELECT 'part_of_bundle' WHERE EXISTS (
            SELECT FROM products.bundle_parts WHERE part_id = ANY (p_variants)));
    IF reasons <> '{}' THEN
        PERFORM shared.fail(409, 'product_in_use', jsonb_build_object('reasons', reasons));
    END IF;
END
$$;
COMMENT ON FUNCTION products.refuse_in_use(uuid[]) IS 'Refuses what orders, stock or bundles still need.';

CREATE FUNCTION products.delete_product(p_act jsonb, p_id uuid, p_version int) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    present products.products;
BEGIN
    SELECT * INTO present FROM products.products WHERE id = p_id FOR UPDATE;
    IF present.id IS NULL THEN
        PERFORM shared.fail(404, 'not_found');
    ELSIF p_version <> present.version THEN
        PERFORM shared.fail(412, 'lost_update');
    END IF;
    PERFORM products.refuse_in_use(ARRAY(SELECT id FROM products.variants WHERE product_id = p_id));
    DELETE FROM products.products WHERE id = p_id;
    PERFORM registry.audit_act(p_act, 'product.deleted', p_id,
                               jsonb_build_object('name', present.name, 'slug', present.slug), NULL);
END
$$;
COMMENT ON FUNCTION products.delete_product(jsonb, uuid, int) IS 'Deletes a product that nothing was ever sold or kept of, and the audit of it.';

CREATE FUNCTION products.delete_variant(p_act jsonb, p_product uuid, p_variant uuid) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    before jsonb;
BEGIN
    PERFORM products.touch(p_product);
    before := products.own_variant(p_product, p_variant);
    IF (SELECT count(*) FROM products.variants WHERE product_id = p_product) = 1 THEN
        PERFORM shared.fail(409, 'last_variant');
    END IF;
    PERFORM products.refuse_in_use(ARRAY[p_variant]);
    DELETE FROM products.variants WHERE id = p_variant;
    PERFORM products.refresh(ARRAY[p_product]);
    PERFORM registry.audit_act(p_act, 'variant.deleted', p_variant, before, NULL);
END
$$;
COMMENT ON FUNCTION products.delete_variant(jsonb, uuid, uuid) IS 'Deletes a variant that nothing was ever sold or kept of, and the audit of it.';

-- What Sales is told -------------------------------------------------------------------------

DROP FUNCTION products.for_sale(uuid[]);
CREATE FUNCTION products.for_sale(p_variants uuid[])
RETURNS TABLE (variant_id uuid, product_id uuid, sku text, name text, unit_price bigint,
               currency text, digital boolean, weight_g int, width_mm int, height_mm int, length_mm int,
               ncm text, cost bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT v.id, p.id, v.sku,
           p.name || coalesce((SELECT ' (' || string_agg(v.options->>o.name, ', ' ORDER BY o.n) || ')'
                                 FROM unnest(p.options) WITH ORDINALITY AS o (name, n)), ''),
           products.price_now(coalesce(v.price, p.price), p.promotional_price,
                              p.promotion_starts_at, p.promotion_ends_at),
           p.currency::text, p.type = 'digital', coalesce(v.weight_g, p.weight_g, 0),
           p.width_mm, p.height_mm, p.length_mm, p.ncm, coalesce(v.cost, p.cost)
      FROM products.variants v JOIN products.products p ON p.id = v.product_id
     WHERE v.id = ANY (p_variants) AND p.status = 'active'
$$;
COMMENT ON FUNCTION products.for_sale(uuid[]) IS
    'Published to Sales: the variants among these that can be bought now, with today''s price and what freight and taxes ask for.';

CREATE FUNCTION products.stock_of(p_variants uuid[])
RETURNS TABLE (variant_id uuid, unit_id uuid, pieces int)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
    WITH held AS (
        SELECT v.id, v.product_id FROM products.variants v
         WHERE v.id = ANY (p_variants) ORDER BY v.id FOR KEY SHARE)
    SELECT h.id, coalesce(b.part_id, h.id), coalesce(b.quantity, 1)
      FROM held h JOIN products.products p ON p.id = h.product_id
      LEFT JOIN products.bundle_parts b ON b.bundle_id = h.id
     WHERE p.type <> 'digital'
$$;
COMMENT ON FUNCTION products.stock_of(uuid[]) IS
    'Published to Sales: whose stock these variants draw on, and how many pieces each. Bundles draw on their parts, digital goods on none. Nobody deletes them until the transaction ends.';

CREATE OR REPLACE FUNCTION products.has_variant(p_variant uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT EXISTS (SELECT FROM products.variants v JOIN products.products p ON p.id = v.product_id
                    WHERE v.id = p_variant AND p.type IN ('simple', 'variations'))
$$;
COMMENT ON FUNCTION products.has_variant(uuid) IS 'Published to Sales: whether there is such a variant, with stock of its own.';

CREATE FUNCTION products.keeps_stock(p_variant uuid) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
    WITH held AS (SELECT v.product_id FROM products.variants v WHERE v.id = p_variant FOR KEY SHARE)
    SELECT p.type IN ('simple', 'variations') FROM held JOIN products.products p ON p.id = held.product_id
$$;
COMMENT ON FUNCTION products.keeps_stock(uuid) IS
    'Published to Sales: whether a variant has stock of its own; null where there is no such variant. Nobody deletes it until the transaction ends.';

CREATE FUNCTION products.bundles_changed(p_bundles uuid[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    changed uuid[];
BEGIN
    -- Products before variants, as everywhere; what waits here sees what the others did.
    PERFORM FROM products.products WHERE id IN (
        SELECT v.product_id FROM products.variants v WHERE v.id = ANY (p_bundles)) ORDER BY id FOR NO KEY UPDATE;
    WITH moved AS (
        UPDATE products.variants v SET in_stock = NOT v.in_stock
         WHERE v.id = ANY (p_bundles) AND v.in_stock <> (products.bundle_available(v.id) > 0)
        RETURNING v.product_id, v.in_stock), shown AS (
        UPDATE products.products p SET in_stock = moved.in_stock FROM moved
         WHERE p.id = moved.product_id RETURNING p.id)
    SELECT array_agg(id) INTO changed FROM shown;
    IF changed IS NOT NULL THEN
        PERFORM products.refresh(changed);
    END IF;
END
$$;
COMMENT ON FUNCTION products.bundles_changed(uuid[]) IS 'Brings these bundles'' being in stock up to date.';

DROP FUNCTION products.set_in_stock(uuid, boolean);
CREATE FUNCTION products.stock_changed(p_variant uuid, p_before int, p_after int) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    product uuid;
    bundles uuid[];
BEGIN
    IF (p_before > 0) <> (p_after > 0) THEN
        SELECT v.product_id INTO product FROM products.variants v WHERE v.id = p_variant;
        PERFORM FROM products.products WHERE id = product FOR NO KEY UPDATE;
        UPDATE products.variants SET in_stock = p_after > 0 WHERE id = p_variant;
        UPDATE products.products p SET in_stock = EXISTS (
            SELECT FROM products.variants v WHERE v.product_id = product AND v.in_stock)
         WHERE p.id = product;
        PERFORM products.refresh(ARRAY[product]);
    END IF;
    SELECT array_agg(b.bundle_id) INTO bundles FROM products.bundle_parts b
     WHERE b.part_id = p_variant AND (p_before >= b.quantity) <> (p_after >= b.quantity);
    IF bundles IS NOT NULL THEN
        PERFORM products.bundles_changed(bundles);
    END IF;
END
$$;
COMMENT ON FUNCTION products.stock_changed(uuid, int, int) IS
    'Published to Sales: what is available of a variant changed. Writes to the catalogue only where something comes into stock or runs out.';

-- Those that were there before -----------------------------------------------------------------

SELECT products.refresh(ARRAY(SELECT id FROM products.products));

GRANT SELECT, INSERT, UPDATE, DELETE ON products.old_slugs, products.bundle_parts, products.documents
   TO vendas_products;
GRANT SELECT ON products.product_documents, products.shown, products.staff_members, products.integrity
   TO vendas_products;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA products FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA products TO vendas_products;
GRANT EXECUTE ON FUNCTION products.for_sale(uuid[]), products.stock_of(uuid[]), products.keeps_stock(uuid),
    products.has_variant(uuid), products.stock_changed(uuid, int, int) TO vendas_sales;

SELECT registry.classify(t, 'neither', columns, NULL, NULL) FROM (VALUES
    ('products.products', 'type ncm cost width_mm height_mm length_mm options seo_title seo_description locked_fields provenance'),
    ('products.variants', 'gtin cost weight_g'),
    ('products.old_slugs', 'slug product_id'),
    ('products.bundle_parts', 'bundle_id part_id quantity position'),
    ('products.documents', 'product_id slug type active version valid_until variant_ids document')
) AS register (t, columns);
DELETE FROM registry.column_register WHERE schema_name = 'products' AND table_name = 'products' AND column_name = 'gtin';
