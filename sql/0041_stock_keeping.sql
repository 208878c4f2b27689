-- Keeping stock: locations made and put in order, pieces moved between them, what is low, and how
-- long an order holds its stock once somebody begins to pay for it.

ALTER TABLE sales.stock_movements
    DROP CONSTRAINT stock_movements_kind_known,
    ADD CONSTRAINT stock_movements_kind_known
        CHECK (kind IN ('receive', 'adjust', 'count', 'transfer', 'reserve', 'release', 'commit', 'return'));

CREATE TABLE sales.low_levels (
    variant_id uuid CONSTRAINT low_levels_pkey PRIMARY KEY,
    low_below  int NOT NULL CONSTRAINT low_levels_low_below_range CHECK (low_below BETWEEN 0 AND 1000000000)
);
COMMENT ON TABLE sales.low_levels IS 'Of which variants few is another number than the shop''s.';
COMMENT ON COLUMN sales.low_levels.variant_id IS 'a variant of Products';
COMMENT ON COLUMN sales.low_levels.low_below IS 'it is low where less than this is available; 0: never';

CREATE VIEW sales.location_documents AS
SELECT code, position, name,
       json_build_object('code', code, 'name', name, 'position', position) AS document FROM sales.locations;
COMMENT ON VIEW sales.location_documents IS 'Locations as the API shows them.';

CREATE FUNCTION sales.set_location(p_act jsonb, p_code text, p jsonb, OUT document json, OUT made boolean)
LANGUAGE plpgsql AS $$
DECLARE
    before jsonb;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('location ' || p_code, 0));
    SELECT to_jsonb(l.document) INTO before FROM sales.location_documents l WHERE l.code = p_code;
    made := before IS NULL;
    INSERT INTO sales.locations (code, name, position)
    VALUES (p_code, p->>'name', coalesce((p->>'position')::int, 0))
    ON CONFLICT ON CONSTRAINT locations_pkey DO UPDATE SET name = excluded.name, position = excluded.position;
    SELECT l.document INTO document FROM sales.location_documents l WHERE l.code = p_code;
    PERFORM registry.audit_act(p_act, 'location.changed', NULL, before, document::jsonb);
END
$$;
COMMENT ON FUNCTION sales.set_location(jsonb, text, jsonb) IS 'Makes a location or changes it, and the audit of it.';

CREATE FUNCTION sales.stock_document(p_variant uuid, p_low_below int) RETURNS jsonb
LANGUAGE sql STABLE AS $$
    SELECT sales.level_json(p_variant)::jsonb || jsonb_build_object(
        'low_below', coalesce((SELECT low_below FROM sales.low_levels WHERE variant_id = p_variant), p_low_below),
        'locations', (SELECT coalesce(json_agg(json_build_object(
                                 'location', s.location, 'on_hand', s.on_hand, 'reserved', s.reserved,
                                 'available', s.on_hand - s.reserved) ORDER BY l.position, s.location), '[]')
                        FROM (SELECT location, sum(on_hand) AS on_hand, sum(reserved) AS reserved
                                FROM sales.stock_slots WHERE variant_id = p_variant GROUP BY location) AS s
                        JOIN sales.locations l ON l.code = s.location))
$$;
COMMENT ON FUNCTION sales.stock_document(uuid, int) IS
    'A level with where it lies and when it is low: the number given, where it has none of its own.';

CREATE VIEW sales.movement_documents AS
SELECT id, variant_id, json_build_object(
           'id', id, 'kind', kind, 'location', location, 'on_hand', on_hand, 'reserved', reserved,
           'order_id', order_id, 'actor', actor, 'reason', reason,
           'created_at', shared.rfc3339(created_at)) AS document
  FROM sales.stock_movements;
COMMENT ON VIEW sales.movement_documents IS 'Rows of the ledger as the API shows them.';

CREATE FUNCTION sales.set_low(p_act jsonb, p_variant uuid, p_low_below int) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    before int;
BEGIN
    IF products.keeps_stock(p_variant) IS NOT TRUE THEN
        PERFORM shared.fail(404, 'not_found');
    END IF;
    SELECT low_below INTO before FROM sales.low_levels WHERE variant_id = p_variant FOR UPDATE;
    IF p_low_below IS NULL THEN
        DELETE FROM sales.low_levels WHERE variant_id = p_variant;
    ELSE
        INSERT INTO sales.low_levels VALUES (p_variant, p_low_below)
        ON CONFLICT ON CONSTRAINT low_levels_pkey DO UPDATE SET low_below = excluded.low_below;
    END IF;
    PERFORM registry.audit_act(p_act, 'stock.low_changed', p_variant, jsonb_build_object('low_below', before),
                               jsonb_build_object('low_below', p_low_below));
END
$$;
COMMENT ON FUNCTION sales.set_low(jsonb, uuid, int) IS 'Says from when on a variant is low, null: as the shop has it; and the audit of it.';

CREATE FUNCTION sales.transfer_stock(p_caller uuid, p_key text, p_request bytea, p jsonb,
                                     OUT answer json, OUT replayed boolean)
LANGUAGE plpgsql AS $$
DECLARE
    variant uuid := (p->>'variant_id')::uuid;
    pieces  int := (p->>'quantity')::int;
    unknown text;
    level   record;
