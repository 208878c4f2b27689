-- Sales, selling ahead: pieces that are sold before they are there. A variant may be sold so many more
-- than there are, for as long as one likes (a back-order, which takes so many days), or before they come
-- on a certain day (a pre-order). Nothing may, unless its product says so (0045).
--
-- What may be sold ahead lies as pieces in a location of its own, "expected", which no person receives
-- into and from which orders take last. So they are reserved, sold and let go of as all others, and the
-- slots' constraints refuse the piece too many, which is one more than there may be waiting at once:
-- - sales.ahead says how many may wait, and the ledger's kind "allow" puts as many there;
-- - what waits is what may, less what is free there (sales.owed);
-- - what arrives is put there as far as somebody waits, and so are pieces that come free on a shelf; what
--   is let go of there by the last who waited goes on the shelf (sales.serve);
-- - of an announced number (a pre-order) what has arrived is no longer to come.
-- Who ordered first is served first: the pieces that wait are those sold last (sales.yet_to_come).
-- Whoever may have to serve locks all slots of a variant before it moves one. A variant of which nothing
-- was ever sold ahead has no row in sales.ahead, and nobody looks for one when an order is placed or paid.

CREATE TABLE sales.ahead (
    variant_id uuid CONSTRAINT ahead_pkey PRIMARY KEY,
    pieces     int NOT NULL CONSTRAINT ahead_pieces_range CHECK (pieces BETWEEN 0 AND 1000000),
    days       int CONSTRAINT ahead_days_range CHECK (days BETWEEN 0 AND 365),
    due        date,
    arrived    int NOT NULL DEFAULT 0 CONSTRAINT ahead_arrived_positive CHECK (arrived >= 0),
    allowed    int NOT NULL DEFAULT 0 CONSTRAINT ahead_allowed_positive CHECK (allowed >= 0),
    shelf      text NOT NULL DEFAULT 'main' CONSTRAINT ahead_shelf_fkey REFERENCES sales.locations,
    CONSTRAINT ahead_days_alone CHECK (num_nonnulls(days, due) = 1)
);
CREATE INDEX ahead_due_idx ON sales.ahead (due) WHERE pieces > 0;
COMMENT ON TABLE sales.ahead IS 'What is sold, or was, before it is there. A row stays.';
COMMENT ON COLUMN sales.ahead.variant_id IS 'a variant of Products';
COMMENT ON COLUMN sales.ahead.pieces IS 'how many may be, as the product says; 0: none any more';
COMMENT ON COLUMN sales.ahead.days IS 'how long a back-order takes';
COMMENT ON COLUMN sales.ahead.due IS 'the day on which a pre-order comes, and the last on which it can be placed';
COMMENT ON COLUMN sales.ahead.arrived IS 'pieces that came since the product says so; of a pre-order they are no longer to come';
COMMENT ON COLUMN sales.ahead.allowed IS 'how many may wait at once: the sum of the ledger''s "allow"; more than the product says where more wait already';
COMMENT ON COLUMN sales.ahead.shelf IS 'where pieces last came from for those who wait, and go back to when they are not needed';

CREATE TABLE sales.order_ahead (
    variant_id uuid NOT NULL,
    order_id   uuid NOT NULL,
    position   int NOT NULL,
    each       int NOT NULL CONSTRAINT order_ahead_each_positive CHECK (each > 0),
    pieces     int NOT NULL CONSTRAINT order_ahead_pieces_positive CHECK (pieces > 0),
    CONSTRAINT order_ahead_pkey PRIMARY KEY (variant_id, order_id, position),
    CONSTRAINT order_ahead_item_fkey FOREIGN KEY (order_id, position) REFERENCES sales.order_items
);
CREATE INDEX order_ahead_item_idx ON sales.order_ahead (order_id, position);
COMMENT ON TABLE sales.order_ahead IS 'What lines of orders were sold ahead; not of those that were canceled or have expired.';
COMMENT ON COLUMN sales.order_ahead.variant_id IS 'whose stock the line draws on: its own variant, or a part of its bundle';
COMMENT ON COLUMN sales.order_ahead.order_id IS 'the order; its id rises with time, and who came first is served first';
COMMENT ON COLUMN sales.order_ahead.position IS 'the line';
COMMENT ON COLUMN sales.order_ahead.each IS 'pieces of the variant in one of the line';
COMMENT ON COLUMN sales.order_ahead.pieces IS 'pieces of the variant that were sold ahead';

