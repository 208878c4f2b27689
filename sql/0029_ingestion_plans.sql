-- Ingestion, faster, and the same whichever chunk an item comes in.

CREATE OR REPLACE FUNCTION products.ingest(p_items jsonb) RETURNS TABLE (status text, product_id uuid, faults jsonb)
LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
    waiting products.ingest_row[];
    pass    products.ingest_row[];
    done    products.ingest_row[] := '{}';
    several boolean;
BEGIN
    -- A plan made while the tables were empty would read them from end to end for ever: by their indexes alone it
    -- stays good. Planning anew each time would do so for each check of a foreign key, too, and take twice as long.
    -- One at a time: two that bring the same product would otherwise both make it.
    PERFORM pg_advisory_xact_lock(hashtext('products.ingest'));
    waiting := ARRAY(
        SELECT (n, item->>'source', item->>'source_id', sha256(convert_to(item::text, 'UTF8')), item,
                NULL, NULL, NULL, NULL)::products.ingest_row
          FROM jsonb_array_elements(p_items) WITH ORDINALITY AS list (item, n));
    -- What is about the same thing, or may be, is taken in one after the other, in the order in which it came, as if
    -- each had come in a chunk of its own. No two of one source are alike.
    several := (SELECT min(source) <> max(source) FROM unnest(waiting));
    WHILE cardinality(waiting) > 0 LOOP
        SELECT array_agg(r) FILTER (WHERE first), coalesce(array_agg(r) FILTER (WHERE NOT first), '{}')
          INTO pass, waiting
          FROM (SELECT w, row_number() OVER (PARTITION BY w.source, w.source_id ORDER BY w.n) = 1
                          AND (NOT w.item ? 'gtin'
                               OR row_number() OVER (PARTITION BY w.item->>'gtin' ORDER BY w.n) = 1)
                          AND (NOT w.item ? 'sku'
                               OR row_number() OVER (PARTITION BY w.item->>'sku' ORDER BY w.n) = 1
                               OR NOT EXISTS (SELECT FROM products.variants v WHERE v.sku = w.item->>'sku'))
                          AND (NOT several OR NOT w.item ? 'brand'
                               OR w.source = first_value(w.source) OVER (
                                   PARTITION BY CASE WHEN several THEN products.match_key(w.item->>'brand', w.item->>'name') END
                                       ORDER BY w.n)) AS first
                  FROM unnest(waiting) AS w) AS turn (r, first);
        done := done || products.ingest_pass(pass);
    END LOOP;
    RETURN QUERY SELECT d.status, d.product_id, d.faults FROM unnest(done) AS d ORDER BY d.n;
END
$$;
