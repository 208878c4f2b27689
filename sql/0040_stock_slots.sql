-- Stock by location and slot.
--
-- An order holds the row that it takes pieces from until it is committed, so of one product no more
-- orders a second were possible than one commit after the other. What there is much of therefore
-- lies in several slots, any of which an order may take from:
-- - reserving takes a slot that nobody holds (SKIP LOCKED) and that suffices alone. Where all of
--   those are held it waits for one, each process for another one; where none suffices it locks all
--   slots of the variant and takes from several, so that nothing is refused while there is enough;
-- - locks are taken by variant, then location, then slot. A slot that was locked in vain is let go
--   of again (a subtransaction) before any other is waited for. What there is only one slot of, as
--   of most products, is simply locked;
-- - the ledger tells of locations. It names the slot where an order took from one, and
--   sales.reservations remembers it; what comes in is spread over slots by the ledger's trigger;
-- - Products is told where the total reaches or leaves what it has to know of. A transaction that
--   leaves a slot at no less than that can't have brought that about, whatever others are doing; the
--   rest wait for each other, one variant at a time, and then look at the sum.

CREATE TABLE sales.locations (
    code     text CONSTRAINT locations_pkey PRIMARY KEY
             CONSTRAINT locations_code_form CHECK (code ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length(code) <= 40),
    name     text NOT NULL CONSTRAINT locations_name_length CHECK (length(name) BETWEEN 1 AND 120),
    position int NOT NULL DEFAULT 0 CONSTRAINT locations_position_range CHECK (position BETWEEN 0 AND 100000)
);
COMMENT ON TABLE sales.locations IS 'Where stock lies.';
COMMENT ON COLUMN sales.locations.code IS 'its name in the API';
COMMENT ON COLUMN sales.locations.name IS 'its name for people';
COMMENT ON COLUMN sales.locations.position IS 'orders take from the lowest first; then by code';
INSERT INTO sales.locations (code, name) VALUES ('main', 'Estoque principal');

ALTER TABLE sales.stock_levels RENAME TO stock_slots;
ALTER TABLE sales.stock_slots
    ADD COLUMN location text NOT NULL DEFAULT 'main'
               CONSTRAINT stock_slots_location_fkey REFERENCES sales.locations,
    ADD COLUMN slot smallint NOT NULL DEFAULT 0
               CONSTRAINT stock_slots_slot_range CHECK (slot BETWEEN 0 AND 15),
    DROP CONSTRAINT stock_levels_pkey,
    ADD CONSTRAINT stock_slots_pkey PRIMARY KEY (variant_id, location, slot);
ALTER TABLE sales.stock_slots
    RENAME CONSTRAINT stock_levels_reserved_not_negative TO stock_slots_reserved_not_negative;
ALTER TABLE sales.stock_slots RENAME CONSTRAINT stock_levels_never_oversold TO stock_slots_never_oversold;
COMMENT ON TABLE sales.stock_slots IS 'What the ledger adds up to, in parts that orders take from at once. Written by its trigger alone.';
COMMENT ON COLUMN sales.stock_slots.location IS 'where';
COMMENT ON COLUMN sales.stock_slots.slot IS 'which part of what is there, from 0';
COMMENT ON COLUMN sales.stock_slots.on_hand IS 'pieces in the slot; those of all of a location''s slots are the sum of the ledger';
COMMENT ON COLUMN sales.stock_slots.reserved IS 'pieces promised to unpaid orders: the sum of reservations';

ALTER TABLE sales.reservations
    ADD COLUMN location text NOT NULL DEFAULT 'main',
    ADD COLUMN slot smallint NOT NULL DEFAULT 0,
    DROP CONSTRAINT reservations_pkey,
    ADD CONSTRAINT reservations_pkey PRIMARY KEY (order_id, variant_id, location, slot);
COMMENT ON COLUMN sales.reservations.location IS 'where it lies';
COMMENT ON COLUMN sales.reservations.slot IS 'the part of what is there that it is in';

ALTER TABLE sales.stock_movements
    ADD COLUMN location text NOT NULL DEFAULT 'main',
    ADD COLUMN slot smallint;
COMMENT ON COLUMN sales.stock_movements.location IS 'where; a slot there has it as its key, and a key here would have all orders lock one row of locations';
COMMENT ON COLUMN sales.stock_movements.slot IS 'the slot that it moved in; null: spread over those of the location';

