-- Selling ahead, as people say it and see it: the setting of a product's variants, and what of it the
-- catalogue, the stock, carts, orders and parcels show. How it works stands in 0044.

-- The setting --------------------------------------------------------------------------------

ALTER TABLE products.variants
    ADD COLUMN sell_ahead jsonb CONSTRAINT variants_sell_ahead_form CHECK (sell_ahead IS NULL
        OR coalesce((sell_ahead->>'pieces')::int BETWEEN 1 AND 1000000, false)
           AND (sell_ahead ? 'days') <> (sell_ahead ? 'date'));
COMMENT ON COLUMN products.variants.sell_ahead IS
    'that so many are sold before they are there: {pieces, days}, which take so many days, or {pieces, date}, which come on that day; null: none';

CREATE FUNCTION products.tell_ahead() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM sales.sell_ahead(coalesce(NEW.id, OLD.id), NEW.sell_ahead);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION products.tell_ahead() IS 'Tells Sales how a variant is sold ahead.';
CREATE TRIGGER variants_tell_ahead_new AFTER INSERT ON products.variants FOR EACH ROW
    WHEN (NEW.sell_ahead IS NOT NULL) EXECUTE FUNCTION products.tell_ahead();
CREATE TRIGGER variants_tell_ahead_changed AFTER UPDATE OF sell_ahead ON products.variants FOR EACH ROW
    WHEN (NEW.sell_ahead IS DISTINCT FROM OLD.sell_ahead) EXECUTE FUNCTION products.tell_ahead();
CREATE TRIGGER variants_tell_ahead_gone AFTER DELETE ON products.variants FOR EACH ROW
    WHEN (OLD.sell_ahead IS NOT NULL) EXECUTE FUNCTION products.tell_ahead();

CREATE OR REPLACE FUNCTION products.add_variant(p_product uuid, p jsonb, p_position int) RETURNS uuid
LANGUAGE plpgsql AS $$
DECLARE
    variant uuid := shared.uuid7();
BEGIN
    INSERT INTO products.variants (id, product_id, sku, gtin, price, cost, weight_g, options, position, sell_ahead)
    VALUES (variant, p_product, coalesce(p->>'sku', 'P-' || upper(right(replace(variant::text, '-', ''), 10))),
            p->>'gtin', (p->>'price')::bigint, (p->>'cost')::bigint, (p->>'weight_g')::int,
            coalesce(p->'options', '{}'), p_position, p->'sell_ahead');
    RETURN variant;
END
$$;

CREATE OR REPLACE FUNCTION products.update_variant(p_id uuid, p jsonb) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    present products.variants;
BEGIN
    SELECT * INTO present FROM products.variants WHERE id = p_id FOR UPDATE;
    IF p->>'sku' <> present.sku AND sales.was_sold(p_id) THEN
        PERFORM shared.fail(409, 'sku_sold', '{"pointer": "/sku"}');
    END IF;
    UPDATE products.variants t SET
        sell_ahead = CASE WHEN p ? 'sell_ahead' THEN nullif(p->'sell_ahead', 'null') ELSE t.sell_ahead END,
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

CREATE OR REPLACE FUNCTION products.type_faults(p_type text, p jsonb) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    field text;
BEGIN
    SELECT f INTO field FROM unnest(CASE p_type
        WHEN 'variations' THEN ARRAY['sku', 'gtin', 'parts']
        WHEN 'bundle' THEN ARRAY['options', 'variants', 'sell_ahead']
        WHEN 'digital' THEN ARRAY['options', 'variants', 'parts', 'sell_ahead']
        ELSE ARRAY['options', 'variants', 'parts'] END) AS f
     WHERE p ? f AND p->f NOT IN ('null', '[]') LIMIT 1;
    IF field IS NOT NULL THEN
        PERFORM shared.fail(422, 'not_for_type', jsonb_build_object('pointer', '/' || field));
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION products.person_fields(p jsonb) RETURNS text[]
LANGUAGE sql IMMUTABLE AS $$
    SELECT ARRAY(SELECT k FROM jsonb_object_keys(p) AS k
                  WHERE k NOT IN ('status', 'slug', 'sku', 'parts', 'options', 'variants', 'sell_ahead') ORDER BY k)
