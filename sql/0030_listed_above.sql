-- A product is listed in its categories and in all above them, so that a department is one lexeme
-- and not one for each of its hundred categories. What this costs is paid when a category moves.

CREATE OR REPLACE VIEW products.listing_rows AS
SELECT p.id, p.status = 'active' AS active,
       products.put_before('n:', (v.named || codes)::text)::tsvector
       || products.put_before('t:', v.titled::text)::tsvector
       || v.titled || to_tsvector('shared.portuguese', p.description) || codes || filters AS search,
       variants.price, shared.fold(p.name) AS name, p.created_at, p.in_stock, p.brand,
       categories.ids AS category_ids, p.attributes
  FROM products.products p
 CROSS JOIN LATERAL (
       SELECT min(products.price_now(coalesce(v.price, p.price), p.promotional_price,
                                     p.promotion_starts_at, p.promotion_ends_at)) AS price,
              array_to_tsvector(array_remove(array_agg(DISTINCT lower(v.sku)) || array_agg(DISTINCT v.gtin), NULL)) AS codes
         FROM products.variants v WHERE v.product_id = p.id) AS variants
 CROSS JOIN LATERAL (
       SELECT coalesce(array_agg(c.id ORDER BY c.id), '{}') AS ids,
              coalesce(string_agg(c.name, ' ' ORDER BY c.id), '') AS names
         FROM products.product_categories pc JOIN products.categories c ON c.id = pc.category_id
        WHERE pc.product_id = p.id) AS categories
 CROSS JOIN LATERAL (
       SELECT to_tsvector('shared.portuguese', p.name) AS named,
              to_tsvector('shared.portuguese', p.name || ' . ' || coalesce(p.brand, '') || ' . ' || categories.names) AS titled) AS v
 CROSS JOIN LATERAL (
       SELECT array_to_tsvector(array_remove(
                  ARRAY(SELECT DISTINCT 'c:' || above.id
                          FROM unnest(categories.ids) AS own CROSS JOIN LATERAL products.categories_above(own) AS above)
                  || ('b:' || shared.fold(p.brand))
                  || CASE WHEN p.in_stock THEN 's:yes' ELSE 's:no' END
                  || ARRAY(SELECT products.attribute_lexeme(key, value) FROM jsonb_each_text(p.attributes)),
                  NULL)) AS filters) AS f;

CREATE FUNCTION products.category_called(p_category text) RETURNS SETOF uuid
LANGUAGE sql STABLE AS $$
    SELECT id FROM products.categories WHERE id = products.category_at(p_category) OR id::text = lower(p_category)
$$;
COMMENT ON FUNCTION products.category_called(text) IS 'The category with this id, or an address that it has or had; none: there is none.';

CREATE FUNCTION products.category_moved() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    moved uuid[] := ARRAY(SELECT DISTINCT product_id FROM products.product_categories
                           WHERE category_id IN (SELECT products.categories_below(NEW.id)));
BEGIN
    IF cardinality(moved) <= 200 THEN
        PERFORM products.refresh(moved);
    ELSE
        INSERT INTO products.stale SELECT unnest(moved) ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION products.category_moved() IS 'Lists products above their category''s new place: few at once, many by the job relist.';
CREATE TRIGGER categories_moved AFTER UPDATE OF parent_id ON products.categories FOR EACH ROW
    WHEN (OLD.parent_id IS DISTINCT FROM NEW.parent_id) EXECUTE FUNCTION products.category_moved();

UPDATE products.listing l SET search = r.search FROM products.listing_rows r WHERE r.id = l.product_id;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA products FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA products TO vendas_products;
