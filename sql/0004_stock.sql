-- Sales, the shelf: the schema, the ledger of stock and its levels, and what every POST of the
-- service needs: answers kept for an Idempotency-Key. Money is integer minor units (centavos).
-- Locks are taken in one order everywhere: the order's row, then stock by variant id.

CREATE SCHEMA sales;
COMMENT ON SCHEMA sales IS 'Service Sales: stock, quotes, orders, payments, reports.';
GRANT USAGE ON SCHEMA sales TO vendas_sales, vendas_products;

-- Stock --------------------------------------------------------------------------------------

CREATE TABLE sales.stock_levels (
    variant_id uuid CONSTRAINT stock_levels_pkey PRIMARY KEY,
    on_hand    int NOT NULL DEFAULT 0,
    reserved   int NOT NULL DEFAULT 0 CONSTRAINT stock_levels_reserved_not_negative CHECK (reserved >= 0),
    CONSTRAINT stock_levels_never_oversold CHECK (on_hand >= reserved)
) WITH (fillfactor = 70);
COMMENT ON TABLE sales.stock_levels IS 'What the ledger adds up to. Written by its trigger alone.';
COMMENT ON COLUMN sales.stock_levels.variant_id IS 'a variant of Products';
COMMENT ON COLUMN sales.stock_levels.on_hand IS 'pieces in the shop: the sum of the ledger';
COMMENT ON COLUMN sales.stock_levels.reserved IS 'pieces promised to unpaid orders: the sum of reservations';

CREATE TABLE sales.stock_movements (
    id         uuid CONSTRAINT stock_movements_pkey PRIMARY KEY DEFAULT shared.uuid7(),
    variant_id uuid NOT NULL,
    kind       text NOT NULL CONSTRAINT stock_movements_kind_known
               CHECK (kind IN ('receive', 'adjust', 'count', 'reserve', 'release', 'commit', 'return')),
    on_hand    int NOT NULL,
    reserved   int NOT NULL,
    order_id   uuid,
    actor      uuid,
    reason     text,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT stock_movements_kind_moves CHECK (CASE kind
        WHEN 'reserve' THEN on_hand = 0 AND reserved > 0
        WHEN 'release' THEN on_hand = 0 AND reserved < 0
        WHEN 'commit' THEN on_hand < 0 AND reserved = on_hand
        WHEN 'receive' THEN on_hand > 0 AND reserved = 0
        WHEN 'return' THEN on_hand > 0 AND reserved = 0
        ELSE reserved = 0 END)
);
CREATE INDEX stock_movements_variant_idx ON sales.stock_movements (variant_id, id);
COMMENT ON TABLE sales.stock_movements IS 'The ledger of stock; append-only.';
COMMENT ON COLUMN sales.stock_movements.id IS 'UUIDv7, so the order of writing';
COMMENT ON COLUMN sales.stock_movements.variant_id IS 'what moved';
COMMENT ON COLUMN sales.stock_movements.kind IS 'why it moved';
COMMENT ON COLUMN sales.stock_movements.on_hand IS 'change of pieces in the shop';
COMMENT ON COLUMN sales.stock_movements.reserved IS 'change of pieces promised';
COMMENT ON COLUMN sales.stock_movements.order_id IS 'the order that moved it, if one did';
COMMENT ON COLUMN sales.stock_movements.actor IS 'who; null: a job';
COMMENT ON COLUMN sales.stock_movements.reason IS 'in words';
COMMENT ON COLUMN sales.stock_movements.created_at IS 'when';

CREATE VIEW sales.availability AS
SELECT variant_id, on_hand - reserved AS available FROM sales.stock_levels;
COMMENT ON VIEW sales.availability IS
    'Published to Products: what can be sold at this moment. A view, not a function, so that it joins at the price of an index look-up.';
GRANT SELECT ON sales.availability TO vendas_products;

CREATE FUNCTION sales.apply_movement() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    after sales.stock_levels;
    available int;
BEGIN
    UPDATE sales.stock_levels SET on_hand = on_hand + NEW.on_hand, reserved = reserved + NEW.reserved
     WHERE variant_id = NEW.variant_id RETURNING * INTO after;
    IF NOT FOUND THEN
        INSERT INTO sales.stock_levels AS l (variant_id, on_hand, reserved)
        VALUES (NEW.variant_id, NEW.on_hand, NEW.reserved)
        ON CONFLICT (variant_id) DO UPDATE
           SET on_hand = l.on_hand + NEW.on_hand, reserved = l.reserved + NEW.reserved
        RETURNING * INTO after;
    END IF;
    available := after.on_hand - after.reserved;
    IF (available = 0) <> (available - NEW.on_hand + NEW.reserved = 0) THEN
        PERFORM products.set_in_stock(NEW.variant_id, available > 0);
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION sales.apply_movement() IS 'Carries a ledger row into the level, whose constraints refuse to go below zero.';
CREATE TRIGGER stock_movements_apply AFTER INSERT ON sales.stock_movements
    FOR EACH ROW EXECUTE FUNCTION sales.apply_movement();