ALTER TABLE sales.order_items
    ADD COLUMN ahead int NOT NULL DEFAULT 0
               CONSTRAINT order_items_ahead_range CHECK (ahead BETWEEN 0 AND greatest(quantity, 0)),
    ADD COLUMN expected_on date;
COMMENT ON COLUMN sales.order_items.ahead IS 'how many of its pieces were not there when they were sold';
COMMENT ON COLUMN sales.order_items.expected_on IS 'when these were expected at that time';

ALTER TABLE sales.stock_movements
    DROP CONSTRAINT stock_movements_kind_known,
    ADD CONSTRAINT stock_movements_kind_known
        CHECK (kind IN ('receive', 'adjust', 'count', 'transfer', 'reserve', 'release', 'commit', 'return', 'allow')),
    ADD CONSTRAINT stock_movements_kind_place CHECK (kind <> 'allow' OR location = 'expected');

INSERT INTO sales.locations (code, name, position) VALUES ('expected', 'A chegar', 100000);

-- What is at hand ----------------------------------------------------------------------------

CREATE OR REPLACE VIEW sales.location_documents AS
SELECT code, position, name,
       json_build_object('code', code, 'name', name, 'position', position) AS document
  FROM sales.locations WHERE code <> 'expected';

CREATE OR REPLACE VIEW sales.stock_levels AS
SELECT variant_id, sum(on_hand)::int AS on_hand, sum(reserved)::int AS reserved
  FROM sales.stock_slots WHERE location <> 'expected' GROUP BY variant_id;
COMMENT ON VIEW sales.stock_levels IS 'How much there is of each variant, in all locations; without what is only expected.';

CREATE OR REPLACE VIEW sales.availability AS
SELECT variant_id, sum(on_hand - reserved)::int AS available
  FROM sales.stock_slots WHERE location <> 'expected' GROUP BY variant_id;
COMMENT ON VIEW sales.availability IS
    'Published to Products: what is at hand at this moment and can be sold. Asked for one variant_id, as in (SELECT available FROM sales.availability WHERE variant_id = v), it is one short range of an index; joined, it is all stock.';

CREATE OR REPLACE FUNCTION sales.product_obstacles(p_variants uuid[]) RETURNS text[]
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT ARRAY(
        SELECT 'has_orders' WHERE EXISTS (SELECT FROM sales.order_items WHERE variant_id = ANY (p_variants))
        UNION ALL
        SELECT 'has_stock' WHERE EXISTS (SELECT FROM sales.stock_slots
                                          WHERE variant_id = ANY (p_variants) AND location <> 'expected'
                                            AND (on_hand <> 0 OR reserved <> 0)))
$$;

CREATE OR REPLACE FUNCTION sales.apply_movements() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    variant   record;
    m         record;
    lowest    int;
    least_now int;
    available int;
BEGIN
    FOR variant IN SELECT variant_id AS id,
                          coalesce(sum(on_hand - reserved) FILTER (WHERE location <> 'expected'), 0)::int AS change
                     FROM moved GROUP BY variant_id ORDER BY variant_id LOOP
        lowest := 2147483647;
        FOR m IN SELECT kind IN ('reserve', 'release', 'commit') AS held, location, slot,
                        sum(on_hand)::int AS on_hand, sum(reserved)::int AS reserved
                   FROM moved WHERE variant_id = variant.id
                  GROUP BY 1, location, slot ORDER BY location, slot LOOP
            least_now := CASE
                WHEN m.held OR m.slot IS NOT NULL
                THEN sales.move_slot(variant.id, m.location, coalesce(m.slot, 0), m.on_hand, m.reserved)
                ELSE sales.spread(variant.id, m.location, m.on_hand) END;
            -- The catalogue tells what is at hand; what is expected besides is looked up.
            IF m.location <> 'expected' THEN
                lowest := least(lowest, least_now);
            END IF;
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

