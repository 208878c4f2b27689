-- A year of the demo's orders up to this moment: with a week's and a year's rhythm, growth, and
-- favourites among products.

-- How many orders a day has. Fixed points of the Brazilian trade's year: Black Friday (the day
-- after November's fourth Thursday), Christmas, the Sundays of mothers (May) and fathers
-- (August), lovers' day (12 June) and children's day (12 October).
CREATE TEMP TABLE demo_days ON COMMIT DROP AS
SELECT day, floor(expected + pg_temp.chance('day ' || day))::int AS orders
  FROM generate_series(date_trunc('day', now()) - interval '365 days', date_trunc('day', now()),
                       interval '1 day') AS day
 CROSS JOIN LATERAL (
       SELECT extract(isodow FROM day)::int AS weekday, extract(month FROM day)::int AS month,
              extract(day FROM day)::int AS date) AS d
 CROSS JOIN LATERAL (
       SELECT 15.5 * (0.85 + 0.3 * (1 - (now()::date - day::date) / 365.0))
              * (ARRAY[1.08, 0.92, 0.88, 0.93, 0.99, 1.22, 1.12])[weekday]
              * (ARRAY[0.88, 0.74, 0.90, 0.93, 1.02, 1.00, 0.92, 1.00, 0.94, 1.02, 1.10, 1.18])[month]
              * (0.85 + 0.3 * pg_temp.chance('mood ' || day))
              * CASE WHEN month = 11 AND date - weekday + 5 BETWEEN 23 AND 29
                     THEN CASE weekday WHEN 5 THEN 4.5 WHEN 4 THEN 2.0 WHEN 6 THEN 2.2 ELSE 1.4 END
                     WHEN month = 12 AND date BETWEEN 8 AND 20 THEN 1.6
                     WHEN month = 12 AND date >= 24 THEN 0.5
                     WHEN month = 5 AND date + 7 - weekday BETWEEN 8 AND 14 THEN 1.7
                     WHEN month = 6 AND date BETWEEN 5 AND 11 THEN 1.3
                     WHEN month = 8 AND date + 7 - weekday BETWEEN 8 AND 14 THEN 1.3
                     WHEN month = 10 AND date BETWEEN 4 AND 11 THEN 1.4
                     ELSE 1 END AS expected) AS e;

-- When in the day: hours stand as often as orders come in them. Working days have their peak
-- at noon, Saturdays and Sundays in the evening. Who has been a customer for longer buys more.
CREATE TEMP TABLE demo_wishes ON COMMIT DROP AS
WITH moments AS MATERIALIZED (
    SELECT day::date || ' ' || i AS key, day
           + make_interval(hours => (CASE WHEN extract(isodow FROM day) < 6
                 THEN ARRAY[0, 6, 7, 8, 8, 9, 9, 9, 10, 10, 10, 11, 11, 11, 11, 12, 12, 12, 12, 12,
                            13, 13, 13, 14, 14, 15, 15, 16, 16, 17, 17, 18, 18, 19, 19, 20, 20, 21, 22, 23]
                 ELSE ARRAY[0, 1, 8, 9, 9, 10, 10, 11, 11, 12, 13, 13, 14, 14, 15, 15, 16, 16, 17, 17,
                            17, 18, 18, 18, 19, 19, 19, 19, 20, 20, 20, 20, 21, 21, 21, 21, 22, 22, 22, 23]
                 END)[1 + floor(pg_temp.chance(format('hour %s %s', day::date, i)) * 40)])
           + interval '1 hour' * pg_temp.chance(format('minute %s %s', day::date, i)) AS placed_at
      FROM demo_days CROSS JOIN generate_series(1, orders) AS i)
SELECT key, placed_at, 1 + floor(known * power(pg_temp.chance('who ' || key), 1.3))::int AS customer
  FROM moments
 CROSS JOIN LATERAL (SELECT count(*) AS known FROM demo_customers WHERE joined_at < placed_at) AS c
 WHERE placed_at < now();

