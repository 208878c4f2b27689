-- Why an import or export has failed, told where it is listed; and a dry run that knows of the products
-- and SKUs that it has made and undone, however far above they stand in the file.

ALTER TABLE products.transfers ADD COLUMN failure text, ADD COLUMN failure_column text,
    ADD CONSTRAINT transfers_failure_told CHECK ((failure IS NOT NULL) = (state = 'failed')) NOT VALID;
COMMENT ON COLUMN products.transfers.failure IS 'what ended it, a code of lib/messages; null: nothing has';
COMMENT ON COLUMN products.transfers.failure_column IS 'the column of the file that is at fault; null: the whole file';
-- Of those that have failed the last fault says why.
UPDATE products.transfers t SET (failure, failure_column) = (
           SELECT f.code, f.field FROM products.transfer_faults f
            WHERE f.transfer_id = t.id ORDER BY f.number DESC LIMIT 1)
 WHERE state = 'failed';
UPDATE products.transfers SET failure = 'transfer_failed' WHERE state = 'failed' AND failure IS NULL;
ALTER TABLE products.transfers VALIDATE CONSTRAINT transfers_failure_told;

ALTER TABLE products.transfer_skus ADD COLUMN slug text;
CREATE INDEX transfer_skus_slug_idx ON products.transfer_skus (transfer_id, slug);
COMMENT ON COLUMN products.transfer_skus.slug IS 'of its product; null where the file names none';

CREATE OR REPLACE VIEW products.transfer_documents AS
SELECT t.id, t.kind, t.state, t.format, json_strip_nulls(json_build_object(
    'id', t.id, 'state', t.state, 'format', t.format,
    'dry_run', CASE WHEN t.kind = 'import' THEN t.dry_run END,
    'status', t.filters->>'status', 'category', t.filters->>'category',
    'counts', CASE WHEN t.kind = 'import' THEN json_build_object(
        'created', t.created, 'updated', t.updated, 'unchanged', t.unchanged, 'rejected', t.rejected) END,
    'file', CASE WHEN t.kind = 'export' AND t.state = 'done' THEN '/v1/exports/' || t.id || '/file' END,
    'report', CASE WHEN t.kind = 'import' THEN '/v1/imports/' || t.id || '/report' END))::jsonb
    || jsonb_build_object(
    'progress', jsonb_build_object('done', t.done, 'total', t.total),
    'created_at', shared.rfc3339(t.created_at), 'finished_at', shared.rfc3339(t.finished_at)) AS document,
    t.failure, t.failure_column
  FROM products.transfers t;

