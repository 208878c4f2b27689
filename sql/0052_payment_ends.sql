-- Sales, the ends of payments: what people note down about them is sealed, and an order whose money has all
-- gone back keeps no piece that never left.

-- What is noted down at a task -----------------------------------------------------------------

-- What stands there is sealed by the job rotate-keys, which "./vendas up" runs. Until then it is read as it is.
ALTER TABLE sales.payment_tasks RENAME COLUMN note TO note_in_clear;
ALTER TABLE sales.payment_tasks RENAME CONSTRAINT payment_tasks_note_length TO payment_tasks_note_in_clear_length;
-- What is sealed begins with the number of a key. A program from before this, which still sends text, is
-- refused, so that nobody is told that something was kept which nobody can open.
ALTER TABLE sales.payment_tasks
    ADD COLUMN note bytea CONSTRAINT payment_tasks_note_sealed
               CHECK (length(note) BETWEEN 33 AND 8192 AND substr(note, 1, 1) = '\x00'),
    ADD CONSTRAINT payment_tasks_note_once CHECK (note IS NULL OR note_in_clear IS NULL);
COMMENT ON COLUMN sales.payment_tasks.note IS 'what he noted down, as it may speak of people; sealed';
COMMENT ON COLUMN sales.payment_tasks.note_in_clear IS
    'the same in clear, until the job rotate-keys seals it into note: of tasks closed before there was that';

DROP FUNCTION sales.close_task(jsonb, uuid, text);
CREATE FUNCTION sales.close_task(p_act jsonb, p_task uuid, p_note bytea) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    UPDATE sales.payment_tasks SET closed_at = now(), closed_by = (p_act->>'actor')::uuid, note = p_note
     WHERE id = p_task AND closed_at IS NULL;
    IF NOT FOUND AND EXISTS (SELECT FROM sales.payment_tasks WHERE id = p_task) THEN
        PERFORM shared.fail(409, 'task_closed');
    ELSIF NOT FOUND THEN
        PERFORM shared.fail(404, 'not_found');
    END IF;
    PERFORM registry.audit_act(p_act, 'payment_task.closed', p_task, NULL, jsonb_build_object('note', p_note IS NOT NULL));
END
$$;
COMMENT ON FUNCTION sales.close_task(jsonb, uuid, bytea) IS
    'Somebody has seen to it, and the audit of it; p_note is sealed for the task.';

CREATE FUNCTION sales.note_of(t sales.payment_tasks) RETURNS json
LANGUAGE sql STABLE AS $$
    SELECT coalesce(shared.sealed('sales.payment_tasks.note', t.id, t.note), to_json(t.note_in_clear))
$$;
COMMENT ON FUNCTION sales.note_of(sales.payment_tasks) IS 'What was noted down at a task, as documents have it.';

CREATE OR REPLACE VIEW sales.payment_task_documents AS
SELECT t.id, t.opened_at, t.closed_at, t.kind, t.payment_id, json_build_object(
    'id', t.id, 'kind', t.kind, 'payment_id', t.payment_id, 'order_id', p.order_id, 'order_number', o.number,
    'details', t.details, 'opened_at', shared.rfc3339(t.opened_at), 'closed_at', shared.rfc3339(t.closed_at),
    'closed_by', t.closed_by, 'note', sales.note_of(t)) AS document
  FROM sales.payment_tasks t
  LEFT JOIN sales.payments p ON p.id = t.payment_id
  LEFT JOIN sales.orders o ON o.id = p.order_id;

CREATE OR REPLACE FUNCTION sales.sealed_columns(OUT place text, OUT sealed_as text)
RETURNS SETOF record LANGUAGE sql IMMUTABLE AS $$
    SELECT c, 'sales.' || c FROM (VALUES ('orders.address'), ('orders.customer'), ('order_notes.note'),
                                         ('webhooks.secret'), ('gateway_events.raw'),
                                         ('payment_tasks.note')) AS places (c)
$$;

CREATE FUNCTION sales.clear_column(p_place text) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE p_place WHEN 'orders.address' THEN 'shipping_address' WHEN 'payment_tasks.note' THEN 'note_in_clear' END
$$;
COMMENT ON FUNCTION sales.clear_column(text) IS
    'The column of the same table in which what is sealed now stands in clear of rows from before; null: there never was one.';

CREATE OR REPLACE FUNCTION sales.sealed_batch(p_place text, p_key int, p_after uuid, p_limit int,
                                              OUT id uuid, OUT value bytea, OUT plain text)
