-- Sales, what happens to orders: placed, paid, moved on, canceled, expired; each with what it does to
-- stock and payments, in one transaction. And the promises that all this keeps.

CREATE FUNCTION sales.reserve(p_order uuid, p_actor uuid) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    line record;
    free int;
BEGIN
    -- Lines of one order that draw on the same stock are summed before it is asked for.
    FOR line IN SELECT variant_id, sum(quantity)::int AS quantity, min(position) AS position
                  FROM sales.order_items WHERE order_id = p_order
                 GROUP BY variant_id ORDER BY variant_id LOOP
        SELECT on_hand - reserved INTO free FROM sales.lock_level(line.variant_id);
        IF free < line.quantity THEN
            PERFORM shared.fail(409, 'insufficient_stock', jsonb_build_object(
                'pointer', '/items/' || line.position || '/quantity',
                'variant_id', line.variant_id, 'available', free));
        END IF;
        INSERT INTO sales.reservations VALUES (p_order, line.variant_id, line.quantity);
        INSERT INTO sales.stock_movements (variant_id, kind, on_hand, reserved, order_id, actor)
        VALUES (line.variant_id, 'reserve', 0, line.quantity, p_order, p_actor);
    END LOOP;
END
$$;
COMMENT ON FUNCTION sales.reserve(uuid, uuid) IS 'Promises an order''s items to it, or refuses the whole.';

CREATE FUNCTION sales.settle(p_order uuid, p_sold boolean, p_actor uuid) RETURNS void
LANGUAGE sql AS $$
    WITH closed AS (DELETE FROM sales.reservations WHERE order_id = p_order RETURNING variant_id, quantity)
    INSERT INTO sales.stock_movements (variant_id, kind, on_hand, reserved, order_id, actor)
    SELECT variant_id, CASE WHEN p_sold THEN 'commit' ELSE 'release' END,
           CASE WHEN p_sold THEN -quantity ELSE 0 END, -quantity, p_order, p_actor
      FROM closed ORDER BY variant_id
$$;
COMMENT ON FUNCTION sales.settle(uuid, boolean, uuid) IS 'Ends an order''s reservations: sold, or let go.';

CREATE FUNCTION sales.give_back(p_order uuid, p_actor uuid) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO sales.stock_movements (variant_id, kind, on_hand, reserved, order_id, actor)
    SELECT variant_id, 'return', sum(quantity), 0, p_order, p_actor
      FROM sales.order_items WHERE order_id = p_order GROUP BY variant_id ORDER BY variant_id
$$;
COMMENT ON FUNCTION sales.give_back(uuid, uuid) IS 'Puts a paid order''s items back on the shelf.';