$$;

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
            PERFORM products.add_variant(product, shared.members(p, '{"sell_ahead": 0}') || item.value,
                                         item.position::int);
        END LOOP;
    ELSE
        variant := products.add_variant(product, shared.members(p, '{"sku": 0, "gtin": 0, "sell_ahead": 0}'), 0);
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
    IF p ? 'sell_ahead' THEN
        -- Of several variants each may wait for so many: they are different goods.
        PERFORM products.update_variant(v.id, shared.members(p, '{"sell_ahead": 0}'))
           FROM (SELECT id FROM products.variants WHERE product_id = p_id ORDER BY id) AS v;
    END IF;
    PERFORM products.refresh(products.and_bundles(p_id));
    RETURN p_id;
END
$$;

-- The catalogue ------------------------------------------------------------------------------

ALTER TABLE products.documents
    ADD COLUMN ahead boolean NOT NULL DEFAULT false,
    DROP CONSTRAINT documents_variants_counted,
    ADD CONSTRAINT documents_variants_counted
        CHECK (length(document) - length(replace(document, E'\x01', '')) = cardinality(variant_ids) * CASE WHEN ahead THEN 2 ELSE 1 END) NOT VALID;
COMMENT ON COLUMN products.documents.ahead IS 'whether any of its variants, or a part of its bundle, is sold ahead';
COMMENT ON COLUMN products.documents.document IS
    'JSON, with the byte 1 in place of what is available of each variant, and of what can be ordered besides where ahead is true (lib/products/shown)';

CREATE OR REPLACE VIEW products.product_documents AS
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
    'created_at', shared.rfc3339(p.created_at), 'updated_at', shared.rfc3339(p.updated_at)) AS document,
       sold.ahead
  FROM products.products p
 CROSS JOIN LATERAL (
       SELECT EXISTS (SELECT FROM products.variants v
                        LEFT JOIN products.bundle_parts b ON b.bundle_id = v.id
                        LEFT JOIN products.variants part ON part.id = b.part_id
                       WHERE v.product_id = p.id
                         AND (v.sell_ahead IS NOT NULL OR part.sell_ahead IS NOT NULL)) AS ahead) AS sold
 CROSS JOIN LATERAL (
       SELECT array_agg(v.id ORDER BY v.position, v.id) AS ids, min(v.gtin) AS gtin,
              min(v.current_price) AS lowest_price,
              json_agg(json_build_object(
                  'id', v.id, 'sku', v.sku, 'gtin', v.gtin, 'price', v.price,
                  'current_price', v.current_price, 'available', E'\x01',
                  'ahead', CASE WHEN sold.ahead THEN E'\x01' END,
                  'weight_g', v.weight_g, 'options', v.options) ORDER BY v.position, v.id) AS documents
         FROM (SELECT v.id, v.sku, v.gtin, coalesce(v.price, p.price) AS price, v.options, v.position,
                      coalesce(v.weight_g, p.weight_g) AS weight_g,
                      products.price_now(coalesce(v.price, p.price), p.promotional_price,
                                         p.promotion_starts_at, p.promotion_ends_at) AS current_price
                 FROM products.variants v WHERE v.product_id = p.id) AS v) AS variants;
COMMENT ON VIEW products.product_documents IS 'What products.documents is made of: the text of character 1 stands for what is available, and for what can be ordered besides.';

