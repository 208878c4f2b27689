-- Ingestion, by the set: a batch comes in chunks, and each chunk is one call of products.ingest(). What
-- looks like something that the shop has already waits for a person; what people edited stays; and
-- every price is written down.

-- One spelling of a GTIN ----------------------------------------------------------------------

-- As lib/gtin has it: the shortest form. Where two products have the same number in two forms, both keep theirs.
UPDATE products.variants v SET gtin = n.gtin
  FROM (SELECT DISTINCT ON (gtin) id, gtin
          FROM (SELECT id, right(digits, CASE WHEN digits ~ '^0{6}' THEN 8 WHEN digits ~ '^00' THEN 12
                                                        WHEN digits ~ '^0' THEN 13 ELSE 14 END) AS gtin
                  FROM (SELECT id, lpad(gtin, 14, '0') AS digits FROM products.variants) AS full_length) AS short
         ORDER BY gtin, id) AS n
 WHERE n.id = v.id AND n.gtin <> v.gtin
   AND NOT EXISTS (SELECT FROM products.variants o WHERE o.gtin = n.gtin);
COMMENT ON COLUMN products.variants.gtin IS 'GTIN-8, 12, 13 or 14 as text, the shortest that says it (lib/gtin); the check digit is checked before';

-- What prices were ----------------------------------------------------------------------------

CREATE TABLE products.price_history (
    id                uuid NOT NULL DEFAULT shared.uuid7(),
    product_id        uuid NOT NULL CONSTRAINT price_history_product_fkey REFERENCES products.products ON DELETE CASCADE,
    variant_id        uuid CONSTRAINT price_history_variant_fkey REFERENCES products.variants ON DELETE CASCADE,
    at                timestamptz NOT NULL DEFAULT now(),
    price             bigint,
    promotional_price bigint,
    by                text NOT NULL,
    CONSTRAINT price_history_pkey PRIMARY KEY (product_id, at, id)
);
CREATE INDEX price_history_variant_idx ON products.price_history (variant_id) WHERE variant_id IS NOT NULL;
COMMENT ON TABLE products.price_history IS 'What products and variants cost, and from when on; only added to, by triggers.';
COMMENT ON COLUMN products.price_history.id IS 'UUIDv7';
COMMENT ON COLUMN products.price_history.product_id IS 'the product';
COMMENT ON COLUMN products.price_history.variant_id IS 'the variant whose own price it is; null: the product''s';
COMMENT ON COLUMN products.price_history.at IS 'from when on';
COMMENT ON COLUMN products.price_history.price IS 'minor units; null: the variant costs what the product does';
COMMENT ON COLUMN products.price_history.promotional_price IS 'minor units; null: none';
COMMENT ON COLUMN products.price_history.by IS 'who set it: "person" or a source, as in products.provenance';