BEGIN
    answer := sales.idempotent_answer(p_caller, p_key, p_request);
    replayed := answer IS NOT NULL;
    IF replayed THEN
        RETURN;
    END IF;
    IF products.keeps_stock(variant) IS NOT TRUE THEN
        PERFORM shared.fail(422, 'unknown_variant', '{"pointer": "/variant_id"}');
    END IF;
    SELECT side INTO unknown FROM unnest(ARRAY['from', 'to']) AS side
     WHERE NOT EXISTS (SELECT FROM sales.locations WHERE code = p->>side) LIMIT 1;
    IF unknown IS NOT NULL THEN
        PERFORM shared.fail(422, 'unknown_location', jsonb_build_object('pointer', '/' || unknown));
    END IF;
    -- Both, in the order in which everybody locks.
    PERFORM sales.lock_slots(variant, least(p->>'from', p->>'to'));
    PERFORM sales.lock_slots(variant, greatest(p->>'from', p->>'to'));
    SELECT * INTO level FROM sales.lock_slots(variant, p->>'from');
    IF level.on_hand - level.reserved < pieces THEN
        PERFORM shared.fail(409, 'insufficient_stock', jsonb_build_object(
            'pointer', '/quantity', 'variant_id', variant, 'available', level.on_hand - level.reserved));
    END IF;
    INSERT INTO sales.stock_movements (variant_id, location, kind, on_hand, reserved, actor, reason)
    VALUES (variant, p->>'from', 'transfer', -pieces, 0, p_caller, p->>'reason'),
           (variant, p->>'to', 'transfer', pieces, 0, p_caller, p->>'reason');
    answer := sales.level_json(variant);
    PERFORM sales.keep_answer(p_caller, p_key, p_request, answer);
END
$$;
COMMENT ON FUNCTION sales.transfer_stock(uuid, text, bytea, jsonb) IS
    'Moves pieces that are promised to nobody from one location to another; answers with the level.';

DROP FUNCTION sales.begin_payment(uuid, text, bytea, uuid, text, text, jsonb);
CREATE FUNCTION sales.begin_payment(p_caller uuid, p_key text, p_request bytea, p_order uuid,
                                    p_gateway text, p_method text, p_next_action jsonb, p_hold interval,
                                    OUT answer json, OUT replayed boolean)
LANGUAGE plpgsql AS $$
DECLARE
    o       sales.orders;
    payment uuid := shared.uuid7();
BEGIN
    answer := sales.idempotent_answer(p_caller, p_key, p_request);
    replayed := answer IS NOT NULL;
    IF replayed THEN
        RETURN;
    END IF;
    SELECT * INTO o FROM sales.orders WHERE id = p_order FOR UPDATE;
    IF o.id IS NULL OR o.user_id <> p_caller THEN
        PERFORM shared.fail(404, 'not_found');
    ELSIF o.status <> 'pending' OR o.expires_at <= now() THEN
        PERFORM shared.fail(409, 'order_not_payable', jsonb_build_object('current_status', o.status));
    ELSIF EXISTS (SELECT FROM sales.payments WHERE order_id = p_order
                     AND status IN ('pending', 'authorized', 'captured')) THEN
        PERFORM shared.fail(409, 'payment_exists');
    END IF;
    INSERT INTO sales.payments (id, order_id, gateway, method, amount, currency, next_action)
    VALUES (payment, p_order, p_gateway, p_method, o.total, o.currency, p_next_action);
    UPDATE sales.orders SET expires_at = now() + p_hold, updated_at = now(), version = version + 1
     WHERE id = p_order;
    SELECT document INTO answer FROM sales.payment_documents WHERE id = payment;
    PERFORM sales.keep_answer(p_caller, p_key, p_request, answer);
END
$$;
COMMENT ON FUNCTION sales.begin_payment(uuid, text, bytea, uuid, text, text, jsonb, interval) IS
    'Begins to pay for one''s own pending order, which from now on holds its stock for as long as that way of paying takes.';

GRANT SELECT ON sales.low_levels, sales.location_documents, sales.movement_documents TO vendas_sales;
GRANT INSERT, UPDATE (name, position) ON sales.locations TO vendas_sales;
GRANT INSERT, UPDATE (low_below), DELETE ON sales.low_levels TO vendas_sales;
GRANT UPDATE (expires_at) ON sales.orders TO vendas_sales;
REVOKE ALL ON FUNCTION sales.set_location(jsonb, text, jsonb), sales.stock_document(uuid, int),
    sales.set_low(jsonb, uuid, int), sales.transfer_stock(uuid, text, bytea, jsonb),
    sales.begin_payment(uuid, text, bytea, uuid, text, text, jsonb, interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sales.set_location(jsonb, text, jsonb), sales.stock_document(uuid, int),
    sales.set_low(jsonb, uuid, int), sales.transfer_stock(uuid, text, bytea, jsonb),
    sales.begin_payment(uuid, text, bytea, uuid, text, text, jsonb, interval) TO vendas_sales;

SELECT registry.classify('sales.low_levels', 'neither', 'variant_id low_below', NULL, NULL);
