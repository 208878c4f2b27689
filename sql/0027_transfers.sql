-- The catalogue as a file: imports and exports, done in the background by the job "transfer", a chunk
-- a transaction, so that one that was killed goes on where it stood.

CREATE TABLE products.transfers (
    id           uuid CONSTRAINT transfers_pkey PRIMARY KEY,
    kind         text NOT NULL CONSTRAINT transfers_kind_known CHECK (kind IN ('import', 'export')),
    state        text NOT NULL DEFAULT 'waiting' CONSTRAINT transfers_state_known
                 CHECK (state IN ('waiting', 'running', 'done', 'failed', 'canceled')),
    format       text NOT NULL CONSTRAINT transfers_format_known CHECK (format IN ('csv', 'xlsx')),
    dry_run      boolean NOT NULL DEFAULT false,
    filters      jsonb NOT NULL DEFAULT '{}',
    actor        uuid NOT NULL,
    request      text,
    currency     text NOT NULL,
    done         int NOT NULL DEFAULT 0,
    total        int,
    created      int NOT NULL DEFAULT 0,
    updated      int NOT NULL DEFAULT 0,
    unchanged    int NOT NULL DEFAULT 0,
    rejected     int NOT NULL DEFAULT 0,
    faults       int NOT NULL DEFAULT 0,
    attempt      int NOT NULL DEFAULT 0,
    leased_until timestamptz,
    created_at   timestamptz NOT NULL DEFAULT now(),
    finished_at  timestamptz
);
CREATE INDEX transfers_open_idx ON products.transfers (created_at) WHERE state IN ('waiting', 'running');
CREATE INDEX transfers_kind_idx ON products.transfers (kind, id);
COMMENT ON TABLE products.transfers IS 'Imports and exports of the catalogue; what they read and write are files of this id.';
COMMENT ON COLUMN products.transfers.id IS 'UUIDv7';
COMMENT ON COLUMN products.transfers.kind IS 'import or export';
COMMENT ON COLUMN products.transfers.state IS 'waiting, running, then done, failed or canceled';
COMMENT ON COLUMN products.transfers.format IS 'csv or xlsx';
COMMENT ON COLUMN products.transfers.dry_run IS 'an import that tells what it would do';
COMMENT ON COLUMN products.transfers.filters IS 'which products an export holds: {"status", "category"}';
COMMENT ON COLUMN products.transfers.actor IS 'user or service account that asked for it';
COMMENT ON COLUMN products.transfers.request IS 'the request it was asked for with, as the audit has it';
COMMENT ON COLUMN products.transfers.currency IS 'of its amounts';
COMMENT ON COLUMN products.transfers.done IS 'rows of the file that were read, or products that were written';
COMMENT ON COLUMN products.transfers.total IS 'of how many; null until it is known';
COMMENT ON COLUMN products.transfers.created IS 'products that were made';
COMMENT ON COLUMN products.transfers.updated IS 'products that were changed';
COMMENT ON COLUMN products.transfers.unchanged IS 'products that were so already';
COMMENT ON COLUMN products.transfers.rejected IS 'products with something wrong, which were left as they were';
COMMENT ON COLUMN products.transfers.faults IS 'rows in products.transfer_faults';
COMMENT ON COLUMN products.transfers.attempt IS 'how often a job has taken it up: only the last one may go on';
COMMENT ON COLUMN products.transfers.leased_until IS 'when another job may take it up';
COMMENT ON COLUMN products.transfers.created_at IS 'when it was asked for';
COMMENT ON COLUMN products.transfers.finished_at IS 'when it ended';