CREATE FUNCTION sales.slots_for(p_pieces bigint) RETURNS int
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT least(16, greatest(1, p_pieces / 250))::int
$$;
COMMENT ON FUNCTION sales.slots_for(bigint) IS 'Over how many slots so many pieces are spread.';

-- What a shop has much of already is spread as what it receives from now on.
INSERT INTO sales.stock_slots (variant_id, slot, on_hand)
SELECT l.variant_id, n, (l.on_hand - l.reserved) / sales.slots_for(l.on_hand - l.reserved)
  FROM sales.stock_slots l
 CROSS JOIN LATERAL generate_series(1, sales.slots_for(l.on_hand - l.reserved) - 1) AS n;
UPDATE sales.stock_slots l SET on_hand = l.on_hand - rest.on_hand
  FROM (SELECT variant_id, sum(on_hand)::int AS on_hand FROM sales.stock_slots WHERE slot > 0 GROUP BY variant_id) AS rest
 WHERE rest.variant_id = l.variant_id AND l.slot = 0;

CREATE VIEW sales.stock_levels AS
SELECT variant_id, sum(on_hand)::int AS on_hand, sum(reserved)::int AS reserved
  FROM sales.stock_slots GROUP BY variant_id;
COMMENT ON VIEW sales.stock_levels IS 'How much there is of each variant, in all locations.';

CREATE OR REPLACE VIEW sales.availability AS
SELECT variant_id, sum(on_hand - reserved)::int AS available FROM sales.stock_slots GROUP BY variant_id;
COMMENT ON VIEW sales.availability IS
    'Published to Products: what can be sold at this moment. Asked for one variant_id, as in (SELECT available FROM sales.availability WHERE variant_id = v), it is one short range of an index; joined, it is all stock.';

CREATE OR REPLACE FUNCTION products.available_of(p_variants uuid[]) RETURNS text
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT string_agg(coalesce((SELECT a.available FROM sales.availability a WHERE a.variant_id = v.id), 0)::text,
                              ',' ORDER BY v.n)
              FROM unnest(p_variants) WITH ORDINALITY AS v (id, n));
END
$$;

CREATE OR REPLACE FUNCTION products.bundle_available(p_bundle uuid) RETURNS int
LANGUAGE sql STABLE AS $$
    SELECT coalesce(min(coalesce((SELECT a.available FROM sales.availability a WHERE a.variant_id = b.part_id), 0)
                        / b.quantity), 0)
      FROM products.bundle_parts b WHERE b.bundle_id = p_bundle
$$;

CREATE OR REPLACE FUNCTION products.bundles_available(p_bundle uuid) RETURNS text
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN products.bundle_available(p_bundle)::text;
END
$$;

CREATE FUNCTION products.stock_known_below(p_variant uuid) RETURNS int
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    RETURN (SELECT greatest(1, max(b.quantity)) FROM products.bundle_parts b WHERE b.part_id = p_variant);
END
$$;
COMMENT ON FUNCTION products.stock_known_below(uuid) IS
    'Published to Sales: products.stock_changed need not be told of changes among numbers from this one up.';

-- The ledger ---------------------------------------------------------------------------------

CREATE FUNCTION sales.lock_slots(p_variant uuid, p_location text, OUT on_hand int, OUT reserved int)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    FOR attempt IN 1..2 LOOP
        SELECT sum(s.on_hand), sum(s.reserved) INTO on_hand, reserved
          FROM (SELECT l.on_hand, l.reserved FROM sales.stock_slots l
                 WHERE l.variant_id = p_variant AND l.location = p_location ORDER BY l.slot FOR UPDATE) AS s;
        EXIT WHEN on_hand IS NOT NULL;
        -- A row that is not there can't be locked: the first to come makes it.
        INSERT INTO sales.stock_slots (variant_id, location) VALUES (p_variant, p_location)
        ON CONFLICT ON CONSTRAINT stock_slots_pkey DO NOTHING;
    END LOOP;
END
$$;
COMMENT ON FUNCTION sales.lock_slots(uuid, text) IS
    'What there is of a variant in a location, which stays as it is for everybody else until the transaction ends. Runs as the owner: locking takes the right to change, which the service has not.';

CREATE FUNCTION sales.move_slot(p_variant uuid, p_location text, p_slot int, p_on_hand int, p_reserved int) RETURNS int
LANGUAGE plpgsql AS $$
DECLARE
    free int;