CREATE FUNCTION sales.change_order(p_order uuid, p_to text, p_actor uuid, p_reason text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    present text;
    made    int;
BEGIN
    SELECT status INTO present FROM sales.orders WHERE id = p_order FOR UPDATE;
    IF present IS NULL THEN
        PERFORM shared.fail(404, 'not_found');
    END IF;
    IF NOT EXISTS (SELECT FROM sales.order_transitions
                    WHERE from_status = present AND to_status = p_to) THEN
        PERFORM shared.fail(409, 'illegal_transition', jsonb_build_object(
            'current_status', present, 'wanted_status', p_to,
            'legal', (SELECT coalesce(jsonb_agg(to_status ORDER BY to_status), '[]')
                        FROM sales.order_transitions WHERE from_status = present)));
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
COMMENT ON FUNCTION sales.change_order(uuid, text, uuid, text) IS
    'The one way an order changes status: along the machine, with its history row and what it does to stock and open payments.';

CREATE FUNCTION sales.cancel_order(p_order uuid, p_actor uuid, p_staff boolean, p_reason text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    o sales.orders;
BEGIN
    SELECT * INTO o FROM sales.orders WHERE id = p_order FOR UPDATE;
    IF o.id IS NULL OR (o.user_id <> p_actor AND NOT p_staff) THEN
        PERFORM shared.fail(404, 'not_found');
    ELSIF o.status = 'paid' AND NOT p_staff THEN
        PERFORM shared.fail(409, 'illegal_transition', jsonb_build_object(
            'current_status', o.status, 'wanted_status', 'canceled', 'legal', '[]'::jsonb));
    END IF;
    PERFORM sales.change_order(p_order, 'canceled', p_actor, p_reason);
END
$$;
COMMENT ON FUNCTION sales.cancel_order(uuid, uuid, boolean, text) IS 'Buyers cancel their own while it is unpaid, staff any that may be canceled.';

CREATE FUNCTION sales.place_order(p_caller uuid, p_key text, p_request bytea, p_order jsonb,
                                  p_hold interval, OUT answer json, OUT replayed boolean)
LANGUAGE plpgsql AS $$
DECLARE
    new_order uuid := shared.uuid7();
    buyer     text;
BEGIN
    answer := sales.idempotent_answer(p_caller, p_key, p_request);
    replayed := answer IS NOT NULL;
    IF replayed THEN
        RETURN;
    END IF;
    SELECT name INTO buyer FROM registry.customer_for_order(p_caller);
    IF buyer IS NULL THEN
        PERFORM shared.fail(401, 'unauthorized');
    END IF;
    INSERT INTO sales.orders (id, user_id, customer_name, currency, items_total, discount, freight, tax,
                              total, tax_lines, freight_service, freight_days, shipping_address, state,
                              expires_at)
    SELECT new_order, p_caller, buyer, o.currency, o.items_total, o.discount, o.freight, o.tax, o.total,
           o.tax_lines, o.freight_service, o.freight_days, o.shipping_address,
           o.shipping_address->>'state', now() + p_hold
      FROM jsonb_populate_record(NULL::sales.orders, p_order) AS o;
    INSERT INTO sales.order_items (order_id, position, variant_id, product_id, sku, name, quantity,
                                   unit_price, discount, tax, total)
    SELECT new_order, i.position, i.variant_id, i.product_id, i.sku, i.name, i.quantity,
           i.unit_price, i.discount, i.tax, i.total
      FROM jsonb_populate_recordset(NULL::sales.order_items, p_order->'items') AS i;
    PERFORM sales.reserve(new_order, p_caller);
    INSERT INTO sales.order_history (order_id, version, actor, to_status)
    VALUES (new_order, 1, p_caller, 'pending');
    SELECT document INTO answer FROM sales.order_documents WHERE id = new_order;
    PERFORM sales.keep_answer(p_caller, p_key, p_request, answer);
END
$$;
COMMENT ON FUNCTION sales.place_order(uuid, text, bytea, jsonb, interval) IS
    'Stores a priced order, reserves its stock and keeps the answer under the key: all or nothing.';

CREATE FUNCTION sales.begin_payment(p_caller uuid, p_key text, p_request bytea, p_order uuid,
                                    p_gateway text, p_method text, p_next_action jsonb,
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
    SELECT document INTO answer FROM sales.payment_documents WHERE id = payment;
    PERFORM sales.keep_answer(p_caller, p_key, p_request, answer);
END
$$;
COMMENT ON FUNCTION sales.begin_payment(uuid, text, bytea, uuid, text, text, jsonb) IS 'Begins to pay for one''s own pending order.';

CREATE FUNCTION sales.capture_payment(p_payment uuid, p_actor uuid, p_reason text) RETURNS json
LANGUAGE plpgsql AS $$
DECLARE
    paid_order uuid;
    p          sales.payments;
BEGIN
    SELECT order_id INTO paid_order FROM sales.payments WHERE id = p_payment;
    IF paid_order IS NULL THEN
        PERFORM shared.fail(404, 'not_found');
    END IF;
    PERFORM FROM sales.orders WHERE id = paid_order FOR UPDATE;
    SELECT * INTO p FROM sales.payments WHERE id = p_payment FOR UPDATE;
    IF p.status NOT IN ('pending', 'authorized') THEN
        PERFORM shared.fail(409, 'payment_not_open', jsonb_build_object('current_status', p.status));
    END IF;
    UPDATE sales.payments SET status = 'captured', next_action = NULL, updated_at = now()
     WHERE id = p_payment;
    PERFORM sales.change_order(paid_order, 'paid', p_actor, p_reason);
    RETURN (SELECT document FROM sales.payment_documents WHERE id = p_payment);
END
$$;
COMMENT ON FUNCTION sales.capture_payment(uuid, uuid, text) IS 'The money is here: the payment is captured, the order paid, its stock committed.';

CREATE FUNCTION sales.expire_order() RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    late uuid;
BEGIN
    -- One: with several in a transaction their stock would not be locked by variant id.
    SELECT id INTO late FROM sales.orders WHERE status = 'pending' AND expires_at <= now()
     ORDER BY expires_at, id LIMIT 1 FOR UPDATE SKIP LOCKED;
    IF FOUND THEN
        PERFORM sales.change_order(late, 'expired', NULL, 'payment_time_over');
    END IF;
    RETURN late IS NOT NULL;
END
$$;
COMMENT ON FUNCTION sales.expire_order() IS 'Lets go of the stock of the order that is unpaid for longest past its time; false: there is none.';

CREATE VIEW sales.integrity AS
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
  FROM sales.reservations r JOIN sales.orders o ON o.id = r.order_id WHERE o.status <> 'pending';
COMMENT ON VIEW sales.integrity IS 'Rows here are broken promises; there should never be one.';

GRANT SELECT ON sales.integrity TO vendas_sales;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sales FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA sales TO vendas_sales;
