-- Sales, the life of an order after it was placed: parcels that leave and arrive, goods that come back.
-- Each of these is a row of the order's history, and what it is about hangs on that row: when, who and
-- why are told there alone.

-- History: not only the status ---------------------------------------------------------------

ALTER TABLE sales.order_history
    ADD COLUMN event text NOT NULL DEFAULT 'status' CONSTRAINT order_history_event_known
        CHECK (event IN ('status', 'address_changed', 'goods_shipped', 'goods_delivered', 'goods_returned')),
    ADD CONSTRAINT order_history_event_stays
        CHECK (event = 'status' OR from_status IS NOT DISTINCT FROM to_status);
COMMENT ON TABLE sales.order_history IS 'Every change of an order; append-only.';
COMMENT ON COLUMN sales.order_history.event IS 'what changed: the status, or something while the status stayed';

-- A parcel that nobody took comes back without having been delivered; and what was paid back in part
-- may come back whole.
INSERT INTO sales.order_transitions VALUES ('shipped', 'returned'), ('partially_refunded', 'returned');

-- Parcels and returns ------------------------------------------------------------------------

CREATE TABLE sales.shipments (
    id                uuid CONSTRAINT shipments_pkey PRIMARY KEY DEFAULT shared.uuid7(),
    order_id          uuid NOT NULL,
    version           int NOT NULL,
    carrier           text CONSTRAINT shipments_carrier_length CHECK (length(carrier) BETWEEN 1 AND 80),
    tracking_code     text CONSTRAINT shipments_tracking_code_length CHECK (length(tracking_code) BETWEEN 1 AND 80),
    delivered_version int CONSTRAINT shipments_delivered_version_later CHECK (delivered_version > version),
    CONSTRAINT shipments_version_unique UNIQUE (order_id, version),
    CONSTRAINT shipments_version_fkey FOREIGN KEY (order_id, version) REFERENCES sales.order_history,
    CONSTRAINT shipments_delivered_version_fkey FOREIGN KEY (order_id, delivered_version)
        REFERENCES sales.order_history
);
COMMENT ON TABLE sales.shipments IS 'Parcels: what of an order has left the shop together.';
COMMENT ON COLUMN sales.shipments.id IS 'UUIDv7';
COMMENT ON COLUMN sales.shipments.order_id IS 'the order';
COMMENT ON COLUMN sales.shipments.version IS 'the history row by which it left';
COMMENT ON COLUMN sales.shipments.carrier IS 'who carries it';
COMMENT ON COLUMN sales.shipments.tracking_code IS 'the carrier''s number, by which the buyer can follow it';
COMMENT ON COLUMN sales.shipments.delivered_version IS 'the history row by which it arrived; null: on its way';

CREATE TABLE sales.shipment_items (
    shipment_id uuid NOT NULL CONSTRAINT shipment_items_shipment_fkey REFERENCES sales.shipments,
    variant_id  uuid NOT NULL,
    quantity    int NOT NULL CONSTRAINT shipment_items_quantity_positive CHECK (quantity > 0),
    CONSTRAINT shipment_items_pkey PRIMARY KEY (shipment_id, variant_id)
);
COMMENT ON TABLE sales.shipment_items IS 'What lies in a parcel.';
COMMENT ON COLUMN sales.shipment_items.shipment_id IS 'the parcel';
COMMENT ON COLUMN sales.shipment_items.variant_id IS 'what';
COMMENT ON COLUMN sales.shipment_items.quantity IS 'pieces';

CREATE TABLE sales.returns (
    id        uuid CONSTRAINT returns_pkey PRIMARY KEY DEFAULT shared.uuid7(),
    order_id  uuid NOT NULL,
    version   int NOT NULL,
    restocked boolean NOT NULL,
    CONSTRAINT returns_version_unique UNIQUE (order_id, version),
    CONSTRAINT returns_version_fkey FOREIGN KEY (order_id, version) REFERENCES sales.order_history
);
COMMENT ON TABLE sales.returns IS 'What of an order came back together. Of the money tell the payments.';
COMMENT ON COLUMN sales.returns.id IS 'UUIDv7';
COMMENT ON COLUMN sales.returns.order_id IS 'the order';
COMMENT ON COLUMN sales.returns.version IS 'the history row by which it came back, which has the reason';
COMMENT ON COLUMN sales.returns.restocked IS 'whether it went back on the shelf';

