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

-- Rights -------------------------------------------------------------------------------------

REVOKE ALL ON FUNCTION products.full_name(text, text[], jsonb), products.named(uuid[]),
    products.stocked_variant(text), sales.level_documents(uuid[]), sales.level_of_sku(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION products.full_name(text, text[], jsonb), products.named(uuid[]),
    products.stocked_variant(text) TO vendas_products;
GRANT EXECUTE ON FUNCTION products.named(uuid[]), products.stocked_variant(text), sales.level_documents(uuid[]),
    sales.level_of_sku(text) TO vendas_sales;
