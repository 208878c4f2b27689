-- What placing an order of three items does in the database, statement by statement in one
-- transaction, as a program without functions in the database would do it: the reads of
-- sales.pricing_facts and sales.place_order, then their writes. For pgbench, with the trigger
-- that carries the ledger into the levels switched off, as this updates them itself.
\set a random(1, 100)
\set b random(101, 200)
\set c random(201, 300)
\set qa random(1, 3)
\set qb random(1, 3)
\set qc random(1, 3)
\set ta :qa * 9990
\set tb :qb * 9990
\set tc :qc * 9990
\set items :ta + :tb + :tc
\set key random(1, 9000000000000000000)
BEGIN;
SELECT request, answer FROM sales.idempotency_keys
 WHERE caller = :buyer::uuid AND key = :key::text AND created_at > now() - interval '24 hours';
SELECT variant_id, product_id, sku, name, unit_price, currency, weight_g
  FROM products.for_sale(ARRAY[bench.id(:a::int), bench.id(:b::int), bench.id(:c::int)]);
SELECT service, name, base, per_kg, free_above, days FROM sales.freight_rules WHERE 'SP' = ANY (states);
SELECT DISTINCT ON (code) code, rate_bp, included FROM sales.tax_rules
 WHERE state = 'SP' AND origins IS NULL AND valid_from <= current_date AND (valid_to IS NULL OR current_date < valid_to)
 ORDER BY code, valid_from DESC;
SELECT name AS buyer_name FROM registry.customer_for_order(:buyer::uuid) \gset
INSERT INTO sales.orders (user_id, customer_name, currency, items_total, freight, tax, total,
                          freight_service, freight_days, shipping_address, state, expires_at)
VALUES (:buyer::uuid, :buyer_name, 'BRL', :items::bigint, 1490, 0, :items::bigint + 1490,
        'standard', 3,
        '{"recipient": "Ana Lima", "postal_code": "01310100", "street": "Avenida Paulista", "number": "1000", "district": "Bela Vista", "city": "São Paulo", "state": "SP"}',
        'SP', now() + interval '60 minutes')
RETURNING id AS order_id \gset
INSERT INTO sales.order_items (order_id, position, variant_id, product_id, sku, name, quantity, unit_price, total)
VALUES (:order_id::uuid, 0, bench.id(:a::int), bench.id(:a::int), 'BENCH-bench', 'Cafeteira elétrica', :qa::int, 9990, :ta::bigint);
INSERT INTO sales.order_items (order_id, position, variant_id, product_id, sku, name, quantity, unit_price, total)
VALUES (:order_id::uuid, 1, bench.id(:b::int), bench.id(:b::int), 'BENCH-bench', 'Cafeteira elétrica', :qb::int, 9990, :tb::bigint);
INSERT INTO sales.order_items (order_id, position, variant_id, product_id, sku, name, quantity, unit_price, total)
VALUES (:order_id::uuid, 2, bench.id(:c::int), bench.id(:c::int), 'BENCH-bench', 'Cafeteira elétrica', :qc::int, 9990, :tc::bigint);
UPDATE sales.stock_slots SET reserved = reserved + :qa::int
 WHERE variant_id = bench.id(:a::int) AND location = 'main' AND slot = 0 AND on_hand - reserved >= :qa::int;
INSERT INTO sales.reservations
VALUES (:order_id::uuid, bench.id(:a::int), :qa::int);
INSERT INTO sales.stock_movements (variant_id, kind, on_hand, reserved, order_id, actor)
VALUES (bench.id(:a::int), 'reserve', 0, :qa::int, :order_id::uuid, :buyer::uuid);
UPDATE sales.stock_slots SET reserved = reserved + :qb::int
 WHERE variant_id = bench.id(:b::int) AND location = 'main' AND slot = 0 AND on_hand - reserved >= :qb::int;
INSERT INTO sales.reservations
VALUES (:order_id::uuid, bench.id(:b::int), :qb::int);
INSERT INTO sales.stock_movements (variant_id, kind, on_hand, reserved, order_id, actor)
VALUES (bench.id(:b::int), 'reserve', 0, :qb::int, :order_id::uuid, :buyer::uuid);
UPDATE sales.stock_slots SET reserved = reserved + :qc::int
 WHERE variant_id = bench.id(:c::int) AND location = 'main' AND slot = 0 AND on_hand - reserved >= :qc::int;
INSERT INTO sales.reservations
VALUES (:order_id::uuid, bench.id(:c::int), :qc::int);
INSERT INTO sales.stock_movements (variant_id, kind, on_hand, reserved, order_id, actor)
VALUES (bench.id(:c::int), 'reserve', 0, :qc::int, :order_id::uuid, :buyer::uuid);
INSERT INTO sales.order_history (order_id, version, actor, to_status) VALUES (:order_id::uuid, 1, :buyer::uuid, 'pending');
INSERT INTO sales.idempotency_keys (caller, key, request, answer)
SELECT :buyer::uuid, :key::text, '\x3132333435363738393061626364656631323334353637383930616263646566', document
  FROM sales.order_documents WHERE id = :order_id::uuid;
COMMIT;