RETURNS SETOF record LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM sales.sealed_columns() s WHERE s.place = p_place) THEN
        RETURN;
    END IF;
    RETURN QUERY EXECUTE format(
        'SELECT t.id, CASE WHEN substr(t.%2$I, 1, 4) <> $1 THEN t.%2$I END, %3$s
           FROM sales.%1$I t WHERE t.id > $2 ORDER BY t.id LIMIT $3',
        split_part(p_place, '.', 1), split_part(p_place, '.', 2),
        coalesce('to_json(t.' || quote_ident(sales.clear_column(p_place)) || ')::text', 'NULL::text'))
        USING int4send(p_key), p_after, p_limit;
END
$$;

CREATE OR REPLACE FUNCTION sales.reseal(p_place text, p_rows jsonb) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    clear text := quote_ident(sales.clear_column(p_place));
    done  bigint;
BEGIN
    IF NOT EXISTS (SELECT FROM sales.sealed_columns() s WHERE s.place = p_place) THEN
        RETURN 0;
    END IF;
    EXECUTE format(
        'UPDATE sales.%1$I AS t SET %2$I = n.new%3$s
           FROM jsonb_to_recordset($1) AS n (id uuid, old bytea, new bytea)
          WHERE t.id = n.id AND (t.%2$I = n.old AND length(n.new) = length(n.old)
                                 AND substr(n.new, 1, 4) <> substr(n.old, 1, 4)
                                 OR n.old IS NULL AND t.%2$I IS NULL AND %4$s)',
        split_part(p_place, '.', 1), split_part(p_place, '.', 2), coalesce(', ' || clear || ' = NULL', ''),
        -- What was erased meanwhile stays away.
        coalesce('t.' || clear || ' IS NOT NULL', 'false')) USING p_rows;
    GET DIAGNOSTICS done = ROW_COUNT;
    RETURN done;
END
$$;

CREATE OR REPLACE FUNCTION sales.erase_customer(p_user uuid, p_snapshots jsonb) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
    DELETE FROM sales.idempotency_keys WHERE caller = p_user;
    DELETE FROM sales.order_notes n USING sales.orders o WHERE o.id = n.order_id AND o.user_id = p_user;
    DELETE FROM sales.carts WHERE user_id = p_user;
    UPDATE sales.gateway_events e SET raw = NULL
      FROM sales.payments p JOIN sales.orders o ON o.id = p.order_id
     WHERE e.payment_id = p.id AND o.user_id = p_user;
    UPDATE sales.payment_tasks t SET note = NULL, note_in_clear = NULL
      FROM sales.payments p JOIN sales.orders o ON o.id = p.order_id
     WHERE t.payment_id = p.id AND o.user_id = p_user;
    UPDATE sales.payments p SET next_action = NULL
      FROM sales.orders o WHERE o.id = p.order_id AND o.user_id = p_user;
    UPDATE sales.orders o
       SET customer = (SELECT s.value::bytea FROM jsonb_each_text(p_snapshots) AS s WHERE s.key = o.id::text)
     WHERE o.user_id = p_user AND o.customer IS NOT NULL
$$;

CREATE OR REPLACE FUNCTION sales.export_customer(p_user uuid) RETURNS json
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT json_build_object(
        'orders', (SELECT coalesce(json_agg(d.document ORDER BY d.created_at DESC, d.id DESC), '[]')
                     FROM sales.order_documents d WHERE d.user_id = p_user),
        'payments', (SELECT coalesce(json_agg(d.document::jsonb - 'fee' - 'net' ORDER BY d.id DESC), '[]')
                       FROM sales.payment_documents d WHERE d.user_id = p_user),
        'notes', (SELECT coalesce(json_agg(json_build_object(
                             'order_id', n.order_id, 'at', shared.rfc3339(n.at), 'note', n.note)
                             ORDER BY n.at DESC, n.id DESC), '[]')
                    FROM (SELECT n.id, n.order_id, n.at, shared.sealed('sales.order_notes.note', n.id, n.note) AS note
                            FROM sales.order_notes n
                          UNION ALL
                          SELECT t.id, p.order_id, t.closed_at, sales.note_of(t)
                            FROM sales.payment_tasks t JOIN sales.payments p ON p.id = t.payment_id
                           WHERE num_nonnulls(t.note, t.note_in_clear) > 0) AS n
                    JOIN sales.orders o ON o.id = n.order_id
                   WHERE o.user_id = p_user),
        'cart', (SELECT coalesce(json_agg(json_build_object(
                            'variant_id', c.variant_id, 'name', c.name, 'quantity', c.quantity,
                            'added_at', shared.rfc3339(c.added_at)) ORDER BY c.added_at, c.variant_id), '[]')
                   FROM sales.cart_items c WHERE c.user_id = p_user))