CREATE OR REPLACE FUNCTION products.refresh(p_products uuid[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    -- One at a time per product, in one order: the last to come sees what all others did.
    PERFORM FROM products.products WHERE id = ANY (p_products) ORDER BY id FOR NO KEY UPDATE;
    INSERT INTO products.documents AS d (product_id, slug, type, active, version, valid_until, variant_ids, document,
                                      ahead)
    SELECT v.id, v.slug, v.type, v.status = 'active', v.version, v.valid_until, v.variant_ids,
           products.open_document(v.document), v.ahead
      FROM products.product_documents v WHERE v.id = ANY (p_products)
    ON CONFLICT ON CONSTRAINT documents_pkey DO UPDATE
       SET slug = excluded.slug, type = excluded.type, active = excluded.active, version = excluded.version,
           valid_until = excluded.valid_until, variant_ids = excluded.variant_ids, document = excluded.document,
           ahead = excluded.ahead;
    INSERT INTO products.listing AS l (product_id, search, price, name, created_at, in_stock, brand, category_ids, attributes)
    SELECT r.id, r.search, r.price, r.name, r.created_at, r.in_stock, r.brand, r.category_ids, r.attributes
      FROM products.listing_rows r WHERE r.id = ANY (p_products) AND r.active
    ON CONFLICT ON CONSTRAINT listing_pkey DO UPDATE
       SET search = excluded.search, price = excluded.price, name = excluded.name, in_stock = excluded.in_stock,
           brand = excluded.brand, category_ids = excluded.category_ids, attributes = excluded.attributes
     WHERE (l.search, l.price, l.name, l.in_stock, l.brand, l.category_ids, l.attributes)
           IS DISTINCT FROM (excluded.search, excluded.price, excluded.name, excluded.in_stock, excluded.brand,
                             excluded.category_ids, excluded.attributes);
    DELETE FROM products.listing l USING products.products p
     WHERE l.product_id = ANY (p_products) AND p.id = l.product_id AND p.status <> 'active';
    INSERT INTO products.unlearned SELECT unnest(p_products) ON CONFLICT DO NOTHING;
END
$$;

CREATE OR REPLACE FUNCTION products.available_of(p_variants uuid[]) RETURNS text
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT string_agg(coalesce((SELECT a.available FROM sales.availability a WHERE a.variant_id = v.id), 0)::text,
                              ';' ORDER BY v.n)
              FROM unnest(p_variants) WITH ORDINALITY AS v (id, n));
END
$$;
COMMENT ON FUNCTION products.available_of(uuid[]) IS 'What is available of each of these variants, separated by semicolons.';

CREATE FUNCTION products.available_ahead(p_variants uuid[]) RETURNS text
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT string_agg(coalesce(s.available, 0) || ';' || coalesce(s.ahead::text, 'null'), ';' ORDER BY v.n)
              FROM unnest(p_variants) WITH ORDINALITY AS v (id, n)
              LEFT JOIN sales.on_sale(p_variants) AS s ON s.variant_id = v.id);
END
$$;
COMMENT ON FUNCTION products.available_ahead(uuid[]) IS
    'What is available of each of these variants and what can be ordered besides, in turns, separated by semicolons.';

CREATE OR REPLACE VIEW products.shown AS
SELECT d.product_id AS id, d.slug, d.active, d.version,
       CASE WHEN d.valid_until <= now() THEN products.document_now(d.product_id) ELSE d.document END AS document,
       CASE WHEN d.ahead THEN products.available_ahead(d.variant_ids) ELSE CASE d.type
       WHEN 'simple' THEN coalesce((SELECT a.available FROM sales.availability a
                                     WHERE a.variant_id = d.variant_ids[1]), 0)::text
       WHEN 'digital' THEN 'null'
       WHEN 'bundle' THEN products.bundles_available(d.variant_ids[1])
       ELSE products.available_of(d.variant_ids) END END AS available
  FROM products.documents d;
COMMENT ON VIEW products.shown IS 'Products as they are at this moment: the document, and what goes in place of its bytes 1, separated by semicolons.';