BEGIN
    UPDATE sales.stock_slots s SET on_hand = s.on_hand + p_on_hand, reserved = s.reserved + p_reserved
     WHERE s.variant_id = p_variant AND s.location = p_location AND s.slot = p_slot
    RETURNING s.on_hand - s.reserved INTO free;
    IF NOT FOUND THEN
        INSERT INTO sales.stock_slots (variant_id, location, slot, on_hand, reserved)
        VALUES (p_variant, p_location, p_slot, p_on_hand, p_reserved);
        free := p_on_hand - p_reserved;
    END IF;
    RETURN least(free, free - p_on_hand + p_reserved);
END
$$;
COMMENT ON FUNCTION sales.move_slot(uuid, text, int, int, int) IS
    'Changes a slot, whose constraints refuse to go below zero; how much was free of it when it was least, before or after.';

CREATE FUNCTION sales.spread(p_variant uuid, p_location text, p_change int) RETURNS int
LANGUAGE plpgsql AS $$
DECLARE
    free   int[];
    slots  int;
    level  int;
    rest   int := p_change;
    part   int;
    lowest int := 2147483647;
BEGIN
    PERFORM sales.lock_slots(p_variant, p_location);
    free := ARRAY(SELECT s.on_hand - s.reserved FROM sales.stock_slots s
                   WHERE s.variant_id = p_variant AND s.location = p_location ORDER BY s.slot);
    IF p_change > 0 THEN
        slots := sales.slots_for((SELECT sum(f) FROM unnest(free) AS f) + p_change);
        -- Up to one level in all of them; rounded up, so that nothing is left.
        level := ((SELECT sum(f) FROM unnest(free[1:slots]) AS f) + p_change + slots - 1) / slots;
        FOR n IN 1..slots LOOP
            part := least(rest, greatest(0, level - coalesce(free[n], 0)));
            IF part > 0 THEN
                lowest := least(lowest, sales.move_slot(p_variant, p_location, n - 1, part, 0));
                rest := rest - part;
            END IF;
        END LOOP;
    ELSIF p_change < 0 THEN
        -- From the last on, so that little lies in few; the first takes what is too much, and refuses.
        FOR n IN REVERSE cardinality(free)..1 LOOP
            part := CASE WHEN n > 1 THEN greatest(rest, -free[n]) ELSE rest END;
            IF part < 0 THEN
                lowest := least(lowest, sales.move_slot(p_variant, p_location, n - 1, part, 0));
                rest := rest - part;
            END IF;
        END LOOP;
    END IF;
    RETURN lowest;
END
$$;
COMMENT ON FUNCTION sales.spread(uuid, text, int) IS
    'Adds pieces to a location''s slots, or takes them away; how much was free of a slot that it changed when it was least.';

CREATE FUNCTION sales.apply_movements() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    variant   record;
    m         record;
    lowest    int;
    available int;
BEGIN
    FOR variant IN SELECT variant_id AS id, sum(on_hand - reserved)::int AS change
                     FROM moved GROUP BY variant_id ORDER BY variant_id LOOP
        lowest := 2147483647;
        FOR m IN SELECT kind IN ('reserve', 'release', 'commit') AS held, location, slot,
                        sum(on_hand)::int AS on_hand, sum(reserved)::int AS reserved
                   FROM moved WHERE variant_id = variant.id
                  GROUP BY 1, location, slot ORDER BY location, slot LOOP
            lowest := least(lowest, CASE
                WHEN m.held OR m.slot IS NOT NULL
                THEN sales.move_slot(variant.id, m.location, coalesce(m.slot, 0), m.on_hand, m.reserved)
                ELSE sales.spread(variant.id, m.location, m.on_hand) END);
        END LOOP;
        IF variant.change <> 0 AND lowest < products.stock_known_below(variant.id) THEN
            PERFORM pg_advisory_xact_lock(hashtextextended('stock ' || variant.id, 0));
            SELECT a.available INTO available FROM sales.availability a WHERE a.variant_id = variant.id;
            PERFORM products.stock_changed(variant.id, available - variant.change, available);
        END IF;
    END LOOP;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION sales.apply_movements() IS
    'Carries rows of the ledger into the slots, by variant, location and slot, and tells Products what came into stock or ran out.';
DROP TRIGGER stock_movements_apply ON sales.stock_movements;
DROP FUNCTION sales.apply_movement();
CREATE TRIGGER stock_movements_apply AFTER INSERT ON sales.stock_movements
    REFERENCING NEW TABLE AS moved FOR EACH STATEMENT EXECUTE FUNCTION sales.apply_movements();