-- What: a wheel on which a variant has as many places as it is popular (Zipf's law).
CREATE TEMP TABLE demo_wheel ON COMMIT DROP AS
SELECT row_number() OVER (ORDER BY rank, place) AS slot, variant, product_n
  FROM (SELECT id AS variant, product_n,
               row_number() OVER (ORDER BY pg_temp.chance('rank ' || sku)) AS rank FROM demo_variants) AS ranked
 CROSS JOIN LATERAL generate_series(1, ceil(400 / power(rank + 4, 0.8))::int) AS place;

CREATE TEMP TABLE demo_items ON COMMIT DROP AS
SELECT DISTINCT ON (w.key, wheel.variant)
       w.key, wheel.variant, p.n AS product_n, i AS position,
       CASE WHEN p.price < 30000 AND i > 1 - (pg_temp.chance('qty ' || w.key || i) < 0.22)::int
            THEN 1 + floor(3 * power(pg_temp.chance('how many ' || w.key || i), 2))::int ELSE 1 END AS quantity,
       products.price_now(p.price, CASE WHEN w.placed_at >= promotion_starts_at
                                             AND w.placed_at < promotion_ends_at
                                        THEN s.promotional_price END, NULL, NULL) AS unit_price
  FROM demo_wishes w
 CROSS JOIN LATERAL generate_series(1, (ARRAY[1, 1, 1, 1, 1, 2, 2, 2, 3, 4])
                                       [1 + floor(pg_temp.chance('lines ' || w.key) * 10)]) AS i
  JOIN demo_wheel wheel
    ON wheel.slot = 1 + floor(pg_temp.chance(format('what %s %s', w.key, i))
                              * (SELECT count(*) FROM demo_wheel))
  JOIN demo_products p ON p.n = wheel.product_n AND w.placed_at > p.made_at + interval '1 day'
                      AND w.placed_at < p.sold_until
  JOIN products.products s ON s.id = p.id
 ORDER BY w.key, wheel.variant, i;

CREATE INDEX ON demo_items (key);

-- Coupons: one for newcomers, one for larger carts, one before Christmas. A cart that comes to the
-- minimum has one now and then; its lines share what it takes off as lib/sales/discount does.
CREATE TEMP TABLE demo_coupons ON COMMIT DROP AS
SELECT pg_temp.uuid7_at(date_trunc('day', now()) - interval '370 days', 'coupon ' || code) AS id, list.*
  FROM (VALUES ('BEMVINDO10', 'Dez por cento para quem chega', 'percent', 1000, 8000, 0.00, 0.07, '-infinity'::timestamptz, 'infinity'::timestamptz),
               ('MENOS20', 'Vinte reais a menos', 'amount', 2000, 15000, 0.07, 0.13, '-infinity', 'infinity'),
               ('NATAL15', 'Quinze por cento para os presentes', 'percent', 1500, 12000, 0.13, 0.35,
                make_timestamptz(extract(year FROM now() - interval '320 days')::int, 11, 15, 0, 0, 0),
                make_timestamptz(extract(year FROM now() - interval '320 days')::int, 12, 24, 0, 0, 0))
       ) AS list (code, description, kind, value, minimum, first, last, starts_at, ends_at);

INSERT INTO sales.coupons (id, code, description, kind, value, minimum, starts_at, ends_at, created_at, updated_at)
SELECT id, code, description, kind, value, minimum, greatest(starts_at, made_at), nullif(ends_at, 'infinity'),
       made_at, made_at
  FROM demo_coupons CROSS JOIN LATERAL (SELECT date_trunc('day', now()) - interval '370 days' AS made_at) AS m;

CREATE TEMP TABLE demo_discounts ON COMMIT DROP AS
SELECT w.key, c.id AS coupon_id, c.code, c.kind, c.value, c.minimum,
       CASE c.kind WHEN 'percent' THEN (cart.total * c.value + 5000) / 10000 ELSE c.value END AS amount, cart.total
  FROM demo_wishes w
  JOIN (SELECT key, sum(quantity * unit_price)::bigint AS total FROM demo_items GROUP BY key) AS cart USING (key)
  JOIN demo_coupons c ON cart.total >= c.minimum AND w.placed_at >= c.starts_at AND w.placed_at < c.ends_at
                     AND pg_temp.chance('coupon ' || w.key) >= c.first AND pg_temp.chance('coupon ' || w.key) < c.last;

ALTER TABLE demo_items ADD COLUMN discount bigint NOT NULL DEFAULT 0;
UPDATE demo_items i SET discount = share.amount
  FROM (SELECT l.key, l.variant,
               div(d.amount * sum(l.quantity * l.unit_price) OVER cart, d.total)
               - div(d.amount * (sum(l.quantity * l.unit_price) OVER cart - l.quantity * l.unit_price), d.total) AS amount
          FROM demo_items l JOIN demo_discounts d USING (key)
        WINDOW cart AS (PARTITION BY l.key ORDER BY l.position)) AS share
 WHERE share.key = i.key AND share.variant = i.variant;

-- How it goes on. Each event is a moment, and those that lie ahead have not happened yet.
CREATE TEMP TABLE demo_fates ON COMMIT DROP AS
SELECT key, placed_at, customer, service, expires_at,
       CASE WHEN fate < 0.91 THEN paid_at END AS paid_at,
       CASE WHEN fate < 0.91 THEN shipped_at END AS shipped_at,
       CASE WHEN fate < 0.91 THEN shipped_at + interval '1 day'
            * (1 + pg_temp.chance('road ' || key) * (CASE service WHEN 'express' THEN 4 ELSE 9 END)) END AS delivered_at,
       CASE WHEN fate < 0.035 THEN shipped_at + interval '1 day'
            * (14 + 12 * pg_temp.chance('complaint ' || key)) END AS refunded_at,
       CASE WHEN fate < 0.012 THEN 'refunded' ELSE 'partially_refunded' END AS back,
       CASE WHEN fate >= 0.91 AND fate < 0.95
            THEN placed_at + interval '1 hour' * (0.1 + 20 * pg_temp.chance('regret ' || key)) END AS canceled_at,
       CASE WHEN fate >= 0.95 THEN expires_at + interval '30 seconds' END AS expired_at
  FROM demo_wishes
 CROSS JOIN LATERAL (
       SELECT pg_temp.chance('fate ' || key) AS fate, placed_at + interval '48 hours' AS expires_at,
              CASE WHEN pg_temp.chance('service ' || key) < 0.12 THEN 'express' ELSE 'standard' END AS service,
              placed_at + interval '1 minute' * (3 + 2400 * power(pg_temp.chance('pays ' || key), 4)) AS paid_at) AS a
 CROSS JOIN LATERAL (
       -- packed on the next working day between nine and five
       SELECT date_trunc('day', paid_at) + interval '1 day'
              * CASE extract(isodow FROM paid_at) WHEN 5 THEN 3 WHEN 6 THEN 2 ELSE 1 END
              + interval '1 hour' * (9 + 8 * pg_temp.chance('pack ' || key)) AS shipped_at) AS b
 WHERE key IN (SELECT key FROM demo_items);

CREATE TEMP TABLE demo_history ON COMMIT DROP AS
SELECT key, at, actor, from_status, to_status, reason
  FROM demo_fates f JOIN demo_customers c ON c.n = f.customer
 CROSS JOIN (SELECT min(id::text) FILTER (WHERE role = 'manager')::uuid AS manager,
                    min(id::text) FILTER (WHERE role = 'stock')::uuid AS packer FROM demo_staff) AS staff
 CROSS JOIN LATERAL (VALUES
       (f.placed_at, c.id, NULL, 'pending', NULL),
       (f.paid_at, staff.manager, 'pending', 'paid', 'transferência recebida'),
       (f.shipped_at, staff.packer, 'paid', 'shipped', NULL),
       (f.delivered_at, staff.packer, 'shipped', 'delivered', NULL),
       (f.refunded_at, staff.manager, 'delivered', f.back,
        CASE f.back WHEN 'refunded' THEN 'chegou com defeito' ELSE 'abatimento por um risco na peça' END),
       (f.canceled_at, c.id, 'pending', 'canceled', 'desisti da compra'),
       (f.expired_at, NULL, 'pending', 'expired', 'payment_time_over')
       ) AS event (at, actor, from_status, to_status, reason)
 WHERE at <= now();

-- What it comes to: the same sums as lib/sales/pricing makes.
CREATE TEMP TABLE demo_orders ON COMMIT DROP AS
SELECT nextval('sales.order_number') AS number, o.*
  FROM (SELECT f.*, pg_temp.uuid7_at(f.placed_at, 'order ' || f.key) AS id, c.id AS user_id, c.name, c.address,
               c.state, s.items_total, s.discount, rule.days, used.coupons,
               CASE WHEN s.items_total - s.discount >= rule.free_above THEN 0
                    ELSE rule.base + rule.per_kg * ((s.weight_g + 999) / 1000) END AS freight,
               last.at AS updated_at, last.to_status AS status, last.steps,
               coalesce((SELECT jsonb_agg(jsonb_build_object(
                                    'code', t.code, 'base', s.items_total - s.discount, 'rate_bp', t.rate_bp,
                                    'amount', (SELECT sum(((i.quantity * i.unit_price - i.discount) * t.rate_bp + 5000)
                                                          / 10000)
                                                 FROM demo_items i WHERE i.key = f.key),
                                    'included', true, 'estimate', true))
                           FROM sales.tax_rules t
                          WHERE t.state = c.state AND t.origins IS NULL AND t.less_code IS NULL AND t.valid_from <= f.placed_at::date
                            AND (t.valid_to IS NULL OR f.placed_at::date < t.valid_to)), '[]') AS tax_lines
          FROM demo_fates f
          JOIN demo_customers c ON c.n = f.customer
          JOIN (SELECT key, sum(quantity * unit_price) AS items_total, sum(discount)::bigint AS discount,
                       sum(quantity * weight_g) AS weight_g
                  FROM demo_items i JOIN demo_products p ON p.n = i.product_n GROUP BY key) AS s USING (key)
          JOIN (SELECT key, max(at) AS at, (array_agg(to_status ORDER BY at DESC))[1] AS to_status,
                       count(*)::int AS steps FROM demo_history GROUP BY key) AS last USING (key)
          JOIN sales.freight_rules rule ON rule.service = f.service AND c.state = ANY (rule.states)
          LEFT JOIN (SELECT key, jsonb_build_array(jsonb_build_object(
                                'id', coupon_id, 'code', code, 'kind', kind, 'value', value, 'minimum', minimum,
                                'stackable', false, 'product_ids', '{}'::text[], 'category_ids', '{}'::text[],
                                'position', 0, 'discount', amount)) AS coupons
                       FROM demo_discounts) AS used USING (key)
         ORDER BY f.placed_at) AS o;

INSERT INTO sales.orders (id, number, user_id, customer_name, status, currency, items_total, discount, freight, tax,
                          total, tax_lines, rules, freight_service, freight_days, shipping_address, state,
                          created_at, updated_at, expires_at, paid_at, version)
SELECT id, number, user_id, name, status, 'BRL', items_total, discount, freight, 0, items_total - discount + freight,
       tax_lines,
       CASE WHEN coupons IS NULL THEN '{}'
            ELSE jsonb_build_object('freight', NULL, 'taxes', '[]'::jsonb, 'coupons', coupons) END,
       service, days, jsonb_strip_nulls(address), state, placed_at, updated_at, expires_at,
       CASE WHEN paid_at <= now() THEN paid_at END, steps
  FROM demo_orders;

INSERT INTO sales.order_items (order_id, position, variant_id, product_id, sku, name, quantity, unit_price,
                               discount, total)
SELECT o.id, row_number() OVER (PARTITION BY o.id ORDER BY i.position) - 1, v.id, p.id, v.sku, p.name,
       i.quantity, i.unit_price, i.discount, i.quantity * i.unit_price - i.discount
  FROM demo_items i
  JOIN demo_orders o USING (key)
  JOIN demo_variants v ON v.id = i.variant
  JOIN demo_products p ON p.n = i.product_n;

INSERT INTO sales.coupon_uses (order_id, coupon_id, user_id)
SELECT o.id, d.coupon_id, o.user_id
  FROM demo_discounts d JOIN demo_orders o USING (key) WHERE o.status NOT IN ('canceled', 'expired');

INSERT INTO sales.order_history (order_id, version, at, actor, from_status, to_status, reason)
SELECT o.id, row_number() OVER (PARTITION BY o.id ORDER BY h.at), h.at, h.actor, h.from_status, h.to_status,
       h.reason
  FROM demo_history h JOIN demo_orders o USING (key);

INSERT INTO sales.shipments (id, order_id, version, carrier, tracking_code, delivered_version)
SELECT pg_temp.uuid7_at(h.at, 'shipment ' || o.key), o.id, h.version, 'Transportadora Três Pontes',
       'TP' || o.number,
       (SELECT d.version FROM sales.order_history d WHERE d.order_id = o.id AND d.to_status = 'delivered')
  FROM sales.order_history h JOIN demo_orders o ON o.id = h.order_id WHERE h.to_status = 'shipped';

INSERT INTO sales.shipment_items
SELECT s.id, i.variant_id, sum(i.quantity)
  FROM sales.shipments s JOIN demo_orders o ON o.id = s.order_id JOIN sales.order_items i ON i.order_id = o.id
 GROUP BY s.id, i.variant_id;

-- How it was paid: most by Pix, as it is in Brazil. What nobody has paid stays a transfer, which needs
-- no gateway to wait for; and of no payment is known what a gateway calls it, so that none is asked of it.
CREATE TEMP TABLE demo_payments ON COMMIT DROP AS
SELECT pg_temp.uuid7_at(o.placed_at + interval '1 minute', 'payment ' || o.key) AS id, o.id AS order_id, o.number,
       o.placed_at + interval '1 minute' AS begun_at, o.paid_at, o.updated_at, o.items_total - o.discount + o.freight AS amount,
       CASE WHEN o.status IN ('pending', 'canceled', 'expired') THEN o.status ELSE 'captured' END AS came_to,
       CASE WHEN o.status IN ('pending', 'canceled', 'expired') THEN 'manual' ELSE way.gateway END AS gateway,
       CASE WHEN o.status IN ('pending', 'canceled', 'expired') THEN 'bank_transfer' ELSE way.method END AS method,
       CASE WHEN o.status IN ('refunded', 'partially_refunded') THEN o.refunded_at END AS refunded_at,
       CASE o.status WHEN 'refunded' THEN o.items_total - o.discount + o.freight
            WHEN 'partially_refunded'
            THEN (o.items_total - o.discount) * (20 + floor(30 * pg_temp.chance('rebate ' || o.key))::int) / 100
            ELSE 0 END AS refunded
  FROM demo_orders o
  JOIN (VALUES (0.00, 0.46, 'stripe', 'pix'), (0.46, 0.72, 'stripe', 'card'), (0.72, 0.81, 'stripe', 'boleto'),
               (0.81, 0.92, 'paypal', 'paypal'), (0.92, 1.00, 'manual', 'bank_transfer')) AS way (first, last, gateway, method)
    ON pg_temp.chance('way ' || o.key) >= way.first AND pg_temp.chance('way ' || o.key) < way.last
 WHERE o.placed_at + interval '1 minute' <= now();

INSERT INTO sales.payments (id, order_id, gateway, method, status, amount, currency, next_action,
                            received, received_at, refunded, fee, closed, created_at, updated_at)
SELECT id, order_id, gateway, method,
       CASE WHEN came_to = 'pending' THEN 'pending' WHEN came_to <> 'captured' THEN 'canceled'
            WHEN refunded = 0 THEN 'captured' WHEN refunded < amount THEN 'partially_refunded' ELSE 'refunded' END,
       amount, 'BRL',
       CASE came_to WHEN 'pending' THEN jsonb_build_object(
           'type', 'bank_transfer', 'amount', amount, 'currency', 'BRL', 'reference', number::text, 'account', '',
           'instructions', 'Transfira o valor e informe o número do pedido na descrição.') END,
       CASE came_to WHEN 'captured' THEN amount ELSE 0 END, CASE came_to WHEN 'captured' THEN paid_at END, refunded,
       CASE WHEN came_to = 'captured'
            THEN CASE method WHEN 'pix' THEN (amount * 119 + 5000) / 10000 WHEN 'card' THEN (amount * 399 + 5000) / 10000 + 39
                             WHEN 'boleto' THEN 345 WHEN 'paypal' THEN (amount * 479 + 5000) / 10000 + 60 ELSE 0 END END,
       CASE WHEN came_to IN ('canceled', 'expired') THEN 'canceled' END, begun_at,
       CASE came_to WHEN 'pending' THEN begun_at WHEN 'captured' THEN coalesce(refunded_at, paid_at) ELSE updated_at END
  FROM demo_payments;

INSERT INTO sales.refunds (id, payment_id, amount, status, reason, created_at, updated_at)
SELECT pg_temp.uuid7_at(refunded_at, 'refund ' || id), id, refunded, 'succeeded',
       CASE WHEN refunded = amount THEN 'chegou com defeito' ELSE 'abatimento por um risco na peça' END,
       refunded_at, refunded_at
  FROM demo_payments WHERE refunded > 0;

-- The books have it all by triggers, as if it were of today.
UPDATE sales.money_entries e SET at = CASE account.of WHEN 'refunds' THEN p.refunded_at ELSE p.paid_at END
  FROM demo_payments p
 CROSS JOIN (VALUES ('refunds'), ('sales')) AS account (of)
 WHERE e.payment_id = p.id
   AND account.of = CASE WHEN EXISTS (SELECT FROM sales.money_entries b
                                       WHERE b.posting = e.posting AND b.account = 'refunds') THEN 'refunds' ELSE 'sales' END;