CREATE FUNCTION products.note_prices() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO products.price_history (product_id, price, promotional_price, by)
        SELECT n.id, n.price, n.promotional_price, coalesce(n.provenance#>>'{price,by}', 'person')
          FROM after n;
    ELSE
        INSERT INTO products.price_history (product_id, price, promotional_price, by)
        SELECT n.id, n.price, n.promotional_price, coalesce(n.provenance#>>'{price,by}', 'person')
          FROM after n JOIN before o ON o.id = n.id
         WHERE (n.price, n.promotional_price) IS DISTINCT FROM (o.price, o.promotional_price);
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION products.note_prices() IS 'Writes down what products cost from now on.';
CREATE TRIGGER products_note_first_price AFTER INSERT ON products.products
    REFERENCING NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION products.note_prices();
CREATE TRIGGER products_note_price AFTER UPDATE ON products.products
    REFERENCING OLD TABLE AS before NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION products.note_prices();

CREATE FUNCTION products.note_variant_prices() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    -- No collection sets the price of a variant.
    IF TG_OP = 'INSERT' THEN
        INSERT INTO products.price_history (product_id, variant_id, price, by)
        SELECT n.product_id, n.id, n.price, 'person' FROM after n WHERE n.price IS NOT NULL;
    ELSE
        INSERT INTO products.price_history (product_id, variant_id, price, by)
        SELECT n.product_id, n.id, n.price, 'person'
          FROM after n JOIN before o ON o.id = n.id WHERE n.price IS DISTINCT FROM o.price;
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION products.note_variant_prices() IS 'Writes down what variants with a price of their own cost from now on.';
CREATE TRIGGER variants_note_first_price AFTER INSERT ON products.variants
    REFERENCING NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION products.note_variant_prices();
CREATE TRIGGER variants_note_price AFTER UPDATE ON products.variants
    REFERENCING OLD TABLE AS before NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION products.note_variant_prices();

INSERT INTO products.price_history (product_id, price, promotional_price, by)
SELECT id, price, promotional_price, 'person' FROM products.products;
INSERT INTO products.price_history (product_id, variant_id, price, by)
SELECT product_id, id, price, 'person' FROM products.variants WHERE price IS NOT NULL;

-- What waits for a person ---------------------------------------------------------------------

COMMENT ON COLUMN products.ingested.owner IS 'whether this source made the product and so may change it; others are only linked to it';
COMMENT ON COLUMN products.ingested.last_at IS 'last seen, to the hour; an item that has changed, to the moment';

CREATE TABLE products.proposals (
    id           uuid CONSTRAINT proposals_pkey PRIMARY KEY DEFAULT shared.uuid7(),
    source       text NOT NULL,
    source_id    text NOT NULL,
    item         jsonb NOT NULL,
    item_hash    bytea NOT NULL,
    candidate_id uuid NOT NULL CONSTRAINT proposals_candidate_fkey REFERENCES products.products ON DELETE CASCADE,
    score        real NOT NULL CONSTRAINT proposals_score_range CHECK (score BETWEEN 0 AND 1),
    state        text NOT NULL DEFAULT 'open' CONSTRAINT proposals_state_known
                 CHECK (state IN ('open', 'accepted', 'refused')),
    product_id   uuid CONSTRAINT proposals_product_fkey REFERENCES products.products ON DELETE SET NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    decided_at   timestamptz CONSTRAINT proposals_decided_at_present CHECK ((decided_at IS NULL) = (state = 'open'))
);
CREATE UNIQUE INDEX proposals_open_unique ON products.proposals (source, source_id) WHERE state = 'open';
CREATE INDEX proposals_page_idx ON products.proposals (state, created_at, id);
CREATE INDEX proposals_candidate_idx ON products.proposals (candidate_id);
CREATE INDEX proposals_product_idx ON products.proposals (product_id);
COMMENT ON TABLE products.proposals IS 'Collected items that look like a product of the shop: each waits until a person says whether it is that one. Who said so is in the audit.';
COMMENT ON COLUMN products.proposals.id IS 'UUIDv7';
COMMENT ON COLUMN products.proposals.source IS 'name of the collection source';
COMMENT ON COLUMN products.proposals.source_id IS 'the source''s own id of the product';
COMMENT ON COLUMN products.proposals.item IS 'the item as it came last';
COMMENT ON COLUMN products.proposals.item_hash IS 'SHA-256 of it, as in products.ingested';
COMMENT ON COLUMN products.proposals.candidate_id IS 'the product that it looks like';
COMMENT ON COLUMN products.proposals.score IS 'how alike their names are, 0 to 1 (pg_trgm)';
COMMENT ON COLUMN products.proposals.state IS 'open; accepted: it is that product; refused: it is one of its own';
COMMENT ON COLUMN products.proposals.product_id IS 'what it came to: the candidate, or the product made of it; null while open';
COMMENT ON COLUMN products.proposals.created_at IS 'when it was seen first';
COMMENT ON COLUMN products.proposals.decided_at IS 'when a person decided';

-- Matching ------------------------------------------------------------------------------------

CREATE FUNCTION products.match_key(brand text, name text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT shared.fold(brand) || ' ' || regexp_replace(name, '[^0-9]+', ' ', 'g')
$$;
COMMENT ON FUNCTION products.match_key(text, text) IS
    'What two names of one thing agree in: the brand, and the numbers in their order (300 ml is not 500 ml). Null without a brand.';
CREATE INDEX products_match_idx ON products.products (products.match_key(brand, name), id) WHERE brand IS NOT NULL;

CREATE FUNCTION products.contradicts(p_some jsonb, p_others jsonb) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM jsonb_each_text(p_some) AS one
                    WHERE p_others ? one.key AND shared.fold(p_others->>one.key) <> shared.fold(one.value))
$$;
COMMENT ON FUNCTION products.contradicts(jsonb, jsonb) IS 'Whether two things have an attribute of one name with other values.';

CREATE FUNCTION products.product_of_code(p_item jsonb) RETURNS uuid
LANGUAGE sql STABLE AS $$
    SELECT coalesce(
        (SELECT v.product_id FROM products.variants v WHERE v.gtin = p_item->>'gtin'),
        -- Another shop's code may be ours by accident: then the GTIN or the brand tells.
        (SELECT v.product_id FROM products.variants v JOIN products.products p ON p.id = v.product_id
          WHERE v.sku = p_item->>'sku' AND (v.gtin = p_item->>'gtin') IS NOT FALSE
            AND (shared.fold(p.brand) = shared.fold(p_item->>'brand')) IS NOT FALSE))
$$;
COMMENT ON FUNCTION products.product_of_code(jsonb) IS
    'The product that has an item''s GTIN; else the one that has its SKU, unless their GTINs or brands differ.';

CREATE FUNCTION products.product_alike(p_item jsonb) RETURNS TABLE (id uuid, score real)
LANGUAGE sql STABLE AS $$
    SELECT p.id, p.score
      FROM (SELECT q.*, shared.similarity(shared.fold(q.name), shared.fold(p_item->>'name')) AS score
              FROM products.products q
             WHERE q.brand IS NOT NULL
               AND products.match_key(q.brand, q.name) = products.match_key(p_item->>'brand', p_item->>'name')
             ORDER BY products.match_key(q.brand, q.name) DESC, q.id DESC LIMIT 100) AS p
     WHERE p.score >= 0.6
       AND NOT products.contradicts(coalesce(p_item->'attributes', '{}'), p.attributes)
       AND NOT (p_item ? 'gtin' AND EXISTS (
               SELECT FROM products.variants v WHERE v.product_id = p.id AND v.gtin IS NOT NULL))
       AND NOT EXISTS (SELECT FROM products.ingested i WHERE i.product_id = p.id AND i.source = p_item->>'source')
     ORDER BY p.score DESC, p.id LIMIT 1
$$;
COMMENT ON FUNCTION products.product_alike(jsonb) IS
    'The product that an item without a known code looks most like: of its brand, with its numbers and most of its name, nothing about it otherwise, and not from the same source, which has each thing once. Of very many the newest are looked at.';

CREATE TYPE products.ingest_row AS (
    n          int,
    source     text,
    source_id  text,
    hash       bytea,
    item       jsonb,
    status     text,
    product_id uuid,
    score      real,
    faults     jsonb
);
COMMENT ON TYPE products.ingest_row IS 'An item on its way in: its place, what it is, and what becomes of it. product_id of what is proposed is the candidate.';

CREATE FUNCTION products.ingest_match(p_rows products.ingest_row[]) RETURNS products.ingest_row[]
LANGUAGE sql STABLE AS $$
    SELECT array_agg((r.n, r.source, r.source_id, r.hash, r.item,
           CASE WHEN known.item_hash = r.hash OR held.item_hash = r.hash THEN 'unchanged'
                WHEN known.owner THEN 'updated'
                WHEN known.product_id IS NOT NULL THEN 'duplicate'
                WHEN held.id IS NOT NULL THEN 'proposed'
                WHEN code.product_id IS NOT NULL THEN 'duplicate'
                WHEN alike.id IS NOT NULL THEN 'proposed'
                ELSE 'created' END,
           CASE WHEN known.product_id IS NOT NULL THEN known.product_id
                WHEN held.item_hash = r.hash THEN NULL
                ELSE coalesce(held.candidate_id, code.product_id, alike.id, shared.uuid7()) END,
           coalesce(held.score, alike.score), NULL)::products.ingest_row)
      FROM unnest(p_rows) AS r
      LEFT JOIN products.ingested known ON known.source = r.source AND known.source_id = r.source_id
      LEFT JOIN products.proposals held
             ON held.source = r.source AND held.source_id = r.source_id AND held.state = 'open'
     -- What is known is not looked for: conditions of the joins would come too late for that.
     CROSS JOIN LATERAL (SELECT CASE WHEN known.source IS NULL AND held.id IS NULL
                                     THEN products.product_of_code(r.item) END AS product_id) AS code
      LEFT JOIN LATERAL (SELECT a.* FROM products.product_alike(r.item) AS a
                          WHERE known.source IS NULL AND held.id IS NULL AND code.product_id IS NULL) AS alike ON true
$$;
COMMENT ON FUNCTION products.ingest_match(products.ingest_row[]) IS 'Says of each row what becomes of it, and of which product.';

CREATE FUNCTION products.ingest_fit(p_rows products.ingest_row[]) RETURNS products.ingest_row[]
LANGUAGE sql STABLE AS $$
    SELECT array_agg((r.n, r.source, r.source_id, r.hash,
           CASE WHEN f.names IS NULL THEN r.item ELSE r.item || jsonb_build_object(
               'attributes', (r.item->'attributes') - f.names) END,
           r.status, r.product_id, r.score, f.faults)::products.ingest_row)
      FROM unnest(p_rows) AS r
      LEFT JOIN LATERAL (SELECT array_agg(a.name) AS names, jsonb_agg(a) AS faults
                           FROM products.attribute_faults(r.item->'attributes') AS a) AS f
             ON r.status IN ('created', 'updated') AND r.item ? 'attributes'
$$;
COMMENT ON FUNCTION products.ingest_fit(products.ingest_row[]) IS
    'Leaves out of rows that make or change a product the attributes that are not what the shop has defined them to be, and notes them as faults.';

-- Making and changing products ----------------------------------------------------------------

CREATE FUNCTION products.ingest_create(p_rows products.ingest_row[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    -- As in products.free_slug(), for all names at once.
    PERFORM pg_advisory_xact_lock(hashtext('products.free_slug'), hash)
       FROM (SELECT DISTINCT hashtext(shared.slug(item->>'name')) AS hash FROM unnest(p_rows) ORDER BY 1) AS names;
    INSERT INTO products.products (id, slug, name, description, brand, price, currency, attributes, images, provenance,
                                   created_at)
    SELECT r.product_id,
           CASE WHEN row_number() OVER (PARTITION BY w.slug ORDER BY r.n) = 1
                     AND NOT EXISTS (SELECT FROM products.products t WHERE t.slug = w.slug)
                     AND NOT EXISTS (SELECT FROM products.old_slugs t WHERE t.slug = w.slug)
                THEN w.slug ELSE w.slug || '-' || right(r.product_id::text, 10) END,
           r.item->>'name', coalesce(r.item->>'description', ''), r.item->>'brand',
           (r.item->>'price')::bigint, r.item->>'currency', coalesce(r.item->'attributes', '{}'),
           products.images_of(coalesce(r.item->'images', '[]')),
           products.set_by(r.source, ARRAY(
               SELECT CASE f WHEN 'category' THEN 'category_ids' ELSE f END FROM jsonb_object_keys(r.item) AS f
                WHERE f NOT IN ('source', 'source_id', 'url', 'sku', 'availability', 'seller', 'currency'))),
           now() + r.n * interval '1 microsecond' -- the newest is the last
      FROM unnest(p_rows) AS r CROSS JOIN LATERAL (SELECT shared.slug(r.item->>'name') AS slug) AS w;
    INSERT INTO products.variants (id, product_id, sku, gtin)
    SELECT id, product_id, 'P-' || upper(right(replace(id::text, '-', ''), 10)), gtin
      FROM (SELECT shared.uuid7() AS id, r.product_id, r.item->>'gtin' AS gtin FROM unnest(p_rows) AS r) AS made;
    INSERT INTO products.product_categories
    SELECT r.product_id, c.id
      FROM (SELECT path, products.ingest_category(path) AS id
              FROM (SELECT DISTINCT item->>'category' AS path FROM unnest(p_rows)) AS paths
             WHERE path IS NOT NULL) AS c
      JOIN unnest(p_rows) AS r ON r.item->>'category' = c.path
     WHERE c.id IS NOT NULL;
    PERFORM products.refresh(ARRAY(SELECT product_id FROM unnest(p_rows)));
END
$$;
COMMENT ON FUNCTION products.ingest_create(products.ingest_row[]) IS 'Makes a product of each row, with the row''s product_id.';

CREATE FUNCTION products.ingest_gtins(p_rows products.ingest_row[]) RETURNS uuid[]
LANGUAGE sql AS $$
    -- One that another product has is not taken over.
    WITH changed AS (
        UPDATE products.variants v SET gtin = r.item->>'gtin'
          FROM unnest(p_rows) AS r JOIN products.products p ON p.id = r.product_id
         WHERE v.product_id = p.id AND v.gtin IS DISTINCT FROM r.item->>'gtin' AND r.item ? 'gtin'
           AND p.type <> 'variations' AND NOT 'gtin' = ANY (p.locked_fields)
           AND NOT EXISTS (SELECT FROM products.variants o WHERE o.gtin = r.item->>'gtin')
        RETURNING v.product_id)
    SELECT coalesce(array_agg(product_id), '{}') FROM changed
$$;
COMMENT ON FUNCTION products.ingest_gtins(products.ingest_row[]) IS 'Sets the GTINs of the rows'' products; returns those that have changed.';

CREATE FUNCTION products.ingest_update(p_rows products.ingest_row[]) RETURNS uuid[]
LANGUAGE plpgsql AS $$
DECLARE
    numbered uuid[];
    changed  uuid[];
BEGIN
    PERFORM FROM products.products WHERE id IN (SELECT product_id FROM unnest(p_rows)) ORDER BY id FOR NO KEY UPDATE;
    numbered := products.ingest_gtins(p_rows);
    -- What a page no longer says is kept, and what people edited. A promotion that is above the new price is
    -- none any more.
    WITH next AS (
        SELECT p.id, r.source, coalesce(i.item->>'name', p.name) AS name,
               coalesce(i.item->>'description', p.description) AS description,
               coalesce(i.item->>'brand', p.brand) AS brand,
               coalesce((i.item->>'price')::bigint, p.price) AS price,
               coalesce(i.item->'attributes', p.attributes) AS attributes,
               CASE WHEN i.item ? 'images' THEN products.images_of(i.item->'images') ELSE p.images END AS images
          FROM unnest(p_rows) AS r
          JOIN products.products p ON p.id = r.product_id
         CROSS JOIN LATERAL (SELECT r.item - p.locked_fields AS item) AS i
    ), written AS (
        UPDATE products.products p
           SET name = n.name, description = n.description, brand = n.brand, price = n.price,
               attributes = n.attributes, images = n.images,
               promotional_price = CASE WHEN p.promotional_price <= n.price THEN p.promotional_price END,
               provenance = p.provenance || products.set_by(n.source, ARRAY(
                   SELECT f FROM (VALUES ('name', p.name <> n.name), ('description', p.description <> n.description),
                                         ('brand', p.brand IS DISTINCT FROM n.brand), ('price', p.price <> n.price),
                                         ('attributes', p.attributes <> n.attributes), ('images', p.images <> n.images),
                                         ('gtin', p.id = ANY (numbered))) AS field (f, differs) WHERE differs)),
               version = p.version + 1, updated_at = now()
          FROM next n
         WHERE p.id = n.id
           AND ((p.name, p.description, p.brand, p.price, p.attributes, p.images)
                IS DISTINCT FROM (n.name, n.description, n.brand, n.price, n.attributes, n.images)
                OR p.id = ANY (numbered))
        RETURNING p.id)
    SELECT array_agg(id) INTO changed FROM written;
    PERFORM products.refresh(ARRAY(SELECT DISTINCT shown FROM unnest(changed) AS one,
                                          unnest(products.and_bundles(one)) AS shown));
    RETURN coalesce(changed, '{}');
END
$$;
COMMENT ON FUNCTION products.ingest_update(products.ingest_row[]) IS
    'Changes the products of the rows, as far as people have not locked what the rows say; returns those that have changed.';

CREATE FUNCTION products.ingest_note(p_rows products.ingest_row[]) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO products.ingested AS i (source, source_id, product_id, owner, item_hash, url, price)
    SELECT source, source_id, product_id, status = 'created', hash, item->>'url', (item->>'price')::bigint
      FROM unnest(p_rows) WHERE status IN ('created', 'updated', 'duplicate')
    ON CONFLICT ON CONSTRAINT ingested_pkey DO UPDATE
       SET item_hash = excluded.item_hash, url = excluded.url, price = excluded.price, last_at = now();
    UPDATE products.ingested i SET last_at = now()
      FROM unnest(p_rows) AS r
     WHERE r.status = 'unchanged' AND i.source = r.source AND i.source_id = r.source_id
       AND i.last_at < now() - interval '1 hour';
    INSERT INTO products.proposals (source, source_id, item, item_hash, candidate_id, score)
    SELECT source, source_id, item, hash, product_id, score FROM unnest(p_rows) WHERE status = 'proposed'
    ON CONFLICT (source, source_id) WHERE state = 'open' DO UPDATE
       SET item = excluded.item, item_hash = excluded.item_hash
$$;
COMMENT ON FUNCTION products.ingest_note(products.ingest_row[]) IS 'Remembers what was taken in, and what waits for a person.';

-- A batch -------------------------------------------------------------------------------------

CREATE FUNCTION products.ingest_pass(p_rows products.ingest_row[]) RETURNS products.ingest_row[]
LANGUAGE plpgsql AS $$
DECLARE
    rows    products.ingest_row[] := products.ingest_fit(products.ingest_match(p_rows));
    chosen  products.ingest_row[];
    changed uuid[] := '{}';
BEGIN
    chosen := ARRAY(SELECT r FROM unnest(rows) AS r WHERE r.status = 'created');
    IF chosen <> '{}' THEN
        PERFORM products.ingest_create(chosen);
    END IF;
    chosen := ARRAY(SELECT r FROM unnest(rows) AS r WHERE r.status = 'updated');
    IF chosen <> '{}' THEN
        changed := products.ingest_update(chosen);
    END IF;
    PERFORM products.ingest_note(rows);
    RETURN ARRAY(SELECT (r.n, r.source, r.source_id, NULL, NULL,
                         CASE WHEN r.status = 'updated' AND r.product_id <> ALL (changed) THEN 'unchanged' ELSE r.status END,
                         CASE WHEN r.status <> 'proposed' THEN r.product_id END, NULL, r.faults)::products.ingest_row
                   FROM unnest(rows) AS r);
END
$$;
COMMENT ON FUNCTION products.ingest_pass(products.ingest_row[]) IS
    'Takes in rows of which no two have the same source and id or the same GTIN; returns what became of each.';

DROP FUNCTION products.ingest(jsonb);
DROP FUNCTION products.ingest_item(jsonb, bytea);
CREATE FUNCTION products.ingest(p_items jsonb) RETURNS TABLE (status text, product_id uuid, faults jsonb)
LANGUAGE plpgsql SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    waiting products.ingest_row[];
    pass    products.ingest_row[];
    done    products.ingest_row[] := '{}';
BEGIN
    -- Planned anew for each chunk: a plan made while the tables were empty reads them from end to end for ever.
    -- One at a time: two that bring the same product would otherwise both make it.
    PERFORM pg_advisory_xact_lock(hashtext('products.ingest'));
    waiting := ARRAY(
        SELECT (n, item->>'source', item->>'source_id', sha256(convert_to(item::text, 'UTF8')), item,
                NULL, NULL, NULL, NULL)::products.ingest_row
          FROM jsonb_array_elements(p_items) WITH ORDINALITY AS list (item, n));
    -- What is about the same thing is taken in one after the other, in the order in which it came.
    WHILE cardinality(waiting) > 0 LOOP
        SELECT array_agg(r) FILTER (WHERE first), coalesce(array_agg(r) FILTER (WHERE NOT first), '{}')
          INTO pass, waiting
          FROM (SELECT w, row_number() OVER (PARTITION BY w.source, w.source_id ORDER BY w.n) = 1
                          AND (NOT w.item ? 'gtin'
                               OR row_number() OVER (PARTITION BY w.item->>'gtin' ORDER BY w.n) = 1) AS first
                  FROM unnest(waiting) AS w) AS turn (r, first);
        done := done || products.ingest_pass(pass);
    END LOOP;
    RETURN QUERY SELECT d.status, d.product_id, d.faults FROM unnest(done) AS d ORDER BY d.n;
END
$$;
COMMENT ON FUNCTION products.ingest(jsonb) IS
    'Takes in a chunk of checked items; a row for each, in their order: created, updated, unchanged, duplicate or proposed, its product, and attributes that were left out. All or nothing.';

-- What people decide --------------------------------------------------------------------------

CREATE FUNCTION products.decide_proposal(p_act jsonb, p_id uuid, p_accept boolean) RETURNS uuid
LANGUAGE plpgsql AS $$
DECLARE
    held products.proposals;
    made products.ingest_row;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('products.ingest'));
    SELECT * INTO held FROM products.proposals WHERE id = p_id FOR UPDATE;
    IF held.id IS NULL THEN
        PERFORM shared.fail(404, 'not_found');
    ELSIF held.state <> 'open' THEN
        PERFORM shared.fail(409, 'proposal_decided');
    END IF;
    made := (0, held.source, held.source_id, held.item_hash, held.item,
             CASE WHEN p_accept THEN 'duplicate' ELSE 'created' END,
             CASE WHEN p_accept THEN held.candidate_id ELSE shared.uuid7() END, NULL, NULL);
    IF NOT p_accept THEN
        PERFORM products.ingest_create(products.ingest_fit(ARRAY[made]));
    END IF;
    PERFORM products.ingest_note(ARRAY[made]);
    UPDATE products.proposals
       SET state = CASE WHEN p_accept THEN 'accepted' ELSE 'refused' END,
           product_id = made.product_id, decided_at = now()
     WHERE id = p_id;
    PERFORM registry.audit_act(p_act, CASE WHEN p_accept THEN 'proposal.accepted' ELSE 'proposal.refused' END, p_id,
                               NULL, jsonb_build_object('product_id', made.product_id));
    RETURN p_id;
END
$$;
COMMENT ON FUNCTION products.decide_proposal(jsonb, uuid, boolean) IS
    'Links an item that waits to the product that it looks like, or makes one of its own of it, and the audit of it.';

CREATE VIEW products.proposal_documents AS
SELECT t.id, t.state, t.created_at, json_build_object(
           'id', t.id, 'state', t.state, 'score', round(t.score::numeric, 3), 'item', t.item,
           'candidate', json_build_object('id', p.id, 'slug', p.slug, 'status', p.status, 'name', p.name,
                                          'brand', p.brand, 'price', p.price, 'currency', p.currency,
                                          'attributes', p.attributes),
           'product_id', t.product_id, 'created_at', shared.rfc3339(t.created_at),
           'decided_at', shared.rfc3339(t.decided_at)) AS document
  FROM products.proposals t JOIN products.products p ON p.id = t.candidate_id;
COMMENT ON VIEW products.proposal_documents IS 'Proposals as the API shows them.';

CREATE FUNCTION products.set_locks(p_act jsonb, p_id uuid, p_fields text[]) RETURNS text[]
LANGUAGE plpgsql AS $$
DECLARE
    before text[];
    fields text[] := ARRAY(SELECT DISTINCT unnest(p_fields) ORDER BY 1);
BEGIN
    SELECT locked_fields INTO before FROM products.products WHERE id = p_id FOR NO KEY UPDATE;
    IF before IS NULL THEN
        PERFORM shared.fail(404, 'not_found');
    END IF;
    UPDATE products.products SET locked_fields = fields WHERE id = p_id;
    PERFORM registry.audit_act(p_act, 'product.locked', p_id, jsonb_build_object('locked_fields', before),
                               jsonb_build_object('locked_fields', fields));
    RETURN fields;
END
$$;
COMMENT ON FUNCTION products.set_locks(jsonb, uuid, text[]) IS 'Sets which fields of a product no collection changes, and the audit of it.';

GRANT SELECT, INSERT, UPDATE ON products.proposals TO vendas_products;
GRANT SELECT, INSERT ON products.price_history TO vendas_products;
GRANT SELECT ON products.proposal_documents TO vendas_products;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA products FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA products TO vendas_products;

SELECT registry.classify(t, 'neither', columns, NULL, NULL) FROM (VALUES
    ('products.price_history', 'id product_id variant_id at price promotional_price by'),
    ('products.proposals', 'id source source_id item item_hash candidate_id score state product_id created_at decided_at')
) AS register (t, columns);