-- Orders -------------------------------------------------------------------------------------

CREATE FUNCTION sales.promise(p_order uuid, p_actor uuid, p_variant uuid, p_location text, p_slot smallint, p_quantity int)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    -- In this language, as its plans are kept: a function in SQL is planned with each call from another.
    INSERT INTO sales.reservations (order_id, variant_id, location, slot, quantity)
    VALUES (p_order, p_variant, p_location, p_slot, p_quantity);
    INSERT INTO sales.stock_movements (variant_id, location, slot, kind, on_hand, reserved, order_id, actor)
    VALUES (p_variant, p_location, p_slot, 'reserve', 0, p_quantity, p_order, p_actor);
END
$$;
COMMENT ON FUNCTION sales.promise(uuid, uuid, uuid, text, smallint, int) IS 'Promises pieces of a slot to an order.';

CREATE FUNCTION sales.take_slot(p_order uuid, p_actor uuid, p_variant uuid, p_location text, p_quantity int,
                                p_wait boolean)
RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    taken smallint;
BEGIN
    -- Each process begins with another slot, and comes back to its own.
    IF p_wait THEN
        SELECT s.slot INTO taken FROM sales.stock_slots s
         WHERE s.variant_id = p_variant AND s.location = p_location AND s.on_hand - s.reserved >= p_quantity
         ORDER BY (s.slot + pg_backend_pid()) % 16 LIMIT 1;
        -- By its key alone, or it would wait for the next one too, with this one in its hands.
        SELECT s.slot INTO taken FROM sales.stock_slots s
         WHERE s.variant_id = p_variant AND s.location = p_location AND s.slot = taken
           AND s.on_hand - s.reserved >= p_quantity FOR UPDATE;
    ELSE
        SELECT s.slot INTO taken FROM sales.stock_slots s
         WHERE s.variant_id = p_variant AND s.location = p_location AND s.on_hand - s.reserved >= p_quantity
         ORDER BY (s.slot + pg_backend_pid()) % 16 LIMIT 1 FOR UPDATE SKIP LOCKED;
    END IF;
    IF taken IS NULL THEN
        -- A slot that has too little by the time that it is locked stays locked, unless all of this is undone.
        RAISE EXCEPTION USING ERRCODE = 'VS001';
    END IF;
    PERFORM sales.promise(p_order, p_actor, p_variant, p_location, taken, p_quantity);
    RETURN true;
EXCEPTION WHEN SQLSTATE 'VS001' THEN
    RETURN false;
END
$$;
COMMENT ON FUNCTION sales.take_slot(uuid, uuid, uuid, text, int, boolean) IS
    'Promises pieces that one slot suffices for, one that nobody holds or, if it is to wait, any; false, with nothing locked: there is none.';

CREATE FUNCTION sales.take_pieces(p_order uuid, p_actor uuid, p_variant uuid, p_quantity bigint) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    available int;
    slots     int;
    place     text;
    first     smallint;
BEGIN
    SELECT coalesce(sum(s.free), 0), count(*), min(s.location), min(s.slot) INTO available, slots, place, first
      FROM (SELECT l.location, l.slot, l.on_hand - l.reserved AS free FROM sales.stock_slots l
             WHERE l.variant_id = p_variant ORDER BY l.location, l.slot FOR UPDATE) AS s;
    IF available < p_quantity THEN
        RETURN available;
    ELSIF slots = 1 THEN
        PERFORM sales.promise(p_order, p_actor, p_variant, place, first, p_quantity::int);
        RETURN NULL;
    END IF;
    PERFORM sales.promise(p_order, p_actor, p_variant, picked.location, picked.slot,
                          least(picked.free, p_quantity - picked.before)::int)
       FROM (SELECT s.location, s.slot, s.free,
                    sum(s.free) OVER (ORDER BY s.whole DESC, s.position, s.location, s.free DESC, s.slot)
                        - s.free AS before
               FROM (SELECT l.location, l.slot, p.position, l.on_hand - l.reserved AS free,
                            sum(l.on_hand - l.reserved) OVER (PARTITION BY l.location) >= p_quantity AS whole
                       FROM sales.stock_slots l JOIN sales.locations p ON p.code = l.location
                      WHERE l.variant_id = p_variant) AS s
              WHERE s.free > 0) AS picked
      WHERE picked.before < p_quantity;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION sales.take_pieces(uuid, uuid, uuid, bigint) IS
    'Promises pieces from whatever has them: the first location that suffices alone, else all in their order. Null, or what is available where that is not enough.';