CREATE FUNCTION products.filled(p_document text, p_numbers text) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT string_agg(part.value || coalesce(number.value, ''), '' ORDER BY part.n)::jsonb
      FROM string_to_table(p_document, E'\x01') WITH ORDINALITY AS part (value, n)
      LEFT JOIN string_to_table(p_numbers, ';') WITH ORDINALITY AS number (value, n) ON number.n = part.n
$$;
COMMENT ON FUNCTION products.filled(text, text) IS 'A document of products.shown with its numbers in it, as lib/products/shown makes it.';

CREATE OR REPLACE VIEW products.staff_members AS
SELECT p.id, json_build_object(
           'cost', p.cost, 'locked_fields', to_json(p.locked_fields), 'provenance', p.provenance,
           'variant_costs', (SELECT json_object_agg(v.id, v.cost) FROM products.variants v
                              WHERE v.product_id = p.id AND v.cost IS NOT NULL),
           'sell_ahead', (SELECT json_object_agg(v.id, v.sell_ahead) FROM products.variants v
                           WHERE v.product_id = p.id AND v.sell_ahead IS NOT NULL)) AS document
  FROM products.products p;

SELECT products.refresh(ARRAY(SELECT id FROM products.products));
ALTER TABLE products.documents VALIDATE CONSTRAINT documents_variants_counted;

-- Stock --------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION sales.set_location(p_act jsonb, p_code text, p jsonb, OUT document json, OUT made boolean)
LANGUAGE plpgsql AS $$
DECLARE
    before jsonb;
BEGIN
    IF p_code = 'expected' THEN
        PERFORM shared.fail(422, 'reserved_code', '{"pointer": "/code"}');
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('location ' || p_code, 0));
    SELECT to_jsonb(l.document) INTO before FROM sales.location_documents l WHERE l.code = p_code;
    made := before IS NULL;
    INSERT INTO sales.locations (code, name, position)
    VALUES (p_code, p->>'name', coalesce((p->>'position')::int, 0))
    ON CONFLICT ON CONSTRAINT locations_pkey DO UPDATE SET name = excluded.name, position = excluded.position;
    SELECT l.document INTO document FROM sales.location_documents l WHERE l.code = p_code;
    PERFORM registry.audit_act(p_act, 'location.changed', NULL, before, document::jsonb);
END
$$;

CREATE OR REPLACE FUNCTION sales.transfer_stock(p_caller uuid, p_key text, p_request bytea, p jsonb,
                                     OUT answer json, OUT replayed boolean)
LANGUAGE plpgsql AS $$
DECLARE
    variant uuid := (p->>'variant_id')::uuid;
    pieces  int := (p->>'quantity')::int;
    unknown text;
    level   record;
BEGIN
    answer := sales.idempotent_answer(p_caller, p_key, p_request);
    replayed := answer IS NOT NULL;
    IF replayed THEN
        RETURN;
    END IF;
    IF products.keeps_stock(variant) IS NOT TRUE THEN
        PERFORM shared.fail(422, 'unknown_variant', '{"pointer": "/variant_id"}');
    END IF;
    SELECT side INTO unknown FROM unnest(ARRAY['from', 'to']) AS side
     WHERE NOT EXISTS (SELECT FROM sales.location_documents WHERE code = p->>side) LIMIT 1;
    IF unknown IS NOT NULL THEN
        PERFORM shared.fail(422, 'unknown_location', jsonb_build_object('pointer', '/' || unknown));
    END IF;
    -- Both, in the order in which everybody locks.
    PERFORM sales.lock_slots(variant, least(p->>'from', p->>'to'));
    PERFORM sales.lock_slots(variant, greatest(p->>'from', p->>'to'));
    SELECT * INTO level FROM sales.lock_slots(variant, p->>'from');
    IF level.on_hand - level.reserved < pieces THEN
        PERFORM shared.fail(409, 'insufficient_stock', jsonb_build_object(
            'pointer', '/quantity', 'variant_id', variant, 'available', level.on_hand - level.reserved));
    END IF;
    INSERT INTO sales.stock_movements (variant_id, location, kind, on_hand, reserved, actor, reason)
    VALUES (variant, p->>'from', 'transfer', -pieces, 0, p_caller, p->>'reason'),
           (variant, p->>'to', 'transfer', pieces, 0, p_caller, p->>'reason');
    answer := sales.level_json(variant);
    PERFORM sales.keep_answer(p_caller, p_key, p_request, answer);