CREATE TABLE sales.return_items (
    return_id  uuid NOT NULL CONSTRAINT return_items_return_fkey REFERENCES sales.returns,
    variant_id uuid NOT NULL,
    quantity   int NOT NULL CONSTRAINT return_items_quantity_positive CHECK (quantity > 0),
    CONSTRAINT return_items_pkey PRIMARY KEY (return_id, variant_id)
);
COMMENT ON TABLE sales.return_items IS 'What came back.';
COMMENT ON COLUMN sales.return_items.return_id IS 'the return';
COMMENT ON COLUMN sales.return_items.variant_id IS 'what';
COMMENT ON COLUMN sales.return_items.quantity IS 'pieces';

-- What was shipped until now left in one parcel of which nothing is known.
INSERT INTO sales.shipments (order_id, version, delivered_version)
SELECT h.order_id, min(h.version),
       (SELECT min(d.version) FROM sales.order_history d
         WHERE d.order_id = h.order_id AND d.to_status = 'delivered')
  FROM sales.order_history h WHERE h.to_status = 'shipped' GROUP BY h.order_id;
INSERT INTO sales.shipment_items
SELECT s.id, i.variant_id, sum(i.quantity)
  FROM sales.shipments s JOIN sales.order_items i USING (order_id) GROUP BY s.id, i.variant_id;

CREATE VIEW sales.order_goods AS
SELECT i.order_id, i.variant_id, min(i.position) AS position, sum(i.quantity)::int AS sold,
       coalesce(max(s.pieces), 0)::int AS shipped, coalesce(max(r.pieces), 0)::int AS returned
  FROM sales.order_items i
  LEFT JOIN LATERAL (SELECT sum(x.quantity) AS pieces
                       FROM sales.shipments p JOIN sales.shipment_items x ON x.shipment_id = p.id
                      WHERE p.order_id = i.order_id AND x.variant_id = i.variant_id) AS s ON true
  LEFT JOIN LATERAL (SELECT sum(x.quantity) AS pieces
                       FROM sales.returns b JOIN sales.return_items x ON x.return_id = b.id
                      WHERE b.order_id = i.order_id AND x.variant_id = i.variant_id) AS r ON true
 GROUP BY i.order_id, i.variant_id;
COMMENT ON VIEW sales.order_goods IS 'Pieces of each variant in an order: sold, shipped, and come back. position: the first line that has it.';

-- As the API shows it ------------------------------------------------------------------------

CREATE VIEW sales.shipment_documents AS
SELECT s.id, s.order_id, s.version, json_build_object(
    'id', s.id, 'carrier', s.carrier, 'tracking_code', s.tracking_code,
    'items', (SELECT json_agg(json_build_object('variant_id', x.variant_id, 'quantity', x.quantity)
                              ORDER BY x.variant_id)
                FROM sales.shipment_items x WHERE x.shipment_id = s.id),
    'shipped_at', shared.rfc3339(h.at), 'delivered_at', shared.rfc3339(d.at)) AS document
  FROM sales.shipments s
  JOIN sales.order_history h ON h.order_id = s.order_id AND h.version = s.version
  LEFT JOIN sales.order_history d ON d.order_id = s.order_id AND d.version = s.delivered_version;
COMMENT ON VIEW sales.shipment_documents IS 'Parcels as the API shows them.';

CREATE VIEW sales.return_documents AS
SELECT r.id, r.order_id, r.version, json_build_object(
    'id', r.id,
    'items', (SELECT json_agg(json_build_object('variant_id', x.variant_id, 'quantity', x.quantity)
                              ORDER BY x.variant_id)
                FROM sales.return_items x WHERE x.return_id = r.id),
    'restocked', r.restocked, 'reason', h.reason, 'returned_at', shared.rfc3339(h.at)) AS document
  FROM sales.returns r
  JOIN sales.order_history h ON h.order_id = r.order_id AND h.version = r.version;