CREATE FUNCTION sales.take(p_order uuid, p_actor uuid, p_variant uuid, p_quantity bigint) RETURNS int
LANGUAGE plpgsql AS $$
DECLARE
    place record;
BEGIN
    FOR attempt IN 1..3 LOOP
        SELECT p.location, p.most >= p_quantity AND p.slots > 1 AS at_once INTO place
          FROM (SELECT s.location, l.position, sum(s.on_hand - s.reserved) AS free,
                       max(s.on_hand - s.reserved) AS most, sum(count(*)) OVER () AS slots
                  FROM sales.stock_slots s JOIN sales.locations l ON l.code = s.location
                 WHERE s.variant_id = p_variant GROUP BY s.location, l.position) AS p
         WHERE p.free >= p_quantity ORDER BY p.position, p.location LIMIT 1;
        EXIT WHEN place.at_once IS NOT TRUE;
        IF sales.take_slot(p_order, p_actor, p_variant, place.location, p_quantity::int, false)
           OR sales.take_slot(p_order, p_actor, p_variant, place.location, p_quantity::int, true) THEN
            RETURN NULL;
        END IF;
    END LOOP;
    RETURN sales.take_pieces(p_order, p_actor, p_variant, p_quantity);
END
$$;
COMMENT ON FUNCTION sales.take(uuid, uuid, uuid, bigint) IS
    'Promises pieces of a variant to an order; null, or what is available where that is not enough.';

CREATE OR REPLACE FUNCTION sales.reserve(p_order uuid, p_actor uuid) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    line      record;
    available int;
BEGIN
    -- Lines of one order that draw on the same stock are summed before it is asked for.
    FOR line IN SELECT u.unit_id, sum(i.quantity::bigint * u.pieces)::bigint AS quantity, min(i.position) AS position
                  FROM sales.order_items i
                  JOIN products.stock_of(ARRAY(SELECT variant_id FROM sales.order_items WHERE order_id = p_order)) u
                    USING (variant_id)
                 WHERE i.order_id = p_order
                 GROUP BY u.unit_id ORDER BY u.unit_id LOOP
        available := sales.take(p_order, p_actor, line.unit_id, line.quantity);
        IF available IS NOT NULL THEN
            PERFORM shared.fail(409, 'insufficient_stock', jsonb_build_object(
                'pointer', '/items/' || line.position || '/quantity',
                'variant_id', line.unit_id, 'available', available));
        END IF;
    END LOOP;
END
$$;

CREATE OR REPLACE FUNCTION sales.settle(p_order uuid, p_sold boolean, p_actor uuid) RETURNS void
LANGUAGE sql AS $$
    WITH closed AS (DELETE FROM sales.reservations WHERE order_id = p_order
                    RETURNING variant_id, location, slot, quantity)
    INSERT INTO sales.stock_movements (variant_id, location, slot, kind, on_hand, reserved, order_id, actor)
    SELECT variant_id, location, slot, CASE WHEN p_sold THEN 'commit' ELSE 'release' END,
           CASE WHEN p_sold THEN -quantity ELSE 0 END, -quantity, p_order, p_actor
      FROM closed ORDER BY variant_id, location, slot
$$;

CREATE OR REPLACE FUNCTION sales.give_back(p_order uuid, p_actor uuid) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO sales.stock_movements (variant_id, location, kind, on_hand, reserved, order_id, actor)
    SELECT variant_id, location, 'return', -sum(on_hand), 0, p_order, p_actor
      FROM sales.stock_movements WHERE order_id = p_order
     GROUP BY variant_id, location HAVING sum(on_hand) < 0 ORDER BY variant_id, location
$$;
COMMENT ON FUNCTION sales.give_back(uuid, uuid) IS
    'Puts what a paid order took back where it lay, as the ledger has it: a bundle may be made of other things by now.';

