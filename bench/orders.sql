-- Orders :first to :last of the bench's :total, after season.sql; the same ones each time for one :until.
-- bench/orders.py runs it as the superuser, without the indexes that no constraint needs. Triggers are
-- off: they would tell subscribers, book what stands here already, and queue all of it to be counted.
-- Foreign keys are triggers, too; orders.py has PostgreSQL see to them in the end.
--
-- Left out, as no report reads it: what is sealed, stock, what lay in parcels, and gateways' fees.

\set ON_ERROR_STOP on
SET session_replication_role = replica;
SET synchronous_commit = off;
SET work_mem = '256MB';
SET temp_buffers = '256MB';

-- As literals, which need not be unpacked for each row.
SELECT array_agg(upto ORDER BY place) AS days FROM bench.shares WHERE what = 'day' \gset
SELECT array_agg(upto ORDER BY place) AS hours FROM bench.shares WHERE what = 'hour' \gset
SELECT array_agg(upto ORDER BY place) AS states, array_agg(value ORDER BY place) AS names
  FROM bench.shares WHERE what = 'state' \gset

-- Orders come in the sequence of time, from ever more customers, who live in one state each. Nothing
-- happens after :until.
CREATE TEMPORARY TABLE placed AS
SELECT n, bench.uuid7(created_at, 1, n) AS id, customer, (:'names'::text[])[1 + width_bucket(bench.chance(customer, 80), :'states'::float8[])] AS state,
       created_at, CASE WHEN paid_at < until THEN paid_at END AS paid_at,
       CASE WHEN paid_at < until AND shipped_at < until THEN shipped_at END AS shipped_at,
       CASE WHEN bench.chance(n, 81) < 0.06 THEN 'expired' ELSE 'canceled' END AS unpaid,
       CASE WHEN bench.chance(n, 82) < 0.6 THEN 'stripe' WHEN bench.chance(n, 82) < 0.85 THEN 'paypal' ELSE 'manual' END AS gateway,
       CASE WHEN bench.chance(n, 83) < 0.1 THEN bench.zipf(n, 84, 20) END AS coupon,
       CASE WHEN bench.chance(n, 85) < 0.03 AND refunded_at < until THEN refunded_at END AS refunded_at
  FROM generate_series(:first, :last) AS n
 CROSS JOIN LATERAL (SELECT 1 + floor(bench.chance(n, 86) * n / 5)::bigint AS customer,
                            date :'until'::timestamp AT TIME ZONE 'America/Sao_Paulo' AS until,
                            (date :'until' - interval '3 years'
                             + width_bucket((n - bench.chance(n, 87)) / :total, :'days'::float8[]) * interval '1 day'
                             + width_bucket(bench.chance(n, 88), :'hours'::float8[]) * interval '1 hour'
                             + bench.chance(n, 89) * interval '1 hour') AT TIME ZONE 'America/Sao_Paulo' AS created_at) AS p
 CROSS JOIN LATERAL (SELECT CASE WHEN bench.chance(n, 81) < 0.09 THEN NULL
                                 WHEN bench.chance(n, 90) < 0.7 THEN created_at + bench.chance(n, 91) * interval '10 minutes'
                                 ELSE created_at + bench.chance(n, 91) * interval '2 days' END AS paid_at) AS q
 CROSS JOIN LATERAL (SELECT paid_at + interval '6 hours' + bench.chance(n, 92) * interval '3 days' AS shipped_at,
                            paid_at + interval '4 days' + bench.chance(n, 93) * interval '40 days' AS refunded_at) AS r;

-- One to five different goods, now and then several pieces.
CREATE TEMPORARY TABLE lines AS
SELECT p.n, p.id, place - 1 AS position, g.*, quantity, quantity * g.price * percent / 100 AS discount,
       CASE WHEN p.state IN ('RJ', 'MT', 'AP') THEN (quantity * g.price * (100 - percent) / 100) / 50 ELSE 0 END AS tax
  FROM placed p
 CROSS JOIN LATERAL generate_series(1, 1 + floor(5 * bench.chance(p.n, 94) ^ 2)::int) AS place
 CROSS JOIN LATERAL (SELECT 1 + floor(bench.chance(p.n, 100 + place) ^ 6 * 4)::int AS quantity,
                            CASE WHEN p.coupon IS NULL THEN 0 ELSE 5 + 5 * (p.coupon % 4) END AS percent) AS q
  JOIN bench.goods g ON g.rank = 5 * (bench.zipf(p.n, 110 + place, 1000) - 1) + place;

CREATE TEMPORARY TABLE sums AS
SELECT n, items, discount, tax,
       CASE WHEN items > 29900 THEN 0 ELSE 1490 + 100 * bench.even(n, 95, 25) END AS freight
  FROM (SELECT n, sum(quantity * price)::bigint AS items, sum(discount)::bigint AS discount, sum(tax)::bigint AS tax
          FROM lines GROUP BY n) AS l;