$$;

SELECT registry.classify('sales.payment_tasks', 'sensitive', 'note note_in_clear',
           '(SELECT o.user_id FROM sales.payments p JOIN sales.orders o ON o.id = p.order_id WHERE p.id = payment_id)',
           NULL);

-- What never left an order whose money went back -------------------------------------------------

CREATE FUNCTION sales.units_of(p_goods jsonb) RETURNS jsonb
LANGUAGE sql AS $$
    SELECT coalesce(jsonb_object_agg(unit_id, pieces), '{}')
      FROM (SELECT u.unit_id, sum(g.value::int * u.pieces) AS pieces
              FROM jsonb_each_text(p_goods) g
              JOIN products.stock_of(ARRAY(SELECT jsonb_object_keys(p_goods)::uuid)) u ON u.variant_id = g.key::uuid
             GROUP BY u.unit_id) AS units
$$;
COMMENT ON FUNCTION sales.units_of(jsonb) IS
    'What goods, {variant: pieces}, are made of by now, as {unit: pieces}: of bundles their parts, of what is digital nothing.';

CREATE FUNCTION sales.put_units_back(p_order uuid, p_units jsonb, p_actor uuid) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO sales.stock_movements (variant_id, location, kind, on_hand, reserved, order_id, actor)
    SELECT taken.variant_id, taken.location, 'return', least(taken.pieces, back.value::int - taken.before), 0, p_order,
           p_actor
      FROM jsonb_each_text(p_units) AS back
      JOIN (SELECT m.variant_id, m.location, -sum(m.on_hand) AS pieces,
                   sum(-sum(m.on_hand)) OVER (PARTITION BY m.variant_id ORDER BY m.location) + sum(m.on_hand) AS before
              FROM sales.stock_movements m WHERE m.order_id = p_order
             GROUP BY m.variant_id, m.location HAVING sum(m.on_hand) < 0) AS taken
        ON taken.variant_id = back.key::uuid
     WHERE taken.before < back.value::int
     ORDER BY taken.variant_id, taken.location
$$;
COMMENT ON FUNCTION sales.put_units_back(uuid, jsonb, uuid) IS
    'Puts {unit: pieces} of what an order took back where they lay, and no more than it took, as the ledger has it.';

CREATE OR REPLACE FUNCTION sales.put_back(p_return uuid, p_actor uuid) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    whole uuid := (SELECT r.order_id FROM sales.returns r WHERE r.id = p_return);
    ahead uuid[] := sales.hold_ahead(sales.taken_by(whole));
BEGIN
    PERFORM sales.put_units_back(whole, sales.units_of(jsonb_object_agg(x.variant_id, x.quantity)), p_actor)
       FROM sales.return_items x WHERE x.return_id = p_return;
    IF ahead <> '{}' THEN
        PERFORM sales.serve(ahead, p_actor);
    END IF;
END
$$;

CREATE FUNCTION sales.awaited_by(p_order uuid) RETURNS jsonb
LANGUAGE sql STABLE AS $$
    SELECT coalesce(jsonb_object_agg(w.variant_id, w.pieces), '{}')
      FROM (SELECT a.variant_id, sum(least(a.pieces, greatest(0, a.owed - a.behind))) AS pieces
              FROM (SELECT q.*, sum(q.pieces) OVER (PARTITION BY q.variant_id ORDER BY q.place DESC) - q.pieces AS behind,
                           sales.owed(q.variant_id) AS owed
                      FROM sales.order_ahead q
                     WHERE NOT q.arrived
                       AND q.variant_id IN (SELECT o.variant_id FROM sales.order_ahead o WHERE o.order_id = p_order)) AS a
             WHERE a.order_id = p_order GROUP BY a.variant_id) AS w
$$;
COMMENT ON FUNCTION sales.awaited_by(uuid) IS
    'What was sold ahead to an order and has not come, as {unit: pieces}: those behind which fewer wait than have not.';

