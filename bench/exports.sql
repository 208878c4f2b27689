-- Orders numbered :first to :last, one after the other every ten seconds from 2010 on, of two lines and
-- with a payment that came to nothing: what a report of orders reads, and nothing that hangs on it.
BEGIN;
ALTER TABLE sales.orders DISABLE TRIGGER USER;
ALTER TABLE sales.order_items DISABLE TRIGGER USER;
ALTER TABLE sales.order_history DISABLE TRIGGER USER;
ALTER TABLE sales.payments DISABLE TRIGGER USER;
CREATE FUNCTION pg_temp.id(n int) RETURNS uuid LANGUAGE sql IMMUTABLE AS
    $$ SELECT ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid $$;
INSERT INTO sales.orders (id, user_id, customer_name, status, currency, items_total, discount, freight, tax, total,
                          freight_service, freight_days, shipping_address, state, created_at, expires_at, rules)
SELECT pg_temp.id(n), pg_temp.id(n % 50000), 'Ana Lima ' || n % 50000, 'canceled', 'BRL', 29970, 1000, 1490, 0, 30460,
       'standard', 3, '{}', (ARRAY['SP', 'RJ', 'MG', 'AM'])[1 + n % 4],
       '2010-01-01 03:00Z'::timestamptz + n * interval '10 s', '2010-01-02 03:00Z',
       CASE WHEN n % 4 = 0 THEN '{"coupons": [{"code": "BEMVINDO10", "kind": "amount", "discount": 1000}]}' ELSE '{}' END::jsonb
  FROM generate_series(:first, :last) AS n;
INSERT INTO sales.order_items (order_id, position, variant_id, product_id, sku, name, quantity, unit_price, discount, total)
SELECT pg_temp.id(n), place, pg_temp.id(place), pg_temp.id(place), 'BENCH-' || place, 'Cafeteira elétrica', 1, 14985, 500, 14485
  FROM generate_series(:first, :last) AS n, generate_series(0, 1) AS place;
INSERT INTO sales.order_history (order_id, version, actor, to_status)
SELECT pg_temp.id(n), 1, pg_temp.id(n % 50000), 'canceled' FROM generate_series(:first, :last) AS n;
INSERT INTO sales.payments (id, order_id, gateway, method, status, closed, amount, currency, created_at)
SELECT pg_temp.id(n), pg_temp.id(n), 'stripe', 'pix', 'canceled', 'canceled', 30460, 'BRL',
       '2010-01-01 03:00Z'::timestamptz + n * interval '10 s'
  FROM generate_series(:first, :last) AS n;
ALTER TABLE sales.orders ENABLE TRIGGER USER;
ALTER TABLE sales.order_items ENABLE TRIGGER USER;
ALTER TABLE sales.order_history ENABLE TRIGGER USER;
ALTER TABLE sales.payments ENABLE TRIGGER USER;
COMMIT;
VACUUM ANALYZE sales.orders, sales.order_items, sales.payments;
