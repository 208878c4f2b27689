-- Stock by what people call it: levels say which SKU and which name they are of.

-- Names --------------------------------------------------------------------------------------

CREATE FUNCTION products.full_name(p_name text, p_options text[], p_values jsonb) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    IF p_options = '{}' THEN
        RETURN p_name;
    END IF;
    RETURN p_name || coalesce((SELECT ' (' || string_agg(p_values->>o.name, ', ' ORDER BY o.n) || ')'
                                 FROM unnest(p_options) WITH ORDINALITY AS o (name, n)), '');
END
$$;
COMMENT ON FUNCTION products.full_name(text, text[], jsonb) IS
    'What a variant is called in orders, carts and stock: its product''s name with its values of the options, in their order.';

CREATE OR REPLACE FUNCTION products.for_sale(p_variants uuid[])
RETURNS TABLE (variant_id uuid, product_id uuid, sku text, name text, unit_price bigint,
               currency text, digital boolean, weight_g int, width_mm int, height_mm int, length_mm int,
               ncm text, cost bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT v.id, p.id, v.sku, products.full_name(p.name, p.options, v.options),
           products.price_now(coalesce(v.price, p.price), p.promotional_price,
                              p.promotion_starts_at, p.promotion_ends_at),
           p.currency::text, p.type = 'digital', coalesce(v.weight_g, p.weight_g, 0),
           p.width_mm, p.height_mm, p.length_mm, p.ncm::text, coalesce(v.cost, p.cost)
      FROM products.variants v JOIN products.products p ON p.id = v.product_id
     WHERE v.id = ANY (p_variants) AND p.status = 'active';
END
$$;

CREATE FUNCTION products.named(p_variants uuid[]) RETURNS TABLE (variant_id uuid, sku text, name text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT v.id, v.sku, products.full_name(p.name, p.options, v.options)
      FROM products.variants v JOIN products.products p ON p.id = v.product_id WHERE v.id = ANY (p_variants);
END
$$;
COMMENT ON FUNCTION products.named(uuid[]) IS
    'Published to Sales: what these variants are called, those that are not for sale as well.';

CREATE FUNCTION products.stocked_variant(p_sku text) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT v.id FROM products.variants v WHERE v.sku = p_sku AND products.has_variant(v.id)
$$;
COMMENT ON FUNCTION products.stocked_variant(text) IS
    'Published to Sales: the variant with stock of its own that has this SKU, for sale or not; null: there is none.';

-- Levels -------------------------------------------------------------------------------------

CREATE FUNCTION sales.level_documents(p_variants uuid[]) RETURNS TABLE (variant_id uuid, document json)
LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT wanted.id, json_build_object(
               'variant_id', wanted.id, 'sku', called.sku, 'name', called.name,
               'on_hand', coalesce(l.on_hand, 0), 'reserved', coalesce(l.reserved, 0),
               'available', coalesce(l.on_hand - l.reserved, 0))
      FROM unnest(p_variants) AS wanted (id)
      LEFT JOIN products.named(p_variants) AS called ON called.variant_id = wanted.id
      LEFT JOIN LATERAL (SELECT * FROM sales.stock_levels s WHERE s.variant_id = wanted.id) AS l ON true;
END
$$;
COMMENT ON FUNCTION sales.level_documents(uuid[]) IS
    'Levels as the API shows them; without SKU and name of a variant that is gone.';

CREATE OR REPLACE FUNCTION sales.level_json(p_variant uuid) RETURNS json
LANGUAGE sql STABLE AS $$
    SELECT document FROM sales.level_documents(ARRAY[p_variant])
$$;

CREATE FUNCTION sales.level_of_sku(p_sku text) RETURNS TABLE (variant_id uuid, on_hand int, reserved int)
LANGUAGE sql STABLE AS $$
    SELECT v.id, coalesce(l.on_hand, 0), coalesce(l.reserved, 0)
      FROM products.stocked_variant(p_sku) AS v (id)
      LEFT JOIN LATERAL (SELECT * FROM sales.stock_levels s WHERE s.variant_id = v.id) AS l ON true
     WHERE v.id IS NOT NULL
$$;
COMMENT ON FUNCTION sales.level_of_sku(text) IS 'A row of sales.stock_levels by SKU, also where nothing of it has ever been there.';

-- Selling ahead in files -------------------------------------------------------------------------

CREATE OR REPLACE VIEW products.sheet_products AS
SELECT p.id, p.slug, p.type, p.status, jsonb_build_object(
    'slug', p.slug, 'type', p.type, 'status', p.status, 'name', p.name, 'description', p.description,
    'brand', p.brand, 'ncm', p.ncm, 'price', p.price, 'promotional_price', p.promotional_price,
    'promotion_starts_at', shared.rfc3339(p.promotion_starts_at),
    'promotion_ends_at', shared.rfc3339(p.promotion_ends_at), 'cost', p.cost, 'weight_g', p.weight_g,
    'width_mm', p.width_mm, 'height_mm', p.height_mm, 'length_mm', p.length_mm,
    'attributes', p.attributes, 'options', to_jsonb(p.options),
    'seo_title', p.seo_title, 'seo_description', p.seo_description,
    'images', (SELECT coalesce(jsonb_agg(i->'url' ORDER BY n), '[]')
                 FROM jsonb_array_elements(p.images) WITH ORDINALITY AS image (i, n)),
    'categories', (SELECT coalesce(jsonb_agg(path ORDER BY path), '[]')
                     FROM products.product_categories pc,
                          to_jsonb(products.category_path(pc.category_id)) AS path
                    WHERE pc.product_id = p.id),
    'parts', (SELECT coalesce(jsonb_agg(jsonb_build_object('sku', part.sku, 'quantity', b.quantity)
                                        ORDER BY b.position, b.part_id), '[]')
                FROM products.variants v
                JOIN products.bundle_parts b ON b.bundle_id = v.id
                JOIN products.variants part ON part.id = b.part_id
               WHERE v.product_id = p.id),
    'variants', (SELECT jsonb_agg(jsonb_build_object(
                            'sku', v.sku, 'gtin', v.gtin, 'price', v.price, 'cost', v.cost,
                            'weight_g', v.weight_g, 'sell_ahead', v.sell_ahead, 'options', v.options)
                                  ORDER BY v.position, v.id)
                   FROM products.variants v WHERE v.product_id = p.id)) AS body
  FROM products.products p;

CREATE OR REPLACE FUNCTION products.sheet_column(p_pointer text) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN p_pointer ~ '^/attributes/' THEN 'attr:' || replace(replace(substr(p_pointer, 13), '~1', '/'), '~0', '~')
        WHEN p_pointer ~ '^/variants/options/' THEN 'option:' || replace(replace(substr(p_pointer, 19), '~1', '/'), '~0', '~')
        WHEN p_pointer ~ '^/(category_ids|parts|images|options)(/|$)' THEN
            replace(split_part(p_pointer, '/', 2), 'category_ids', 'categories')
        WHEN p_pointer ~ '^/variants/sell_ahead(/|$)' THEN 'sell_ahead'
        WHEN p_pointer IN ('/variants/price', '/variants/cost', '/variants/weight_g') THEN 'variant_' || split_part(p_pointer, '/', 3)
        ELSE nullif(substring(p_pointer FROM '[^/]*$'), '') END
$$;

CREATE OR REPLACE FUNCTION products.edit_variant(p_act jsonb, p_product uuid, p_variant uuid, p jsonb) RETURNS uuid
LANGUAGE plpgsql AS $$
DECLARE
    present products.products := products.touch(p_product);
    before  jsonb := products.own_variant(p_product, p_variant);
BEGIN
    -- What has no stock of its own is not sold ahead either, whichever way it is asked for.
    PERFORM products.type_faults(present.type, shared.members(p, '{"sell_ahead": 0}'));
    PERFORM products.update_variant(p_variant, p);
    IF p ? 'gtin' AND present.type <> 'variations' THEN
        UPDATE products.products t SET
            locked_fields = ARRAY(SELECT unnest(t.locked_fields) UNION SELECT 'gtin' ORDER BY 1),
            provenance = t.provenance || products.set_by('person', '{gtin}')
         WHERE t.id = p_product;
    END IF;
    PERFORM products.refresh(products.and_bundles(p_product));
    PERFORM registry.audit_act(p_act, 'variant.changed', p_variant, shared.members(before, p), p);
    RETURN p_variant;
END
$$;

-- Rights -------------------------------------------------------------------------------------

REVOKE ALL ON FUNCTION products.full_name(text, text[], jsonb), products.named(uuid[]),
    products.stocked_variant(text), sales.level_documents(uuid[]), sales.level_of_sku(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION products.full_name(text, text[], jsonb), products.named(uuid[]),
    products.stocked_variant(text) TO vendas_products;
GRANT EXECUTE ON FUNCTION products.named(uuid[]), products.stocked_variant(text), sales.level_documents(uuid[]),
    sales.level_of_sku(text) TO vendas_sales;
