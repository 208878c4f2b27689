-- An order of one piece of a product drawn from those numbered :first to :last, as far as it is the
-- stock's: for pgbench with a connection for each buyer, where a shop's workers would queue them.
\set n random(:first, :last)
BEGIN;
INSERT INTO sales.orders (user_id, customer_name, currency, items_total, freight, tax, total,
                          freight_service, freight_days, shipping_address, state, expires_at)
VALUES (:buyer::uuid, 'Ana Lima', 'BRL', 9990, 0, 0, 9990, 'standard', 3, '{}', 'SP', now() + interval '1 hour')
RETURNING id AS order_id \gset
INSERT INTO sales.order_items (order_id, position, variant_id, product_id, sku, name, quantity, unit_price, total)
VALUES (:order_id::uuid, 0, bench.id(:n::int), bench.id(:n::int), 'F', 'Cafeteira', 1, 9990, 9990);
INSERT INTO sales.order_history (order_id, version, to_status) VALUES (:order_id::uuid, 1, 'pending');
SELECT sales.reserve(:order_id::uuid, :buyer::uuid);
COMMIT;