CREATE FUNCTION sales.put_unsent_back(p_order uuid, p_actor uuid) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    goods jsonb := sales.pick_goods(p_order, NULL, NULL, false);
    ahead uuid[];
    units jsonb;
    w     record;
BEGIN
    IF goods IS NULL THEN
        RETURN;
    END IF;
    ahead := sales.hold_ahead(sales.taken_by(p_order));
    units := sales.units_of(goods);
    FOR w IN SELECT key AS unit, value::int AS pieces,
                    (SELECT -sum(m.on_hand) FROM sales.stock_movements m
                      WHERE m.order_id = p_order AND m.variant_id = key::uuid) AS taken
               FROM jsonb_each_text(sales.awaited_by(p_order)) LOOP
        IF w.pieces <= w.taken THEN
            -- Nobody waits for it any more. Of what has not come all goes back, whatever bundles are made of by now.
            units := jsonb_set(units, ARRAY[w.unit], to_jsonb(greatest(w.pieces, (units->>w.unit)::int)));
            UPDATE sales.order_ahead SET arrived = true, told = true
             WHERE order_id = p_order AND variant_id = w.unit::uuid;
        ELSE
            -- A bundle that came back as more than it was: others have got what this order still waits for.
            units := units - w.unit;
        END IF;
    END LOOP;
    PERFORM sales.put_units_back(p_order, units, p_actor);
    IF ahead <> '{}' THEN
        PERFORM sales.serve(ahead, p_actor);
    END IF;
END
$$;
COMMENT ON FUNCTION sales.put_unsent_back(uuid, uuid) IS
    'An order whose money has all gone back sends nothing more: what of it never left goes back where it lay, and what has not come is not waited for.';
COMMENT ON COLUMN sales.order_ahead.arrived IS 'that all of it has come, or that nobody waits for it any more';

CREATE OR REPLACE FUNCTION sales.yet_to_come(p_order uuid, p_position int) RETURNS int
LANGUAGE plpgsql STABLE AS $$
BEGIN
    -- Of all that was sold ahead the last pieces are those that have not come. As many rows as pieces
    -- wait are enough to see who is behind.
    RETURN (SELECT coalesce(max((least(a.pieces, greatest(0, o.owed - (
                                     SELECT coalesce(sum(l.pieces), 0)
                                       FROM (SELECT later.pieces FROM sales.order_ahead later
                                              WHERE later.variant_id = a.variant_id AND later.place > a.place
                                                AND NOT later.arrived
                                              LIMIT o.owed) AS l)))
                                 + a.each - 1) / a.each), 0)
              FROM sales.order_ahead a CROSS JOIN LATERAL (SELECT sales.owed(a.variant_id) AS owed OFFSET 0) AS o
             WHERE a.order_id = p_order AND a.position = p_position AND NOT a.arrived);
END
$$;

