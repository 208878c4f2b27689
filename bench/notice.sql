-- What a notification of money that has come does in the database, statement by statement in one
-- transaction, as a program without functions in the database would do it: the rows that
-- sales.receive_event writes, for the orders of payments.sql. For pgbench, with the triggers of these
-- tables switched off, as this does itself what they do. :k counts a client's orders, of which it has
-- :each from :first on.
\set k :k + 1
\set n :first + :client_id * :each + :k - 1
\set a :n * 7 % 100 + 1
\set b :n * 9 % 100 + 101
\set c :n * 11 % 100 + 201
\set slot :n % 16
BEGIN;
SELECT id AS payment, order_id FROM sales.payments
 WHERE id = bench.id(:n::int) AND gateway = 'stripe' AND merchant = 'stripe' \gset
INSERT INTO sales.gateway_events (id, gateway, merchant, event_id, type, payment_id, status, facts, raw, due_at)
VALUES (bench.id(:n::int), 'stripe', 'stripe', 'evt_bench_' || :n::int, 'payment_intent.succeeded', :payment::uuid,
        'waiting', :facts::jsonb, :raw::bytea, now())
ON CONFLICT ON CONSTRAINT gateway_events_once DO NOTHING;
SELECT status, number, total FROM sales.orders WHERE id = :order_id::uuid FOR UPDATE \gset
SELECT status, received FROM sales.payments WHERE id = :payment::uuid FOR UPDATE;
UPDATE sales.payments
   SET capture_ref = 'ch_bench_' || :n::int, received = amount, received_at = now(), status = 'captured',
       next_action = NULL, step = 'read', due_at = now() + interval '1 minute', tries = 0, updated_at = now()
 WHERE id = :payment::uuid;
SELECT nextval('sales.money_posting') AS posting \gset
INSERT INTO sales.money_entries (posting, account, payment_id, amount)
VALUES (:posting::bigint, 'receivable', :payment::uuid, :total::bigint),
       (:posting::bigint, 'sales', :payment::uuid, -:total::bigint);
INSERT INTO sales.events (type, object_id, payload)
VALUES ('payment.captured', :payment::uuid, json_build_object(
            'id', :payment::uuid, 'order_id', :order_id::uuid, 'gateway', 'stripe', 'method', 'pix',
            'status', 'captured', 'amount', :total::bigint, 'currency', 'BRL'));
SELECT sum(received), sum(refunded) FROM sales.payments WHERE order_id = :order_id::uuid AND received_at IS NOT NULL;
UPDATE sales.orders SET status = 'paid', updated_at = now(), version = version + 1, paid_at = now()
 WHERE id = :order_id::uuid;
INSERT INTO sales.order_history (order_id, version, from_status, to_status, reason)
VALUES (:order_id::uuid, 3, 'pending', 'paid', 'payment_captured');
INSERT INTO sales.events (type, object_id, version, payload)
VALUES ('order.paid', :order_id::uuid, 3, json_build_object(
            'id', :order_id::uuid, 'number', :number::bigint, 'status', 'paid', 'currency', 'BRL',
            'total', :total::bigint));
DELETE FROM sales.reservations WHERE order_id = :order_id::uuid;
INSERT INTO sales.stock_movements (variant_id, location, slot, kind, on_hand, reserved, order_id)
VALUES (bench.id(:a::int), 'main', :slot::smallint, 'commit', -1, -1, :order_id::uuid) RETURNING id AS moved_a \gset
UPDATE sales.stock_slots SET on_hand = on_hand - 1, reserved = reserved - 1
 WHERE variant_id = bench.id(:a::int) AND location = 'main' AND slot = :slot::smallint;
INSERT INTO sales.stock_movements (variant_id, location, slot, kind, on_hand, reserved, order_id)
VALUES (bench.id(:b::int), 'main', :slot::smallint, 'commit', -1, -1, :order_id::uuid) RETURNING id AS moved_b \gset
UPDATE sales.stock_slots SET on_hand = on_hand - 1, reserved = reserved - 1
 WHERE variant_id = bench.id(:b::int) AND location = 'main' AND slot = :slot::smallint;
INSERT INTO sales.stock_movements (variant_id, location, slot, kind, on_hand, reserved, order_id)
VALUES (bench.id(:c::int), 'main', :slot::smallint, 'commit', -1, -1, :order_id::uuid) RETURNING id AS moved_c \gset
UPDATE sales.stock_slots SET on_hand = on_hand - 1, reserved = reserved - 1
 WHERE variant_id = bench.id(:c::int) AND location = 'main' AND slot = :slot::smallint;
INSERT INTO sales.events (type, object_id, payload)
SELECT 'stock.moved', m.variant, json_build_object('movement_id', m.id, 'variant_id', m.variant, 'kind', 'commit',
                                                   'location', 'main', 'on_hand', -1, 'reserved', -1,
                                                   'order_id', :order_id::uuid)
  FROM (VALUES (:moved_a::uuid, bench.id(:a::int)), (:moved_b::uuid, bench.id(:b::int)),
               (:moved_c::uuid, bench.id(:c::int))) AS m (id, variant);
UPDATE sales.gateway_events SET status = 'applied', facts = NULL, due_at = NULL WHERE id = bench.id(:n::int);
COMMIT;