END
$$;

CREATE OR REPLACE FUNCTION sales.move_stock(p_caller uuid, p_key text, p_request bytea, p jsonb,
                                            OUT answer json, OUT replayed boolean)
LANGUAGE plpgsql AS $$
DECLARE
    variant uuid := (p->>'variant_id')::uuid;
    place   text := coalesce(p->>'location', 'main');
    change  int := (p->>'quantity')::int;
    keeps   boolean;
    ahead   uuid[];
    aside   int := 0;
    level   record;
BEGIN
    answer := sales.idempotent_answer(p_caller, p_key, p_request);
    replayed := answer IS NOT NULL;
    IF replayed THEN
        RETURN;
    END IF;
    keeps := products.keeps_stock(variant);
    IF keeps IS NULL THEN
        PERFORM shared.fail(422, 'unknown_variant', '{"pointer": "/variant_id"}');
    ELSIF NOT keeps THEN
        PERFORM shared.fail(422, 'no_own_stock', '{"pointer": "/variant_id"}');
    ELSIF NOT EXISTS (SELECT FROM sales.location_documents WHERE code = place) THEN
        PERFORM shared.fail(422, 'unknown_location', '{"pointer": "/location"}');
    END IF;
    ahead := sales.hold_ahead(ARRAY[variant]);
    SELECT * INTO level FROM sales.lock_slots(variant, place);
    IF p->>'kind' = 'count' THEN
        change := change - level.on_hand;
    END IF;
    IF level.on_hand + change < level.reserved THEN
        PERFORM shared.fail(409, 'insufficient_stock', jsonb_build_object(
            'pointer', '/quantity', 'variant_id', variant,
            'available', level.on_hand - level.reserved));
    ELSIF (SELECT sum(s.on_hand) FROM sales.stock_slots s WHERE s.variant_id = variant) + change > 1000000000 THEN
        PERFORM shared.fail(422, 'out_of_range', '{"pointer": "/quantity"}');
    END IF;
    IF ahead <> '{}' AND p->>'kind' = 'receive' THEN
        aside := sales.arrive(variant, place, change);
    END IF;
    INSERT INTO sales.stock_movements (variant_id, location, kind, on_hand, reserved, actor, reason)
    SELECT variant, m.location, p->>'kind', m.pieces, 0, p_caller, p->>'reason'
      FROM (VALUES ('expected', aside), (place, change - aside)) AS m (location, pieces)
     WHERE m.pieces <> 0 OR aside = 0 AND m.location = place;
    PERFORM sales.serve(ahead, p_caller);
    answer := sales.level_json(variant);
    PERFORM sales.keep_answer(p_caller, p_key, p_request, answer);
END
$$;
COMMENT ON FUNCTION sales.move_stock(uuid, text, bytea, jsonb) IS
    'Receives, adjusts or counts stock in a location; answers with the variant''s level after it. Of what is received those have theirs first who wait for it, without its coming on the shelf.';