CREATE OR REPLACE FUNCTION sales.put_back(p_return uuid, p_actor uuid) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO sales.stock_movements (variant_id, location, kind, on_hand, reserved, order_id, actor)
    SELECT back.unit_id, taken.location, 'return', least(taken.pieces, back.pieces - taken.before), 0, taken.order_id,
           p_actor
      FROM (SELECT u.unit_id, sum(x.quantity * u.pieces) AS pieces
              FROM sales.return_items x
              JOIN products.stock_of(ARRAY(SELECT variant_id FROM sales.return_items WHERE return_id = p_return)) u
                USING (variant_id)
             WHERE x.return_id = p_return GROUP BY u.unit_id) AS back
      JOIN (SELECT m.order_id, m.variant_id, m.location, -sum(m.on_hand) AS pieces,
                   sum(-sum(m.on_hand)) OVER (PARTITION BY m.variant_id ORDER BY m.location) + sum(m.on_hand) AS before
              FROM sales.stock_movements m
             WHERE m.order_id = (SELECT r.order_id FROM sales.returns r WHERE r.id = p_return)
             GROUP BY m.order_id, m.variant_id, m.location HAVING sum(m.on_hand) < 0) AS taken
        ON taken.variant_id = back.unit_id
     WHERE taken.before < back.pieces
     ORDER BY back.unit_id, taken.location
$$;
COMMENT ON FUNCTION sales.put_back(uuid, uuid) IS
    'Puts what came back where it lay. A bundle that is made of other things by now gives back no more of them than the order took, as the ledger has it.';

-- Changes by people --------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION sales.move_stock(p_caller uuid, p_key text, p_request bytea, p jsonb,
                                            OUT answer json, OUT replayed boolean)
LANGUAGE plpgsql AS $$
DECLARE
    variant uuid := (p->>'variant_id')::uuid;
    place   text := coalesce(p->>'location', 'main');
    change  int := (p->>'quantity')::int;
    keeps   boolean;
    level   record;
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
    ELSIF NOT EXISTS (SELECT FROM sales.locations WHERE code = place) THEN
        PERFORM shared.fail(422, 'unknown_location', '{"pointer": "/location"}');
    END IF;
    SELECT * INTO level FROM sales.lock_slots(variant, place);
    IF p->>'kind' = 'count' THEN
        change := change - level.on_hand;
    END IF;
    IF level.on_hand + change < level.reserved THEN
        PERFORM shared.fail(409, 'insufficient_stock', jsonb_build_object(
            'pointer', '/quantity', 'variant_id', variant,
            'available', level.on_hand - level.reserved));
    ELSIF (SELECT sum(s.on_hand) FROM sales.stock_slots s WHERE s.variant_id = variant) + change > 1000000000 THEN
        PERFORM shared.fail(422, 'out_of_range', '{"pointer": "/quantity"}');
    END IF;
    INSERT INTO sales.stock_movements (variant_id, location, kind, on_hand, reserved, actor, reason)
    VALUES (variant, place, p->>'kind', change, 0, p_caller, p->>'reason');
    answer := sales.level_json(variant);
    PERFORM sales.keep_answer(p_caller, p_key, p_request, answer);
END
$$;
COMMENT ON FUNCTION sales.move_stock(uuid, text, bytea, jsonb) IS
    'Receives, adjusts or counts stock in a location; answers with the variant''s level after it.';

DROP FUNCTION sales.lock_level(uuid);

CREATE OR REPLACE FUNCTION sales.product_obstacles(p_variants uuid[]) RETURNS text[]
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT ARRAY(
        SELECT 'has_orders' WHERE EXISTS (SELECT FROM sales.order_items WHERE variant_id = ANY (p_variants))
        UNION ALL
        SELECT 'has_stock' WHERE EXISTS (SELECT FROM sales.stock_slots
                                          WHERE variant_id = ANY (p_variants) AND (on_hand <> 0 OR reserved <> 0)))
$$;

-- Promises -----------------------------------------------------------------------------------

CREATE VIEW sales.stock_integrity AS
SELECT 'stock on hand differs from the ledger' AS problem, variant_id AS id
  FROM (SELECT variant_id, location, sum(on_hand) AS on_hand FROM sales.stock_slots GROUP BY 1, 2) AS l
  FULL JOIN (SELECT variant_id, location, sum(on_hand) AS on_hand FROM sales.stock_movements GROUP BY 1, 2) AS m
       USING (variant_id, location)
 WHERE coalesce(l.on_hand, 0) <> coalesce(m.on_hand, 0)
UNION ALL
SELECT 'stock reserved differs from reservations', variant_id
  FROM sales.stock_slots l
  FULL JOIN (SELECT variant_id, location, slot, sum(quantity) AS reserved
               FROM sales.reservations GROUP BY 1, 2, 3) AS r USING (variant_id, location, slot)
 WHERE coalesce(l.reserved, 0) <> coalesce(r.reserved, 0)