-- What may be sold ---------------------------------------------------------------------------

CREATE FUNCTION sales.owed(p_variant uuid) RETURNS int
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT h.allowed - coalesce((SELECT sum(s.on_hand - s.reserved) FROM sales.stock_slots s
                                          WHERE s.variant_id = p_variant AND s.location = 'expected'), 0)
              FROM sales.ahead h WHERE h.variant_id = p_variant);
END
$$;
COMMENT ON FUNCTION sales.owed(uuid) IS
    'How many pieces were sold ahead, or are reserved, and have not come; null where none ever were. Below zero only before sales.serve().';

CREATE FUNCTION sales.on_sale(p_variants uuid[])
RETURNS TABLE (variant_id uuid, available int, ahead json)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
#variable_conflict use_column
BEGIN
    -- In this language, as its plan is kept: that of a function in SQL is made with each call.
    RETURN QUERY
    WITH units AS (
        SELECT d.variant_id, d.pieces, coalesce((SELECT a.available FROM sales.availability a
                                                  WHERE a.variant_id = d.unit_id), 0) AS here,
               coalesce(h.allowed - sales.owed(d.unit_id), 0) AS later, h.due IS NOT NULL AS preorder,
               greatest(current_date, h.due, current_date + h.days) AS expected_on
          FROM products.draws_on(p_variants) d LEFT JOIN sales.ahead h ON h.variant_id = d.unit_id),
    sums AS (
        SELECT u.variant_id, min(u.here / u.pieces) AS available,
               min((u.here + u.later) / u.pieces) - min(u.here / u.pieces) AS later,
               bool_or(u.preorder) FILTER (WHERE u.later > 0) AS preorder,
               max(u.expected_on) FILTER (WHERE u.later > 0) AS expected_on
          FROM units u GROUP BY u.variant_id)
    SELECT s.variant_id, s.available, CASE WHEN s.later > 0 THEN json_build_object(
               'kind', CASE WHEN s.preorder THEN 'preorder' ELSE 'backorder' END,
               'pieces', s.later, 'expected_on', s.expected_on) END
      FROM sums s;
END
$$;
COMMENT ON FUNCTION sales.on_sale(uuid[]) IS
    'Published to Products: how many of each of these variants are at hand at this moment, and how many can be ordered besides, {kind, pieces, expected_on}, null for none. A bundle has what its parts allow. Nothing of what is digital. Days are those of UTC.';