CREATE OR REPLACE FUNCTION sales.stock_document(p_variant uuid, p_low_below int) RETURNS jsonb
LANGUAGE sql STABLE AS $$
    SELECT sales.level_json(p_variant)::jsonb || jsonb_build_object(
        'low_below', coalesce((SELECT low_below FROM sales.low_levels WHERE variant_id = p_variant), p_low_below),
        'ahead', (SELECT json_build_object(
                             'kind', CASE WHEN h.due IS NULL THEN 'backorder' ELSE 'preorder' END,
                             'pieces', h.allowed - sales.owed(p_variant), 'owed', sales.owed(p_variant),
                             'expected_on', greatest(current_date, h.due, current_date + h.days))
                    FROM sales.ahead h WHERE h.variant_id = p_variant AND h.allowed > 0),
        'locations', (SELECT coalesce(json_agg(json_build_object(
                                 'location', s.location, 'on_hand', s.on_hand, 'reserved', s.reserved,
                                 'available', s.on_hand - s.reserved) ORDER BY l.position, s.location), '[]')
                        FROM (SELECT location, sum(on_hand) AS on_hand, sum(reserved) AS reserved
                                FROM sales.stock_slots
                               WHERE variant_id = p_variant AND location <> 'expected' GROUP BY location) AS s
                        JOIN sales.locations l ON l.code = s.location))
$$;

-- Orders -------------------------------------------------------------------------------------

CREATE FUNCTION sales.yet_to_come(p_order uuid, p_position int) RETURNS int
LANGUAGE plpgsql STABLE AS $$
BEGIN
    -- Of all that was sold ahead the last pieces are those that have not come. As many rows as pieces
    -- wait are enough to see who is behind.
    RETURN (SELECT coalesce(max((least(a.pieces, greatest(0, o.owed - (
                                     SELECT coalesce(sum(l.pieces), 0)
                                       FROM (SELECT later.pieces FROM sales.order_ahead later
                                              WHERE later.variant_id = a.variant_id
                                                AND (later.order_id, later.position) > (a.order_id, a.position)
                                              LIMIT o.owed) AS l)))
                                 + a.each - 1) / a.each), 0)
              FROM sales.order_ahead a CROSS JOIN LATERAL (SELECT sales.owed(a.variant_id) AS owed OFFSET 0) AS o
             WHERE a.order_id = p_order AND a.position = p_position);
END
$$;
COMMENT ON FUNCTION sales.yet_to_come(uuid, int) IS
    'How many pieces of an order''s line have not come yet. It never grows: later orders wait behind it.';

CREATE FUNCTION sales.require_arrived(p_order uuid, p_status text, p_rest jsonb, p_picked jsonb, p_items jsonb) RETURNS void
LANGUAGE plpgsql STABLE AS $$
DECLARE
    fault record;
BEGIN
    SELECT w.variant_id, (p_rest->>w.variant_id::text)::int - w.pieces AS available INTO fault
      FROM (SELECT i.variant_id, min(i.position) AS position, sum(sales.yet_to_come(i.order_id, i.position))::int AS pieces
              FROM sales.order_items i WHERE i.order_id = p_order AND i.ahead > 0 GROUP BY i.variant_id) AS w
     WHERE w.pieces > 0
       AND (p_picked->>w.variant_id::text)::int > (p_rest->>w.variant_id::text)::int - w.pieces
     ORDER BY w.position LIMIT 1;
    IF FOUND THEN
        PERFORM shared.fail(409, 'not_arrived', jsonb_build_object(
            'pointer', coalesce('/items/' || (SELECT min(n) - 1 FROM jsonb_array_elements(p_items) WITH ORDINALITY AS i (item, n)
                                               WHERE (item->>'variant_id')::uuid = fault.variant_id) || '/quantity', '/items'),
            'variant_id', fault.variant_id, 'available', fault.available, 'current_status', p_status));
    END IF;
END
$$;
COMMENT ON FUNCTION sales.require_arrived(uuid, text, jsonb, jsonb, jsonb) IS
    'Refuses a parcel (p_picked of p_rest, {variant: pieces}, as p_items asks for it) with what was sold ahead and has not come.';

