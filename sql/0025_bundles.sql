-- Sales draws on the stock that products.stock_of() tells: a bundle's parts, and none for what is
-- digital. And what Products has to know before it deletes something.

CREATE INDEX stock_movements_order_idx ON sales.stock_movements (order_id) WHERE order_id IS NOT NULL;

CREATE OR REPLACE FUNCTION sales.apply_movement() RETURNS trigger
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
    IF NEW.on_hand <> NEW.reserved THEN
        PERFORM products.stock_changed(NEW.variant_id, available - NEW.on_hand + NEW.reserved, available);
    END IF;
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION sales.reserve(p_order uuid, p_actor uuid) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    line record;
    free int;
BEGIN
    -- Lines of one order that draw on the same stock are summed before it is asked for.
    FOR line IN SELECT u.unit_id, sum(i.quantity::bigint * u.pieces) AS quantity, min(i.position) AS position
                  FROM sales.order_items i
                  JOIN products.stock_of(ARRAY(SELECT variant_id FROM sales.order_items WHERE order_id = p_order)) u
                    USING (variant_id)
                 WHERE i.order_id = p_order
                 GROUP BY u.unit_id ORDER BY u.unit_id LOOP
        SELECT on_hand - reserved INTO free FROM sales.lock_level(line.unit_id);
        IF free < line.quantity THEN
            PERFORM shared.fail(409, 'insufficient_stock', jsonb_build_object(
                'pointer', '/items/' || line.position || '/quantity',
                'variant_id', line.unit_id, 'available', free));
        END IF;
        INSERT INTO sales.reservations VALUES (p_order, line.unit_id, line.quantity);
        INSERT INTO sales.stock_movements (variant_id, kind, on_hand, reserved, order_id, actor)
        VALUES (line.unit_id, 'reserve', 0, line.quantity, p_order, p_actor);
    END LOOP;
END
$$;

CREATE OR REPLACE FUNCTION sales.give_back(p_order uuid, p_actor uuid) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO sales.stock_movements (variant_id, kind, on_hand, reserved, order_id, actor)
    SELECT variant_id, 'return', -sum(on_hand), 0, p_order, p_actor
      FROM sales.stock_movements WHERE order_id = p_order
     GROUP BY variant_id HAVING sum(on_hand) < 0 ORDER BY variant_id
$$;
COMMENT ON FUNCTION sales.give_back(uuid, uuid) IS
    'Puts what a paid order took back on the shelf, as the ledger has it: a bundle may be made of other things by now.';

CREATE OR REPLACE FUNCTION sales.move_stock(p_caller uuid, p_key text, p_request bytea, p jsonb,
                                            OUT answer json, OUT replayed boolean)
LANGUAGE plpgsql AS $$
DECLARE
    variant uuid := (p->>'variant_id')::uuid;
    level   sales.stock_levels;
    change  int := (p->>'quantity')::int;
    keeps   boolean;
BEGIN
    answer := sales.idempotent_answer(p_caller, p_key, p_request);
    replayed := answer IS NOT NULL;
    IF replayed THEN
        RETURN;
    END IF;
    keeps := products.keeps_stock(variant);
    IF keeps IS NULL THEN
        PERFORM shared.fail(422, 'unknown_variant', '{"pointer": "/variant_id"}');
    ELSIF NOT keeps THEN
        PERFORM shared.fail(422, 'no_own_stock', '{"pointer": "/variant_id"}');
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

CREATE FUNCTION sales.was_sold(p_variant uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT EXISTS (SELECT FROM sales.order_items WHERE variant_id = p_variant)
$$;
COMMENT ON FUNCTION sales.was_sold(uuid) IS 'Published to Products: whether a variant stands in an order.';

CREATE FUNCTION sales.product_obstacles(p_variants uuid[]) RETURNS text[]
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT ARRAY(
        SELECT 'has_orders' WHERE EXISTS (SELECT FROM sales.order_items WHERE variant_id = ANY (p_variants))
        UNION ALL
        SELECT 'has_stock' WHERE EXISTS (SELECT FROM sales.stock_levels
                                          WHERE variant_id = ANY (p_variants) AND (on_hand <> 0 OR reserved <> 0)))
$$;
COMMENT ON FUNCTION sales.product_obstacles(uuid[]) IS
    'Published to Products: why these variants must stay: has_orders, has_stock. Empty: nothing needs them.';

-- Nobody calls it any more.
DROP FUNCTION products.set_in_stock(uuid, boolean);

REVOKE ALL ON FUNCTION sales.was_sold(uuid), sales.product_obstacles(uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sales.was_sold(uuid), sales.product_obstacles(uuid[]) TO vendas_products;