UNION ALL
SELECT 'reservations differ from the ledger of their order', order_id
  FROM (SELECT order_id, variant_id, location, sum(quantity) AS reserved
          FROM sales.reservations GROUP BY 1, 2, 3) AS r
  FULL JOIN (SELECT order_id, variant_id, location, sum(reserved) AS reserved
               FROM sales.stock_movements WHERE order_id IS NOT NULL GROUP BY 1, 2, 3) AS m
       USING (order_id, variant_id, location)
 WHERE coalesce(r.reserved, 0) <> coalesce(m.reserved, 0);
COMMENT ON VIEW sales.stock_integrity IS 'Broken promises of stock; empty. sales.integrity has them too.';

CREATE OR REPLACE VIEW sales.integrity AS
SELECT problem, id FROM sales.stock_integrity
UNION ALL
SELECT 'items do not add up to the order', o.id
  FROM sales.orders o
  LEFT JOIN LATERAL (SELECT sum(i.quantity * i.unit_price) AS gross, sum(i.discount) AS discount,
                            sum(i.tax) AS tax
                       FROM sales.order_items i WHERE i.order_id = o.id) AS lines ON true
 WHERE (o.items_total, o.discount, o.tax)
       IS DISTINCT FROM (lines.gross, lines.discount, lines.tax)
UNION ALL
SELECT 'money captured differs from what the order says', o.id
  FROM sales.orders o
 WHERE CASE WHEN o.paid_at IS NULL THEN 0 ELSE o.total END
       <> (SELECT coalesce(sum(p.amount), 0) FROM sales.payments p
            WHERE p.order_id = o.id AND p.status IN ('captured', 'refunded', 'partially_refunded'))
UNION ALL
SELECT 'status differs from the last history row', o.id
  FROM sales.orders o
 WHERE o.status IS DISTINCT FROM (SELECT h.to_status FROM sales.order_history h
                                   WHERE h.order_id = o.id ORDER BY h.version DESC LIMIT 1)
UNION ALL
SELECT 'reservation of an order that is not pending', r.order_id
  FROM sales.reservations r JOIN sales.orders o ON o.id = r.order_id WHERE o.status <> 'pending'
UNION ALL
SELECT problem, id FROM sales.goods_integrity
UNION ALL
SELECT problem, id FROM sales.totals_integrity;

CREATE VIEW products.stock_integrity AS
SELECT 'in stock' AS broken, p.id
  FROM products.products p
  JOIN products.variants v ON v.product_id = p.id
  LEFT JOIN sales.availability a ON a.variant_id = v.id
 WHERE v.in_stock <> CASE p.type WHEN 'digital' THEN v.in_stock WHEN 'bundle' THEN products.bundle_available(v.id) > 0
                                 ELSE coalesce(a.available, 0) > 0 END
UNION ALL
SELECT 'in stock', p.id FROM products.products p
 WHERE p.in_stock <> EXISTS (SELECT FROM products.variants v WHERE v.product_id = p.id AND v.in_stock);
COMMENT ON VIEW products.stock_integrity IS 'Products that say of their stock what is not so; empty. Asked beside sales that go on, it tells what is about to be written.';

GRANT SELECT ON sales.locations, sales.stock_levels, sales.stock_integrity TO vendas_sales;
GRANT SELECT ON products.stock_integrity TO vendas_products;
REVOKE ALL ON FUNCTION products.stock_known_below(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION products.stock_known_below(uuid) TO vendas_sales;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sales FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sales.lock_slots(uuid, text), sales.promise(uuid, uuid, uuid, text, smallint, int),
    sales.take_slot(uuid, uuid, uuid, text, int, boolean), sales.take_pieces(uuid, uuid, uuid, bigint),
    sales.take(uuid, uuid, uuid, bigint) TO vendas_sales;

SELECT registry.classify(t, 'neither', columns, NULL, NULL) FROM (VALUES
    ('sales.locations', 'code name position'),
    ('sales.stock_slots', 'variant_id on_hand reserved location slot'),
    ('sales.reservations', 'location slot'),
    ('sales.stock_movements', 'location slot')
) AS register (t, columns);
DELETE FROM registry.column_register WHERE schema_name = 'sales' AND table_name = 'stock_levels';