CREATE OR REPLACE FUNCTION sales.change_order(p_order uuid, p_to text, p_actor uuid, p_reason text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    present text;
    made    int;
    left_us boolean;
BEGIN
    SELECT status INTO present FROM sales.orders WHERE id = p_order FOR UPDATE;
    IF present IS NULL THEN
        PERFORM shared.fail(404, 'not_found');
    END IF;
    PERFORM sales.require_transition(present, p_to);
    left_us := present <> 'pending' AND EXISTS (SELECT FROM sales.shipments WHERE order_id = p_order);
    IF p_to = 'canceled' AND left_us THEN
        -- What has left is not on the shelf again by being canceled.
        PERFORM shared.fail(409, 'partly_shipped', jsonb_build_object('current_status', present));
    END IF;
    UPDATE sales.orders SET status = p_to, updated_at = now(), version = version + 1,
           paid_at = CASE WHEN p_to = 'paid' THEN now() ELSE paid_at END
     WHERE id = p_order RETURNING version INTO made;
    INSERT INTO sales.order_history (order_id, version, actor, from_status, to_status, reason)
    VALUES (p_order, made, p_actor, present, p_to, p_reason);
    IF present = 'pending' THEN
        PERFORM sales.settle(p_order, p_to = 'paid', p_actor);
        PERFORM sales.close_payments(p_order);
    ELSIF present = 'expired' THEN
        PERFORM sales.use_coupons(id, user_id, rules->'coupons') FROM sales.orders WHERE id = p_order;
        PERFORM sales.reserve(p_order, p_actor);
        PERFORM sales.settle(p_order, true, p_actor);
    ELSIF p_to = 'canceled' OR (p_to = 'refunded' AND NOT left_us) THEN
        PERFORM sales.give_back(p_order, p_actor);
    ELSIF p_to = 'refunded' THEN
        PERFORM sales.put_unsent_back(p_order, p_actor);
    END IF;
    IF p_to IN ('canceled', 'expired') THEN
        PERFORM sales.follow_money(p_order, 'refund', p_actor, p_reason);
    END IF;
END
$$;

-- Promises -----------------------------------------------------------------------------------

CREATE VIEW sales.unsent_integrity AS
SELECT 'refunded, and what never left is not on the shelf' AS problem, o.id
  FROM sales.orders o
 WHERE o.status = 'refunded'
   AND EXISTS (SELECT FROM sales.order_goods g
                WHERE g.order_id = o.id AND g.shipped < g.sold
                  AND g.shipped < (SELECT -sum(m.on_hand) FROM sales.stock_movements m
                                    WHERE m.order_id = o.id AND m.variant_id = g.variant_id))
   -- What a bundle took can't be told from what its parts did.
   AND NOT EXISTS (SELECT FROM products.draws_on(ARRAY(SELECT i.variant_id FROM sales.order_items i WHERE i.order_id = o.id)) d
                    WHERE d.unit_id <> d.variant_id);
COMMENT ON VIEW sales.unsent_integrity IS 'The part of sales.integrity about orders refunded before all of them had left.';

CREATE OR REPLACE VIEW sales.ahead_integrity AS
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
                    sum(l.reserved) FILTER (WHERE NOT sales.is_off(o.id, o.status)) AS pieces
               FROM sales.stock_movements l JOIN sales.orders o ON o.id = l.order_id
              WHERE l.location = 'expected' AND l.kind = 'reserve' GROUP BY 1, 2) AS m USING (order_id, variant_id)
 WHERE coalesce(a.pieces, 0) <> coalesce(m.pieces, 0)
UNION ALL
SELECT 'more of a line sold ahead than noted', i.order_id
  FROM sales.order_items i JOIN sales.orders o ON o.id = i.order_id
 WHERE NOT sales.is_off(o.id, o.status)
   AND i.ahead <> (SELECT coalesce(max((a.pieces + a.each - 1) / a.each), 0) FROM sales.order_ahead a
                    WHERE a.order_id = i.order_id AND a.position = i.position)
UNION ALL
SELECT 'noted as come, or not, and it is otherwise', w.order_id
  FROM (SELECT a.order_id, a.variant_id, a.arrived,
               sum(a.pieces) OVER (PARTITION BY a.variant_id ORDER BY a.place DESC) - a.pieces AS behind
          FROM sales.order_ahead a JOIN sales.orders o ON o.id = a.order_id
         WHERE NOT (a.arrived AND o.status = 'refunded')) AS w
 WHERE w.arrived <> (w.behind >= sales.owed(w.variant_id));

CREATE OR REPLACE VIEW sales.integrity AS
SELECT problem, id FROM sales.stock_integrity
UNION ALL
SELECT problem, id FROM sales.orders_integrity
UNION ALL
SELECT problem, id FROM sales.goods_integrity
UNION ALL
SELECT problem, id FROM sales.unsent_integrity
UNION ALL
SELECT problem, id FROM sales.totals_integrity
UNION ALL
SELECT problem, id FROM sales.money_integrity
UNION ALL
SELECT problem, id FROM sales.outbox_integrity
UNION ALL
SELECT problem, id FROM sales.ahead_integrity;

-- What was refunded so before. Who has put such pieces back by hand finds them twice when he counts.
SELECT sales.put_unsent_back(o.id, NULL) FROM sales.orders o
 WHERE o.status = 'refunded' AND EXISTS (SELECT FROM sales.shipments s WHERE s.order_id = o.id) ORDER BY o.id;

-- Rights -------------------------------------------------------------------------------------

GRANT SELECT ON sales.unsent_integrity TO vendas_sales;
REVOKE ALL ON FUNCTION sales.close_task(jsonb, uuid, bytea), sales.note_of(sales.payment_tasks),
    sales.clear_column(text), sales.units_of(jsonb), sales.put_units_back(uuid, jsonb, uuid), sales.awaited_by(uuid),
    sales.put_unsent_back(uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sales.close_task(jsonb, uuid, bytea), sales.note_of(sales.payment_tasks),
    sales.clear_column(text), sales.units_of(jsonb), sales.put_units_back(uuid, jsonb, uuid) TO vendas_sales;