CREATE OR REPLACE FUNCTION sales.add_shipment(p_act jsonb, p_order uuid, p jsonb) RETURNS uuid
LANGUAGE plpgsql AS $$
DECLARE
    o      sales.orders := sales.lock_order(p_order);
    actor  uuid := p_act->>'actor';
    rest   jsonb;
    picked jsonb;
    parcel uuid := shared.uuid7();
BEGIN
    PERFORM sales.require_transition(o.status, 'shipped');
    rest := sales.pick_goods(p_order, o.status, NULL, false);
    IF rest IS NULL THEN
        PERFORM shared.fail(409, 'nothing_to_ship', jsonb_build_object('current_status', o.status));
    END IF;
    picked := sales.pick_goods(p_order, o.status, p->'items', false);
    PERFORM sales.require_arrived(p_order, o.status, rest, picked, p->'items');
    IF picked = rest THEN
        PERFORM sales.change_order(p_order, 'shipped', actor, p->>'reason');
    ELSE
        PERFORM sales.log_event(p_order, 'goods_shipped', actor, p->>'reason');
    END IF;
    INSERT INTO sales.shipments (id, order_id, version, carrier, tracking_code)
    VALUES (parcel, p_order, o.version + 1, p->>'carrier', p->>'tracking_code');
    INSERT INTO sales.shipment_items SELECT parcel, key::uuid, value::int FROM jsonb_each_text(picked);
    PERFORM sales.audit_order(p_act, p_order);
    RETURN parcel;
END
$$;

CREATE OR REPLACE VIEW sales.order_documents AS
SELECT o.id, o.user_id, o.status, o.created_at, o.version, json_build_object(
    'id', o.id, 'number', o.number, 'status', o.status, 'currency', o.currency,
    'customer', coalesce(shared.sealed('sales.orders.customer', o.id, o.customer),
                         json_build_object('id', o.user_id, 'name', o.customer_name, 'email', NULL,
                                           'phone', NULL, 'document', NULL)),
    'items', (SELECT json_agg(json_build_object(
                  'variant_id', i.variant_id, 'product_id', i.product_id, 'sku', i.sku,
                  'name', i.name, 'quantity', i.quantity, 'unit_price', i.unit_price,
                  'discount', i.discount, 'tax', i.tax, 'total', i.total,
                  'ahead', CASE WHEN i.ahead > 0 THEN json_build_object(
                      'pieces', i.ahead, 'yet_to_come', sales.yet_to_come(o.id, i.position),
                      'expected_on', i.expected_on) END) ORDER BY i.position)
                FROM sales.order_items i WHERE i.order_id = o.id),
    'totals', json_build_object('items', o.items_total, 'discount', o.discount,
                                'freight', o.freight, 'tax', o.tax, 'total', o.total),
    'taxes', o.tax_lines,
    'freight', json_build_object('service', o.freight_service, 'days', o.freight_days),
    'shipping_address', coalesce(shared.sealed('sales.orders.address', o.id, o.address),
                                 o.shipping_address::json),
    'shipped_items', coalesce(moved.goods->'shipped_items', '[]'),
    'returned_items', coalesce(moved.goods->'returned_items', '[]'),
    'shipments', coalesce(moved.goods->'shipments', '[]'),
    'returns', coalesce(moved.goods->'returns', '[]'),
    'history', (SELECT json_agg(json_build_object(
                    'at', shared.rfc3339(h.at), 'actor', h.actor, 'event', h.event,
                    'from', h.from_status, 'to', h.to_status, 'reason', h.reason) ORDER BY h.version)
                  FROM sales.order_history h WHERE h.order_id = o.id),
    'created_at', shared.rfc3339(o.created_at), 'updated_at', shared.rfc3339(o.updated_at),
    'expires_at', CASE WHEN o.status = 'pending' THEN shared.rfc3339(o.expires_at) END) AS document
  FROM sales.orders o
  -- Nothing leaves the shop before it is paid for: of what was just placed nothing is looked up. OFFSET
  -- keeps it one look-up for the four members.
 CROSS JOIN LATERAL (SELECT CASE WHEN o.paid_at IS NOT NULL THEN sales.moved_goods(o.id) END AS goods
                     OFFSET 0) AS moved;