COMMENT ON VIEW sales.return_documents IS 'Returns as the API shows them.';

CREATE FUNCTION sales.moved_goods(p_order uuid) RETURNS json
LANGUAGE plpgsql STABLE AS $$
BEGIN
    -- In this language, as its plan is kept: that of a function in SQL is made with each call.
    RETURN (
    SELECT json_build_object(
        'shipped_items', coalesce(json_agg(json_build_object(
            'variant_id', g.variant_id, 'quantity', g.shipped) ORDER BY g.position)
            FILTER (WHERE g.shipped > 0), '[]'),
        'returned_items', coalesce(json_agg(json_build_object(
            'variant_id', g.variant_id, 'quantity', g.returned) ORDER BY g.position)
            FILTER (WHERE g.returned > 0), '[]'),
        'shipments', (SELECT coalesce(json_agg(s.document ORDER BY s.version), '[]')
                        FROM sales.shipment_documents s WHERE s.order_id = p_order),
        'returns', (SELECT coalesce(json_agg(r.document ORDER BY r.version), '[]')
                      FROM sales.return_documents r WHERE r.order_id = p_order))
      FROM sales.order_goods g WHERE g.order_id = p_order);
END
$$;
COMMENT ON FUNCTION sales.moved_goods(uuid) IS
    'What of an order was shipped and has come back, in sum and parcel by parcel, as members of its document.';

CREATE OR REPLACE VIEW sales.order_documents AS
SELECT o.id, o.user_id, o.status, o.created_at, o.version, json_build_object(
    'id', o.id, 'number', o.number, 'status', o.status, 'currency', o.currency,
    'customer', coalesce(shared.sealed('sales.orders.customer', o.id, o.customer),
                         json_build_object('id', o.user_id, 'name', o.customer_name, 'email', NULL,
                                           'phone', NULL, 'document', NULL)),
    'items', (SELECT json_agg(json_build_object(
                  'variant_id', i.variant_id, 'product_id', i.product_id, 'sku', i.sku,
                  'name', i.name, 'quantity', i.quantity, 'unit_price', i.unit_price,
                  'discount', i.discount, 'tax', i.tax, 'total', i.total) ORDER BY i.position)
                FROM sales.order_items i WHERE i.order_id = o.id),
    'totals', json_build_object('items', o.items_total, 'discount', o.discount,
                                'freight', o.freight, 'tax', o.tax, 'total', o.total),
    'taxes', o.tax_lines,
    'freight', json_build_object('service', o.freight_service, 'days', o.freight_days),
    'shipping_address', coalesce(shared.sealed('sales.orders.address', o.id, o.address),
                                 o.shipping_address::json),
    'shipped_items', coalesce(moved.goods->'shipped_items', '[]'),
    'returned_items', coalesce(moved.goods->'returned_items', '[]'),
    'shipments', coalesce(moved.goods->'shipments', '[]'),
    'returns', coalesce(moved.goods->'returns', '[]'),
    'history', (SELECT json_agg(json_build_object(
                    'at', shared.rfc3339(h.at), 'actor', h.actor, 'event', h.event,
                    'from', h.from_status, 'to', h.to_status, 'reason', h.reason) ORDER BY h.version)
                  FROM sales.order_history h WHERE h.order_id = o.id),
    'created_at', shared.rfc3339(o.created_at), 'updated_at', shared.rfc3339(o.updated_at),
    'expires_at', CASE WHEN o.status = 'pending' THEN shared.rfc3339(o.expires_at) END) AS document
  FROM sales.orders o
  -- Nothing leaves the shop before it is paid for: of what was just placed nothing is looked up. OFFSET
  -- keeps it one look-up for the four members.
 CROSS JOIN LATERAL (SELECT CASE WHEN o.paid_at IS NOT NULL THEN sales.moved_goods(o.id) END AS goods
                     OFFSET 0) AS moved;

