-- What is read of a product with every request, at the price of two look-ups. PostgreSQL opens and
-- locks all tables of a statement's plan before it runs, those of branches that are never taken, too:
-- what only some products need stands in functions, whose statements are planned when they are called.

CREATE FUNCTION products.document_now(p_product uuid) RETURNS text
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT products.open_document(document) FROM products.product_documents WHERE id = p_product);
END
$$;
COMMENT ON FUNCTION products.document_now(uuid) IS
    'A product''s document as it would be stored at this moment: the stored one may be of before a promotion.';

CREATE FUNCTION products.available_of(p_variants uuid[]) RETURNS text
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT string_agg(coalesce(a.available, 0)::text, ',' ORDER BY v.n)
              FROM unnest(p_variants) WITH ORDINALITY AS v (id, n)
              LEFT JOIN sales.availability a ON a.variant_id = v.id);
END
$$;
COMMENT ON FUNCTION products.available_of(uuid[]) IS 'What is available of each of these variants, separated by commas.';

CREATE FUNCTION products.bundles_available(p_bundle uuid) RETURNS text
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT coalesce(min(coalesce(a.available, 0) / b.quantity), 0)::text
              FROM products.bundle_parts b LEFT JOIN sales.availability a ON a.variant_id = b.part_id
             WHERE b.bundle_id = p_bundle);
END
$$;
COMMENT ON FUNCTION products.bundles_available(uuid) IS 'How many of a bundle its parts suffice for.';

CREATE OR REPLACE VIEW products.shown AS
SELECT d.product_id AS id, d.slug, d.active, d.version,
       CASE WHEN d.valid_until <= now() THEN products.document_now(d.product_id) ELSE d.document END AS document,
       CASE d.type
       WHEN 'simple' THEN coalesce((SELECT a.available FROM sales.availability a
                                     WHERE a.variant_id = d.variant_ids[1]), 0)::text
       WHEN 'digital' THEN 'null'
       WHEN 'bundle' THEN products.bundles_available(d.variant_ids[1])
       ELSE products.available_of(d.variant_ids) END AS available
  FROM products.documents d;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA products FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA products TO vendas_products;