CREATE TABLE products.transfer_faults (
    transfer_id uuid NOT NULL CONSTRAINT transfer_faults_transfer_fkey
                REFERENCES products.transfers ON DELETE CASCADE,
    number      int NOT NULL,
    line        int NOT NULL,
    field       text,
    code        text NOT NULL,
    argument    text,
    CONSTRAINT transfer_faults_pkey PRIMARY KEY (transfer_id, number)
);
COMMENT ON TABLE products.transfer_faults IS 'What was wrong with an import''s rows, the first ten thousand.';
COMMENT ON COLUMN products.transfer_faults.transfer_id IS 'the import';
COMMENT ON COLUMN products.transfer_faults.number IS 'order, from 1';
COMMENT ON COLUMN products.transfer_faults.line IS 'row of the file, the header being 1';
COMMENT ON COLUMN products.transfer_faults.field IS 'its column; null: the whole row';
COMMENT ON COLUMN products.transfer_faults.code IS 'of lib/messages';
COMMENT ON COLUMN products.transfer_faults.argument IS 'what the message names';

CREATE TABLE products.transfer_skus (
    transfer_id uuid NOT NULL CONSTRAINT transfer_skus_transfer_fkey
                REFERENCES products.transfers ON DELETE CASCADE,
    sku         text NOT NULL,
    CONSTRAINT transfer_skus_pkey PRIMARY KEY (transfer_id, sku)
);
COMMENT ON TABLE products.transfer_skus IS 'What a dry run has seen and undone: a bundle further on may be made of it.';
COMMENT ON COLUMN products.transfer_skus.transfer_id IS 'the dry run';
COMMENT ON COLUMN products.transfer_skus.sku IS 'of a variant that would be there by now';

-- A product as a file has it -----------------------------------------------------------------

CREATE FUNCTION products.category_path(p_category uuid) RETURNS text[]
LANGUAGE sql STABLE AS $$
    WITH RECURSIVE above AS (
        SELECT c.parent_id, ARRAY[c.name] AS path FROM products.categories c WHERE c.id = p_category
        UNION ALL
        SELECT c.parent_id, c.name || a.path FROM products.categories c JOIN above a ON c.id = a.parent_id)
    SELECT path FROM above WHERE parent_id IS NULL
$$;
COMMENT ON FUNCTION products.category_path(uuid) IS 'The names of a category and those above it, from the top.';

CREATE FUNCTION products.path_category(p_path jsonb) RETURNS uuid
LANGUAGE plpgsql AS $$
DECLARE
    above uuid;
    here  uuid;
    part  text;
    wanted text := '';
BEGIN
    FOR part IN SELECT jsonb_array_elements_text(p_path) LOOP
        wanted := wanted || ' ' || part;
        SELECT c.id INTO here FROM products.categories c
         WHERE c.parent_id IS NOT DISTINCT FROM above AND shared.fold(c.name) = shared.fold(part)
         ORDER BY c.name <> part, c.id LIMIT 1;
        IF here IS NULL THEN
            INSERT INTO products.categories (parent_id, slug, name)
            VALUES (above, CASE WHEN products.category_at(shared.slug(wanted)) IS NOT NULL
                           THEN shared.slug(wanted) || '-' || left(md5(gen_random_uuid()::text), 6)
                           ELSE shared.slug(wanted) END, part)
            RETURNING id INTO here;
        END IF;
        above := here;
    END LOOP;
    RETURN above;
END
$$;
COMMENT ON FUNCTION products.path_category(jsonb) IS 'The category of a path of names, made where it is missing.';

CREATE VIEW products.sheet_products AS
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
                            'weight_g', v.weight_g, 'options', v.options) ORDER BY v.position, v.id)
                   FROM products.variants v WHERE v.product_id = p.id)) AS body
  FROM products.products p;
COMMENT ON VIEW products.sheet_products IS 'Products as an export writes them and an import compares them.';

CREATE VIEW products.sheet_names AS
SELECT 'option' AS kind, unnest(p.options) AS name, p.status, p.id FROM products.products p
UNION ALL
SELECT CASE jsonb_typeof(a.value) WHEN 'string' THEN 'attr' ELSE jsonb_typeof(a.value) END, a.key, p.status, p.id
  FROM products.products p, jsonb_each(p.attributes) AS a;
COMMENT ON VIEW products.sheet_names IS 'Names of options and attributes, which are columns of a file: attr, number or boolean.';