CREATE FUNCTION sales.lock_level(p_variant uuid) RETURNS sales.stock_levels
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    level sales.stock_levels;
BEGIN
    SELECT * INTO level FROM sales.stock_levels WHERE variant_id = p_variant FOR UPDATE;
    IF NOT FOUND THEN
        -- A row that is not there can't be locked: the first to come makes it.
        INSERT INTO sales.stock_levels (variant_id) VALUES (p_variant)
        ON CONFLICT ON CONSTRAINT stock_levels_pkey DO NOTHING;
        SELECT * INTO level FROM sales.stock_levels WHERE variant_id = p_variant FOR UPDATE;
    END IF;
    RETURN level;
END
$$;
COMMENT ON FUNCTION sales.lock_level(uuid) IS
    'A variant''s level, which stays as it is for everybody else until the transaction ends. Runs as the owner: locking takes the right to change, which the service has not.';

CREATE FUNCTION sales.level_json(p_variant uuid) RETURNS json
LANGUAGE sql STABLE AS $$
    SELECT json_build_object('variant_id', p_variant, 'on_hand', coalesce(max(on_hand), 0),
                             'reserved', coalesce(max(reserved), 0),
                             'available', coalesce(max(on_hand - reserved), 0))
      FROM sales.stock_levels WHERE variant_id = p_variant
$$;
COMMENT ON FUNCTION sales.level_json(uuid) IS 'A level as the API shows it.';

-- Idempotency --------------------------------------------------------------------------------

CREATE TABLE sales.idempotency_keys (
    caller     uuid NOT NULL,
    key        text NOT NULL CONSTRAINT idempotency_keys_length CHECK (length(key) BETWEEN 1 AND 255),
    request    bytea NOT NULL,
    answer     json NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT idempotency_keys_pkey PRIMARY KEY (caller, key)
);
CREATE INDEX idempotency_keys_age_idx ON sales.idempotency_keys (created_at);
COMMENT ON TABLE sales.idempotency_keys IS 'First answers of requests that carried an Idempotency-Key, kept 24 hours.';
COMMENT ON COLUMN sales.idempotency_keys.caller IS 'the user who sent it; keys of others never meet';
COMMENT ON COLUMN sales.idempotency_keys.key IS 'the key';
COMMENT ON COLUMN sales.idempotency_keys.request IS 'SHA-256 of method, path and body';
COMMENT ON COLUMN sales.idempotency_keys.answer IS 'what was answered';
COMMENT ON COLUMN sales.idempotency_keys.created_at IS 'when first answered';

CREATE FUNCTION sales.idempotent_answer(p_caller uuid, p_key text, p_request bytea) RETURNS json
LANGUAGE plpgsql AS $$
DECLARE
    kept sales.idempotency_keys;
BEGIN
    -- The lock lives as long as the transaction: a killed worker leaves no key "still running".
    IF NOT pg_try_advisory_xact_lock(hashtextextended(p_caller || p_key, 0)) THEN
        PERFORM shared.fail(409, 'idempotency_key_in_use');
    END IF;
    SELECT * INTO kept FROM sales.idempotency_keys
     WHERE caller = p_caller AND key = p_key AND created_at > now() - interval '24 hours';
    IF kept.request <> p_request THEN
        PERFORM shared.fail(422, 'idempotency_key_reused');
    END IF;
    RETURN kept.answer;
END
$$;
COMMENT ON FUNCTION sales.idempotent_answer(uuid, text, bytea) IS
    'The answer kept for this request, or null: then do the work and keep its answer in the same transaction.';

CREATE FUNCTION sales.keep_answer(p_caller uuid, p_key text, p_request bytea, p_answer json) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO sales.idempotency_keys (caller, key, request, answer)
    VALUES (p_caller, p_key, p_request, p_answer)
    ON CONFLICT ON CONSTRAINT idempotency_keys_pkey
    DO UPDATE SET request = excluded.request, answer = excluded.answer, created_at = now()
$$;
COMMENT ON FUNCTION sales.keep_answer(uuid, text, bytea, json) IS 'Keeps an answer for 24 hours; takes the place of an older one.';