CREATE OR REPLACE FUNCTION sales.cart_document(p_user uuid, p_today date, OUT document json, OUT version int)
LANGUAGE sql STABLE AS $$
    WITH chosen AS MATERIALIZED (SELECT * FROM sales.cart_items c WHERE c.user_id = p_user),
    facts AS MATERIALIZED (
        SELECT * FROM sales.cart_facts(ARRAY(SELECT c.variant_id FROM chosen c), p_today)),
    left_over AS MATERIALIZED (
        SELECT * FROM sales.on_sale(ARRAY(SELECT c.variant_id FROM chosen c))),
    lines AS (
        SELECT c.added_at, c.variant_id, c.quantity * f.unit_price AS total, json_build_object(
                   'variant_id', c.variant_id, 'product_id', f.product_id, 'sku', f.sku,
                   'name', coalesce(f.name, c.name), 'quantity', c.quantity,
                   'unit_price', f.unit_price, 'unit_price_when_added', c.unit_price,
                   'total', c.quantity * f.unit_price, 'available', l.available, 'ahead', l.ahead,
                   'added_at', shared.rfc3339(c.added_at),
                   'changes', array_remove(ARRAY[
                       CASE WHEN f.variant_id IS NULL THEN 'not_for_sale' END,
                       CASE WHEN f.unit_price > c.unit_price THEN 'price_rose'
                            WHEN f.unit_price < c.unit_price THEN 'price_fell' END,
                       CASE WHEN f.variant_id IS NOT NULL AND l.available + coalesce((l.ahead->>'pieces')::int, 0) < c.quantity
                            THEN 'insufficient_stock' END], NULL)) AS document
          FROM chosen c LEFT JOIN facts f ON f.variant_id = c.variant_id
          LEFT JOIN left_over l ON l.variant_id = c.variant_id)
    SELECT json_build_object(
               'items', coalesce((SELECT json_agg(l.document ORDER BY l.added_at, l.variant_id) FROM lines l), '[]'),
               'currency', (SELECT min(f.currency) FROM facts f),
               'items_total', coalesce((SELECT sum(l.total) FROM lines l), 0),
               'updated_at', (SELECT shared.rfc3339(c.updated_at) FROM sales.carts c WHERE c.user_id = p_user)),
           coalesce((SELECT c.version FROM sales.carts c WHERE c.user_id = p_user), 0)
$$;

CREATE FUNCTION sales.stock_facts(p_variants uuid[]) RETURNS json
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT json_object_agg(s.variant_id, json_build_object('available', s.available, 'ahead', s.ahead))
              FROM sales.on_sale(p_variants) AS s);
END
$$;
COMMENT ON FUNCTION sales.stock_facts(uuid[]) IS 'sales.on_sale() as an object by variant, for quotes.';

-- Rights -------------------------------------------------------------------------------------

REVOKE ALL ON FUNCTION products.tell_ahead(), products.available_ahead(uuid[]), products.filled(text, text),
    sales.yet_to_come(uuid, int), sales.require_arrived(uuid, text, jsonb, jsonb, jsonb), sales.stock_facts(uuid[])
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION products.tell_ahead(), products.available_ahead(uuid[]), products.filled(text, text)
    TO vendas_products;
GRANT EXECUTE ON FUNCTION sales.yet_to_come(uuid, int), sales.require_arrived(uuid, text, jsonb, jsonb, jsonb),
    sales.stock_facts(uuid[]) TO vendas_sales;

SELECT registry.classify('products.variants', 'neither', 'sell_ahead', NULL, NULL),
       registry.classify('products.documents', 'neither', 'ahead', NULL, NULL);
