-- What people edited of the one variant of a product, no collection changes either: its GTIN is the
-- product's.

CREATE OR REPLACE FUNCTION products.edit_variant(p_act jsonb, p_product uuid, p_variant uuid, p jsonb) RETURNS uuid
LANGUAGE plpgsql AS $$
DECLARE
    present products.products := products.touch(p_product);
    before  jsonb := products.own_variant(p_product, p_variant);
BEGIN
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