CREATE FUNCTION sales.hold_ahead(p_variants uuid[]) RETURNS uuid[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    ahead uuid[] := ARRAY(SELECT h.variant_id FROM sales.ahead h WHERE h.variant_id = ANY (p_variants));
BEGIN
    IF ahead <> '{}' THEN
        PERFORM FROM sales.stock_slots s WHERE s.variant_id = ANY (p_variants)
          ORDER BY s.variant_id, s.location, s.slot FOR UPDATE;
    END IF;
    RETURN ahead;
END
$$;
COMMENT ON FUNCTION sales.hold_ahead(uuid[]) IS
    'Those of these variants that are sold ahead. Where some are, all slots of all of these stay as they are for everybody else until the transaction ends.';

CREATE FUNCTION sales.carry(p_variant uuid, p_from text, p_to text, p_pieces int, p_actor uuid) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO sales.stock_movements (variant_id, location, kind, on_hand, reserved, actor)
    VALUES (p_variant, p_from, 'transfer', -p_pieces, 0, p_actor), (p_variant, p_to, 'transfer', p_pieces, 0, p_actor)
$$;
COMMENT ON FUNCTION sales.carry(uuid, text, text, int, uuid) IS 'Moves pieces that are promised to nobody to another location.';

CREATE FUNCTION sales.serve(p_variants uuid[], p_actor uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    h    sales.ahead;
    owed int;
    part record;
    room int;
BEGIN
    FOR h IN SELECT * FROM sales.ahead WHERE variant_id = ANY (p_variants) ORDER BY variant_id LOOP
        owed := sales.owed(h.variant_id);
        IF owed > 0 THEN
            FOR part IN SELECT s.location, least(owed - s.before, s.free)::int AS pieces
                          FROM (SELECT l.location, sum(l.on_hand - l.reserved) AS free,
                                       sum(sum(l.on_hand - l.reserved)) OVER (ORDER BY p.position, l.location)
                                           - sum(l.on_hand - l.reserved) AS before
                                  FROM sales.stock_slots l JOIN sales.locations p ON p.code = l.location
                                 WHERE l.variant_id = h.variant_id AND l.location <> 'expected'
                                 GROUP BY l.location, p.position) AS s
                         WHERE s.free > 0 AND s.before < owed LOOP
                PERFORM sales.carry(h.variant_id, part.location, 'expected', part.pieces, p_actor);
                h.shelf := part.location;
            END LOOP;
        ELSIF owed < 0 THEN
            PERFORM sales.carry(h.variant_id, 'expected', h.shelf, -owed, p_actor);
        END IF;
        owed := sales.owed(h.variant_id);
        room := greatest(owed, CASE WHEN h.due IS NULL THEN h.pieces ELSE h.pieces - h.arrived END, 0);
        IF room <> h.allowed THEN
            INSERT INTO sales.stock_movements (variant_id, location, kind, on_hand, reserved, actor)
            VALUES (h.variant_id, 'expected', 'allow', room - h.allowed, 0, p_actor);
        END IF;
        UPDATE sales.ahead SET allowed = room, shelf = h.shelf
         WHERE variant_id = h.variant_id AND (allowed, shelf) IS DISTINCT FROM (room, h.shelf);
    END LOOP;
END
$$;
COMMENT ON FUNCTION sales.serve(uuid[], uuid) IS
    'Gives what lies on shelves to those who wait, what nobody waits for any more to the shelf, and allows as many to wait as the product says. The variants are held (sales.hold_ahead).';

CREATE FUNCTION sales.sell_ahead(p_variant uuid, p jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    IF p IS NULL AND NOT EXISTS (SELECT FROM sales.ahead WHERE variant_id = p_variant) THEN
        RETURN;
    END IF;
    INSERT INTO sales.stock_slots (variant_id, location) VALUES (p_variant, 'expected')
    ON CONFLICT ON CONSTRAINT stock_slots_pkey DO NOTHING;
    -- Slots come before the row of sales.ahead, as everywhere.
    PERFORM FROM sales.stock_slots s WHERE s.variant_id = p_variant ORDER BY s.location, s.slot FOR UPDATE;
    IF p IS NULL THEN
        UPDATE sales.ahead SET pieces = 0 WHERE variant_id = p_variant;
    ELSE
        INSERT INTO sales.ahead (variant_id, pieces, days, due)
        VALUES (p_variant, (p->>'pieces')::int, (p->>'days')::int, (p->>'date')::date)
        ON CONFLICT ON CONSTRAINT ahead_pkey
        DO UPDATE SET pieces = excluded.pieces, days = excluded.days, due = excluded.due, arrived = 0;
    END IF;
    PERFORM sales.serve(ARRAY[p_variant], NULL);
END
$$;
COMMENT ON FUNCTION sales.sell_ahead(uuid, jsonb) IS
    'Published to Products: from now on a variant is sold ahead so, {pieces, days} or {pieces, date}; null: no more. What was sold stays sold.';

CREATE FUNCTION sales.arrive(p_variant uuid, p_location text, p_pieces int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    UPDATE sales.ahead SET arrived = arrived + p_pieces, shelf = p_location WHERE variant_id = p_variant;
    RETURN least(p_pieces, sales.owed(p_variant));
END
$$;
COMMENT ON FUNCTION sales.arrive(uuid, text, int) IS 'Pieces of a held variant arrive; how many of them somebody waits for.';

CREATE FUNCTION sales.end_preorders() RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    over uuid[] := ARRAY(SELECT h.variant_id FROM sales.ahead h WHERE h.due < current_date AND h.pieces > 0
                          ORDER BY h.due, h.variant_id LIMIT 100);
BEGIN
    PERFORM sales.hold_ahead(over);
    UPDATE sales.ahead h SET pieces = 0 WHERE h.variant_id = ANY (over) AND h.due < current_date;
    PERFORM sales.serve(over, NULL);
    RETURN cardinality(over);
END
$$;
COMMENT ON FUNCTION sales.end_preorders() IS
    'Ends what was to come by yesterday: nobody is promised a day that is over. A few at a time; how many.';

-- Orders -------------------------------------------------------------------------------------

CREATE FUNCTION sales.promise_ahead(p_order uuid, p_unit uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    -- The first lines have what is at hand.
    INSERT INTO sales.order_ahead AS a (variant_id, order_id, position, each, pieces)
    SELECT p_unit, p_order, l.position, l.each, least(l.wanted, l.upto - (l.total - l.ahead))
      FROM (SELECT i.position, d.pieces AS each, i.quantity * d.pieces AS wanted,
                   sum(i.quantity * d.pieces) OVER (ORDER BY i.position) AS upto,
                   sum(i.quantity * d.pieces) OVER () AS total,
                   (SELECT sum(r.quantity) FROM sales.reservations r
                     WHERE r.order_id = p_order AND r.variant_id = p_unit AND r.location = 'expected') AS ahead
              FROM sales.order_items i
              JOIN products.draws_on(ARRAY(SELECT variant_id FROM sales.order_items WHERE order_id = p_order)) d
                   USING (variant_id)
             WHERE i.order_id = p_order AND d.unit_id = p_unit) AS l
     WHERE l.upto > l.total - l.ahead
    ON CONFLICT ON CONSTRAINT order_ahead_pkey DO UPDATE SET pieces = excluded.pieces;
    UPDATE sales.order_items i
       SET ahead = greatest(i.ahead, (a.pieces + a.each - 1) / a.each),
           expected_on = greatest(i.expected_on, current_date, h.due, current_date + h.days)
      FROM sales.order_ahead a JOIN sales.ahead h ON h.variant_id = a.variant_id
     WHERE a.order_id = p_order AND a.variant_id = p_unit AND i.order_id = p_order AND i.position = a.position;
END
$$;
COMMENT ON FUNCTION sales.promise_ahead(uuid, uuid) IS
    'Notes down at the lines of an order which of their pieces are expected, by what it has reserved of a variant.';

CREATE OR REPLACE FUNCTION sales.promise(p_order uuid, p_actor uuid, p_variant uuid, p_location text, p_slot smallint,
                                         p_quantity int)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    -- In this language, as its plans are kept: a function in SQL is planned with each call from another.
    INSERT INTO sales.reservations (order_id, variant_id, location, slot, quantity)
    VALUES (p_order, p_variant, p_location, p_slot, p_quantity);
    INSERT INTO sales.stock_movements (variant_id, location, slot, kind, on_hand, reserved, order_id, actor)
    VALUES (p_variant, p_location, p_slot, 'reserve', 0, p_quantity, p_order, p_actor);
    IF p_location = 'expected' THEN
        PERFORM sales.promise_ahead(p_order, p_variant);
    END IF;
END
$$;

CREATE FUNCTION sales.on_shelf(p_variant uuid) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    RETURN EXISTS (SELECT FROM sales.stock_slots s WHERE s.variant_id = p_variant AND s.location <> 'expected'
                                                     AND s.on_hand > s.reserved);
END
$$;
COMMENT ON FUNCTION sales.on_shelf(uuid) IS 'Whether any piece of a variant is at hand and free, as of now and not of when the caller''s statement began.';

CREATE OR REPLACE FUNCTION sales.take_slot(p_order uuid, p_actor uuid, p_variant uuid, p_location text, p_quantity int,
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
    IF taken IS NOT NULL AND p_location = 'expected' AND sales.on_shelf(p_variant) THEN
        taken := NULL; -- something has arrived: whoever brings it holds the slot
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

CREATE OR REPLACE FUNCTION sales.take_pieces(p_order uuid, p_actor uuid, p_variant uuid, p_quantity bigint) RETURNS int
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
                    sum(s.free) OVER (ORDER BY s.location = 'expected', s.whole DESC, s.position, s.location,
                                              s.free DESC, s.slot)
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
    'Promises pieces from whatever has them: the first location that suffices alone, else all in their order, what is expected last. Null, or what there is of both where that is not enough.';

CREATE OR REPLACE FUNCTION sales.take(p_order uuid, p_actor uuid, p_variant uuid, p_quantity bigint) RETURNS int
LANGUAGE plpgsql AS $$
DECLARE
    place record;
BEGIN
    FOR attempt IN 1..3 LOOP
        SELECT p.location, p.most >= p_quantity AND p.slots > 1 AS at_once INTO place
          FROM (SELECT s.location, l.position, sum(s.on_hand - s.reserved) AS free,
                       max(s.on_hand - s.reserved) AS most, sum(count(*)) OVER () AS slots,
                       sum(sum(s.on_hand - s.reserved)) FILTER (WHERE s.location <> 'expected') OVER () AS here
                  FROM sales.stock_slots s JOIN sales.locations l ON l.code = s.location
                 WHERE s.variant_id = p_variant GROUP BY s.location, l.position) AS p
         WHERE p.free >= p_quantity AND (p.location <> 'expected' OR coalesce(p.here, 0) = 0)
         ORDER BY p.position, p.location LIMIT 1;
        EXIT WHEN place.at_once IS NOT TRUE;
        IF sales.take_slot(p_order, p_actor, p_variant, place.location, p_quantity::int, false)
           OR sales.take_slot(p_order, p_actor, p_variant, place.location, p_quantity::int, true) THEN
            RETURN NULL;
        END IF;
    END LOOP;
    RETURN sales.take_pieces(p_order, p_actor, p_variant, p_quantity);
END
$$;

CREATE OR REPLACE FUNCTION sales.settle(p_order uuid, p_sold boolean, p_actor uuid) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    ahead uuid[];
BEGIN
    IF NOT p_sold THEN
        ahead := sales.hold_ahead(ARRAY(SELECT variant_id FROM sales.reservations WHERE order_id = p_order));
    END IF;
    WITH closed AS (DELETE FROM sales.reservations WHERE order_id = p_order
                    RETURNING variant_id, location, slot, quantity)
    INSERT INTO sales.stock_movements (variant_id, location, slot, kind, on_hand, reserved, order_id, actor)
    SELECT variant_id, location, slot, CASE WHEN p_sold THEN 'commit' ELSE 'release' END,
           CASE WHEN p_sold THEN -quantity ELSE 0 END, -quantity, p_order, p_actor
      FROM closed ORDER BY variant_id, location, slot;
    IF ahead <> '{}' THEN
        DELETE FROM sales.order_ahead WHERE order_id = p_order;
        PERFORM sales.serve(ahead, p_actor);
    END IF;
END
$$;

CREATE FUNCTION sales.taken_by(p_order uuid) RETURNS uuid[]
LANGUAGE sql STABLE AS $$
    SELECT ARRAY(SELECT DISTINCT variant_id FROM sales.stock_movements WHERE order_id = p_order)
$$;
COMMENT ON FUNCTION sales.taken_by(uuid) IS 'The variants whose stock an order has drawn on.';

CREATE OR REPLACE FUNCTION sales.give_back(p_order uuid, p_actor uuid) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    ahead uuid[] := sales.hold_ahead(sales.taken_by(p_order));
BEGIN
    INSERT INTO sales.stock_movements (variant_id, location, kind, on_hand, reserved, order_id, actor)
    SELECT variant_id, location, 'return', -sum(on_hand), 0, p_order, p_actor
      FROM sales.stock_movements WHERE order_id = p_order
     GROUP BY variant_id, location HAVING sum(on_hand) < 0 ORDER BY variant_id, location;
    IF ahead <> '{}' THEN
        -- What was shipped and is back was sold, too, and what came for it has come.
        DELETE FROM sales.order_ahead WHERE order_id = p_order
           AND NOT EXISTS (SELECT FROM sales.shipments WHERE order_id = p_order);
        PERFORM sales.serve(ahead, p_actor);
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION sales.put_back(p_return uuid, p_actor uuid) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    ahead uuid[] := sales.hold_ahead(sales.taken_by((SELECT order_id FROM sales.returns WHERE id = p_return)));
BEGIN
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
     ORDER BY back.unit_id, taken.location;
    IF ahead <> '{}' THEN
        PERFORM sales.serve(ahead, p_actor);
    END IF;
END
$$;

-- Promises -----------------------------------------------------------------------------------

CREATE VIEW sales.ahead_integrity AS
SELECT 'what may be sold ahead differs from what is allowed' AS problem, h.variant_id AS id
  FROM sales.ahead h
 WHERE h.allowed <> greatest(sales.owed(h.variant_id), 0,
                             CASE WHEN h.due IS NULL THEN h.pieces ELSE h.pieces - h.arrived END)
    OR h.allowed <> (SELECT coalesce(sum(m.on_hand), 0) FROM sales.stock_movements m
                      WHERE m.variant_id = h.variant_id AND m.kind = 'allow')
UNION ALL
SELECT 'somebody waits for what nobody ordered, or for what is at hand', h.variant_id
  FROM sales.ahead h
 WHERE sales.owed(h.variant_id) < 0
    OR sales.owed(h.variant_id) > (SELECT coalesce(sum(a.pieces), 0) FROM sales.order_ahead a
                                    WHERE a.variant_id = h.variant_id)
    OR sales.owed(h.variant_id) > 0
       AND (SELECT a.available FROM sales.availability a WHERE a.variant_id = h.variant_id) > 0
UNION ALL
SELECT 'expected without being allowed', s.variant_id
  FROM sales.stock_slots s
 WHERE s.location = 'expected' AND NOT EXISTS (SELECT FROM sales.ahead h WHERE h.variant_id = s.variant_id)
UNION ALL
SELECT 'sold ahead differs from the ledger of the order', coalesce(a.order_id, m.order_id)
  FROM (SELECT order_id, variant_id, sum(pieces) AS pieces FROM sales.order_ahead GROUP BY 1, 2) AS a
  FULL JOIN (SELECT l.order_id, l.variant_id,
                    sum(l.reserved) FILTER (WHERE o.status NOT IN ('canceled', 'expired')) AS pieces
               FROM sales.stock_movements l JOIN sales.orders o ON o.id = l.order_id
              WHERE l.location = 'expected' AND l.kind = 'reserve' GROUP BY 1, 2) AS m USING (order_id, variant_id)
 WHERE coalesce(a.pieces, 0) <> coalesce(m.pieces, 0)
UNION ALL
SELECT 'more of a line sold ahead than noted', i.order_id
  FROM sales.order_items i JOIN sales.orders o ON o.id = i.order_id
 WHERE o.status NOT IN ('canceled', 'expired')
   AND i.ahead <> (SELECT coalesce(max((a.pieces + a.each - 1) / a.each), 0) FROM sales.order_ahead a
                    WHERE a.order_id = i.order_id AND a.position = i.position);
COMMENT ON VIEW sales.ahead_integrity IS 'The part of sales.integrity about what was sold ahead.';

-- Behind whatever promises there are by now.
DO $$
BEGIN
    EXECUTE 'CREATE OR REPLACE VIEW sales.integrity AS ' || rtrim(pg_get_viewdef('sales.integrity'::regclass), '; ')
            || ' UNION ALL SELECT problem, id FROM sales.ahead_integrity';
END
$$;

-- Rights -------------------------------------------------------------------------------------

GRANT SELECT ON sales.ahead, sales.order_ahead, sales.ahead_integrity TO vendas_sales;
GRANT DELETE ON sales.order_ahead TO vendas_sales;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sales FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sales.owed(uuid), sales.on_sale(uuid[]), sales.hold_ahead(uuid[]), sales.serve(uuid[], uuid),
    sales.arrive(uuid, text, int), sales.end_preorders(), sales.promise_ahead(uuid, uuid), sales.taken_by(uuid)
    TO vendas_sales;
GRANT EXECUTE ON FUNCTION sales.on_sale(uuid[]), sales.sell_ahead(uuid, jsonb) TO vendas_products;

SELECT registry.classify(t, 'neither', columns, NULL, NULL) FROM (VALUES
    ('sales.ahead', 'variant_id pieces days due arrived allowed shelf'),
    ('sales.order_ahead', 'variant_id order_id position each pieces'),
    ('sales.order_items', 'ahead expected_on')
) AS register (t, columns);