CREATE OR REPLACE FUNCTION products.finish_transfer(p_id uuid, p_attempt int, p_code text, p_field text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE products.transfers SET state = CASE WHEN p_code IS NULL THEN 'done' ELSE 'failed' END,
                                  failure = p_code, failure_column = CASE WHEN p_code IS NOT NULL THEN p_field END,
                                  finished_at = now(), leased_until = NULL
     WHERE id = p_id AND attempt = p_attempt AND state = 'running';
    IF FOUND AND p_code IS NOT NULL THEN
        PERFORM products.note_faults(p_id, jsonb_build_array(jsonb_build_object(
            'line', 1, 'code', p_code, 'column', p_field)));
    END IF;
    DELETE FROM products.transfer_skus WHERE transfer_id = p_id;
END
$$;

CREATE FUNCTION products.foreseen(p_transfer products.transfers, p_item jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE AS $$
DECLARE
    address text := p_item->'body'->>'slug';
BEGIN
    IF NOT p_transfer.dry_run THEN
        RETURN NULL;
    ELSIF address IS NOT NULL AND EXISTS (
        SELECT FROM jsonb_array_elements(p_item->'body'->'variants') AS v
          JOIN products.transfer_skus s ON s.transfer_id = p_transfer.id AND s.sku = v->>'sku'
         WHERE s.slug IS DISTINCT FROM address
           AND NOT EXISTS (SELECT FROM products.variants t WHERE t.sku = s.sku)) THEN
        RETURN jsonb_build_object('line', p_item->'line', 'code', 'already_exists', 'pointer', '/sku');
    ELSIF EXISTS (
        SELECT FROM products.transfer_skus s
         WHERE s.transfer_id = p_transfer.id
           AND CASE WHEN address IS NOT NULL THEN s.slug = address
                    ELSE s.sku = p_item->'body'->'variants'->0->>'sku' END
           AND NOT EXISTS (SELECT FROM products.variants t WHERE t.sku = s.sku)
           AND NOT EXISTS (SELECT FROM products.products p WHERE p.slug = s.slug)) THEN
        RETURN '{"status": "updated"}';
    ELSIF EXISTS (
        SELECT FROM jsonb_array_elements(p_item->'body'->'parts') AS part
          JOIN products.transfer_skus s ON s.transfer_id = p_transfer.id AND s.sku = part->>'sku'
         WHERE NOT EXISTS (SELECT FROM products.variants v WHERE v.sku = part->>'sku')) THEN
        RETURN '{"status": "created"}';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION products.foreseen(products.transfers, jsonb) IS
    'What becomes of a product of a dry run as of what earlier chunks of it have made and undone: another product has its SKU, it is there itself, or it is made of what is; null: it has to be tried.';

CREATE FUNCTION products.note_skus(p_transfer uuid, p_items jsonb, p_results jsonb[]) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO products.transfer_skus (transfer_id, sku, slug)
    SELECT p_transfer, v->>'sku', i->'body'->>'slug'
      FROM jsonb_array_elements(p_items) WITH ORDINALITY AS list (i, n)
     CROSS JOIN jsonb_array_elements(i->'body'->'variants') AS v
     WHERE v->>'sku' IS NOT NULL AND p_results[n::int] ? 'status'
     ORDER BY n
    ON CONFLICT DO NOTHING
$$;
COMMENT ON FUNCTION products.note_skus(uuid, jsonb, jsonb[]) IS 'Keeps the SKUs of what a dry run has made, whose results have a status.';

CREATE OR REPLACE FUNCTION products.import_chunk(p_id uuid, p_attempt int, p_items jsonb, p_faults jsonb, p_rejected int, p_done int)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    t       products.transfers := products.hold_transfer(p_id, p_attempt);
    item    jsonb;
    results jsonb[] := '{}';
BEGIN
    IF t.id IS NULL THEN
        RETURN false;
    END IF;
    BEGIN
        FOR item IN SELECT jsonb_array_elements(p_items) LOOP
            results := results || coalesce(products.foreseen(t, item), products.try_item(t, item));
        END LOOP;
        IF t.dry_run THEN
            RAISE EXCEPTION USING ERRCODE = 'VEDRY';
        END IF;
    EXCEPTION WHEN SQLSTATE 'VEDRY' THEN
        PERFORM products.note_skus(p_id, p_items, results);
    END;
    PERFORM products.note_faults(p_id, p_faults || coalesce((
        SELECT jsonb_agg(r ORDER BY n) FROM unnest(results) WITH ORDINALITY AS list (r, n) WHERE r ? 'code'), '[]'));
    UPDATE products.transfers SET
        done = p_done,
        created = created + (SELECT count(*) FROM unnest(results) AS r WHERE r->>'status' = 'created'),
        updated = updated + (SELECT count(*) FROM unnest(results) AS r WHERE r->>'status' = 'updated'),
        unchanged = unchanged + (SELECT count(*) FROM unnest(results) AS r WHERE r->>'status' = 'unchanged'),
        rejected = rejected + p_rejected + (SELECT count(*) FROM unnest(results) AS r WHERE r ? 'code')
     WHERE id = p_id;
    RETURN true;
END
$$;

DROP FUNCTION products.waits_for(products.transfers, jsonb);
REVOKE ALL ON FUNCTION products.foreseen(products.transfers, jsonb), products.note_skus(uuid, jsonb, jsonb[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION products.foreseen(products.transfers, jsonb), products.note_skus(uuid, jsonb, jsonb[])
   TO vendas_products;
SELECT registry.classify('products.transfers', 'neither', 'failure failure_column', NULL, NULL),
       registry.classify('products.transfer_skus', 'neither', 'slug', NULL, NULL);