CREATE FUNCTION sales.forget_answers() RETURNS bigint
LANGUAGE sql AS $$
    WITH gone AS (DELETE FROM sales.idempotency_keys
                   WHERE created_at < now() - interval '24 hours' RETURNING 1)
    SELECT count(*) FROM gone
$$;
COMMENT ON FUNCTION sales.forget_answers() IS 'Removes answers older than 24 hours; returns how many.';

-- Changes by people --------------------------------------------------------------------------

CREATE FUNCTION sales.move_stock(p_caller uuid, p_key text, p_request bytea, p jsonb,
                                 OUT answer json, OUT replayed boolean)
LANGUAGE plpgsql AS $$
DECLARE
    variant uuid := (p->>'variant_id')::uuid;
    level   sales.stock_levels;
    change  int := (p->>'quantity')::int;
BEGIN
    answer := sales.idempotent_answer(p_caller, p_key, p_request);
    replayed := answer IS NOT NULL;
    IF replayed THEN
        RETURN;
    END IF;
    IF NOT products.has_variant(variant) THEN
        PERFORM shared.fail(422, 'unknown_variant', '{"pointer": "/variant_id"}');
    END IF;
    level := sales.lock_level(variant);
    IF p->>'kind' = 'count' THEN
        change := change - level.on_hand;
    END IF;
    IF level.on_hand + change < level.reserved THEN
        PERFORM shared.fail(409, 'insufficient_stock', jsonb_build_object(
            'pointer', '/quantity', 'variant_id', variant,
            'available', level.on_hand - level.reserved));
    ELSIF level.on_hand + change > 1000000000 THEN
        PERFORM shared.fail(422, 'out_of_range', '{"pointer": "/quantity"}');
    END IF;
    INSERT INTO sales.stock_movements (variant_id, kind, on_hand, reserved, actor, reason)
    VALUES (variant, p->>'kind', change, 0, p_caller, p->>'reason');
    answer := sales.level_json(variant);
    PERFORM sales.keep_answer(p_caller, p_key, p_request, answer);
END
$$;
COMMENT ON FUNCTION sales.move_stock(uuid, text, bytea, jsonb) IS 'Receives, adjusts or counts stock; answers with the level after it.';

GRANT SELECT ON ALL TABLES IN SCHEMA sales TO vendas_sales;
GRANT INSERT ON sales.stock_movements TO vendas_sales;
GRANT INSERT, UPDATE, DELETE ON sales.idempotency_keys TO vendas_sales;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sales FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA sales TO vendas_sales;

-- The products service's own document shows what can be sold, so it stands after availability.
CREATE VIEW products.product_documents AS
SELECT p.id, p.slug, p.status, p.version, variants.least_available, json_build_object(
    'id', p.id, 'slug', p.slug, 'status', p.status, 'name', p.name, 'description', p.description,
    'brand', p.brand, 'gtin', p.gtin,
    'price', p.price, 'currency', p.currency, 'promotional_price', p.promotional_price,
    'current_price', products.price_now(p.price, p.promotional_price, p.promotion_starts_at,
                                        p.promotion_ends_at),
    'promotion_starts_at', shared.rfc3339(p.promotion_starts_at),
    'promotion_ends_at', shared.rfc3339(p.promotion_ends_at),
    'weight_g', p.weight_g, 'attributes', p.attributes, 'images', p.images, 'in_stock', p.in_stock,
    'category_ids', ARRAY (SELECT c.category_id FROM products.product_categories c
                            WHERE c.product_id = p.id ORDER BY c.category_id),
    'variants', variants.documents,
    'created_at', shared.rfc3339(p.created_at), 'updated_at', shared.rfc3339(p.updated_at)) AS document
  FROM products.products p
 CROSS JOIN LATERAL (
       SELECT min(v.available) AS least_available, json_agg(json_build_object(
                  'id', v.id, 'sku', v.sku, 'price', v.price,
                  'current_price', products.price_now(v.price, p.promotional_price,
                                                      p.promotion_starts_at, p.promotion_ends_at),
                  'available', v.available, 'options', v.options)) AS documents
         FROM (SELECT v.id, v.sku, coalesce(v.price, p.price) AS price, v.options,
                      coalesce(a.available, 0) AS available
                 FROM products.variants v LEFT JOIN sales.availability a ON a.variant_id = v.id
                WHERE v.product_id = p.id ORDER BY v.position, v.id) AS v) AS variants;
COMMENT ON VIEW products.product_documents IS 'Products as the API shows them; least_available is that of the variant of which there is least.';
GRANT SELECT ON products.product_documents TO vendas_products;
