-- What Products tells Sales of the goods of each quote and order, in PL/pgSQL, which keeps the plans of its
-- statements: a function in SQL that is called from another is planned with each call, which takes longer
-- than its work does.

CREATE OR REPLACE FUNCTION products.for_sale(p_variants uuid[])
RETURNS TABLE (variant_id uuid, product_id uuid, sku text, name text, unit_price bigint,
               currency text, digital boolean, weight_g int, width_mm int, height_mm int, length_mm int,
               ncm text, cost bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT v.id, p.id, v.sku,
           p.name || coalesce((SELECT ' (' || string_agg(v.options->>o.name, ', ' ORDER BY o.n) || ')'
                                 FROM unnest(p.options) WITH ORDINALITY AS o (name, n)), ''),
           products.price_now(coalesce(v.price, p.price), p.promotional_price,
                              p.promotion_starts_at, p.promotion_ends_at),
           p.currency::text, p.type = 'digital', coalesce(v.weight_g, p.weight_g, 0),
           p.width_mm, p.height_mm, p.length_mm, p.ncm::text, coalesce(v.cost, p.cost)
      FROM products.variants v JOIN products.products p ON p.id = v.product_id
     WHERE v.id = ANY (p_variants) AND p.status = 'active';
END
$$;

CREATE OR REPLACE FUNCTION products.stock_of(p_variants uuid[])
RETURNS TABLE (variant_id uuid, unit_id uuid, pieces int)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH held AS (
        SELECT v.id, v.product_id FROM products.variants v
         WHERE v.id = ANY (p_variants) ORDER BY v.id FOR KEY SHARE)
    SELECT h.id, coalesce(b.part_id, h.id), coalesce(b.quantity, 1)
      FROM held h JOIN products.products p ON p.id = h.product_id
      LEFT JOIN products.bundle_parts b ON b.bundle_id = h.id
     WHERE p.type <> 'digital';
END
$$;
