-- Orders numbered :first to :last of three items each, as order.sql places them, whose buyers have
-- begun to pay by Pix: what sales.place_order, sales.begin_payment and the gateway's answer leave. An
-- order's id is its payment's, too. Pieces come from one slot after the other.
BEGIN;
INSERT INTO sales.orders (id, user_id, customer_name, currency, items_total, freight, tax, total, freight_service,
                          freight_days, shipping_address, state, expires_at, version)
SELECT bench.id(n), :'buyer', 'Ana Lima', 'BRL', 29970, 1490, 0, 31460, 'standard', 3,
       '{"recipient": "Ana Lima", "postal_code": "01310100", "street": "Avenida Paulista", "number": "1000", "district": "Bela Vista", "city": "São Paulo", "state": "SP"}',
       'SP', now() + interval '1 day', 2
  FROM generate_series(:first, :last) AS n;

CREATE TEMPORARY TABLE lines ON COMMIT DROP AS
SELECT bench.id(n) AS order_id, place, bench.id(place * 100 + n * (7 + 2 * place) % 100 + 1) AS variant_id, n % 16 AS slot
  FROM generate_series(:first, :last) AS n, generate_series(0, 2) AS place;
INSERT INTO sales.order_items (order_id, position, variant_id, product_id, sku, name, quantity, unit_price, total)
SELECT order_id, place, variant_id, variant_id, 'BENCH-bench', 'Cafeteira elétrica', 1, 9990, 9990 FROM lines;
INSERT INTO sales.reservations (order_id, variant_id, location, slot, quantity)
SELECT order_id, variant_id, 'main', slot, 1 FROM lines;
INSERT INTO sales.stock_movements (variant_id, location, slot, kind, on_hand, reserved, order_id, actor)
SELECT variant_id, 'main', slot, 'reserve', 0, 1, order_id, :'buyer' FROM lines;
INSERT INTO sales.order_history (order_id, version, actor, to_status)
SELECT bench.id(n), 1, :'buyer', 'pending' FROM generate_series(:first, :last) AS n;

INSERT INTO sales.payments (id, order_id, gateway, method, merchant, live, refundable, amount, currency, ref, step, due_at,
                            expires_at, next_action)
SELECT bench.id(n), bench.id(n), 'stripe', 'pix', 'stripe', false, true, 31460, 'BRL', 'pi_bench_' || n, 'read',
       now() + interval '1 day', now() + interval '1 day',
       json_build_object('type', 'pix', 'code', repeat('00020126580014br.gov.bcb.pix', 5),
                         'qr_code_url', 'https://gateway.example/pix.png', 'url', 'https://gateway.example/pix',
                         'expires_at', shared.rfc3339(now() + interval '1 day'))
  FROM generate_series(:first, :last) AS n;
COMMIT;
