-- Making, changing and deleting products and their variants, and what Sales is told of them.

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

CREATE FUNCTION products.set_by(p_who text, p_fields text[]) RETURNS jsonb
LANGUAGE sql STABLE AS $$
    SELECT coalesce(jsonb_object_agg(f, jsonb_build_object('by', p_who, 'at', shared.rfc3339(now()))), '{}')
      FROM unnest(p_fields) AS f
$$;
COMMENT ON FUNCTION products.set_by(text, text[]) IS 'Provenance of fields that somebody sets now: "person", or a source.';

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

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA products FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA products TO vendas_products;
GRANT EXECUTE ON FUNCTION products.for_sale(uuid[]), products.stock_of(uuid[]), products.keeps_stock(uuid),
    products.has_variant(uuid), products.stock_changed(uuid, int, int) TO vendas_sales;