INSERT INTO sales.orders (id, number, user_id, customer_name, status, currency, items_total, discount, freight, tax, total,
                          freight_service, freight_days, shipping_address, state, created_at, updated_at, expires_at,
                          paid_at, version, rules)
SELECT id, 1000 + n, bench.uuid7('2020-01-01', 0, customer), 'Cliente ' || customer,
       CASE WHEN paid_at IS NULL THEN unpaid
            WHEN refunded_at IS NOT NULL THEN CASE n % 2 WHEN 0 THEN 'refunded' ELSE 'partially_refunded' END
            WHEN shipped_at IS NOT NULL THEN 'shipped' ELSE 'paid' END,
       'BRL', items, discount, freight, tax, items - discount + freight + tax, 'standard', 5, '{}', state, created_at,
       coalesce(refunded_at, shipped_at, paid_at, created_at + interval '2 days'), created_at + interval '2 days', paid_at,
       2 + (shipped_at IS NOT NULL)::int + (refunded_at IS NOT NULL)::int,
       CASE WHEN coupon IS NULL THEN '{}' ELSE json_build_object('coupons', json_build_array(json_build_object(
           'code', 'CUPOM' || coupon, 'percent_bp', 500 + 500 * (coupon % 4)))) END::jsonb
  FROM placed JOIN sums USING (n) ORDER BY n;

INSERT INTO sales.order_items (order_id, position, variant_id, product_id, sku, name, quantity, unit_price, discount, tax,
                               total, cost)
SELECT id, position, variant_id, product_id, sku, left(name, 40), quantity, price, discount, tax,
       quantity * price - discount + tax, cost
  FROM lines ORDER BY n, position;

INSERT INTO sales.order_history (order_id, version, at, from_status, to_status)
SELECT p.id, h.version, h.at, h.before, h.after
  FROM placed p
 CROSS JOIN LATERAL (VALUES
       (1, created_at, NULL, 'pending'),
       (2, coalesce(paid_at, created_at + interval '2 days'), 'pending', CASE WHEN paid_at IS NULL THEN unpaid ELSE 'paid' END),
       (3, shipped_at, 'paid', 'shipped'),
       (3 + (shipped_at IS NOT NULL)::int, refunded_at, CASE WHEN shipped_at IS NULL THEN 'paid' ELSE 'shipped' END,
        CASE n % 2 WHEN 0 THEN 'refunded' ELSE 'partially_refunded' END)) AS h (version, at, before, after)
 WHERE h.at IS NOT NULL ORDER BY p.n, h.version;

INSERT INTO sales.shipments (id, order_id, version, carrier)
SELECT bench.uuid7(shipped_at, 2, n), id, 3, 'Correios' FROM placed WHERE shipped_at IS NOT NULL ORDER BY n;

CREATE TEMPORARY TABLE money AS
SELECT p.n, p.id AS order_id, bench.uuid7(p.created_at, 3, p.n) AS payment_id, p.gateway, p.paid_at, p.refunded_at,
       s.items - s.discount + s.freight + s.tax AS total,
       CASE WHEN p.refunded_at IS NULL THEN 0
            ELSE (s.items - s.discount + s.freight + s.tax) / CASE p.n % 2 WHEN 0 THEN 1 ELSE 3 END END AS back
  FROM placed p JOIN sums s USING (n) WHERE p.paid_at IS NOT NULL;

INSERT INTO sales.payments (id, order_id, gateway, method, amount, currency, status, received, received_at, refunded, created_at,
                            updated_at)
SELECT payment_id, order_id, gateway, CASE gateway WHEN 'stripe' THEN 'card' WHEN 'paypal' THEN 'wallet' ELSE 'transfer' END,
       total, 'BRL', sales.payment_status(paid_at, total, back, NULL, false), total, paid_at, back, paid_at,
       coalesce(refunded_at, paid_at)
  FROM money ORDER BY n;

INSERT INTO sales.refunds (id, payment_id, amount, status, created_at, updated_at)
SELECT bench.uuid7(refunded_at, 4, n), payment_id, back, 'succeeded', refunded_at, refunded_at FROM money WHERE back > 0;

INSERT INTO sales.money_entries (posting, account, payment_id, amount, at)
SELECT 2 * n + e.later, e.account, payment_id, e.amount, CASE e.later WHEN 0 THEN paid_at ELSE refunded_at END
  FROM money
 CROSS JOIN LATERAL (VALUES (0, 'receivable', total), (0, 'sales', -total), (1, 'refunds', back), (1, 'receivable', -back))
       AS e (later, account, amount)
 WHERE e.amount <> 0 ORDER BY n;