-- The machine --------------------------------------------------------------------------------

CREATE FUNCTION sales.require_transition(p_from text, p_to text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM sales.order_transitions
                    WHERE from_status = p_from AND to_status = p_to) THEN
        PERFORM shared.fail(409, 'illegal_transition', jsonb_build_object(
            'current_status', p_from, 'wanted_status', p_to,
            'legal', (SELECT coalesce(jsonb_agg(to_status ORDER BY to_status), '[]')
                        FROM sales.order_transitions WHERE from_status = p_from)));
    END IF;
END
$$;
COMMENT ON FUNCTION sales.require_transition(text, text) IS 'Refuses a change of status that the machine does not have.';

CREATE OR REPLACE FUNCTION sales.change_order(p_order uuid, p_to text, p_actor uuid, p_reason text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    present text;
    made    int;
BEGIN
    SELECT status INTO present FROM sales.orders WHERE id = p_order FOR UPDATE;
    IF present IS NULL THEN
        PERFORM shared.fail(404, 'not_found');
    END IF;
    PERFORM sales.require_transition(present, p_to);
    IF p_to = 'canceled' AND EXISTS (SELECT FROM sales.shipments WHERE order_id = p_order) THEN
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
        UPDATE sales.payments SET status = 'canceled', updated_at = now()
         WHERE order_id = p_order AND p_to <> 'paid' AND status IN ('pending', 'authorized');
    ELSIF p_to = 'canceled' THEN
        PERFORM sales.give_back(p_order, p_actor);
    END IF;
END
$$;

CREATE FUNCTION sales.log_event(p_order uuid, p_event text, p_actor uuid, p_reason text) RETURNS void
LANGUAGE sql AS $$
    WITH changed AS (
        UPDATE sales.orders SET updated_at = now(), version = version + 1 WHERE id = p_order
        RETURNING status, version)
    INSERT INTO sales.order_history (order_id, version, actor, from_status, to_status, reason, event)
    SELECT p_order, version, p_actor, status, status, p_reason, p_event FROM changed
$$;
COMMENT ON FUNCTION sales.log_event(uuid, text, uuid, text) IS
    'A history row for a change that leaves the status as it is, of an order that the caller has locked.';

CREATE OR REPLACE FUNCTION sales.audit_order(p_act jsonb, p_order uuid) RETURNS void
LANGUAGE sql AS $$
    SELECT registry.audit_act(p_act, 'order.' || CASE h.event WHEN 'status' THEN h.to_status ELSE h.event END,
                              p_order, jsonb_build_object('status', h.from_status),
                              jsonb_build_object('status', h.to_status))
      FROM sales.order_history h WHERE h.order_id = p_order ORDER BY h.version DESC LIMIT 1
$$;

CREATE FUNCTION sales.lock_order(p_order uuid) RETURNS sales.orders
LANGUAGE plpgsql AS $$
DECLARE
    found sales.orders;
BEGIN
    SELECT * INTO found FROM sales.orders WHERE id = p_order FOR UPDATE;
    IF found.id IS NULL THEN
        PERFORM shared.fail(404, 'not_found');
    END IF;
    RETURN found;
END
$$;
COMMENT ON FUNCTION sales.lock_order(uuid) IS 'An order, which stays as it is for everybody else until the transaction ends.';

CREATE FUNCTION sales.pick_goods(p_order uuid, p_status text, p_items jsonb, p_back boolean) RETURNS jsonb
LANGUAGE plpgsql STABLE AS $$
DECLARE
    there  jsonb := (SELECT coalesce(jsonb_object_agg(g.variant_id,
                                CASE WHEN p_back THEN g.shipped - g.returned ELSE g.sold - g.shipped END), '{}')
                       FROM sales.order_goods g WHERE g.order_id = p_order);
    picked jsonb;
    fault  record;
BEGIN
    IF p_items IS NULL THEN
        RETURN (SELECT jsonb_object_agg(key, value) FROM jsonb_each(there) WHERE value::int > 0);
    END IF;
    SELECT w.at - 1 AS at, w.variant, there->>w.variant AS available INTO fault
      FROM (SELECT item->>'variant_id' AS variant, sum((item->>'quantity')::int) AS pieces, min(n) AS at
              FROM jsonb_array_elements(p_items) WITH ORDINALITY AS i (item, n) GROUP BY 1) AS w
     WHERE w.pieces > coalesce((there->>w.variant)::int, 0) ORDER BY w.at LIMIT 1;
    IF fault.available IS NOT NULL THEN
        PERFORM shared.fail(409, CASE WHEN p_back THEN 'more_than_shipped' ELSE 'more_than_left' END,
            jsonb_build_object('pointer', '/items/' || fault.at || '/quantity', 'variant_id', fault.variant,
                               'available', fault.available::int, 'current_status', p_status));
    ELSIF fault.variant IS NOT NULL THEN
        PERFORM shared.fail(422, 'not_in_order', jsonb_build_object(
            'pointer', '/items/' || fault.at || '/variant_id'));
    END IF;
    SELECT jsonb_object_agg(variant, pieces) INTO picked
      FROM (SELECT item->>'variant_id' AS variant, sum((item->>'quantity')::int) AS pieces
              FROM jsonb_array_elements(p_items) AS item GROUP BY 1) AS w;
    RETURN picked;
END
$$;
COMMENT ON FUNCTION sales.pick_goods(uuid, text, jsonb, boolean) IS
    'Goods of an order that are to leave the shop, or to come back, as {variant: pieces}: p_items ([{variant_id, quantity}]), of which there must be so many; null: all there are, null where there are none.';

-- Parcels ------------------------------------------------------------------------------------

CREATE FUNCTION sales.add_shipment(p_act jsonb, p_order uuid, p jsonb) RETURNS uuid
LANGUAGE plpgsql AS $$
DECLARE
    o      sales.orders := sales.lock_order(p_order);
    actor  uuid := p_act->>'actor';
    rest   jsonb;
    picked jsonb;
    parcel uuid := shared.uuid7();
BEGIN
    PERFORM sales.require_transition(o.status, 'shipped');
    rest := sales.pick_goods(p_order, o.status, NULL, false);
    IF rest IS NULL THEN
        PERFORM shared.fail(409, 'nothing_to_ship', jsonb_build_object('current_status', o.status));
    END IF;
    picked := sales.pick_goods(p_order, o.status, p->'items', false);
    IF picked = rest THEN
        PERFORM sales.change_order(p_order, 'shipped', actor, p->>'reason');
    ELSE
        PERFORM sales.log_event(p_order, 'goods_shipped', actor, p->>'reason');
    END IF;
    INSERT INTO sales.shipments (id, order_id, version, carrier, tracking_code)
    VALUES (parcel, p_order, o.version + 1, p->>'carrier', p->>'tracking_code');
    INSERT INTO sales.shipment_items SELECT parcel, key::uuid, value::int FROM jsonb_each_text(picked);
    PERFORM sales.audit_order(p_act, p_order);
    RETURN parcel;
END
$$;
COMMENT ON FUNCTION sales.add_shipment(jsonb, uuid, jsonb) IS
    'A parcel leaves, {carrier, tracking_code, items, reason}, without items with all that is left. The order is shipped when nothing is left; until then it stays where it is.';

CREATE FUNCTION sales.ship_goods(p_act jsonb, p_caller uuid, p_key text, p_request bytea, p_order uuid, p jsonb,
                                 OUT answer json, OUT replayed boolean)
LANGUAGE plpgsql AS $$
DECLARE
    parcel uuid;
BEGIN
    answer := sales.idempotent_answer(p_caller, p_key, p_request);
    replayed := answer IS NOT NULL;
    IF replayed THEN
        RETURN;
    END IF;
    parcel := sales.add_shipment(p_act, p_order, p);
    SELECT document INTO answer FROM sales.shipment_documents WHERE id = parcel;
    PERFORM sales.keep_answer(p_caller, p_key, p_request, answer);
END
$$;
COMMENT ON FUNCTION sales.ship_goods(jsonb, uuid, text, bytea, uuid, jsonb) IS 'sales.add_shipment, with its answer kept under the key.';

CREATE FUNCTION sales.deliver_goods(p_act jsonb, p_order uuid, p_shipment uuid, p_reason text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    o      sales.orders := sales.lock_order(p_order);
    actor  uuid := p_act->>'actor';
    parcel sales.shipments;
BEGIN
    SELECT * INTO parcel FROM sales.shipments WHERE id = p_shipment AND order_id = p_order;
    IF p_shipment IS NOT NULL AND parcel.id IS NULL THEN
        PERFORM shared.fail(404, 'not_found');
    ELSIF parcel.delivered_version IS NOT NULL THEN
        PERFORM shared.fail(409, 'already_delivered', jsonb_build_object('current_status', o.status));
    ELSIF p_shipment IS NULL OR o.status = 'returned'
          OR o.status = 'shipped' AND NOT EXISTS (
             SELECT FROM sales.shipments
              WHERE order_id = p_order AND delivered_version IS NULL AND id <> p_shipment) THEN
        PERFORM sales.change_order(p_order, 'delivered', actor, p_reason);
    ELSE
        PERFORM sales.log_event(p_order, 'goods_delivered', actor, p_reason);
    END IF;
    UPDATE sales.shipments SET delivered_version = o.version + 1
     WHERE order_id = p_order AND delivered_version IS NULL AND id = coalesce(p_shipment, id);
    PERFORM sales.audit_order(p_act, p_order);
END
$$;
COMMENT ON FUNCTION sales.deliver_goods(jsonb, uuid, uuid, text) IS
    'A parcel has arrived, or (null) the shipped order with all its parcels. The order is delivered with the last one.';

-- Returns ------------------------------------------------------------------------------------

CREATE FUNCTION sales.put_back(p_return uuid, p_actor uuid) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO sales.stock_movements (variant_id, kind, on_hand, reserved, order_id, actor)
    SELECT u.unit_id, 'return', least(sum(x.quantity * u.pieces), taken.pieces), 0, taken.order_id, p_actor
      FROM sales.return_items x
      JOIN products.stock_of(ARRAY(SELECT variant_id FROM sales.return_items WHERE return_id = p_return)) u
        USING (variant_id)
      JOIN (SELECT m.order_id, m.variant_id, -sum(m.on_hand) AS pieces
              FROM sales.stock_movements m
             WHERE m.order_id = (SELECT r.order_id FROM sales.returns r WHERE r.id = p_return)
             GROUP BY m.order_id, m.variant_id HAVING sum(m.on_hand) < 0) AS taken
        ON taken.variant_id = u.unit_id
     WHERE x.return_id = p_return
     GROUP BY u.unit_id, taken.pieces, taken.order_id ORDER BY u.unit_id
$$;
COMMENT ON FUNCTION sales.put_back(uuid, uuid) IS
    'Puts what came back on the shelf. A bundle that is made of other things by now gives back no more of them than the order took, as the ledger has it.';

CREATE FUNCTION sales.add_return(p_act jsonb, p_order uuid, p jsonb) RETURNS uuid
LANGUAGE plpgsql AS $$
DECLARE
    o      sales.orders := sales.lock_order(p_order);
    actor  uuid := p_act->>'actor';
    whole  boolean;
    picked jsonb;
    back   uuid := shared.uuid7();
BEGIN
    IF sales.pick_goods(p_order, o.status, NULL, true) IS NULL THEN
        PERFORM shared.fail(409, 'nothing_to_return', jsonb_build_object('current_status', o.status));
    END IF;
    picked := sales.pick_goods(p_order, o.status, p->'items', true);
    whole := (SELECT sum(g.sold - g.returned) FROM sales.order_goods g WHERE g.order_id = p_order)
           = (SELECT sum(value::int) FROM jsonb_each_text(picked));
    IF whole AND EXISTS (SELECT FROM sales.order_transitions
                          WHERE from_status = o.status AND to_status = 'returned') THEN
        PERFORM sales.change_order(p_order, 'returned', actor, p->>'reason');
    ELSE
        PERFORM sales.log_event(p_order, 'goods_returned', actor, p->>'reason');
    END IF;
    INSERT INTO sales.returns (id, order_id, version, restocked)
    VALUES (back, p_order, o.version + 1, (p->>'restock')::boolean);
    INSERT INTO sales.return_items SELECT back, key::uuid, value::int FROM jsonb_each_text(picked);
    IF whole AND NOT EXISTS (SELECT FROM sales.returns WHERE order_id = p_order AND NOT restocked) THEN
        -- All of it is there again: exactly what the order took, whatever bundles are made of by now.
        PERFORM sales.give_back(p_order, actor);
    ELSIF (p->>'restock')::boolean THEN
        PERFORM sales.put_back(back, actor);
    END IF;
    PERFORM sales.audit_order(p_act, p_order);
    RETURN back;
END
$$;
COMMENT ON FUNCTION sales.add_return(jsonb, uuid, jsonb) IS
    'Goods come back, {items, restock, reason}, without items all that are out: never more than were shipped. The order is returned when nothing is left with the buyer or in the shop; one that was refunded stays so.';

CREATE FUNCTION sales.return_goods(p_act jsonb, p_caller uuid, p_key text, p_request bytea, p_order uuid, p jsonb,
                                   OUT answer json, OUT replayed boolean)
LANGUAGE plpgsql AS $$
DECLARE
    back uuid;
BEGIN
    answer := sales.idempotent_answer(p_caller, p_key, p_request);
    replayed := answer IS NOT NULL;
    IF replayed THEN
        RETURN;
    END IF;
    back := sales.add_return(p_act, p_order, p);
    SELECT document INTO answer FROM sales.return_documents WHERE id = back;
    PERFORM sales.keep_answer(p_caller, p_key, p_request, answer);
END
$$;
COMMENT ON FUNCTION sales.return_goods(jsonb, uuid, text, bytea, uuid, jsonb) IS 'sales.add_return, with its answer kept under the key.';

-- Promises -----------------------------------------------------------------------------------

CREATE VIEW sales.goods_integrity AS
SELECT 'more shipped or returned than there was' AS problem, g.order_id AS id
  FROM sales.order_goods g WHERE g.shipped > g.sold OR g.returned > g.shipped
UNION ALL
SELECT 'shipped or returned what was not sold', moved.order_id
  FROM (SELECT s.order_id, x.variant_id FROM sales.shipments s JOIN sales.shipment_items x ON x.shipment_id = s.id
        UNION
        SELECT r.order_id, x.variant_id FROM sales.returns r JOIN sales.return_items x ON x.return_id = r.id) AS moved
 WHERE NOT EXISTS (SELECT FROM sales.order_items i
                    WHERE i.order_id = moved.order_id AND i.variant_id = moved.variant_id)
UNION ALL
SELECT 'status differs from what was shipped', o.id
  FROM sales.orders o
 WHERE CASE WHEN o.status IN ('pending', 'canceled', 'expired')
            THEN EXISTS (SELECT FROM sales.shipments s WHERE s.order_id = o.id)
            WHEN o.status IN ('shipped', 'delivered', 'returned')
            THEN EXISTS (SELECT FROM sales.order_goods g WHERE g.order_id = o.id AND g.shipped < g.sold)
            WHEN o.status = 'paid'
            THEN NOT EXISTS (SELECT FROM sales.order_goods g WHERE g.order_id = o.id AND g.shipped < g.sold) END
UNION ALL
SELECT 'delivered with a parcel on its way', o.id
  FROM sales.orders o JOIN sales.shipments s ON s.order_id = o.id
 WHERE o.status = 'delivered' AND s.delivered_version IS NULL
UNION ALL
SELECT 'status differs from what came back', o.id
  FROM sales.orders o
 WHERE CASE WHEN o.status = 'returned'
            THEN EXISTS (SELECT FROM sales.order_goods g WHERE g.order_id = o.id AND g.returned < g.sold)
            WHEN o.status IN ('shipped', 'delivered', 'partially_refunded')
            THEN NOT EXISTS (SELECT FROM sales.order_goods g WHERE g.order_id = o.id AND g.returned < g.sold) END
UNION ALL
SELECT 'more put back than was taken', m.order_id
  FROM sales.stock_movements m WHERE m.order_id IS NOT NULL
 GROUP BY m.order_id, m.variant_id HAVING sum(m.on_hand) > 0;
COMMENT ON VIEW sales.goods_integrity IS 'Broken promises about what was shipped and came back; part of sales.integrity.';

CREATE OR REPLACE VIEW sales.integrity AS
SELECT 'stock on hand differs from the ledger' AS problem, l.variant_id AS id
  FROM sales.stock_levels l
 WHERE l.on_hand <> (SELECT coalesce(sum(m.on_hand), 0) FROM sales.stock_movements m
                      WHERE m.variant_id = l.variant_id)
UNION ALL
SELECT 'stock reserved differs from reservations', l.variant_id
  FROM sales.stock_levels l
 WHERE l.reserved <> (SELECT coalesce(sum(r.quantity), 0) FROM sales.reservations r
                       WHERE r.variant_id = l.variant_id)
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
SELECT problem, id FROM sales.goods_integrity;

GRANT SELECT ON sales.shipments, sales.shipment_items, sales.returns, sales.return_items, sales.order_goods,
    sales.shipment_documents, sales.return_documents, sales.goods_integrity TO vendas_sales;
GRANT INSERT ON sales.shipments, sales.shipment_items, sales.returns, sales.return_items TO vendas_sales;
GRANT UPDATE (delivered_version) ON sales.shipments TO vendas_sales;
-- Orders are shipped by parcels now.
DROP FUNCTION sales.move_order(jsonb, uuid, text, text);
REVOKE ALL ON FUNCTION sales.moved_goods(uuid), sales.require_transition(text, text),
    sales.log_event(uuid, text, uuid, text), sales.lock_order(uuid),
    sales.pick_goods(uuid, text, jsonb, boolean), sales.add_shipment(jsonb, uuid, jsonb),
    sales.ship_goods(jsonb, uuid, text, bytea, uuid, jsonb), sales.deliver_goods(jsonb, uuid, uuid, text),
    sales.put_back(uuid, uuid), sales.add_return(jsonb, uuid, jsonb),
    sales.return_goods(jsonb, uuid, text, bytea, uuid, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sales.moved_goods(uuid), sales.require_transition(text, text),
    sales.log_event(uuid, text, uuid, text), sales.lock_order(uuid),
    sales.pick_goods(uuid, text, jsonb, boolean), sales.add_shipment(jsonb, uuid, jsonb),
    sales.ship_goods(jsonb, uuid, text, bytea, uuid, jsonb), sales.deliver_goods(jsonb, uuid, uuid, text),
    sales.put_back(uuid, uuid), sales.add_return(jsonb, uuid, jsonb),
    sales.return_goods(jsonb, uuid, text, bytea, uuid, jsonb) TO vendas_sales;

SELECT registry.classify('sales.shipments', 'neither', 'id order_id version delivered_version', NULL, NULL),
       registry.classify('sales.shipments', 'personal', 'carrier tracking_code',
                         '(SELECT o.user_id FROM sales.orders o WHERE o.id = order_id)', 'part of the order'),
       registry.classify('sales.shipment_items', 'neither', 'shipment_id variant_id quantity', NULL, NULL),
       registry.classify('sales.returns', 'neither', 'id order_id version restocked', NULL, NULL),
       registry.classify('sales.return_items', 'neither', 'return_id variant_id quantity', NULL, NULL),
       registry.classify('sales.order_history', 'neither', 'event', NULL, NULL);