-- One product of an import -------------------------------------------------------------------

CREATE FUNCTION products.differing(p jsonb, p_present jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(jsonb_object_agg(key, value), '{}') FROM jsonb_each(p)
     WHERE value IS DISTINCT FROM p_present->key
$$;
COMMENT ON FUNCTION products.differing(jsonb, jsonb) IS 'Those members of a body that would change something.';

CREATE FUNCTION products.act_of(p_transfer products.transfers) RETURNS jsonb
LANGUAGE sql VOLATILE AS $$
    SELECT jsonb_build_object('id', shared.uuid7(), 'actor', p_transfer.actor, 'request', p_transfer.request)
$$;
COMMENT ON FUNCTION products.act_of(products.transfers) IS 'The act of one change that an import makes, for the audit.';

CREATE FUNCTION products.sheet_parts(p_parts jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE AS $$
DECLARE
    unknown text;
BEGIN
    SELECT part->>'sku' INTO unknown FROM jsonb_array_elements(p_parts) AS part
     WHERE NOT EXISTS (SELECT FROM products.variants v WHERE v.sku = part->>'sku') LIMIT 1;
    IF unknown IS NOT NULL THEN
        PERFORM shared.fail(422, 'unknown_sku', jsonb_build_object('pointer', '/parts', 'argument', unknown));
    END IF;
    RETURN (SELECT jsonb_agg(jsonb_build_object('variant_id', v.id, 'quantity', part->'quantity') ORDER BY n)
              FROM jsonb_array_elements(p_parts) WITH ORDINALITY AS list (part, n)
              JOIN products.variants v ON v.sku = part->>'sku');
END
$$;
COMMENT ON FUNCTION products.sheet_parts(jsonb) IS 'Parts of a bundle, named by SKU, as the API names them.';

CREATE FUNCTION products.import_new(p_transfer products.transfers, p jsonb) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    field   text;
    product uuid;
    own     jsonb := jsonb_strip_nulls(coalesce(p->'variants'->0, '{}'));
BEGIN
    SELECT f INTO field FROM unnest(ARRAY['name', 'price']) AS f WHERE p->f IS NULL OR p->f = 'null' LIMIT 1;
    IF field = 'name' AND p->>'slug' IS NULL AND own ? 'sku' THEN
        PERFORM shared.fail(422, 'unknown_sku', jsonb_build_object('pointer', '/sku', 'argument', own->>'sku'));
    ELSIF field IS NOT NULL THEN
        PERFORM shared.fail(422, 'required', jsonb_build_object('pointer', '/' || field));
    END IF;
    IF p ? 'categories' THEN
        p := p || jsonb_build_object('category_ids', (
            SELECT jsonb_agg(products.path_category(path)) FROM jsonb_array_elements(p->'categories') AS path));
    END IF;
    IF jsonb_array_length(p->'parts') > 0 THEN
        p := p || jsonb_build_object('parts', products.sheet_parts(p->'parts'));
    END IF;
    p := p - 'categories' || jsonb_build_object('currency', p_transfer.currency);
    IF p->>'type' = 'variations' THEN
        p := jsonb_build_object('options', p->'option_columns') || p;
        product := products.create_product(p - 'option_columns');
    ELSE
        product := products.create_product(p - 'variants' - 'options' - 'option_columns' || (own - 'options' - 'price' - 'cost' - 'weight_g'));
        IF own ?| ARRAY['price', 'cost', 'weight_g'] THEN
            PERFORM products.update_variant(v.id, own - 'options') FROM products.variants v WHERE v.product_id = product;
            PERFORM products.refresh(ARRAY[product]);
        END IF;
    END IF;
    PERFORM registry.audit_act(products.act_of(p_transfer), 'product.created', product, NULL, p);
END
$$;
COMMENT ON FUNCTION products.import_new(products.transfers, jsonb) IS 'Makes a product of an import.';

CREATE FUNCTION products.import_variant(p_transfer products.transfers, p_product products.products, p jsonb)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    present products.variants;
    changes jsonb;
BEGIN
    SELECT * INTO present FROM products.variants v
     WHERE v.product_id = p_product.id
       AND CASE WHEN p_product.type <> 'variations' THEN true
                WHEN p ? 'sku' THEN v.sku = p->>'sku'
                ELSE v.options = p->'options' END;
    IF present.id IS NULL THEN
        PERFORM products.create_variant(products.act_of(p_transfer), p_product.id, p);
        RETURN true;
    END IF;
    changes := products.differing(CASE WHEN p->'options' = '{}' THEN p - 'options' ELSE p END, to_jsonb(present));
    IF changes = '{}' THEN
        RETURN false;
    END IF;
    PERFORM products.edit_variant(products.act_of(p_transfer), p_product.id, present.id, changes);
    RETURN true;
END
$$;
COMMENT ON FUNCTION products.import_variant(products.transfers, products.products, jsonb) IS
    'Brings a variant to what a row says, or makes it. Whether that changed anything.';

CREATE FUNCTION products.import_changes(p_product products.products, p jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    present jsonb := (SELECT body FROM products.sheet_products WHERE id = p_product.id);
    changes jsonb;
BEGIN
    IF p->>'type' <> p_product.type THEN
        PERFORM shared.fail(422, 'immutable', '{"pointer": "/type"}');
    ELSIF jsonb_array_length(p->'options') > 0 AND p->'options' <> present->'options' THEN
        PERFORM shared.fail(422, 'immutable', '{"pointer": "/options"}');
    END IF;
    IF p->'description' = 'null' THEN
        p := p || '{"description": ""}';
    END IF;
    p := p || (SELECT coalesce(jsonb_object_agg(key, shared.rfc3339(value::timestamptz)), '{}') FROM jsonb_each_text(p)
                WHERE key IN ('promotion_starts_at', 'promotion_ends_at') AND value IS NOT NULL);
    IF p ? 'attributes' THEN
        p := p || jsonb_build_object('attributes', jsonb_strip_nulls(p_product.attributes || (p->'attributes')));
    END IF;
    IF p ? 'categories' THEN
        p := p || jsonb_build_object('categories', (
            SELECT coalesce(jsonb_agg(DISTINCT path), '[]') FROM jsonb_array_elements(p->'categories') AS path));
    END IF;
    changes := products.differing(p - 'slug' - 'type' - 'options' - 'option_columns' - 'variants', present);
    IF changes ? 'categories' THEN
        changes := changes - 'categories' || jsonb_build_object('category_ids', (
            SELECT coalesce(jsonb_agg(products.path_category(path)), '[]')
              FROM jsonb_array_elements(changes->'categories') AS path));
    END IF;
    IF jsonb_array_length(changes->'parts') > 0 THEN
        changes := changes || jsonb_build_object('parts', products.sheet_parts(changes->'parts'));
    END IF;
    RETURN changes;
END
$$;
COMMENT ON FUNCTION products.import_changes(products.products, jsonb) IS
    'What an import changes of a product itself, as the API''s body for it.';

CREATE FUNCTION products.import_item(p_transfer products.transfers, p jsonb) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    slugs   text := p->>'slug';
    present products.products;
    changes jsonb;
    variant jsonb;
    changed boolean := false;
BEGIN
    SELECT * INTO present FROM products.products t
     WHERE t.id = coalesce((SELECT id FROM products.products WHERE slug = slugs),
                           (SELECT product_id FROM products.old_slugs WHERE slug = slugs),
                           (SELECT product_id FROM products.variants
                             WHERE slugs IS NULL AND sku = p->'variants'->0->>'sku'))
       FOR UPDATE;
    IF present.id IS NULL THEN
        PERFORM products.import_new(p_transfer, p);
        RETURN 'created';
    END IF;
    changes := products.import_changes(present, p);
    IF changes <> '{}' THEN
        PERFORM products.edit_product(products.act_of(p_transfer), present.id, changes, NULL);
        changed := true;
    END IF;
    FOR variant IN SELECT jsonb_array_elements(p->'variants') LOOP
        changed := products.import_variant(p_transfer, present, variant) OR changed;
    END LOOP;
    RETURN CASE WHEN changed THEN 'updated' ELSE 'unchanged' END;
END
$$;
COMMENT ON FUNCTION products.import_item(products.transfers, jsonb) IS
    'One product of an import: created, updated or unchanged. It is found by its address, now or before, or by a SKU alone.';

-- A chunk ------------------------------------------------------------------------------------

CREATE FUNCTION products.sheet_column(p_pointer text) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN p_pointer ~ '^/attributes/' THEN 'attr:' || replace(replace(substr(p_pointer, 13), '~1', '/'), '~0', '~')
        WHEN p_pointer ~ '^/variants/options/' THEN 'option:' || replace(replace(substr(p_pointer, 19), '~1', '/'), '~0', '~')
        WHEN p_pointer ~ '^/(category_ids|parts|images|options)(/|$)' THEN
            replace(split_part(p_pointer, '/', 2), 'category_ids', 'categories')
        WHEN p_pointer IN ('/variants/price', '/variants/cost', '/variants/weight_g') THEN 'variant_' || split_part(p_pointer, '/', 3)
        ELSE nullif(substring(p_pointer FROM '[^/]*$'), '') END
$$;
COMMENT ON FUNCTION products.sheet_column(text) IS 'The column of a file that a field error''s pointer is about.';

CREATE FUNCTION products.note_faults(p_transfer uuid, p_faults jsonb) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    already int := (SELECT faults FROM products.transfers WHERE id = p_transfer);
    noted   int;
BEGIN
    INSERT INTO products.transfer_faults (transfer_id, number, line, field, code, argument)
    SELECT p_transfer, already + n, (f->>'line')::int, coalesce(f->>'column', products.sheet_column(f->>'pointer')),
           f->>'code', f->>'argument'
      FROM jsonb_array_elements(p_faults) WITH ORDINALITY AS list (f, n)
     WHERE already + n <= 10000;
    GET DIAGNOSTICS noted = ROW_COUNT;
    UPDATE products.transfers SET faults = already + noted WHERE id = p_transfer;
END
$$;
COMMENT ON FUNCTION products.note_faults(uuid, jsonb) IS 'Keeps what was wrong with rows: [{line, column or pointer, code, argument}].';

CREATE FUNCTION products.try_item(p_transfer products.transfers, p_item jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    state  text;
    reason text;
    detail text;
    rule   text;
    owner  text;
BEGIN
    RETURN jsonb_build_object('status', products.import_item(p_transfer, p_item->'body'));
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, reason = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL,
                            rule = CONSTRAINT_NAME, owner = TABLE_NAME;
    IF state LIKE 'VE%' THEN
        -- Of several faults (shared.fail with "errors") the first is told.
        RETURN jsonb_build_object(
            'line', p_item->'line', 'code', coalesce(detail::jsonb #>> '{errors,0,code}', reason),
            'pointer', coalesce(detail::jsonb->>'pointer', detail::jsonb #>> '{errors,0,pointer}'),
            'argument', coalesce(detail::jsonb->>'argument', detail::jsonb #>> '{errors,0,argument}'));
    ELSIF state IN ('23505', '23514') THEN -- as lib/db.c reads the names of constraints
        RETURN jsonb_build_object('line', p_item->'line',
            'code', CASE state WHEN '23505' THEN 'already_exists' ELSE 'out_of_range' END,
            'pointer', '/' || regexp_replace(substr(rule, length(owner) + 2), '_[^_]*$', ''));
    END IF;
    RAISE;
END
$$;
COMMENT ON FUNCTION products.try_item(products.transfers, jsonb) IS
    'One product of an import, {line, body}: {status}, or what is wrong with it, which then changes nothing.';

CREATE FUNCTION products.hold_transfer(p_id uuid, p_attempt int) RETURNS products.transfers
LANGUAGE sql AS $$
    UPDATE products.transfers SET leased_until = now() + interval '1 minute'
     WHERE id = p_id AND attempt = p_attempt AND state = 'running' RETURNING *
$$;
COMMENT ON FUNCTION products.hold_transfer(uuid, int) IS 'Goes on with a transfer; null when it was canceled or another job has it.';

CREATE FUNCTION products.waits_for(p_transfer products.transfers, p_item jsonb) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT p_transfer.dry_run AND EXISTS (
        SELECT FROM jsonb_array_elements(p_item->'body'->'parts') AS part
          JOIN products.transfer_skus s ON s.transfer_id = p_transfer.id AND s.sku = part->>'sku'
         WHERE NOT EXISTS (SELECT FROM products.variants v WHERE v.sku = part->>'sku'))
$$;
COMMENT ON FUNCTION products.waits_for(products.transfers, jsonb) IS 'Whether a bundle is made of what a dry run has made and undone.';

CREATE FUNCTION products.import_chunk(p_id uuid, p_attempt int, p_items jsonb, p_faults jsonb, p_rejected int, p_done int)
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
            results := results || CASE WHEN products.waits_for(t, item) THEN '{"status": "created"}'::jsonb
                                  ELSE products.try_item(t, item) END;
        END LOOP;
        IF t.dry_run THEN
            RAISE EXCEPTION USING ERRCODE = 'VEDRY';
        END IF;
    EXCEPTION WHEN SQLSTATE 'VEDRY' THEN
        INSERT INTO products.transfer_skus
        SELECT DISTINCT p_id, v->>'sku' FROM jsonb_array_elements(p_items) AS i, jsonb_array_elements(i->'body'->'variants') AS v
         WHERE v->>'sku' IS NOT NULL ON CONFLICT DO NOTHING;
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
COMMENT ON FUNCTION products.import_chunk(uuid, int, jsonb, jsonb, int, int) IS
    'Takes in a few products [{line, body}], notes what is wrong with them and with those whose faults were found before, and how far the file is read: all in one transaction. False: the transfer is not this job''s any more.';

-- Life ---------------------------------------------------------------------------------------

CREATE FUNCTION products.open_transfer(p_act jsonb, p_id uuid, p_kind text, p jsonb) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO products.transfers (id, kind, format, dry_run, filters, actor, request, currency)
    VALUES (p_id, p_kind, p->>'format', coalesce((p->>'dry_run')::boolean, false), p - 'format' - 'dry_run' - 'currency',
            (p_act->>'actor')::uuid, p_act->>'request', p->>'currency');
    SELECT registry.audit_act(p_act, 'product.' || p_kind, p_id, NULL, p)
$$;
COMMENT ON FUNCTION products.open_transfer(jsonb, uuid, text, jsonb) IS 'Has the job do a transfer, and the audit of it.';

CREATE FUNCTION products.claim_transfer() RETURNS SETOF products.transfers
LANGUAGE sql AS $$
    UPDATE products.transfers SET state = 'running', attempt = attempt + 1, leased_until = now() + interval '1 minute'
     WHERE id = (SELECT id FROM products.transfers
                  WHERE state = 'waiting' OR (state = 'running' AND leased_until < now())
                  ORDER BY created_at LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING *
$$;
COMMENT ON FUNCTION products.claim_transfer() IS 'The transfer that has waited longest, for a minute, which each chunk prolongs.';

CREATE FUNCTION products.note_progress(p_id uuid, p_attempt int, p_done int, p_total int) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM products.hold_transfer(p_id, p_attempt) AS t WHERE t.id IS NOT NULL;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE products.transfers SET done = coalesce(p_done, done), total = coalesce(p_total, total) WHERE id = p_id;
    RETURN true;
END
$$;
COMMENT ON FUNCTION products.note_progress(uuid, int, int, int) IS 'How far a transfer is. False: it is not this job''s any more.';

CREATE FUNCTION products.finish_transfer(p_id uuid, p_attempt int, p_code text, p_field text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE products.transfers SET state = CASE WHEN p_code IS NULL THEN 'done' ELSE 'failed' END,
                                  finished_at = now(), leased_until = NULL
     WHERE id = p_id AND attempt = p_attempt AND state = 'running';
    IF FOUND AND p_code IS NOT NULL THEN
        PERFORM products.note_faults(p_id, jsonb_build_array(jsonb_build_object(
            'line', 1, 'code', p_code, 'column', p_field)));
    END IF;
    DELETE FROM products.transfer_skus WHERE transfer_id = p_id;
END
$$;
COMMENT ON FUNCTION products.finish_transfer(uuid, int, text, text) IS 'Ends a transfer; p_code says what was wrong with the whole file, or with the head of a column.';

CREATE FUNCTION products.cancel_transfer(p_act jsonb, p_id uuid, p_kind text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    before text;
BEGIN
    SELECT state INTO before FROM products.transfers WHERE id = p_id AND kind = p_kind FOR UPDATE;
    IF before IS NULL THEN
        PERFORM shared.fail(404, 'not_found');
    ELSIF before NOT IN ('waiting', 'running') THEN
        PERFORM shared.fail(409, 'transfer_ended');
    END IF;
    UPDATE products.transfers SET state = 'canceled', finished_at = now(), leased_until = NULL WHERE id = p_id;
    PERFORM registry.audit_act(p_act, 'product.' || p_kind || '_canceled', p_id, NULL, NULL);
END
$$;
COMMENT ON FUNCTION products.cancel_transfer(jsonb, uuid, text) IS 'Ends a transfer early; chunks of an import that are done stay done.';

CREATE FUNCTION products.forget_transfers(p_days int) RETURNS int
LANGUAGE sql AS $$
    WITH gone AS (
        DELETE FROM products.transfers
         WHERE created_at < now() - make_interval(days => p_days) AND state NOT IN ('waiting', 'running')
        RETURNING id)
    SELECT count(*)::int FROM gone
$$;
COMMENT ON FUNCTION products.forget_transfers(int) IS 'Forgets transfers of that age.';

CREATE VIEW products.transfer_documents AS
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
    'created_at', shared.rfc3339(t.created_at), 'finished_at', shared.rfc3339(t.finished_at)) AS document
  FROM products.transfers t;
COMMENT ON VIEW products.transfer_documents IS 'Transfers as the API shows them.';

GRANT SELECT, INSERT, UPDATE, DELETE ON products.transfers, products.transfer_faults, products.transfer_skus
   TO vendas_products;
GRANT SELECT ON products.sheet_products, products.sheet_names, products.transfer_documents TO vendas_products;
REVOKE ALL ON FUNCTION products.category_path(uuid), products.path_category(jsonb),
    products.differing(jsonb, jsonb), products.act_of(products.transfers), products.sheet_parts(jsonb),
    products.import_new(products.transfers, jsonb),
    products.import_variant(products.transfers, products.products, jsonb),
    products.import_changes(products.products, jsonb), products.import_item(products.transfers, jsonb),
    products.sheet_column(text), products.note_faults(uuid, jsonb), products.try_item(products.transfers, jsonb),
    products.hold_transfer(uuid, int), products.waits_for(products.transfers, jsonb),
    products.import_chunk(uuid, int, jsonb, jsonb, int, int), products.open_transfer(jsonb, uuid, text, jsonb),
    products.claim_transfer(), products.note_progress(uuid, int, int, int),
    products.finish_transfer(uuid, int, text, text), products.cancel_transfer(jsonb, uuid, text),
    products.forget_transfers(int) FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA products TO vendas_products;

SELECT registry.classify(t, 'neither', columns, NULL, NULL) FROM (VALUES
    ('products.transfers', 'id kind state format dry_run filters actor request currency done total created updated unchanged rejected faults attempt leased_until created_at finished_at'),
    ('products.transfer_faults', 'transfer_id number line field code argument'),
    ('products.transfer_skus', 'transfer_id sku')
) AS register (t, columns);
